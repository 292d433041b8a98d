package org.jpledge.linux;

/** A thread that could not be restricted with the others, and so keeps the process from being restricted. */
public final class ThreadException extends Exception {
    private static final long serialVersionUID = 1L;

    /** The thread's number. */
    private final int thread;

    /** How many threads are restricted all the same. */
    private final int restricted;

    ThreadException(int thread, int restricted, String reason) {
        super("thread " + ThreadInfo.name(thread) + ' ' + reason
                + (restricted == 0
                        ? "; nothing has been restricted"
                        : "; " + restricted
                                + " other threads are restricted already, for good: this process should end"));
        this.thread = thread;
        this.restricted = restricted;
    }

    /**
     * The thread.
     *
     * @return its number, see gettid(2)
     */
    public int thread() {
        return thread;
    }

    /**
     * How many threads are restricted all the same, which nobody can undo.
     *
     * @return 0 where the process is as it was before
     */
    public int restricted() {
        return restricted;
    }
}
