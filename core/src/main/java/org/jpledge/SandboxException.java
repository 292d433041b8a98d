package org.jpledge;

import java.io.Serial;

/** A process that could not be restricted as it was asked for; the message names what kept it from that. */
public final class SandboxException extends IllegalStateException {
    @Serial
    private static final long serialVersionUID = 1L;

    /** Whether something is restricted all the same. */
    private final boolean partial;

    SandboxException(String message, boolean partial, Throwable cause) {
        super(message, cause);
        this.partial = partial;
    }

    /**
     * Whether some of it, or some of the threads, are restricted all the same: that cannot be undone, and the process should
     * end.
     *
     * @return false where nothing has changed
     */
    public boolean isPartial() {
        return partial;
    }
}
