package org.jpledge.launch;

import static org.jpledge.launch.Emitter.at;
import static org.jpledge.launch.Emitter.imm;
import static org.jpledge.launch.Emitter.in;
import static org.jpledge.machine.Reg.A2;
import static org.jpledge.machine.Reg.A4;
import static org.jpledge.machine.Reg.RESULT;
import static org.jpledge.machine.Reg.S0;
import static org.jpledge.machine.Reg.S1;
import static org.jpledge.machine.Reg.S2;
import static org.jpledge.machine.Reg.S4;
import static org.jpledge.machine.Reg.S5;
import static org.jpledge.machine.Reg.T0;

import java.util.Optional;
import org.jpledge.machine.Assembler;
import org.jpledge.machine.Compare;
import org.jpledge.machine.Label;
import org.jpledge.machine.Reg;
import org.jpledge.machine.Size;

/** How the helper ends: the program is confined, or dies. What the helper says names the program. */
final class HelperEnd {
    private static final int FAILED = 125;
    private static final int ESRCH = -3;
    private static final int SIGKILL = 9;
    private static final int SIGSYS = 31;

    /** The helper has nothing more to do. */
    final Label gone;
    /** The program is to be killed. */
    final Label kill;
    /** The program has ended; S1 is its status. */
    final Label ended;

    private final Emitter out;
    private final Assembler asm;
    private final String name;
    private final Label die;
    private final Label check;

    HelperEnd(Emitter out, String name) {
        this.out = out;
        this.asm = out.asm;
        this.name = name;
        this.gone = asm.label();
        this.kill = asm.label();
        this.ended = asm.label();
        this.die = asm.label();
        this.check = asm.label();
    }

    /** As {@link #die}, if the request that was just made failed. */
    void dieIfFailed(String step) {
        asm.address(A2, out.text(step));
        asm.call(check);
    }

    /** Says what failed (negative error number in RESULT), and takes the program along. */
    void die(String step) {
        asm.address(A2, out.text(step));
        asm.jump(die);
    }

    /** Says something of the program. */
    void note(String words) {
        byte[] line = Emitter.line(name + ": " + words);
        out.call("write", imm(2), at(out.bytes(line)), imm(line.length));
    }

    /** Goes on if a wait status in a register is no death by SIGSYS: says these words otherwise. */
    void judge(Reg status, String words) {
        asm.bits(T0, status, 0, 7);
        asm.jumpIf(T0, Compare.NE, SIGSYS, gone);
        note(words);
    }

    /** The code that all of these end in. To be called once, where nothing runs into it. */
    void emit(Tracee tracee, Optional<String> watched) {
        asm.bind(ended);
        watched.ifPresent(words -> judge(S1, words));
        asm.bind(gone);
        out.call("exit_group", imm(0));

        asm.bind(die);
        asm.move(S2, RESULT);
        asm.jumpIf(S2, Compare.EQ, ESRCH, kill);
        asm.move(S1, S0);
        asm.address(A4, out.text(""));
        out.reportNamed(S2);
        asm.move(S0, S1);

        // It could not be confined: the program itself makes the call that ends it. If even that fails, it is killed.
        asm.load(Size.WORD, T0, S5, Memory.FAILING);
        asm.jumpIf(T0, Compare.NE, 0, kill);
        out.putWord(Memory.FAILING, 1);
        out.put(Memory.STUB, out.target.callInstruction());
        tracee.poke(Memory.STUB);
        tracee.inProgram("exit_group", imm(FAILED));

        // The program dies with the helper.
        asm.bind(kill);
        out.call("kill", in(S4), imm(SIGKILL));
        asm.jump(gone);

        asm.bind(check);
        asm.enter();
        asm.jumpIf(RESULT, Compare.LT, 0, die);
        asm.leave();
    }
}
