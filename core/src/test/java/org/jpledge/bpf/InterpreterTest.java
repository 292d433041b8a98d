package org.jpledge.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.Test;

class InterpreterTest {
    private static final SeccompData CALL =
            new SeccompData(59, 0xc000003e, 0x7f0000001234L, 1, -100, 3, 4, 5, 0x1122334455667788L);

    @Test
    void loadsSeeTheWordsWhereTheByteOrderPutsThem() {
        assertThat(load(0, ByteOrder.LITTLE_ENDIAN)).isEqualTo(59);
        assertThat(load(4, ByteOrder.BIG_ENDIAN)).isEqualTo(0xc000003e);
        assertThat(load(SeccompData.low(5, ByteOrder.LITTLE_ENDIAN), ByteOrder.LITTLE_ENDIAN))
                .isEqualTo(0x55667788);
        assertThat(load(SeccompData.high(5, ByteOrder.LITTLE_ENDIAN), ByteOrder.LITTLE_ENDIAN))
                .isEqualTo(0x11223344);
        assertThat(load(60, ByteOrder.BIG_ENDIAN)).isEqualTo(0x55667788);
        assertThat(load(SeccompData.high(1, ByteOrder.BIG_ENDIAN), ByteOrder.BIG_ENDIAN))
                .isEqualTo(-1);
        assertThat(load(8, ByteOrder.LITTLE_ENDIAN)).isEqualTo(0x00001234);
    }

    private static int load(int offset, ByteOrder order) {
        Interpreter program = new Interpreter(new Program(List.of(new Insn.LoadWord(offset), new Insn.ReturnA())));
        int value = program.run(CALL, order).value();
        assertThat(program.run(CALL.encode(order), order).value()).isEqualTo(value);
        return value;
    }

    @Test
    void arithmeticIsUnsignedAndWraps() {
        assertThat(alu(Alu.ADD, -1, 2)).isEqualTo(1);
        assertThat(alu(Alu.SUB, 1, 2)).isEqualTo(-1);
        assertThat(alu(Alu.MUL, 0x10000, 0x10000)).isZero();
        assertThat(alu(Alu.DIV, -2, 2)).isEqualTo(0x7fffffff);
        assertThat(alu(Alu.OR, 5, 2)).isEqualTo(7);
        assertThat(alu(Alu.AND, 7, 12)).isEqualTo(4);
        assertThat(alu(Alu.LSH, 1, 31)).isEqualTo(0x80000000);
        assertThat(alu(Alu.RSH, 0x80000000, 31)).isEqualTo(1);
        assertThat(alu(Alu.XOR, 6, 3)).isEqualTo(5);
        assertThat(aluX(Alu.LSH, 1, 33)).isEqualTo(2);
    }

    private static int alu(Alu operation, int a, int k) {
        int value = aluX(operation, a, k);
        assertThat(run(new Insn.LoadConstant(Register.A, a), new Insn.AluConstant(operation, k), new Insn.ReturnA()))
                .isEqualTo(value);
        return value;
    }

    private static int aluX(Alu operation, int a, int x) {
        return run(
                new Insn.LoadConstant(Register.A, a),
                new Insn.LoadConstant(Register.X, x),
                new Insn.AluX(operation),
                new Insn.ReturnA());
    }

    @Test
    void dividingByAnXOfZeroEndsTheProgramWithZero() {
        assertThat(run(new Insn.LoadConstant(Register.A, 5), new Insn.AluX(Alu.DIV), new Insn.Return(9)))
                .isZero();
    }

    @Test
    void testsAreUnsigned() {
        assertThat(test(Comparison.GT, -1, 1)).isTrue();
        assertThat(test(Comparison.GT, 1, 1)).isFalse();
        assertThat(test(Comparison.GE, 1, 1)).isTrue();
        assertThat(test(Comparison.GE, 1, -1)).isFalse();
        assertThat(test(Comparison.EQ, -1, -1)).isTrue();
        assertThat(test(Comparison.SET, 6, 9)).isFalse();
        assertThat(test(Comparison.SET, 6, 10)).isTrue();
    }

    private static boolean test(Comparison test, int a, int k) {
        int value = run(
                new Insn.LoadConstant(Register.A, a),
                new Insn.JumpIf(test, k, 0, 1),
                new Insn.Return(1),
                new Insn.Return(2));
        assertThat(run(
                        new Insn.LoadConstant(Register.A, a),
                        new Insn.LoadConstant(Register.X, k),
                        new Insn.JumpIfX(test, 0, 1),
                        new Insn.Return(1),
                        new Insn.Return(2)))
                .isEqualTo(value);
        return value == 1;
    }

    @Test
    void registersAndScratchMemoryHoldWhatTheyWereGiven() {
        assertThat(run(
                        new Insn.LoadLength(Register.A),
                        new Insn.StoreScratch(Register.A, 0),
                        new Insn.LoadConstant(Register.X, 7),
                        new Insn.StoreScratch(Register.X, 15),
                        new Insn.LoadScratch(Register.X, 0),
                        new Insn.LoadScratch(Register.A, 15),
                        new Insn.AluX(Alu.ADD),
                        new Insn.CopyAToX(),
                        new Insn.Negate(),
                        new Insn.AluX(Alu.SUB),
                        new Insn.Jump(1),
                        new Insn.Return(0),
                        new Insn.ReturnA()))
                .isEqualTo(-142);
        assertThat(run(new Insn.LoadLength(Register.X), new Insn.CopyXToA(), new Insn.ReturnA()))
                .isEqualTo(64);
    }

    @Test
    void executedInstructionsAreCounted() {
        Program program = new Program(List.of(new Insn.Jump(1), new Insn.Return(1), new Insn.Return(2)));
        assertThat(new Interpreter(program).run(CALL, ByteOrder.LITTLE_ENDIAN))
                .isEqualTo(new Interpreter.Outcome(2, 2));
    }

    private static int run(Insn... insns) {
        return new Interpreter(new Program(List.of(insns)))
                .run(CALL, ByteOrder.LITTLE_ENDIAN)
                .value();
    }
}
