package org.jpledge.bpf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProgramTest {
    private static final Program SMALL = new Program(List.of(
            new Insn.LoadWord(4),
            new Insn.JumpIf(Comparison.EQ, 0xc000003e, 0, 1),
            new Insn.Return(0x7fff0000),
            new Insn.Return(0x00050001)));

    @Test
    void encodesAsStructSockFilterInEitherByteOrder() {
        assertThat(HexFormat.of().formatHex(SMALL.encode(ByteOrder.LITTLE_ENDIAN)))
                .isEqualTo("2000000004000000" + "150000013e0000c0" + "060000000000ff7f" + "0600000001000500");
        assertThat(HexFormat.of().formatHex(SMALL.encode(ByteOrder.BIG_ENDIAN)))
                .isEqualTo("0020000000000004" + "00150001c000003e" + "000600007fff0000" + "0006000000050001");
    }

    @Test
    void everyAllowedInstructionSurvivesEncodingAndDecoding() {
        List<Insn> all = new ArrayList<>(List.of(
                new Insn.LoadWord(60),
                new Insn.LoadConstant(Register.A, -1),
                new Insn.LoadConstant(Register.X, 5),
                new Insn.LoadLength(Register.A),
                new Insn.LoadLength(Register.X),
                new Insn.StoreScratch(Register.A, 15),
                new Insn.StoreScratch(Register.X, 0),
                new Insn.LoadScratch(Register.A, 15),
                new Insn.LoadScratch(Register.X, 0),
                new Insn.Negate(),
                new Insn.CopyAToX(),
                new Insn.CopyXToA(),
                new Insn.Jump(0)));
        for (Alu alu : Alu.values()) {
            all.add(new Insn.AluConstant(alu, 31));
            all.add(new Insn.AluX(alu));
        }
        for (Comparison test : Comparison.values()) {
            all.add(new Insn.JumpIf(test, -2, 0, 1));
            all.add(new Insn.JumpIfX(test, 1, 0));
        }
        all.add(new Insn.Return(0));
        all.add(new Insn.ReturnA());
        Program program = new Program(all);
        for (ByteOrder order : List.of(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
            assertThat(Program.decode(program.encode(order), order)).isEqualTo(program);
        }
    }

    @Test
    void bytesThatAreNoProgramAreRefused() {
        byte[] bytes = SMALL.encode(ByteOrder.LITTLE_ENDIAN);
        assertThatThrownBy(() -> Program.decode(Arrays.copyOf(bytes, 31), ByteOrder.LITTLE_ENDIAN))
                .isInstanceOf(InvalidProgramException.class)
                .hasMessageContaining("31 bytes");
        assertThatThrownBy(() -> Program.decode(new byte[8 * 4097], ByteOrder.LITTLE_ENDIAN))
                .isInstanceOf(InvalidProgramException.class)
                .hasMessageContaining("4097");
        assertThatThrownBy(() -> Program.decode(new byte[0], ByteOrder.LITTLE_ENDIAN))
                .isInstanceOf(InvalidProgramException.class)
                .hasMessageContaining("at least one");
        bytes[8] = (byte) 0x94;
        assertThatThrownBy(() -> Program.decode(bytes, ByteOrder.LITTLE_ENDIAN))
                .isInstanceOfSatisfying(
                        InvalidProgramException.class,
                        e -> assertThat(e.instruction()).isEqualTo(1))
                .hasMessage("instruction 1: opcode 0x94 is not allowed in a seccomp filter");
    }

    @Test
    void onlyTheKernelsOpcodesDecode() {
        int known = 0;
        for (int code = 0; code < 0x10000; code++) {
            if (Opcode.decode(code, 0, 0, 1) != null) {
                known++;
            }
        }
        // 9 loads and stores, 9 operations with a constant and with X, neg, tax, txa, ja, 4 tests with both, 2 rets.
        assertThat(known).isEqualTo(9 + 18 + 1 + 2 + 1 + 8 + 2);
    }

    @Test
    void theKernelCountsOneSidedJumpsOnce() {
        // 3 for the start, a load, rets at 2; the constant with its highest bit set costs one.
        assertThat(SMALL.convertedLength()).isEqualTo(3 + 1 + 2 + 2 + 2);
        assertThat(jump(Comparison.EQ, 0, 1)).isEqualTo(1);
        assertThat(jump(Comparison.EQ, 1, 0)).isEqualTo(1);
        assertThat(jump(Comparison.EQ, 1, 1)).isEqualTo(2);
        assertThat(jump(Comparison.SET, 1, 0)).isEqualTo(1);
        assertThat(jump(Comparison.SET, 0, 1)).isEqualTo(2);
    }

    private static int jump(Comparison test, int jt, int jf) {
        Insn ret = new Insn.Return(0);
        Insn jump = new Insn.JumpIf(test, 1, jt, jf);
        return new Program(List.of(jump, ret, ret)).convertedLength() - 3 - 4;
    }
}
