package org.jpledge.launch;

import static org.jpledge.launch.Emitter.dword;
import static org.jpledge.launch.Emitter.imm;
import static org.jpledge.launch.Emitter.in;
import static org.jpledge.launch.Tracee.CONT;
import static org.jpledge.launch.Tracee.DETACH;
import static org.jpledge.launch.Tracee.EVENT_CLONE;
import static org.jpledge.launch.Tracee.EVENT_EXEC;
import static org.jpledge.launch.Tracee.EVENT_SECCOMP;
import static org.jpledge.launch.Tracee.EVENT_STOP;
import static org.jpledge.launch.Tracee.GETREGSET;
import static org.jpledge.launch.Tracee.INTERRUPT;
import static org.jpledge.launch.Tracee.SETREGSET;
import static org.jpledge.launch.Tracee.WALL;
import static org.jpledge.machine.Reg.A1;
import static org.jpledge.machine.Reg.A2;
import static org.jpledge.machine.Reg.S0;
import static org.jpledge.machine.Reg.S1;
import static org.jpledge.machine.Reg.S2;
import static org.jpledge.machine.Reg.S3;
import static org.jpledge.machine.Reg.S4;
import static org.jpledge.machine.Reg.S5;
import static org.jpledge.machine.Reg.T0;

import java.util.Optional;
import org.jpledge.machine.Assembler;
import org.jpledge.machine.Compare;
import org.jpledge.machine.Label;
import org.jpledge.machine.Size;

/** The threads of the program before its entry point, each traced from its first instruction on. */
final class TracedThreads {
    private static final int SIGKILL = 9;

    /** Results that only the kernel and tracers see: linux/errno.h. */
    private static final int ERESTARTSYS = 512;

    private static final int ERESTARTNOINTR = 513;
    private static final int ERESTARTNOHAND = 514;
    private static final int ERESTART_RESTARTBLOCK = 516;

    private final Emitter out;
    private final Assembler asm;
    private final HelperEnd end;
    private final Tracee tracee;
    private final Label addThread;
    private final boolean restricted;
    private final Optional<SupervisorCode> supervisor;

    /** @param restricted whether each of them has a ruleset to take upon itself, too */
    TracedThreads(Emitter out, HelperEnd end, Tracee tracee, boolean restricted, Optional<SupervisorCode> supervisor) {
        this.out = out;
        this.asm = out.asm;
        this.end = end;
        this.tracee = tracee;
        this.restricted = restricted;
        this.supervisor = supervisor;
        this.addThread = asm.label();
    }

    /** The process that S0 has just executed a program in, has this one thread. */
    void startWithOne() {
        out.putWord(Memory.COUNT, 1);
        asm.store(Size.WORD, S5, Memory.THREADS, S0);
    }

    /** S0 has just started a thread. */
    void add() {
        asm.call(addThread);
    }

    /** S0 has just started a process, which dies before its first instruction. */
    void killProcess() {
        tracee.eventMessage();
        out.call("kill", dword(Memory.MESSAGE), imm(SIGKILL));
    }

    /**
     * Begins a loop over all threads: S3 is behind the entry of the current one, whose number is in S1, 0 for one that has
     * ended.
     *
     * @return where the loop goes on
     */
    private Label each(Label done) {
        asm.set(S3, out.address(Memory.THREADS));
        Label next = asm.here();
        asm.load(Size.WORD, T0, S5, Memory.COUNT);
        asm.shiftLeft(T0, 2);
        asm.set(A1, out.address(Memory.THREADS));
        asm.add(T0, A1);
        asm.jumpIf(S3, Compare.HS, T0, done);
        asm.load(Size.WORD, S1, S3, 0);
        asm.add(S3, 4);
        return next;
    }

    /**
     * All but S0. A thread that has ended is forgotten.
     *
     * <p>First all are asked, then each is waited for: hundreds that were still running would not let the helper run. To ask
     * again does no harm, and a thread that one of them has just started has not been asked yet.
     */
    void stopOthers() {
        Label forget = asm.label();
        Label done = asm.label();
        Label halted = asm.label();
        Label plain = asm.label();
        Label process = asm.label();
        Label settle = asm.label();
        Label asked = asm.label();
        Label ask = each(asked);
        asm.jumpIf(S1, Compare.EQ, S0, ask);
        out.call("ptrace", imm(INTERRUPT), in(S1), imm(0), imm(0));
        asm.jump(ask);
        asm.bind(asked);
        Label next = each(done);
        asm.jumpIf(S1, Compare.EQ, S0, next);
        out.call("ptrace", imm(INTERRUPT), in(S1), imm(0), imm(0));
        out.jumpIfFailed(forget);
        Label again = asm.here();
        out.call("wait4", in(S1), out.memory(Memory.STATUS), imm(WALL), imm(0));
        out.jumpIfFailed(forget);
        asm.load(Size.WORD, S2, S5, Memory.STATUS);
        asm.bits(T0, S2, 0, 8);
        asm.jumpIf(T0, Compare.EQ, 0x7f, halted);
        asm.bind(forget);
        asm.set(T0, 0);
        asm.store(Size.WORD, S3, -4, T0);
        asm.jump(next);
        asm.bind(halted);
        asm.bits(T0, S2, 16, 8);
        asm.jumpIf(T0, Compare.EQ, 0, plain);
        asm.jumpIf(T0, Compare.EQ, EVENT_EXEC, end.kill);
        asm.jumpIf(T0, Compare.EQ, EVENT_STOP, next);
        // It had just started something itself: S0 of the event is S1 here.
        asm.store(Size.WORD, S5, Memory.CURRENT, S0);
        asm.move(S0, S1);
        asm.jumpIf(T0, Compare.LO, EVENT_CLONE, process);
        Label judged = asm.label();
        supervisor.ifPresent(code -> {
            Label clone = asm.label();
            asm.jumpIf(T0, Compare.NE, EVENT_SECCOMP, clone);
            code.judge();
            asm.jump(judged);
            asm.bind(clone);
        });
        add();
        asm.bind(judged);
        asm.load(Size.WORD, S0, S5, Memory.CURRENT);
        asm.jump(settle);
        asm.bind(process);
        killProcess();
        asm.load(Size.WORD, S0, S5, Memory.CURRENT);
        asm.jump(settle);
        // A signal was on its way: it is delivered when the thread is let go.
        asm.bind(plain);
        asm.bits(T0, S2, 8, 8);
        asm.store(Size.WORD, S3, Memory.SIGNALS - Memory.THREADS - 4, T0);
        asm.bind(settle);
        if (restricted) {
            // It will make a call, so it must be in none: this stop ended the interruption, the next one comes at once.
            out.call("ptrace", imm(INTERRUPT), in(S1), imm(0), imm(0));
            out.call("ptrace", imm(CONT), in(S1), imm(0), imm(0));
            asm.jump(again);
        } else {
            asm.jump(next);
        }
        asm.bind(done);
    }

