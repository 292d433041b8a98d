package org.jpledge.linux;

/** How a stopped thread goes on. See ptrace(2). */
public enum Onward {
    /** Until something happens that is no system call. */
    FREELY(7),
    /** Until it makes a system call, comes back from one, or something else happens. */
    TO_NEXT_CALL(24),
    /** Not at all: it stays as it is when its process is stopped by a signal, and says when that changes. */
    STAYING(0x4208),
    /** Without a tracer. */
    DETACHED(17);

    private final int request;

    Onward(int request) {
        this.request = request;
    }

    int request() {
        return request;
    }
}
