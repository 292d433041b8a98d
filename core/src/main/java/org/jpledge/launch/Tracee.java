package org.jpledge.launch;

import static org.jpledge.launch.Emitter.imm;
import static org.jpledge.launch.Emitter.in;
import static org.jpledge.machine.Reg.A0;
import static org.jpledge.machine.Reg.A1;
import static org.jpledge.machine.Reg.A2;
import static org.jpledge.machine.Reg.A3;
import static org.jpledge.machine.Reg.RESULT;
import static org.jpledge.machine.Reg.S0;
import static org.jpledge.machine.Reg.S1;
import static org.jpledge.machine.Reg.S2;
import static org.jpledge.machine.Reg.S5;
import static org.jpledge.machine.Reg.T0;

import org.jpledge.machine.Assembler;
import org.jpledge.machine.Compare;
import org.jpledge.machine.Label;
import org.jpledge.machine.Size;

/**
 * Requests of ptrace(2) about one thread of the program: the one in S0.
 *
 * <p>The helper is their only user, so that the subroutines are free to use all of its memory that is for requests.
 */
final class Tracee {
    static final int PEEKDATA = 2;
    static final int CONT = 7;
    static final int DETACH = 17;
    static final int GETREGSET = 0x4204;
    static final int SETREGSET = 0x4205;
    static final int SEIZE = 0x4206;
    static final int INTERRUPT = 0x4207;
    static final int LISTEN = 0x4208;
    static final int GETSIGMASK = 0x420a;
    static final int SETSIGMASK = 0x420b;

    static final int EVENT_FORK = 1;
    static final int EVENT_VFORK = 2;
    static final int EVENT_CLONE = 3;
    static final int EVENT_EXEC = 4;
    static final int EVENT_SECCOMP = 7;
    static final int EVENT_STOP = 128;

    /** Flag of wait4(2): children of any kind. */
    static final int WALL = 0x40000000;

    static final int SIGTRAP = 5;
    static final int SIGSTOP = 19;

    private static final int POKEDATA = 5;
    private static final int SYSCALL = 24;
    private static final int GETEVENTMSG = 0x4201;
    private static final int NT_PRSTATUS = 1;

    /** No call that the program makes on our behalf has more. */
    private static final int REMOTE_ARGUMENTS = 4;

    private final Emitter out;
    private final Assembler asm;
    private final HelperEnd end;
    private final boolean supervised;
    private final Label remote;
    private final Label registerSet;
    private final Label traceRequest;
    private final Label pokeEntry;

    /** @param supervised whether the program stops where its filter asks, too */
    Tracee(Emitter out, HelperEnd end, boolean supervised) {
        this.out = out;
        this.asm = out.asm;
        this.end = end;
        this.supervised = supervised;
        this.remote = asm.label();
        this.registerSet = asm.label();
        this.traceRequest = asm.label();
        this.pokeEntry = asm.label();
    }

    /**
     * The thread S0, whose registers are in SAVED, makes a call with the instruction that is at the entry point; the
     * result is in RESULT. Keeps S3.
     */
    void inProgram(String call, Emitter.Operand... operands) {
        asm.set(A1, out.target.call(call));
        for (int i = 0; i < operands.length; i++) {
            switch (operands[i]) {
                case Emitter.Constant(long value) -> asm.set(T0, value);
                case Emitter.Doubleword(int offset) -> asm.load(Size.LONG, T0, S5, offset);
                default -> throw new IllegalArgumentException("only constants and memory");
            }
            asm.store(Size.LONG, S5, Memory.LINE + 8 * i, T0);
        }
        asm.call(remote);
    }

    /** What the event was about, into MESSAGE. */
    void eventMessage() {
        trace(GETEVENTMSG, out.memory(Memory.MESSAGE));
    }

    /** A request about the register set of S0; the result is in RESULT. */
    void registers(int request, int place) {
        asm.set(A0, request);
        asm.set(T0, out.address(place));
        asm.call(registerSet);
    }

    /** A ptrace request about S0 with one more value; the result is in RESULT. */
    void trace(int request, Emitter.Operand data) {
        out.load(A3, data);
        asm.set(A0, request);
        asm.call(traceRequest);
    }

    /** Changes the word at the entry point. */
    void poke(int word) {
        asm.set(A3, word);
        asm.call(pokeEntry);
    }

    /** Blocks every signal that can be, and keeps the mask. */
    void blockSignals(int mask) {
        out.call("ptrace", imm(GETSIGMASK), in(S0), imm(8), out.memory(mask));
        end.dieIfFailed("signal mask");
        out.put(Memory.NEW_MASK, -1);
        setSignalMask(Memory.NEW_MASK);
    }

    void setSignalMask(int mask) {
        out.call("ptrace", imm(SETSIGMASK), in(S0), imm(8), out.memory(mask));
        end.dieIfFailed("signal mask");
    }

