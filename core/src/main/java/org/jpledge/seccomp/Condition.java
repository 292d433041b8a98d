package org.jpledge.seccomp;

import java.util.ArrayList;
import java.util.List;
import org.jpledge.bpf.SeccompData;

/**
 * A demand on one argument of a system call: the argument, cut down to its mask, compared with a value. An argument that
 * the kernel takes as a 32-bit integer is looked at in its low word only, whatever its upper half holds.
 *
 * @param argument 0 to 5
 * @param word whether all 64 bits count, as for pointers and sizes; otherwise the low 32
 * @param mask the bits that count; all ones for a plain comparison
 * @param op the comparison
 * @param values what the argument is compared with: one value, or for {@link Operator#IN} at least one
 */
public record Condition(int argument, boolean word, long mask, Operator op, List<Value> values) {
    private static final long LOW = 0xffffffffL;

    /** Checks the parts, and cuts mask and constants down to 32 bits where only those count. */
    public Condition {
        if (argument < 0 || argument >= SeccompData.ARGUMENTS) {
            throw new IllegalArgumentException("argument " + argument + " is not in 0 to 5");
        }
        if (values.isEmpty() || (op != Operator.IN && values.size() != 1)) {
            throw new IllegalArgumentException(op.text() + " cannot take " + values.size() + " values");
        }
        mask = word ? mask : lowMask(mask);
        List<Value> kept = new ArrayList<>(values.size());
        for (int i = 0; i < values.size(); i++) {
            kept.add(narrowed(values.get(i), word, op));
        }
        values = List.copyOf(kept);
    }

    private static Value narrowed(Value value, boolean word, Operator op) {
        if (value instanceof Value.Constant(long number)) {
            return word || number == low(number) ? value : new Value.Constant(low(number));
        }
        if (value instanceof Value.Own(Variable variable) && isOrder(op)) {
            throw new IllegalArgumentException(variable.text() + " has no order: " + op.text());
        }
        return value;
    }

    /** Whether an operator asks which of two values is greater. */
    static boolean isOrder(Operator op) {
        return op != Operator.EQ && op != Operator.NE && op != Operator.IN;
    }

    private static long lowMask(long mask) {
        if (!maskFits32(mask)) {
            throw new IllegalArgumentException("mask 0x" + Long.toHexString(mask) + " does not fit 32 bits");
        }
        return mask & LOW;
    }

    /** Whether a mask is one of 32 bits, or the complement of one. */
    static boolean maskFits32(long mask) {
        return mask >>> 32 == 0 || mask >>> 32 == LOW;
    }

    private static long low(long number) {
        if (!fits32(number)) {
            throw new IllegalArgumentException("0x" + Long.toHexString(number) + " does not fit 32 bits");
        }
        return number & LOW;
    }

    /** Whether a number is one of 32 bits, with or without a sign. */
    static boolean fits32(long number) {
        return number >= Integer.MIN_VALUE && number <= LOW;
    }

    /**
     * Compares a plain argument with a constant.
     *
     * @param argument 0 to 5
     * @param word whether all 64 bits count
     * @param op the comparison
     * @param number the constant
     * @return the condition
     */
    public static Condition of(int argument, boolean word, Operator op, long number) {
        return new Condition(argument, word, -1, op, List.of(new Value.Constant(number)));
    }

    /** Whether the condition is that the argument is one of its values. */
    boolean isMembership() {
        return op == Operator.EQ || op == Operator.IN;
    }

    /**
     * Whether another condition is equal.
     *
     * @param other the other condition
     * @return what {@code equals} says, without what a record's method costs when it is first used
     */
    public boolean isSame(Condition other) {
        if (!sameSubject(other) || op != other.op || values.size() != other.values.size()) {
            return false;
        }
        for (int i = 0; i < values.size(); i++) {
            if (!isSame(values.get(i), other.values.get(i))) {
                return false;
            }
        }
        return true;
    }

    private static boolean isSame(Value a, Value b) {
        if (a instanceof Value.Constant(long ofA)) {
            return b instanceof Value.Constant(long ofB) && ofA == ofB;
        }
        return a instanceof Value.Own(Variable ofA) && b instanceof Value.Own(Variable ofB) && ofA == ofB;
    }

    /** Whether another condition is about the same bits of the same argument. */
    boolean sameSubject(Condition other) {
        return argument == other.argument && word == other.word && mask == other.mask;
    }

    /**
     * Answers the condition directly: what compiled programs are held against.
     *
     * @param value the argument's 64 bits
     * @param self the process that makes the call
     * @return whether the condition holds
     */
    public boolean holds(long value, Identity self) {
        long bits = value & mask;
        if (op == Operator.IN) {
            for (int i = 0; i < values.size(); i++) {
                if (values.get(i).in(self) == bits) {
                    return true;
                }
            }
            return false;
        }
        int order = Long.compareUnsigned(bits, values.getFirst().in(self));
        return switch (op) {
            case EQ -> order == 0;
            case NE -> order != 0;
            case LT -> order < 0;
            case LE -> order <= 0;
            case GT -> order > 0;
            case GE -> order >= 0;
            case IN -> throw new AssertionError("answered above");
        };
    }
}
