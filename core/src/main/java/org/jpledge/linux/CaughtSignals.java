package org.jpledge.linux;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;
import org.jpledge.machine.Assembler;
import org.jpledge.machine.Reg;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Errno;

/**
 * Signals that this process catches from now on, instead of what the JVM or the kernel would have done about them, with what
 * the kernel knows of each. The handler is a few bytes of machine code that write it to a pipe; one thread reads there.
 */
public final class CaughtSignals {
    private static final int SIGINFO = 128;
    private static final int CODE = 8;
    private static final int SENDER = 16;
    private static final int O_CLOEXEC = 0x80000;
    private static final int PIPE_SIZE = 1024;
    private static final int EINTR = Errno.number(Arch.host(), "EINTR").orElseThrow();

    private final long pipe;
    private final MemorySegment memory;

    private CaughtSignals(long pipe, MemorySegment memory) {
        this.pipe = pipe;
        this.memory = memory;
    }

    /**
     * A signal that came.
     *
     * @param signal its number
     * @param code why: above 0 the kernel's own doing, such as a key on the terminal, that the whole group gets; otherwise a
     *     process sent it
     * @param sender the number of that process; 0 where there is none or it cannot be seen
     */
    public record Caught(int signal, int code, int sender) {}

    /**
     * Catches signals, for good.
     *
     * @param signals their numbers; not SIGKILL and SIGSTOP
     * @return where they are read
     * @throws KernelException if the kernel refuses
     */
    public static CaughtSignals of(List<Integer> signals) throws KernelException {
        MemorySegment memory = GeneratedCode.memory(PIPE_SIZE);
        Kernel.require("pipe2", memory.address(), O_CLOEXEC);
        long reading = memory.get(ValueLayout.JAVA_INT, 0);
        long writing = memory.get(ValueLayout.JAVA_INT, Integer.BYTES);
        Assembler code = GeneratedCode.assembler();
        SignalAction.emitRestorer(code);
        int entry = code.length();
        code.enter();
        // The second argument of a handler, the siginfo_t, is the second argument of write(2), too.
        code.set(Reg.A0, writing);
        code.set(Reg.A2, SIGINFO);
        GeneratedCode.call(code, "write");
        code.leave();
        SignalAction action = SignalAction.handler(GeneratedCode.place(code), entry);
        for (int signal : signals) {
            action.install(signal);
        }
        return new CaughtSignals(reading, memory);
    }

    /**
     * Waits for a signal.
     *
     * @return the signal; nothing if there cannot be any
     */
    public Optional<Caught> next() {
        long length = -EINTR;
        while (length == -EINTR) {
            length = Kernel.call("read", pipe, memory.address(), SIGINFO);
        }
        if (length != SIGINFO) {
            return Optional.empty();
        }
        return Optional.of(new Caught(
                memory.get(ValueLayout.JAVA_INT, 0),
                memory.get(ValueLayout.JAVA_INT, CODE),
                memory.get(ValueLayout.JAVA_INT, SENDER)));
    }
}
