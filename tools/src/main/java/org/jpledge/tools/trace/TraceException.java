package org.jpledge.tools.trace;

/** What cannot be traced, and why: one line. */
public final class TraceException extends Exception {
    /** The tracer cannot. */
    public static final int OURS = 125;

    /** The program cannot be executed. */
    public static final int CANNOT_EXECUTE = 126;

    /** The program was not found. */
    public static final int NOT_FOUND = 127;

    private static final long serialVersionUID = 1L;

    /** What a command exits with. */
    private final int status;

    TraceException(int status, String message) {
        super(message);
        this.status = status;
    }

    /**
     * What a command exits with for this reason.
     *
     * @return {@link #OURS}, {@link #CANNOT_EXECUTE} or {@link #NOT_FOUND}
     */
    public int status() {
        return status;
    }
}
