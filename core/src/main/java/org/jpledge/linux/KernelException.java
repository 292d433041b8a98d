package org.jpledge.linux;

import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Errno;

/** A system call that failed. */
public final class KernelException extends Exception {
    /** There is no such thread. */
    static final int ESRCH = 3;

    private static final String LAYER = "landlock_restrict_self";
    private static final int E2BIG = 7;
    private static final long serialVersionUID = 1L;

    /** The error number, positive. */
    private final int errno;

    private KernelException(String call, int errno, String name) {
        super(call + ": " + name);
        this.errno = errno;
    }

    /** The failure of a call, or of what a call was made for. */
    static KernelException of(String call, int errno) {
        String name = Errno.name(Arch.host(), errno).orElse("errno " + errno);
        // Landlock's LANDLOCK_MAX_NUM_LAYERS; some may be a parent's.
        boolean full = errno == E2BIG && call.equals(LAYER);
        return new KernelException(
                call, errno, full ? name + ", there are 16 layers already, and no more are possible" : name);
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
