package org.jpledge.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jpledge.bpf.Program;
import org.jpledge.syscall.Arch;

/** Filters of system calls in this process. See seccomp(2). Thread safe. */
public final class Seccomp {
    private static final int SECCOMP_SET_MODE_FILTER = 1;
    private static final int TSYNC = 1;
    private static final int PR_SET_NO_NEW_PRIVS = 38;

    private static final int SECCOMP_GET_ACTION_AVAIL = 2;
    private static final int SECCOMP_RET_ERRNO = 0x00050000;

    private Seccomp() {}

    /**
     * Checks that the kernel has filters.
     *
     * @throws KernelException if it has not: ENOSYS, EINVAL, EOPNOTSUPP
     */
    public static void require() throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment action = arena.allocateFrom(ValueLayout.JAVA_INT, SECCOMP_RET_ERRNO);
            Kernel.require("seccomp", SECCOMP_GET_ACTION_AVAIL, 0, action.address());
        }
    }

    /**
     * Filters the calls of every thread of this process, for good, and with them of all that it starts. Sets no_new_privs.
     *
     * @param program decides; where several filters are installed, the strictest answer holds
     * @throws KernelException if the kernel refuses: EINVAL where it has no filters, EPERM or EACCES where an earlier filter
     *     forbids more, ENOMEM where all filters together would be too long
     * @throws ThreadException if another thread has a filter of its own; then nothing has changed
     */
    public static void install(Program program) throws KernelException, ThreadException {
        byte[] instructions = program.encode(Arch.host().order());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment code = arena.allocate(instructions.length, Long.BYTES);
            MemorySegment.copy(instructions, 0, code, ValueLayout.JAVA_BYTE, 0, instructions.length);
            // struct sock_fprog: a short, and after a gap a pointer.
            MemorySegment filter = arena.allocate(ValueLayout.JAVA_LONG, 2);
            filter.set(ValueLayout.JAVA_SHORT, 0, (short) program.length());
            filter.setAtIndex(ValueLayout.JAVA_LONG, 1, code.address());
            Kernel.require("prctl", PR_SET_NO_NEW_PRIVS, 1);
            long thread = Kernel.require("seccomp", SECCOMP_SET_MODE_FILTER, TSYNC, filter.address());
            if (thread > 0) {
                throw new ThreadException((int) thread, 0, "has a filter of its own");
            }
        }
    }
}
