package org.jpledge.linux;

import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Errno;

/** A system call that failed. */
public final class KernelException extends Exception {
    /** There is no such thread. */
    static final int ESRCH = 3;

    private static final long serialVersionUID = 1L;

    /** The error number, positive. */
    private final int errno;

    private KernelException(String message, int errno) {
        super(message);
        this.errno = errno;
    }

    /** The failure of a call, or of what a call was made for. */
    static KernelException of(String call, int errno) {
        return new KernelException(text(call, errno), errno);
    }

    /** A failure whose number says less than is known of it. */
    static KernelException of(String call, int errno, String meaning) {
        return new KernelException(text(call, errno) + ", " + meaning, errno);
    }

    private static String text(String call, int errno) {
        return call + ": " + Errno.name(Arch.host(), errno).orElse("errno " + errno);
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
