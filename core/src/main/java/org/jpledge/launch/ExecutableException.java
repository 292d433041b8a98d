package org.jpledge.launch;

/** A file that cannot be executed. The message names the file and what is wrong with it. */
public final class ExecutableException extends Exception {
    private static final long serialVersionUID = 1L;

    /** Whether nothing was found. */
    private final boolean missing;

    ExecutableException(String message, boolean missing) {
        super(message);
        this.missing = missing;
    }

    /**
     * Whether there is no such file, as opposed to one that is no program.
     *
     * @return true if nothing was found; a shell then exits with 127, and with 126 otherwise
     */
    public boolean missing() {
        return missing;
    }
}
