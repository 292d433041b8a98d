package org.jpledge.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Known encodings, and what no assembler accepts. The manuals' encodings, written down by hand. */
class AssemblerTest {
    private static final List<Supplier<Assembler>> ALL = List.of(Assembler::x8664, Assembler::aarch64);

    private static String hex(Assembler assembler, Consumer<Assembler> operations) {
        operations.accept(assembler);
        return HexFormat.ofDelimiter(" ").formatHex(assembler.assemble());
    }

    private static String x8664(Consumer<Assembler> operations) {
        return hex(Assembler.x8664(), operations);
    }

    private static String aarch64(Consumer<Assembler> operations) {
        return hex(Assembler.aarch64(), operations);
    }

    @Test
    void x8664EncodingsAreTheManuals() {
        assertThat(x8664(asm -> asm.syscall())).isEqualTo("0f 05");
        assertThat(x8664(Assembler::breakpoint)).isEqualTo("cc");
        assertThat(x8664(Assembler::leave)).isEqualTo("c3");
        assertThat(x8664(asm -> asm.set(Reg.A0, 0))).isEqualTo("31 ff");
        assertThat(x8664(asm -> asm.set(Reg.NR, 0x3c))).isEqualTo("6a 3c 58");
        assertThat(x8664(asm -> asm.set(Reg.A0, -1))).isEqualTo("6a ff 5f");
        assertThat(x8664(asm -> asm.set(Reg.A3, 0x1122334455667788L))).isEqualTo("49 ba 88 77 66 55 44 33 22 11");
        assertThat(x8664(asm -> asm.move(Reg.S1, Reg.SP))).isEqualTo("48 89 e5");
        assertThat(x8664(asm -> asm.load(Size.LONG, Reg.NR, Reg.SP, 8))).isEqualTo("48 8b 44 24 08");
        assertThat(x8664(asm -> asm.store(Size.BYTE, Reg.S5, 0, Reg.A1))).isEqualTo("41 88 37");
        assertThat(x8664(asm -> asm.jump(asm.here()))).isEqualTo("eb fe");
        assertThat(x8664(asm -> asm.call(asm.here()))).isEqualTo("e8 fb ff ff ff");
        assertThat(x8664(asm -> asm.jumpIf(Reg.RESULT, Compare.LT, 0, asm.here())))
                .isEqualTo("48 85 c0 7c fb");
    }

    @Test
    void aarch64EncodingsAreTheManuals() {
        assertThat(aarch64(asm -> asm.syscall())).isEqualTo("01 00 00 d4");
        assertThat(aarch64(Assembler::breakpoint)).isEqualTo("00 00 20 d4");
        assertThat(aarch64(Assembler::leave)).isEqualTo("fe 07 41 f8 c0 03 5f d6");
        assertThat(aarch64(asm -> asm.set(Reg.A0, 0))).isEqualTo("00 00 80 d2");
        assertThat(aarch64(asm -> asm.set(Reg.NR, 93))).isEqualTo("a8 0b 80 d2");
        assertThat(aarch64(asm -> asm.set(Reg.A0, -1))).isEqualTo("00 00 80 92");
        assertThat(aarch64(asm -> asm.move(Reg.A0, Reg.SP))).isEqualTo("e0 03 00 91");
        assertThat(aarch64(asm -> asm.move(Reg.A0, Reg.A1))).isEqualTo("e0 03 01 aa");
        assertThat(aarch64(asm -> asm.load(Size.LONG, Reg.A0, Reg.SP, 8))).isEqualTo("e0 07 40 f9");
        assertThat(aarch64(asm -> asm.store(Size.BYTE, Reg.A1, 0, Reg.T0))).isEqualTo("29 00 00 39");
        assertThat(aarch64(asm -> asm.jump(asm.here()))).isEqualTo("00 00 00 14");
    }

