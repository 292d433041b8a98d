package org.jpledge.seccomp;

import org.jpledge.bpf.Alu;

/** What a register or a cell of scratch memory holds, as far as a program was followed. */
sealed interface Term {
    /**
     * A number.
     *
     * @param value the number
     */
    record Constant(int value) implements Term {
        /** What both registers hold at first. */
        static final Term ZERO = new Constant(0);
    }

    /**
     * Some bits of one word of the call, moved, and constant bits where none of these are.
     *
     * @param word the word's index
     * @param mask which bits of the word; none that moving takes out of the 32
     * @param shift by how much they are moved to the right; to the left, if negative
     * @param set the constant bits
     */
    record Bits(int word, int mask, int shift, int set) implements Term {
        /** Where the bits of the word are after moving. */
        int places() {
            return moved(mask, shift);
        }
    }

    /**
     * What arithmetic that is more than moving bits makes of them.
     *
     * @param of what it is made of: bits, or a change of them
     * @param operation {@link Alu#ADD}, {@link Alu#XOR} or {@link Alu#DIV}
     * @param k the constant operand
     */
    record Changed(Term of, Alu operation, int k) implements Term {}

    /**
     * Something that is not followed.
     *
     * @param at the instruction that made it
     * @param why what there is to say about that instruction
     */
    record Unclear(int at, String why) implements Term {}

    /** A word of the call as a whole. */
    static Term word(int index) {
        return new Bits(index, -1, 0, 0);
    }

    private static int moved(int bits, int shift) {
        return shift >= 0 ? bits >>> shift : bits << -shift;
    }

    /** The term after arithmetic with a constant; shifts by 0 to 31, divisors other than zero. */
    default Term after(Alu operation, int k, int at) {
        return switch (this) {
            case Constant(int value) -> new Constant(operation.apply(value, k));
            case Unclear _ -> this;
            case Bits bits -> ofBits(bits, operation, k, at);
            case Changed _ -> ofChanged(this, operation, k, at);
        };
    }

    /** The term with its sign changed. */
    default Term negated(int at) {
        return after(Alu.XOR, -1, at).after(Alu.ADD, 1, at);
    }

    private static Term ofBits(Bits bits, Alu operation, int k, int at) {
        int places = bits.places();
        return switch (operation) {
            case AND -> bits(bits.word(), bits.mask() & moved(k, -bits.shift()), bits.shift(), bits.set() & k);
            case OR -> bits(bits.word(), bits.mask() & moved(~k, -bits.shift()), bits.shift(), bits.set() | k);
            case RSH -> moved(bits, k);
            case LSH -> moved(bits, -k);
            case XOR ->
                (k & places) == 0
                        ? new Bits(bits.word(), bits.mask(), bits.shift(), bits.set() ^ k)
                        : new Changed(bits, Alu.XOR, k);
            case ADD ->
                ((places | bits.set()) & k) == 0
                        ? new Bits(bits.word(), bits.mask(), bits.shift(), bits.set() | k)
                        : new Changed(bits, Alu.ADD, k);
            case SUB -> bits.after(Alu.ADD, -k, at);
            case MUL, DIV -> scaled(bits, operation, k, at);
        };
    }

    private static Term ofChanged(Term changed, Alu operation, int k, int at) {
        return switch (operation) {
            case ADD, XOR -> k == 0 ? changed : new Changed(changed, operation, k);
            case SUB -> new Changed(changed, Alu.ADD, -k);
            case AND -> k == -1 ? changed : k == 0 ? Constant.ZERO : unclear(at, operation);
            case OR -> k == 0 ? changed : k == -1 ? new Constant(-1) : unclear(at, operation);
            case MUL, DIV -> scaled(changed, operation, k, at);
            case LSH -> k == 0 ? changed : unclear(at, operation);
            case RSH -> k == 0 ? changed : new Changed(changed, Alu.DIV, 1 << k);
        };
    }

    private static Term scaled(Term term, Alu operation, int k, int at) {
        if (k == 0) {
            return Constant.ZERO;
        }
        if (operation == Alu.DIV) {
            return Integer.bitCount(k) == 1 && term instanceof Bits bits
                    ? moved(bits, Integer.numberOfTrailingZeros(k))
                    : k == 1 ? term : new Changed(term, Alu.DIV, k);
        }
        return Integer.bitCount(k) == 1
                ? term.after(Alu.LSH, Integer.numberOfTrailingZeros(k), at)
                : unclear(at, operation);
    }

    private static Term unclear(int at, Alu operation) {
        return new Unclear(at, operation.mnemonic() + " of what was computed from an argument is not followed");
    }

    /** Moved further to the right, or to the left. */
    private static Term moved(Bits bits, int by) {
        int shift = bits.shift() + by;
        int places = moved(bits.places(), by);
        int set = moved(bits.set(), by);
        if (shift <= -Integer.SIZE || shift >= Integer.SIZE) {
            return new Constant(set);
        }
        return bits(bits.word(), moved(places, -shift), shift, set);
    }

    private static Term bits(int word, int mask, int shift, int set) {
        return mask == 0 ? new Constant(set) : new Bits(word, mask, shift, set);
    }
}
