package org.jpledge.bpf;

import org.jspecify.annotations.Nullable;

/** The opcodes of classic BPF that seccomp allows, and the way from an opcode's four numbers back to an instruction. */
final class Opcode {
    static final int LD_IMM = 0x00;
    static final int LDX_IMM = 0x01;
    static final int ST = 0x02;
    static final int STX = 0x03;
    static final int ALU = 0x04;
    static final int JMP = 0x05;
    static final int RET_K = 0x06;
    static final int TAX = 0x07;
    static final int RET_A = 0x16;
    static final int LD_W_ABS = 0x20;
    static final int LD_MEM = 0x60;
    static final int LDX_MEM = 0x61;
    static final int LD_W_LEN = 0x80;
    static final int LDX_W_LEN = 0x81;
    static final int ALU_NEG = 0x84;
    static final int TXA = 0x87;
    static final int JA = 0x05;
    static final int DIV_K = 0x34;
    static final int LSH_K = 0x64;
    static final int RSH_K = 0x74;

    /** Set in arithmetic and conditional jumps whose second operand is the index register. */
    static final int SOURCE_X = 0x08;

    /** The bits of an opcode that tell loads, stores, arithmetic, jumps and rets apart. */
    static final int CLASS = 0x07;

    private static final int OPERATION = 0xf0;
    private static final Alu[] ALUS = Alu.values();
    private static final Comparison[] TESTS = Comparison.values();

    private Opcode() {}

    /** The instruction that four numbers stand for, or null where seccomp allows no such opcode. */
    static @Nullable Insn decode(int code, int jt, int jf, int k) {
        return switch (code) {
            case LD_IMM -> new Insn.LoadConstant(Register.A, k);
            case LDX_IMM -> new Insn.LoadConstant(Register.X, k);
            case ST -> new Insn.StoreScratch(Register.A, k);
            case STX -> new Insn.StoreScratch(Register.X, k);
            case RET_K -> new Insn.Return(k);
            case RET_A -> new Insn.ReturnA();
            case TAX -> new Insn.CopyAToX();
            case TXA -> new Insn.CopyXToA();
            case LD_W_ABS -> new Insn.LoadWord(k);
            case LD_MEM -> new Insn.LoadScratch(Register.A, k);
            case LDX_MEM -> new Insn.LoadScratch(Register.X, k);
            case LD_W_LEN -> new Insn.LoadLength(Register.A);
            case LDX_W_LEN -> new Insn.LoadLength(Register.X);
            case ALU_NEG -> new Insn.Negate();
            case JA -> new Insn.Jump(k);
            default -> operated(code, jt, jf, k);
        };
    }

    private static @Nullable Insn operated(int code, int jt, int jf, int k) {
        if ((code & ~(CLASS | SOURCE_X | OPERATION)) != 0) {
            return null;
        }
        boolean x = (code & SOURCE_X) != 0;
        int operation = code & OPERATION;
        if ((code & CLASS) == ALU) {
            for (Alu alu : ALUS) {
                if (alu.bits() == operation) {
                    return x ? new Insn.AluX(alu) : new Insn.AluConstant(alu, k);
                }
            }
        } else if ((code & CLASS) == JMP) {
            for (Comparison test : TESTS) {
                if (test.bits() == operation) {
                    return x ? new Insn.JumpIfX(test, jt, jf) : new Insn.JumpIf(test, k, jt, jf);
                }
            }
        }
        return null;
    }

    static void requireReach(int distance) {
        if (distance < 0 || distance > Insn.REACH) {
            throw new IllegalArgumentException("a conditional jump skips 0 to 255 instructions, not " + distance);
        }
    }
}
