package org.jpledge.tools.exchange;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jpledge.bpf.SeccompData;
import org.jpledge.seccomp.Condition;
import org.jpledge.seccomp.Operator;
import org.jpledge.seccomp.Value;

/**
 * The arguments in which some bits have some values: all that a format can say that knows only "equal under a mask". Every
 * comparison is a union of such cubes, and so is the difference of two of them.
 *
 * @param masks for each argument the bits that count
 * @param values for each argument what these bits are
 */
record Cube(long[] masks, long[] values) {
    /** All arguments. */
    static final Cube ALL = new Cube(new long[SeccompData.ARGUMENTS], new long[SeccompData.ARGUMENTS]);

    /** Bits of one argument and what they are. */
    record Bits(long mask, long value) {}

    /** What of this has such bits in an argument. */
    Optional<Cube> and(int argument, Bits bits) {
        if ((masks[argument] & bits.mask & (values[argument] ^ bits.value)) != 0) {
            return Optional.empty();
        }
        long[] mask = masks.clone();
        long[] value = values.clone();
        mask[argument] |= bits.mask;
        value[argument] |= bits.value;
        return Optional.of(new Cube(mask, value));
    }

    /** Whether some arguments are in both. */
    boolean meets(Cube other) {
        for (int i = 0; i < masks.length; i++) {
            if ((masks[i] & other.masks[i] & (values[i] ^ other.values[i])) != 0) {
                return false;
            }
        }
        return true;
    }

    /** What of this is not in another, in parts that do not meet. */
    List<Cube> minus(Cube other) {
        if (!meets(other)) {
            return List.of(this);
        }
        List<Cube> parts = new ArrayList<>();
        Cube rest = this;
        for (int i = 0; i < masks.length; i++) {
            for (long open = other.masks[i] & ~masks[i]; open != 0; open &= open - 1) {
                long bit = Long.lowestOneBit(open);
                parts.add(rest.and(i, new Bits(bit, ~other.values[i] & bit)).orElseThrow());
                rest = rest.and(i, new Bits(bit, other.values[i] & bit)).orElseThrow();
            }
        }
        return parts;
    }

    /** What fulfils some conditions on constants; empty if that are more than so many cubes. */
    static Optional<List<Cube>> of(List<Condition> conditions, int most) {
        List<Cube> all = List.of(ALL);
        for (Condition condition : conditions) {
            List<Cube> next = new ArrayList<>();
            for (Bits bits : bits(condition)) {
                for (Cube cube : all) {
                    cube.and(condition.argument(), bits).ifPresent(next::add);
                }
            }
            if (next.size() > most) {
                return Optional.empty();
            }
            all = next;
        }
        return Optional.of(all);
    }

    /** The bits that fulfil a condition on constants: any of them. */
    static List<Bits> bits(Condition condition) {
        List<Bits> bits = new ArrayList<>();
        for (Value each : condition.values()) {
            long value = ((Value.Constant) each).number();
            long mask = condition.mask();
            switch (condition.op()) {
                case EQ, IN -> {
                    if ((value & ~mask) == 0) {
                        bits.add(new Bits(mask, value));
                    }
                }
                case NE -> {
                    if ((value & ~mask) != 0) {
                        bits.add(new Bits(0, 0));
                    } else {
                        for (long open = mask; open != 0; open &= open - 1) {
                            long bit = Long.lowestOneBit(open);
                            bits.add(new Bits(bit, ~value & bit));
                        }
                    }
                }
                case LT, LE, GT, GE -> ordered(condition.op(), mask, value, bits);
            }
        }
        return bits;
    }

    /** Goes from the highest bit down along the value: what leaves it there is less or greater. */
    private static void ordered(Operator op, long mask, long value, List<Bits> bits) {
        boolean less = op == Operator.LT || op == Operator.LE;
        long above = 0;
        for (int i = Long.SIZE - 1; i >= 0; i--) {
            long bit = 1L << i;
            boolean set = (value & bit) != 0;
            if ((mask & bit) != 0) {
                if (set == less) {
                    bits.add(new Bits(above | bit, value & above | (less ? 0 : bit)));
                }
                above |= bit;
            } else if (set) {
                // This bit of the argument counts as 0: all of these are less.
                if (less) {
                    bits.add(new Bits(above, value & above));
                }
                return;
            }
        }
        if (op == Operator.LE || op == Operator.GE) {
            bits.add(new Bits(above, value & above));
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Cube cube && Arrays.equals(masks, cube.masks) && Arrays.equals(values, cube.values);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(masks) + Arrays.hashCode(values);
    }

    @Override
    public String toString() {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < masks.length; i++) {
            if (masks[i] != 0) {
                out.append(" arg")
                        .append(i)
                        .append(" & 0x")
                        .append(Long.toHexString(masks[i]))
                        .append(" == 0x")
                        .append(Long.toHexString(values[i]));
            }
        }
        return out.toString().strip();
    }
}
