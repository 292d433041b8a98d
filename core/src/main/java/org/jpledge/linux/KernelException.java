package org.jpledge.linux;

/** A system call that failed. */
public final class KernelException extends Exception {
    private static final long serialVersionUID = 1L;

    /** The error number, positive. */
    private final int errno;

    KernelException(String call, int errno, String name) {
        super(call + ": " + name);
        this.errno = errno;
    }

    /**
     * The kernel's reason.
     *
     * @return the error number, positive
     */
    public int errno() {
        return errno;
    }
}
