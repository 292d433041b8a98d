package org.jpledge.bpf;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class ValidityTest {
    private static final Insn RET = new Insn.Return(0);

    @Test
    void aProgramEndsWithRet() {
        valid(RET);
        valid(new Insn.ReturnA());
        invalid("last instruction", new Insn.LoadWord(0));
        invalid("at least one");
    }

    @Test
    void fourThousandAndNinetySixInstructionsAreTheMost() {
        List<Insn> insns = new ArrayList<>(Collections.nCopies(4096, RET));
        valid(insns.toArray(new Insn[0]));
        insns.add(RET);
        invalid("4097", insns.toArray(new Insn[0]));
    }

    @Test
    void loadsAreAlignedAndInsideTheCallsData() {
        valid(new Insn.LoadWord(60), RET);
        invalid("ld [64]", new Insn.LoadWord(64), RET);
        invalid("ld [2]", new Insn.LoadWord(2), RET);
        invalid("ld [-4]", new Insn.LoadWord(-4), RET);
    }

    @Test
    void jumpsStayInside() {
        valid(new Insn.Jump(1), RET, RET);
        invalid("leaves", new Insn.Jump(2), RET, RET);
        invalid("leaves", new Insn.Jump(-1), RET, RET);
        valid(new Insn.JumpIf(Comparison.EQ, 0, 1, 0), RET, RET);
        invalid("leaves", new Insn.JumpIf(Comparison.EQ, 0, 2, 0), RET, RET);
        invalid("leaves", new Insn.JumpIfX(Comparison.EQ, 0, 2), RET, RET);
        invalid("instruction 1", RET, new Insn.Jump(0));
    }

    @Test
    void constantsThatCannotBeAreRefused() {
        invalid("division", new Insn.AluConstant(Alu.DIV, 0), RET);
        valid(new Insn.AluConstant(Alu.DIV, 1), RET);
        valid(new Insn.AluConstant(Alu.LSH, 31), RET);
        invalid("shift", new Insn.AluConstant(Alu.LSH, 32), RET);
        invalid("shift", new Insn.AluConstant(Alu.RSH, -1), RET);
    }

    @Test
    void scratchMemoryIsWrittenBeforeItIsReadOnEveryPath() {
        Insn store = new Insn.StoreScratch(Register.A, 3);
        Insn load = new Insn.LoadScratch(Register.X, 3);
        valid(store, load, RET);
        invalid("scratch cell 3", load, RET);
        invalid("scratch cell 4", store, new Insn.LoadScratch(Register.A, 4), RET);
        invalid("0 to 15", new Insn.StoreScratch(Register.X, 16), RET);
        invalid("0 to 15", new Insn.LoadScratch(Register.X, -1), RET);
        Insn skip = new Insn.JumpIf(Comparison.EQ, 0, 1, 0);
        invalid("may not have been written", skip, store, load, RET);
        valid(store, skip, store, load, RET);
        // What nothing reaches may read everything; what follows a ret counts as reached.
        valid(new Insn.Jump(1), load, RET);
        invalid("may not", RET, load, RET);
    }

    private static void valid(Insn... insns) {
        assertThatCode(() -> Validity.check(List.of(insns))).doesNotThrowAnyException();
    }

    private static void invalid(String why, Insn... insns) {
        assertThatThrownBy(() -> Validity.check(List.of(insns)))
                .isInstanceOf(InvalidProgramException.class)
                .hasMessageContaining(why);
    }
}
