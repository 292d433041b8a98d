package org.jpledge.promise;

import java.io.Serial;

/** A policy that the kernel cannot enforce, where nobody said that it may be less. */
public final class UnenforceableException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    /** See the accessor; exceptions of this kind are not sent anywhere. */
    private final transient Shortfall shortfall;

    /**
     * An exception about a shortfall.
     *
     * @param shortfall what cannot be enforced
     */
    public UnenforceableException(Shortfall shortfall) {
        super(shortfall.text());
        this.shortfall = shortfall;
    }

    /**
     * What cannot be enforced.
     *
     * @return the most serious shortfall
     */
    public Shortfall shortfall() {
        return shortfall;
    }
}
