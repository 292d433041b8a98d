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
    private static final int NEW_LISTENER = 1 << 3;
    private static final int TSYNC_ESRCH = 1 << 4;
    private static final int PR_SET_NO_NEW_PRIVS = 38;

    private static final int SECCOMP_GET_ACTION_AVAIL = 2;
    private static final int SECCOMP_GET_NOTIF_SIZES = 3;
    private static final int EFAULT = 14;
    private static final int SECCOMP_RET_ERRNO = 0x00050000;

    private Seccomp() {}

    /**
     * Checks that the kernel has filters.
     *
     * @throws KernelException if it has not: ENOSYS, EINVAL, EOPNOTSUPP
     */
    public static void require() throws KernelException {
        long answer = availability(SECCOMP_RET_ERRNO);
        if (answer < 0) {
            throw KernelException.of("seccomp", (int) -answer);
        }
    }

    /**
     * Asks whether the kernel has an action. Changes nothing.
     *
     * @param action the number that a filter returns for it, without data
     * @return 0 if it has; an error number below zero otherwise: EOPNOTSUPP for an action that it does not know
     */
    public static long availability(int action) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment asked = arena.allocateFrom(ValueLayout.JAVA_INT, action);
            return Kernel.call("seccomp", SECCOMP_GET_ACTION_AVAIL, 0, asked.address());
        }
    }

    /**
     * Asks whether the kernel knows flags with which filters are installed, by installing one that cannot be read. Changes
     * nothing.
     *
     * @param flags {@code SECCOMP_FILTER_FLAG_*}
     * @return 0 if it knows all of them; an error number below zero otherwise: EINVAL
     */
    public static long acceptance(long flags) {
        long answer = Kernel.call("seccomp", SECCOMP_SET_MODE_FILTER, flags, 0);
        return answer == -EFAULT ? 0 : answer;
    }

    /**
     * The sizes of what passes between the kernel and who is asked about calls. Changes nothing.
     *
     * @return the size of struct seccomp_notif, shifted left by 32, the size of struct seccomp_notif_resp shifted by 16, and that
     *     of struct seccomp_data; an error number below zero where the kernel does not say (before Linux 5.0)
     */
    public static long notificationSizes() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment sizes = arena.allocate(ValueLayout.JAVA_SHORT, 3);
            long answer = Kernel.call("seccomp", SECCOMP_GET_NOTIF_SIZES, 0, sizes.address());
            if (answer < 0) {
                return answer;
            }
            long notification = Short.toUnsignedLong(sizes.getAtIndex(ValueLayout.JAVA_SHORT, 0));
            long response = Short.toUnsignedLong(sizes.getAtIndex(ValueLayout.JAVA_SHORT, 1));
            return notification << 32
                    | response << 16
                    | Short.toUnsignedLong(sizes.getAtIndex(ValueLayout.JAVA_SHORT, 2));
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
        install(program, 0);
    }

    /**
     * As {@link #install(Program)}, with more flags.
     *
     * @param program decides
     * @param flags beside {@code SECCOMP_FILTER_FLAG_TSYNC}, but without {@code SECCOMP_FILTER_FLAG_NEW_LISTENER}
     * @throws KernelException if the kernel refuses: EINVAL where it does not know a flag
     * @throws ThreadException if another thread has a filter of its own; then nothing has changed
     */
    public static void install(Program program, int flags) throws KernelException, ThreadException {
        long thread = set(program, TSYNC | flags);
        if (thread > 0) {
            throw new ThreadException((int) thread, 0, "has a filter of its own");
        }
    }

    /**
     * As {@link #install(Program)}, for a program that asks by {@code SECCOMP_RET_USER_NOTIF}.
     *
     * @param program decides
     * @param flags beside {@code SECCOMP_FILTER_FLAG_TSYNC} and those for a listener
     * @return who is asked
     * @throws KernelException if the kernel refuses: ESRCH where another thread has a filter of its own, EBUSY where an earlier
     *     filter has a listener
     */
    public static Listener listen(Program program, int flags) throws KernelException {
        return Listener.at(set(program, TSYNC | NEW_LISTENER | TSYNC_ESRCH | flags));
    }

    private static long set(Program program, int flags) throws KernelException {
        byte[] instructions = program.encode(Arch.host().order());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment code = arena.allocate(instructions.length, Long.BYTES);
            MemorySegment.copy(instructions, 0, code, ValueLayout.JAVA_BYTE, 0, instructions.length);
            // struct sock_fprog: a short, and after a gap a pointer.
            MemorySegment filter = arena.allocate(ValueLayout.JAVA_LONG, 2);
            filter.set(ValueLayout.JAVA_SHORT, 0, (short) program.length());
            filter.setAtIndex(ValueLayout.JAVA_LONG, 1, code.address());
            Kernel.require("prctl", PR_SET_NO_NEW_PRIVS, 1);
            return Kernel.require("seccomp", SECCOMP_SET_MODE_FILTER, flags, filter.address());
        }
    }
}
