package org.jpledge.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jpledge.machine.Assembler;

/**
 * What a process does about a signal: the kernel's {@code struct sigaction} of 64-bit processors. See rt_sigaction(2).
 *
 * @param handler an address, 0 for the default, 1 for ignoring
 * @param flags {@code SA_*}
 * @param restorer where a handler returns to
 * @param mask signals that are blocked while the handler runs
 */
record SignalAction(long handler, long flags, long restorer, long mask) {
    static final long SA_SIGINFO = 4;
    static final long SA_RESTORER = 0x04000000;
    static final long SA_ONSTACK = 0x08000000;
    static final long SA_RESTART = 0x10000000;

    /** What a signal does of which nobody has said anything. */
    static final SignalAction DEFAULT = new SignalAction(0, 0, 0, 0);

    private static final int LONGS = 4;
    private static final int SET_SIZE = 8;
    private static final int ALIGNMENT = 16;

    /**
     * A handler of ours; calls that it interrupts go on, as far as the kernel can make them.
     *
     * @param code begins with {@link #emitRestorer}
     * @param entry where the handler begins
     */
    static SignalAction handler(MemorySegment code, long entry) {
        long flags = SA_SIGINFO | SA_RESTORER | SA_ONSTACK | SA_RESTART;
        return new SignalAction(code.address() + entry, flags, code.address(), 0);
    }

    /** Emits, at the beginning, what a handler returns to. The handler may leave every register but the stack pointer changed. */
    static void emitRestorer(Assembler code) {
        GeneratedCode.call(code, "rt_sigreturn");
        code.align(ALIGNMENT);
    }

    boolean isDefault() {
        return handler == 0;
    }

    /** What is done about a signal now. */
    static SignalAction of(int signal) throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment action = arena.allocate(ValueLayout.JAVA_LONG, LONGS);
            Kernel.require("rt_sigaction", signal, 0, action.address(), SET_SIZE);
            return new SignalAction(at(action, 0), at(action, 1), at(action, 2), at(action, 3));
        }
    }

    /** Makes this what is done about a signal. */
    void install(int signal) throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment action = arena.allocate(ValueLayout.JAVA_LONG, LONGS);
            action.setAtIndex(ValueLayout.JAVA_LONG, 0, handler);
            action.setAtIndex(ValueLayout.JAVA_LONG, 1, flags);
            action.setAtIndex(ValueLayout.JAVA_LONG, 2, restorer);
            action.setAtIndex(ValueLayout.JAVA_LONG, 3, mask);
            Kernel.require("rt_sigaction", signal, action.address(), 0, SET_SIZE);
        }
    }

    private static long at(MemorySegment action, int index) {
        return action.getAtIndex(ValueLayout.JAVA_LONG, index);
    }
}
