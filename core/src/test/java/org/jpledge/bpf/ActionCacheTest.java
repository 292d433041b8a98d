package org.jpledge.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ActionCacheTest {
    private static final Insn ALLOW = new Insn.Return(ActionCache.ALLOW);
    private static final Insn DENY = new Insn.Return(0x00050001);

    @Test
    void aPathOfNumbersOnlyIsCached() {
        List<Insn> insns = List.of(
                new Insn.LoadWord(4),
                new Insn.JumpIf(Comparison.EQ, 77, 0, 4),
                new Insn.LoadWord(0),
                new Insn.AluConstant(Alu.AND, 0xff),
                new Insn.Jump(0),
                new Insn.JumpIf(Comparison.GE, 5, 1, 0),
                DENY,
                ALLOW);
        Program program = new Program(insns);
        assertThat(ActionCache.allows(program, 77, 5)).isTrue();
        assertThat(ActionCache.allows(program, 77, 4)).isFalse();
        assertThat(ActionCache.allows(program, 78, 5)).isFalse();
    }

    @Test
    void anArgumentOnThePathOrAnythingElseIsNot() {
        for (Insn first : List.of(
                new Insn.LoadWord(8),
                new Insn.LoadWord(16),
                new Insn.StoreScratch(Register.A, 0),
                new Insn.CopyAToX(),
                new Insn.AluConstant(Alu.OR, 0),
                new Insn.LoadConstant(Register.A, 1))) {
            assertThat(ActionCache.allows(new Program(List.of(first, ALLOW)), 0, 0))
                    .as("%s", first)
                    .isFalse();
        }
        assertThat(ActionCache.allows(new Program(List.of(new Insn.ReturnA())), 0, 0))
                .isFalse();
        assertThat(ActionCache.allows(new Program(List.of(new Insn.Return(0x7fff0001))), 0, 0))
                .isFalse();
        assertThat(ActionCache.allows(new Program(List.of(new Insn.Return(0x7ffc0000))), 0, 0))
                .isFalse();
    }
}
