package org.jpledge.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.Test;

class DisassemblerTest {
    @Test
    void aProgramReadsLikeBpfAsm() {
        Program program = new Program(List.of(
                new Insn.LoadWord(4),
                new Insn.JumpIf(Comparison.EQ, 0xc000003e, 0, 3),
                new Insn.LoadWord(28),
                new Insn.AluConstant(Alu.AND, 3),
                new Insn.Jump(0),
                new Insn.Return(0x7fff0000),
                new Insn.LoadWord(8),
                new Insn.LoadWord(0),
                new Insn.Return(0x00050026)));
        assertThat(Disassembler.text(program, ByteOrder.LITTLE_ENDIAN)).isEqualTo("""
                l0: ld [4]                         ; arch
                l1: jeq #0xc000003e, l2, l5
                l2: ld [28]                        ; arg1 high
                l3: and #0x3
                l4: ja l5
                l5: ret #0x7fff0000                ; allow
                l6: ld [8]                         ; instruction pointer low
                l7: ld [0]                         ; nr
                l8: ret #0x50026                   ; errno 38
                """);
        assertThat(Disassembler.text(program, ByteOrder.BIG_ENDIAN)).contains("arg1 low");
    }

    @Test
    void everyInstructionHasItsText() {
        assertThat(Disassembler.text(new Insn.LoadConstant(Register.A, -1), 0)).isEqualTo("ld #0xffffffff");
        assertThat(Disassembler.text(new Insn.LoadConstant(Register.X, 1), 0)).isEqualTo("ldx #0x1");
        assertThat(Disassembler.text(new Insn.LoadLength(Register.X), 0)).isEqualTo("ldx #len");
        assertThat(Disassembler.text(new Insn.LoadScratch(Register.A, 2), 0)).isEqualTo("ld M[2]");
        assertThat(Disassembler.text(new Insn.StoreScratch(Register.A, 2), 0)).isEqualTo("st M[2]");
        assertThat(Disassembler.text(new Insn.StoreScratch(Register.X, 2), 0)).isEqualTo("stx M[2]");
        assertThat(Disassembler.text(new Insn.AluX(Alu.RSH), 0)).isEqualTo("rsh x");
        assertThat(Disassembler.text(new Insn.JumpIfX(Comparison.SET, 3, 0), 4)).isEqualTo("jset x, l8, l5");
        assertThat(Disassembler.text(new Insn.Negate(), 0)).isEqualTo("neg");
        assertThat(Disassembler.text(new Insn.CopyAToX(), 0)).isEqualTo("tax");
        assertThat(Disassembler.text(new Insn.CopyXToA(), 0)).isEqualTo("txa");
        assertThat(Disassembler.text(new Insn.ReturnA(), 0)).isEqualTo("ret a");
    }
}