    /** The subroutines of all of these. To be called once. */
    void emit() {
        remoteCall();
        registerSetSubroutine();
        traceSubroutine();
        pokeSubroutine();
    }

    /** In: the number in WORK, arguments in LINE. Out: the result in RESULT. Registers else as in SAVED. */
    private void remoteCall() {
        Label wait = asm.label();
        Label stopped = asm.label();
        Label listen = asm.label();
        Label other = asm.label();
        Label resume = asm.label();
        Label done = asm.label();
        asm.bind(remote);
        asm.enter();
        asm.set(A2, out.address(Memory.SAVED));
        asm.set(A3, out.address(Memory.SAVED) + out.target.registers());
        Label copy = asm.here();
        asm.load(Size.LONG, T0, A2, 0);
        asm.store(Size.LONG, A2, Memory.WORK - Memory.SAVED, T0);
        asm.add(A2, 8);
        asm.jumpIf(A2, Compare.LO, A3, copy);
        asm.store(Size.LONG, S5, Memory.WORK + out.target.number(), A1);
        asm.load(Size.LONG, T0, S5, Memory.ENTRY);
        asm.store(Size.LONG, S5, Memory.WORK + out.target.pc(), T0);
        int[] arguments = out.target.arguments();
        for (int i = 0; i < REMOTE_ARGUMENTS; i++) {
            asm.load(Size.LONG, T0, S5, Memory.LINE + 8 * i);
            asm.store(Size.LONG, S5, Memory.WORK + arguments[i], T0);
        }
        registers(SETREGSET, Memory.WORK);
        end.dieIfFailed("registers");
        // One stop before the call, one after it. A breakpoint instead of the second would reset an ignored SIGTRAP.
        asm.set(S2, 2);
        asm.bind(resume);
        trace(SYSCALL, imm(0));
        asm.bind(wait);
        out.call("wait4", in(S0), out.memory(Memory.STATUS), imm(WALL), imm(0));
        out.jumpIfFailed(end.gone);
        asm.load(Size.WORD, S1, S5, Memory.STATUS);
        asm.bits(T0, S1, 0, 8);
        asm.jumpIf(T0, Compare.EQ, 0x7f, stopped);
        asm.jump(end.ended);
        asm.bind(stopped);
        asm.bits(T0, S1, 16, 8);
        asm.bits(S1, S1, 8, 8);
        asm.jumpIf(T0, Compare.EQ, EVENT_STOP, listen);
        if (supervised) {
            // The loader's filter asks: what the helper itself has the program do is done.
            asm.jumpIf(T0, Compare.EQ, EVENT_SECCOMP, resume);
        }
        asm.jumpIf(T0, Compare.NE, 0, end.kill);
        asm.jumpIf(S1, Compare.NE, SIGTRAP, other);
        asm.add(S2, -1);
        asm.jumpIf(S2, Compare.NE, 0, resume);
        asm.jump(done);
        // The one signal that a mask does not keep away: it stops the program, and the call goes on after SIGCONT.
        asm.bind(other);
        asm.jumpIf(S1, Compare.NE, SIGSTOP, end.kill);
        trace(SYSCALL, in(S1));
        asm.jump(wait);
        asm.bind(listen);
        asm.jumpIf(S1, Compare.EQ, SIGTRAP, resume);
        trace(LISTEN, imm(0));
        asm.jump(wait);
        asm.bind(done);
        registers(GETREGSET, Memory.WORK);
        end.dieIfFailed("registers");
        asm.load(Size.LONG, RESULT, S5, Memory.WORK + out.target.result());
        asm.leave();
    }

    private void registerSetSubroutine() {
        asm.bind(registerSet);
        asm.enter();
        asm.store(Size.LONG, S5, Memory.LOCAL, T0);
        asm.set(T0, out.target.registers());
        asm.store(Size.LONG, S5, Memory.LOCAL + 8, T0);
        asm.move(A1, S0);
        asm.set(A2, NT_PRSTATUS);
        asm.set(A3, out.address(Memory.LOCAL));
        asm.syscall(out.target.call("ptrace"));
        asm.leave();
    }

    private void traceSubroutine() {
        asm.bind(traceRequest);
        asm.enter();
        asm.move(A1, S0);
        asm.set(A2, 0);
        asm.syscall(out.target.call("ptrace"));
        asm.leave();
    }

    private void pokeSubroutine() {
        asm.bind(pokeEntry);
        asm.enter();
        asm.add(A3, S5);
        asm.load(Size.LONG, A3, A3, 0);
        asm.set(A0, POKEDATA);
        asm.move(A1, S0);
        asm.load(Size.LONG, A2, S5, Memory.ENTRY);
        asm.syscall(out.target.call("ptrace"));
        asm.leave();
    }
}
