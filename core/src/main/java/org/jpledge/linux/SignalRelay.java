package org.jpledge.linux;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jpledge.machine.Assembler;
import org.jpledge.machine.Compare;
import org.jpledge.machine.Label;
import org.jpledge.machine.Reg;
import org.jpledge.machine.Size;
import org.jspecify.annotations.Nullable;

/**
 * Passes signals that this process gets on to another one, at once and without Java: all but those that the kernel sends, such
 * as the terminal's, which reach the whole foreground. Where there is nobody to pass them on to, each of them kills another
 * process, the bell; whoever waits for that one learns of it.
 *
 * <p>One at a time: what this process did about signals before is put back when it is closed.
 */
public final class SignalRelay implements AutoCloseable {
    private static final long IGNORED = 1;
    private static final int SIGKILL = 9;
    private static final int SI_CODE = 8;
    private static final int SIGN_BIT = 31;

    // The shared memory.
    private static final int TARGET = 0;
    private static final int BELL = 8;
    private static final int SIZE = 16;

    private static @Nullable MemorySegment shared;
    private static @Nullable SignalAction handler;
    private static final AtomicBoolean USED = new AtomicBoolean();

    private final MemorySegment memory;
    private final Map<Integer, SignalAction> before = new HashMap<>();

    /**
     * Installs handlers. Signals that this process ignores stay ignored.
     *
     * @param signals which
     * @param target the process that is to get them, or 0
     * @param bell the process to kill if there is no target
     * @throws KernelException if there can be no machine code
     * @throws IllegalStateException if another relay is not closed
     */
    public SignalRelay(List<Integer> signals, int target, int bell) throws KernelException {
        if (!USED.compareAndSet(false, true)) {
            throw new IllegalStateException("signals are passed on already");
        }
        memory = prepare();
        memory.set(ValueLayout.JAVA_LONG, BELL, bell);
        memory.set(ValueLayout.JAVA_LONG, TARGET, target);
        for (int signal : signals) {
            SignalAction action = SignalAction.of(signal);
            if (action.handler() != IGNORED) {
                before.put(signal, action);
                installed().install(signal);
            }
        }
    }

    private static synchronized MemorySegment prepare() throws KernelException {
        MemorySegment ready = shared;
        if (ready == null) {
            ready = GeneratedCode.memory(SIZE);
            Assembler code = GeneratedCode.assembler();
            SignalAction.emitRestorer(code);
            int entry = code.length();
            emit(code, ready);
            handler = SignalAction.handler(GeneratedCode.place(code), entry);
            shared = ready;
        }
        return ready;
    }

    private static synchronized SignalAction installed() {
        if (handler == null) {
            throw new IllegalStateException("not prepared");
        }
        return handler;
    }

    private static void emit(Assembler code, MemorySegment shared) {
        Label ring = code.label();
        Label send = code.label();
        Label end = code.label();
        code.enter();
        code.move(Reg.S1, Reg.A0);
        code.load(Size.WORD, Reg.S2, Reg.A1, SI_CODE);
        GeneratedCode.address(code, Reg.S0, shared);
        code.load(Size.LONG, Reg.A0, Reg.S0, TARGET);
        code.jumpIf(Reg.A0, Compare.EQ, 0, ring);
        // Zero or less: somebody's kill(2), sigqueue(3) or timer.
        code.jumpIf(Reg.S2, Compare.EQ, 0, send);
        code.bits(Reg.S3, Reg.S2, SIGN_BIT, 1);
        code.jumpIf(Reg.S3, Compare.EQ, 0, end);
        code.bind(send);
        code.move(Reg.A1, Reg.S1);
        GeneratedCode.call(code, "kill");
        code.jump(end);
        code.bind(ring);
        code.load(Size.LONG, Reg.A0, Reg.S0, BELL);
        code.jumpIf(Reg.A0, Compare.EQ, 0, end);
        code.set(Reg.A1, SIGKILL);
        GeneratedCode.call(code, "kill");
        code.bind(end);
        code.leave();
    }

    /** The target has ended: from now on, signals kill the bell. */
    public void untargeted() {
        memory.set(ValueLayout.JAVA_LONG, TARGET, 0);
    }

    @Override
    public void close() throws KernelException {
        for (Map.Entry<Integer, SignalAction> entry : before.entrySet()) {
            entry.getValue().install(entry.getKey());
        }
        memory.set(ValueLayout.JAVA_LONG, BELL, 0);
        untargeted();
        USED.set(false);
    }
}
