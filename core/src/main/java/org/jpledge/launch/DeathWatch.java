package org.jpledge.launch;

import static org.jpledge.launch.Emitter.imm;
import static org.jpledge.launch.Emitter.in;
import static org.jpledge.launch.Emitter.word;
import static org.jpledge.machine.Reg.A1;
import static org.jpledge.machine.Reg.RESULT;
import static org.jpledge.machine.Reg.S0;
import static org.jpledge.machine.Reg.S4;
import static org.jpledge.machine.Reg.S5;

import org.jpledge.machine.Assembler;
import org.jpledge.machine.Label;
import org.jpledge.machine.Size;

/** Waits, after the hand-over, for the program's end, and says so if it was SIGSYS. */
final class DeathWatch {
    private static final int POLLIN = 1;
    private static final long PIDFD_INFO_EXIT = 8;
    private static final long PIDFD_GET_INFO = 0xc040ff0bL;
    private static final int EXIT_CODE = 60;

    private final Emitter out;
    private final Assembler asm;
    private final HelperEnd end;
    private final ProcFiles proc;

    DeathWatch(Emitter out, HelperEnd end, ProcFiles proc) {
        this.out = out;
        this.asm = out.asm;
        this.end = end;
        this.proc = proc;
    }

    /** Before the program is let go: from then on its number can mean another one. */
    void prepare() {
        out.call("pidfd_open", in(S4), imm(0));
        asm.store(Size.WORD, S5, Memory.POLL, RESULT);
    }

    void watch(String words) {
        Label reaped = asm.label();
        Label judge = asm.label();
        out.putWord(Memory.POLL + 4, POLLIN);
        out.call("ppoll", out.memory(Memory.POLL), imm(1), imm(0), imm(0), imm(0));
        out.jumpIfFailed(end.gone);
        asm.move(S0, S4);
        proc.status(reaped);
        asm.jump(judge);

        // Somebody has waited for it: since Linux 6.15 the pidfd still knows.
        asm.bind(reaped);
        out.put(Memory.TEXT, PIDFD_INFO_EXIT);
        out.call("ioctl", word(Memory.POLL), imm(PIDFD_GET_INFO), out.memory(Memory.TEXT));
        out.jumpIfFailed(end.gone);
        asm.load(Size.WORD, A1, S5, Memory.TEXT + EXIT_CODE);
        asm.bind(judge);
        end.judge(A1, words);
    }
}