    /**
     * Has each thread but S0, stopped, make calls of its own.
     *
     * @param calls a subroutine that makes them for S0; keeps S3
     */
    void restrictOthers(Label calls) {
        Label done = asm.label();
        Label next = each(done);
        asm.jumpIf(S1, Compare.EQ, 0, next);
        asm.jumpIf(S1, Compare.EQ, S0, next);
        asm.store(Size.WORD, S5, Memory.CURRENT, S0);
        asm.move(S0, S1);
        tracee.registers(GETREGSET, Memory.SAVED);
        end.dieIfFailed("registers");
        leaveInterruptedCall();
        tracee.blockSignals(Memory.OTHER_MASK);
        asm.call(calls);
        tracee.registers(SETREGSET, Memory.SAVED);
        end.dieIfFailed("registers");
        tracee.setSignalMask(Memory.OTHER_MASK);
        asm.load(Size.WORD, S0, S5, Memory.CURRENT);
        asm.jump(next);
        asm.bind(done);
    }

    /**
     * A call that the stop interrupted is made again, from its beginning, as the kernel would have it if nobody had
     * touched the registers. On aarch64 they have been put back for that already when the tracer sees them.
     */
    private void leaveInterruptedCall() {
        if (out.target.interrupted() < 0) {
            return;
        }
        int call = Memory.SAVED + out.target.interrupted();
        Label again = asm.label();
        Label none = asm.label();
        asm.load(Size.LONG, A1, S5, call);
        asm.jumpIf(A1, Compare.LT, 0, none);
        asm.load(Size.LONG, T0, S5, Memory.SAVED + out.target.result());
        for (int reason : new int[] {ERESTARTSYS, ERESTARTNOINTR, ERESTARTNOHAND}) {
            asm.jumpIf(T0, Compare.EQ, -reason, again);
        }
        asm.jumpIf(T0, Compare.NE, -ERESTART_RESTARTBLOCK, none);
        asm.set(A1, out.target.call("restart_syscall"));
        asm.bind(again);
        asm.store(Size.LONG, S5, Memory.SAVED + out.target.number(), A1);
        asm.load(Size.LONG, T0, S5, Memory.SAVED + out.target.pc());
        asm.add(T0, -out.target.callLength());
        asm.store(Size.LONG, S5, Memory.SAVED + out.target.pc(), T0);
        asm.bind(none);
        out.put(call, -1);
    }

    /** Lets every thread run untraced, with the signal that had been on its way to it. */
    void letGo() {
        Label done = asm.label();
        Label next = each(done);
        asm.load(Size.WORD, S2, S3, Memory.SIGNALS - Memory.THREADS - 4);
        asm.jumpIf(S1, Compare.EQ, 0, next);
        out.call("ptrace", imm(DETACH), in(S1), imm(0), in(S2));
        asm.jump(next);
        asm.bind(done);
    }

    /** The subroutine of {@link #add}. To be called once. */
    void emit() {
        eventThread();
    }

    /** The thread that S0 has just started: of this process, or else it is killed. */
    private void eventThread() {
        Label foreign = asm.label();
        asm.bind(addThread);
        asm.enter();
        tracee.eventMessage();
        out.call("tgkill", in(S4), dword(Memory.MESSAGE), imm(0));
        out.jumpIfFailed(foreign);
        asm.load(Size.WORD, T0, S5, Memory.COUNT);
        asm.jumpIf(T0, Compare.HS, Memory.MAX_THREADS, end.kill);
        asm.move(A1, T0);
        asm.shiftLeft(A1, 2);
        asm.add(A1, S5);
        asm.load(Size.WORD, A2, S5, Memory.MESSAGE);
        asm.store(Size.WORD, A1, Memory.THREADS, A2);
        asm.add(T0, 1);
        asm.store(Size.WORD, S5, Memory.COUNT, T0);
        asm.leave();
        asm.bind(foreign);
        out.call("kill", dword(Memory.MESSAGE), imm(SIGKILL));
        asm.leave();
    }
}
