package org.jpledge.bpf;

/** The two-operand arithmetic that a seccomp filter may do on the accumulator. There is no modulus in seccomp. */
public enum Alu {
    /** Addition modulo 2^32. */
    ADD(0x00, "add"),
    /** Subtraction modulo 2^32. */
    SUB(0x10, "sub"),
    /** Multiplication modulo 2^32. */
    MUL(0x20, "mul"),
    /** Unsigned division; dividing by an X of zero ends the program with the value zero. */
    DIV(0x30, "div"),
    /** Bitwise or. */
    OR(0x40, "or"),
    /** Bitwise and. */
    AND(0x50, "and"),
    /** Shift to the left; a distance in X counts modulo 32. */
    LSH(0x60, "lsh"),
    /** Unsigned shift to the right; a distance in X counts modulo 32. */
    RSH(0x70, "rsh"),
    /** Bitwise exclusive or. */
    XOR(0xa0, "xor");

    private final int bits;
    private final String mnemonic;

    Alu(int bits, String mnemonic) {
        this.bits = bits;
        this.mnemonic = mnemonic;
    }

    /**
     * The operation's bits in an opcode.
     *
     * @return a multiple of 16
     */
    int bits() {
        return bits;
    }

    /**
     * The operation's name in assembler text.
     *
     * @return a word such as {@code add}
     */
    public String mnemonic() {
        return mnemonic;
    }

    /**
     * What the operation makes of two values, as the kernel computes it.
     *
     * @param a the accumulator
     * @param operand the second operand; for {@link #DIV} not zero
     * @return the new accumulator
     */
    public int apply(int a, int operand) {
        return switch (this) {
            case ADD -> a + operand;
            case SUB -> a - operand;
            case MUL -> a * operand;
            case DIV -> Integer.divideUnsigned(a, operand);
            case OR -> a | operand;
            case AND -> a & operand;
            case LSH -> a << operand;
            case RSH -> a >>> operand;
            case XOR -> a ^ operand;
        };
    }
}
