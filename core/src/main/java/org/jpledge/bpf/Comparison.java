package org.jpledge.bpf;

/** What a conditional jump asks of the accumulator. All comparisons are unsigned. */
public enum Comparison {
    /** Equal to the operand. */
    EQ(0x10, "jeq"),
    /** Greater than the operand. */
    GT(0x20, "jgt"),
    /** Greater than or equal to the operand. */
    GE(0x30, "jge"),
    /** Shares a bit with the operand. */
    SET(0x40, "jset");

    private final int bits;
    private final String mnemonic;

    Comparison(int bits, String mnemonic) {
        this.bits = bits;
        this.mnemonic = mnemonic;
    }

    /**
     * The test's bits in an opcode.
     *
     * @return a multiple of 16
     */
    int bits() {
        return bits;
    }

    /**
     * The test's name in assembler text.
     *
     * @return a word such as {@code jeq}
     */
    public String mnemonic() {
        return mnemonic;
    }

    /**
     * Answers the test for two values.
     *
     * @param a the accumulator
     * @param operand what it is held against
     * @return whether the jump is taken
     */
    public boolean holds(int a, int operand) {
        return switch (this) {
            case EQ -> a == operand;
            case GT -> Integer.compareUnsigned(a, operand) > 0;
            case GE -> Integer.compareUnsigned(a, operand) >= 0;
            case SET -> (a & operand) != 0;
        };
    }
}
