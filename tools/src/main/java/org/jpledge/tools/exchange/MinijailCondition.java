package org.jpledge.tools.exchange;

import java.util.ArrayList;
import java.util.List;
import org.jpledge.seccomp.Condition;
import org.jpledge.seccomp.Operator;
import org.jpledge.seccomp.Value;
import org.jpledge.syscall.Arch;

/**
 * Conditions as minijail has them: comparisons of whole registers, {@code &} for "one of these bits is set" and {@code in} for
 * "no other bits are set". All that is asked of some bits only is made of the last two.
 */
final class MinijailCondition {
    private final int argument;
    private final long mask;

    /** All bits of a register. */
    private final long full;

    private MinijailCondition(int argument, long mask, long full) {
        this.argument = argument;
        this.mask = mask;
        this.full = full;
    }

    /**
     * Writes a condition on constants.
     *
     * @return ways in which it holds, each a list of atoms; none if it never does
     */
    static List<List<String>> ways(Condition condition, Arch arch) {
        long full = arch.is64Bit() ? -1 : 0xffffffffL;
        MinijailCondition writing = new MinijailCondition(condition.argument(), condition.mask() & full, full);
        List<List<String>> ways = new ArrayList<>();
        for (Value value : condition.values()) {
            if (value instanceof Value.Constant(long number)) {
                ways.addAll(writing.ways(condition.op(), number));
            }
        }
        return ways;
    }

    private List<List<String>> ways(Operator op, long value) {
        if ((value & ~full) != 0) {
            // No register of 32 bits reaches it.
            return op == Operator.NE || op == Operator.LT || op == Operator.LE ? List.of(List.of()) : List.of();
        }
        if (mask == full) {
            String sign = op == Operator.IN ? "==" : op.text();
            return List.of(List.of(atom(sign, value)));
        }
        return switch (op) {
            case EQ, IN -> equal(mask, value);
            case NE -> different(value);
            case GT -> greater(value);
            case GE -> value == 0 ? List.of(List.of()) : greater(value - 1);
            case LT -> less(value);
            case LE -> value == -1 ? List.of(List.of()) : less(value + 1);
        };
    }

    private String atom(String sign, long value) {
        return "arg" + argument + ' ' + sign + ' ' + Numbers.text(value);
    }

    /** None of these bits is set. */
    private String none(long bits) {
        return "arg" + argument + " in ~" + Numbers.text(bits);
    }

    private List<List<String>> equal(long bits, long value) {
        if ((value & ~bits) != 0) {
            return List.of();
        }
        List<String> all = new ArrayList<>();
        for (int bit = 0; bit < Long.SIZE; bit++) {
            if ((value >>> bit & 1) != 0) {
                all.add(atom("&", 1L << bit));
            }
        }
        long zeros = bits & ~value;
        if (zeros != 0) {
            all.add(none(zeros));
        }
        return List.of(all);
    }

    private List<List<String>> different(long value) {
        if ((value & ~mask) != 0) {
            return List.of(List.of());
        }
        List<List<String>> any = new ArrayList<>();
        if ((mask & ~value) != 0) {
            any.add(List.of(atom("&", mask & ~value)));
        }
        for (int bit = 0; bit < Long.SIZE; bit++) {
            if ((value >>> bit & 1) != 0) {
                any.add(List.of(none(1L << bit)));
            }
        }
        return any;
    }

    /** Where the highest bit that differs is set here: a way for each run of zeros in the value, as one question asks for all. */
    private List<List<String>> greater(long value) {
        List<List<String>> ways = new ArrayList<>();
        int bit = Long.SIZE - 1;
        while (bit >= 0) {
            int top = bit;
            boolean set = (value >>> bit & 1) != 0;
            while (bit >= 0 && (value >>> bit & 1) != 0 == set) {
                bit--;
            }
            long run = run(top, bit + 1);
            if (!set && (mask & run) != 0) {
                for (List<String> above : equal(mask & above(top), value & above(top))) {
                    List<String> way = new ArrayList<>(above);
                    way.add(atom("&", mask & run));
                    ways.add(way);
                }
            }
        }
        return ways;
    }

    /** Where the highest bit that differs is not set here. */
    private List<List<String>> less(long value) {
        List<List<String>> ways = new ArrayList<>();
        for (int bit = Long.SIZE - 1; bit >= 0; bit--) {
            if ((value >>> bit & 1) != 0) {
                long before = value & above(bit);
                ways.addAll(equal(mask & (above(bit) | 1L << bit), before));
            }
        }
        return ways;
    }

    private static long above(int bit) {
        return bit == Long.SIZE - 1 ? 0 : -1L << (bit + 1);
    }

    private static long run(int top, int bottom) {
        return ~above(top) & -1L << bottom;
    }
}
