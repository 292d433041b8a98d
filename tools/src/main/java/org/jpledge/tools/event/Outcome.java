package org.jpledge.tools.event;

/** What became of a system call. */
public sealed interface Outcome {
    /**
     * It succeeded.
     *
     * @param value what it returned
     * @param meaning what that is: the file of a new descriptor, an address in hexadecimal, flags by name; empty where there
     *     is nothing to say
     */
    record Returned(long value, String meaning) implements Outcome {}

    /**
     * It failed.
     *
     * @param errno the error's name, such as {@code ENOENT}
     */
    record Failed(String errno) implements Outcome {}

    /**
     * It was interrupted by a signal, and is made again when that has been handled.
     *
     * @param reason the kernel's name for it, such as {@code ERESTARTSYS}
     */
    record Restarted(String reason) implements Outcome {}

    /** It never returned: the thread ended in it, or is no longer traced. */
    record Unfinished() implements Outcome {}
}
