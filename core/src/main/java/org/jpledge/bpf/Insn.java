package org.jpledge.bpf;

/**
 * One instruction of classic BPF, of the kinds that seccomp lets a filter use. Its four numbers are those of the kernel's
 * {@code struct sock_filter}. A value of this type may still be wrong in its place (a jump out of the program, say); a
 * {@link Program} is not.
 */
public sealed interface Insn {
    /** The number of 32-bit cells of scratch memory. */
    int SCRATCH_CELLS = 16;

    /** How far a conditional jump reaches. */
    int REACH = 255;

    /**
     * The opcode.
     *
     * @return 16 bits
     */
    int code();

    /**
     * How many instructions a conditional jump skips when its test holds.
     *
     * @return 0 to 255, 0 in other instructions
     */
    default int jt() {
        return 0;
    }

    /**
     * How many instructions a conditional jump skips when its test does not hold.
     *
     * @return 0 to 255, 0 in other instructions
     */
    default int jf() {
        return 0;
    }

    /**
     * The instruction's constant.
     *
     * @return 32 bits, 0 where the instruction has none
     */
    default int k() {
        return 0;
    }

    /**
     * {@code ld [offset]}: the accumulator becomes a 32-bit word of the call's data.
     *
     * @param offset in bytes from the start of {@link SeccompData}
     */
    record LoadWord(int offset) implements Insn {
        @Override
        public int code() {
            return Opcode.LD_W_ABS;
        }

        @Override
        public int k() {
            return offset;
        }
    }

    /**
     * {@code ld #k} or {@code ldx #k}: a register becomes a constant.
     *
     * @param to the register
     * @param k the constant
     */
    record LoadConstant(Register to, int k) implements Insn {
        @Override
        public int code() {
            return to == Register.A ? Opcode.LD_IMM : Opcode.LDX_IMM;
        }
    }

    /**
     * {@code ld #len} or {@code ldx #len}: a register becomes the length of the call's data, which is 64.
     *
     * @param to the register
     */
    record LoadLength(Register to) implements Insn {
        @Override
        public int code() {
            return to == Register.A ? Opcode.LD_W_LEN : Opcode.LDX_W_LEN;
        }
    }

    /**
     * {@code ld M[cell]} or {@code ldx M[cell]}: a register becomes what scratch memory holds.
     *
     * @param to the register
     * @param cell 0 to 15
     */
    record LoadScratch(Register to, int cell) implements Insn {
        @Override
        public int code() {
            return to == Register.A ? Opcode.LD_MEM : Opcode.LDX_MEM;
        }

        @Override
        public int k() {
            return cell;
        }
    }

    /**
     * {@code st M[cell]} or {@code stx M[cell]}: scratch memory takes a register.
     *
     * @param from the register
     * @param cell 0 to 15
     */
    record StoreScratch(Register from, int cell) implements Insn {
        @Override
        public int code() {
            return from == Register.A ? Opcode.ST : Opcode.STX;
        }

        @Override
        public int k() {
            return cell;
        }
    }

    /**
     * Arithmetic with a constant: {@code and #k} and the like.
     *
     * @param operation what is done
     * @param k the second operand
     */
    record AluConstant(Alu operation, int k) implements Insn {
        @Override
        public int code() {
            return Opcode.ALU | operation.bits();
        }
    }

    /**
     * Arithmetic with the index register: {@code and x} and the like.
     *
     * @param operation what is done
     */
    record AluX(Alu operation) implements Insn {
        @Override
        public int code() {
            return Opcode.ALU | operation.bits() | Opcode.SOURCE_X;
        }
    }

    /** {@code neg}: the accumulator changes its sign. */
    record Negate() implements Insn {
        @Override
        public int code() {
            return Opcode.ALU_NEG;
        }
    }

    /** {@code tax}: the index register becomes the accumulator. */
    record CopyAToX() implements Insn {
        @Override
        public int code() {
            return Opcode.TAX;
        }
    }

    /** {@code txa}: the accumulator becomes the index register. */
    record CopyXToA() implements Insn {
        @Override
        public int code() {
            return Opcode.TXA;
        }
    }

    /**
     * {@code ja}: goes on elsewhere.
     *
     * @param distance how many instructions are skipped; unsigned
     */
    record Jump(int distance) implements Insn {
        @Override
        public int code() {
            return Opcode.JA;
        }

        @Override
        public int k() {
            return distance;
        }
    }

    /**
     * Goes on in one of two places, by a test of the accumulator against a constant.
     *
     * @param test the question
     * @param k what the accumulator is held against
     * @param jt how many instructions are skipped where it holds, 0 to 255
     * @param jf how many instructions are skipped where it does not hold, 0 to 255
     */
    record JumpIf(Comparison test, int k, int jt, int jf) implements Insn {
        /** Checks that both distances fit eight bits. */
        public JumpIf {
            Opcode.requireReach(jt);
            Opcode.requireReach(jf);
        }

        @Override
        public int code() {
            return Opcode.JMP | test.bits();
        }
    }

    /**
     * Goes on in one of two places, by a test of the accumulator against the index register.
     *
     * @param test the question
     * @param jt how many instructions are skipped where it holds, 0 to 255
     * @param jf how many instructions are skipped where it does not hold, 0 to 255
     */
    record JumpIfX(Comparison test, int jt, int jf) implements Insn {
        /** Checks that both distances fit eight bits. */
        public JumpIfX {
            Opcode.requireReach(jt);
            Opcode.requireReach(jf);
        }

        @Override
        public int code() {
            return Opcode.JMP | test.bits() | Opcode.SOURCE_X;
        }
    }

    /**
     * {@code ret #k}: ends the program.
     *
     * @param k the filter's answer
     */
    record Return(int k) implements Insn {
        @Override
        public int code() {
            return Opcode.RET_K;
        }
    }

    /** {@code ret a}: ends the program with the accumulator as the answer. */
    record ReturnA() implements Insn {
        @Override
        public int code() {
            return Opcode.RET_A;
        }
    }
}
