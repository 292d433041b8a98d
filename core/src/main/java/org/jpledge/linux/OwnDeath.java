package org.jpledge.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The end of this process by a signal: for who stands for another process that has ended so. */
public final class OwnDeath {
    private static final int RLIMIT_CORE = 4;
    private static final int SIG_UNBLOCK = 1;
    private static final int SET_SIZE = 8;

    private OwnDeath() {}

    /**
     * Dies of a signal, without a core of this JVM. Nothing that a JVM does at its end is done.
     *
     * @param signal its number
     * @throws KernelException if the kernel refuses; and if the signal is none that ends a process, this returns
     */
    public static void by(int signal) throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment none = arena.allocate(ValueLayout.JAVA_LONG, 2);
            Kernel.require("prlimit64", 0, RLIMIT_CORE, none.address(), 0);
            SignalAction.DEFAULT.install(signal);
            MemorySegment set = arena.allocate(ValueLayout.JAVA_LONG);
            set.set(ValueLayout.JAVA_LONG, 0, 1L << signal - 1);
            Kernel.require("rt_sigprocmask", SIG_UNBLOCK, set.address(), 0, SET_SIZE);
            long process = Kernel.require("getpid");
            Kernel.require("tgkill", process, Kernel.require("gettid"), signal);
        }
    }
}
