package org.jpledge.tools.exchange;

import org.jpledge.seccomp.Operator;

/**
 * What is compared in a kafel policy: a number, or an argument of which some bits are cleared and others set.
 *
 * @param argument 0 to 5; -1 for a number
 * @param kept the argument's bits that count; none of a number
 * @param set the bits that are set whatever the argument, or the number
 * @param wide whether the comparison is of 64 bits: an argument of 8 bytes, or a number that needs them
 */
record KafelTerm(int argument, long kept, long set, boolean wide) {
    private static final int NUMBER = -1;

    static KafelTerm number(long value) {
        return new KafelTerm(NUMBER, 0, value, value >>> 32 != 0);
    }

    static KafelTerm argument(int index, boolean wide) {
        return new KafelTerm(index, -1, 0, wide);
    }

    private boolean isNumber() {
        return argument == NUMBER;
    }

    /** The bits of both. */
    KafelTerm and(KafelTerm other, Place place) throws ImportException {
        KafelTerm term = isNumber() ? other : this;
        KafelTerm mask = isNumber() ? this : other;
        if (!mask.isNumber()) {
            throw twoArguments(place);
        }
        if (term.isNumber()) {
            return number(term.set & mask.set);
        }
        // A mask of all ones is as if it were not there.
        return mask.set == -1
                ? term
                : mask.set == 0
                        ? number(0)
                        : new KafelTerm(
                                term.argument, term.kept & mask.set, term.set & mask.set, term.wide || mask.wide);
    }

    /** The bits of either. */
    KafelTerm or(KafelTerm other, Place place) throws ImportException {
        KafelTerm term = isNumber() ? other : this;
        KafelTerm bits = isNumber() ? this : other;
        if (!bits.isNumber()) {
            throw twoArguments(place);
        }
        if (term.isNumber()) {
            return number(term.set | bits.set);
        }
        return bits.set == -1
                ? number(-1)
                : new KafelTerm(term.argument, term.kept & ~bits.set, term.set | bits.set, term.wide || bits.wide);
    }

    private static ImportException twoArguments(Place place) {
        return place.wrong("two arguments meet here, which a filter cannot say: one of them must be a number");
    }

    /** The comparison with another term. */
    Disjunction compared(Operator op, KafelTerm other, Place place) throws ImportException {
        if (isNumber() && !other.isNumber()) {
            return other.compared(turned(op), this, place);
        }
        if (!other.isNumber()) {
            throw twoArguments(place);
        }
        boolean word = wide || other.wide;
        long all = word ? -1 : 0xffffffffL;
        long value = other.set & all;
        long always = set & all;
        if (isNumber()) {
            return holds(op, Long.compareUnsigned(always, value)) ? Disjunction.ALWAYS : Disjunction.NEVER;
        }
        if (always == 0) {
            return Disjunction.comparing(argument, word, kept & all, op, value);
        }
        if (op != Operator.EQ && op != Operator.NE) {
            throw place.wrong("an argument with bits set by | can only be compared with == and !=");
        }
        if ((value & always) != always) {
            return op == Operator.EQ ? Disjunction.NEVER : Disjunction.ALWAYS;
        }
        return Disjunction.comparing(argument, word, kept & all, op, value & ~always);
    }

    private static boolean holds(Operator op, int order) {
        return switch (op) {
            case EQ, IN -> order == 0;
            case NE -> order != 0;
            case LT -> order < 0;
            case LE -> order <= 0;
            case GT -> order > 0;
            case GE -> order >= 0;
        };
    }

    private static Operator turned(Operator op) {
        return switch (op) {
            case LT -> Operator.GT;
            case LE -> Operator.GE;
            case GT -> Operator.LT;
            case GE -> Operator.LE;
            case EQ, NE, IN -> op;
        };
    }
}
