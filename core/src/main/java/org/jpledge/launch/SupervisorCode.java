package org.jpledge.launch;

import static org.jpledge.launch.Emitter.dword;
import static org.jpledge.launch.Emitter.imm;
import static org.jpledge.launch.Emitter.in;
import static org.jpledge.launch.Tracee.GETREGSET;
import static org.jpledge.launch.Tracee.SETREGSET;
import static org.jpledge.machine.Reg.A1;
import static org.jpledge.machine.Reg.RESULT;
import static org.jpledge.machine.Reg.S0;
import static org.jpledge.machine.Reg.S5;
import static org.jpledge.machine.Reg.T0;

import org.jpledge.machine.Assembler;
import org.jpledge.machine.Compare;
import org.jpledge.machine.Label;
import org.jpledge.machine.Size;
import org.jpledge.syscall.Arch;

/** The helper's part in a launch that is watched; see {@link Supervision}. */
final class SupervisorCode {
    private static final int TSYNC = 1;
    private static final int NEW_LISTENER = 1 << 3;
    private static final int TSYNC_ESRCH = 1 << 4;
    private static final int WAIT_KILLABLE_RECV = 1 << 5;

    /** The register set of aarch64 that is the number of the call, which x8 is not any more when a tracer sees it. */
    private static final int NT_ARM_SYSTEM_CALL = 0x404;

    private static final int SKIPPED = -1;

    private final Emitter out;
    private final Assembler asm;
    private final Supervision wanted;
    private final HelperEnd end;
    private final Tracee tracee;
    private final Label ask;
    private final Label judge;

    SupervisorCode(Emitter out, Supervision wanted, HelperEnd end, Tracee tracee) {
        this.out = out;
        this.asm = out.asm;
        this.wanted = wanted;
        this.end = end;
        this.tracee = tracee;
        this.ask = asm.label();
        this.judge = asm.label();
    }

    /** How the exact filter is installed: one that cannot reach a thread is an error, as a number would be no descriptor. */
    int filterFlags() {
        return TSYNC | NEW_LISTENER | TSYNC_ESRCH | (wanted.undisturbed() ? WAIT_KILLABLE_RECV : 0);
    }

    /** S0 has stopped in a call, by its filter: what that says is done. Keeps all registers but A and T. */
    void judge() {
        asm.call(judge);
    }

    /**
     * The descriptor in RESULT is the listener in the program, or an error. The supervisor takes it over; then the program
     * closes it, in a call for which the supervisor may be asked already.
     */
    void handListener() {
        end.dieIfFailed("seccomp listener");
        asm.store(Size.LONG, S5, Memory.MESSAGE, RESULT);
        asm.store(Size.WORD, S5, Memory.LOCAL + 4, RESULT);
        out.putWord(Memory.LOCAL, Supervision.LISTENER);
        asm.call(ask);
        tracee.inProgram("close", dword(Memory.MESSAGE));
        end.dieIfFailed("seccomp listener");
        out.put(Memory.LOCAL, Supervision.HANDED_OVER);
        asm.call(ask);
    }

    /** The subroutines. To be called once. */
    void emit() {
        askSubroutine();
        judgeSubroutine();
    }

    /** Sends the message in LOCAL, and waits for the answer. */
    private void askSubroutine() {
        asm.bind(ask);
        asm.enter();
        out.call("write", imm(wanted.socket()), out.memory(Memory.LOCAL), imm(Supervision.MESSAGE));
        asm.jumpIf(RESULT, Compare.NE, Supervision.MESSAGE, end.kill);
        out.call("read", imm(wanted.socket()), out.memory(Memory.LOCAL), imm(1));
        asm.jumpIf(RESULT, Compare.NE, 1, end.kill);
        asm.leave();
    }

    private void judgeSubroutine() {
        Label kill = asm.label();
        Label done = asm.label();
        asm.bind(judge);
        asm.enter();
        asm.store(Size.WORD, S5, Memory.LOCAL + 4, S0);
        out.putWord(Memory.LOCAL, Supervision.STOPPED);
        asm.call(ask);
        tracee.eventMessage();
        asm.load(Size.LONG, T0, S5, Memory.MESSAGE);
        asm.jumpIf(T0, Compare.EQ, Supervision.WATCH, done);
        asm.jumpIf(T0, Compare.EQ, Supervision.KILL, kill);
        tracee.registers(GETREGSET, Memory.WORK);
        end.dieIfFailed("registers");
        asm.load(Size.LONG, A1, S5, Memory.MESSAGE);
        asm.set(T0, 0);
        asm.subtract(T0, A1);
        asm.store(Size.LONG, S5, Memory.WORK + out.target.result(), T0);
        changeCall(SKIPPED);
        asm.jump(done);
        asm.bind(kill);
        tracee.registers(GETREGSET, Memory.WORK);
        end.dieIfFailed("registers");
        changeCall(Supervision.DEADLY);
        asm.bind(done);
        asm.leave();
    }

    /** Gives the call another number, and the thread the registers in WORK. */
    private void changeCall(int number) {
        if (out.target.arch() == Arch.AARCH64) {
            out.putWord(Memory.MESSAGE, number);
            out.put(Memory.LOCAL, out.address(Memory.MESSAGE));
            out.put(Memory.LOCAL + 8, Integer.BYTES);
            out.call("ptrace", imm(SETREGSET), in(S0), imm(NT_ARM_SYSTEM_CALL), out.memory(Memory.LOCAL));
            end.dieIfFailed("registers");
        } else {
            out.put(Memory.WORK + out.target.interrupted(), number);
        }
        tracee.registers(SETREGSET, Memory.WORK);
        end.dieIfFailed("registers");
    }
}