    @Test
    void theStackPointerIsRefusedWhereOneProcessorCannotMeanIt() {
        for (Supplier<Assembler> one : ALL) {
            Assembler asm = one.get();
            Label label = asm.here();
            List<Runnable> operations = List.of(
                    () -> asm.set(Reg.SP, 1),
                    () -> asm.address(Reg.SP, label),
                    () -> asm.load(Size.LONG, Reg.SP, Reg.A0, 0),
                    () -> asm.store(Size.LONG, Reg.A0, 0, Reg.SP),
                    () -> asm.add(Reg.SP, Reg.A0),
                    () -> asm.add(Reg.A0, Reg.SP),
                    () -> asm.subtract(Reg.SP, Reg.A0),
                    () -> asm.subtract(Reg.A0, Reg.SP),
                    () -> asm.or(Reg.SP, Reg.A0),
                    () -> asm.or(Reg.A0, Reg.SP),
                    () -> asm.shiftLeft(Reg.SP, 1),
                    () -> asm.bits(Reg.SP, Reg.A0, 1, 1),
                    () -> asm.bits(Reg.A0, Reg.SP, 1, 1),
                    () -> asm.jumpIf(Reg.SP, Compare.EQ, 0, label),
                    () -> asm.jumpIf(Reg.SP, Compare.EQ, Reg.A0, label),
                    () -> asm.jumpIf(Reg.A0, Compare.EQ, Reg.SP, label));
            for (Runnable operation : operations) {
                assertThatThrownBy(operation::run)
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("stack pointer");
            }
        }
    }

    @Test
    void aConstantThatNeedsTheScratchRegisterDoesNotOverwriteAnOperand() {
        for (Supplier<Assembler> one : ALL) {
            Assembler asm = one.get();
            assertThatThrownBy(() -> asm.jumpIf(Reg.T1, Compare.EQ, 1L << 40, asm.here()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("T1");
        }
    }

    @Test
    void constantsOutOfRangeAreRefusedOnEveryProcessor() {
        for (Supplier<Assembler> one : ALL) {
            Assembler asm = one.get();
            for (int value : new int[] {1 << 24, -(1 << 24), Integer.MAX_VALUE, Integer.MIN_VALUE}) {
                assertThatThrownBy(() -> asm.add(Reg.A0, value)).isInstanceOf(IllegalArgumentException.class);
            }
            for (int count : new int[] {-1, 64}) {
                assertThatThrownBy(() -> asm.shiftLeft(Reg.A0, count)).isInstanceOf(IllegalArgumentException.class);
            }
            for (int[] field : new int[][] {{-1, 1}, {0, 0}, {0, 32}, {34, 31}, {64, 1}}) {
                assertThatThrownBy(() -> asm.bits(Reg.A0, Reg.A1, field[0], field[1]))
                        .isInstanceOf(IllegalArgumentException.class);
            }
        }
    }

    @Test
    void aLabelIsBoundOnceAndBeforeTheEnd() {
        for (Supplier<Assembler> one : ALL) {
            Assembler asm = one.get();
            Label bound = asm.here();
            assertThatThrownBy(() -> asm.bind(bound)).isInstanceOf(IllegalStateException.class);
            asm.jump(asm.label());
            assertThatThrownBy(asm::assemble).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void aLabelBeyondAnInstructionsReachIsAnErrorAndNotAnotherPlace() {
        Assembler near = Assembler.aarch64();
        Label reached = near.label();
        near.jumpIf(Reg.A0, Compare.EQ, 0, reached);
        near.data(new byte[(1 << 20) - 8]);
        near.bind(reached);
        assertThat(near.assemble()).hasSize((1 << 20));

        Assembler far = Assembler.aarch64();
        Label start = far.here();
        far.data(new byte[1 << 20]);
        far.address(Reg.A0, start);
        assertThat(far.assemble()).hasSize((1 << 20) + 4);
        far.address(Reg.A0, start);
        assertThatThrownBy(far::assemble)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("out of reach");
    }
}
