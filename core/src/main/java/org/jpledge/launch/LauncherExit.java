package org.jpledge.launch;

import static org.jpledge.launch.Emitter.imm;
import static org.jpledge.machine.Reg.A2;
import static org.jpledge.machine.Reg.A4;
import static org.jpledge.machine.Reg.RESULT;
import static org.jpledge.machine.Reg.S2;

import org.jpledge.machine.Assembler;
import org.jpledge.machine.Compare;
import org.jpledge.machine.Label;

/** How a launcher ends that cannot confine: one line, and status 125. */
final class LauncherExit {
    private static final int FAILED = 125;

    private final Emitter out;
    private final Assembler asm;
    private final Label failed;
    private final Label failedSo;
    private final Label check;

    LauncherExit(Emitter out) {
        this.out = out;
        this.asm = out.asm;
        this.failed = asm.label();
        this.failedSo = asm.label();
        this.check = asm.label();
    }

    /** Fails if the call that was just made did. */
    void ifFailed(String step) {
        asm.address(A2, out.text(step));
        asm.call(check);
    }

    /** Fails with the negative error number in S2. */
    void because(String step) {
        asm.address(A2, out.text(step));
        asm.jump(failed);
    }

    /** The same, with more behind the error's name. */
    void because(Emitter.Operand step, String ending) {
        out.load(A2, step);
        asm.address(A4, out.text(ending));
        asm.jump(failedSo);
    }

    /** The code that all of these end in. To be called once, where nothing runs into it. */
    void emit() {
        asm.bind(failed);
        asm.address(A4, out.text(""));
        asm.bind(failedSo);
        out.reportNamed(S2);
        out.call("exit_group", imm(FAILED));
        asm.bind(check);
        asm.enter();
        Label fine = asm.label();
        asm.jumpIf(RESULT, Compare.GE, 0, fine);
        asm.move(S2, RESULT);
        asm.jump(failed);
        asm.bind(fine);
        asm.leave();
    }
}
