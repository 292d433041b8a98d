package org.jpledge.seccomp;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jpledge.bpf.Alu;
import org.jpledge.bpf.Comparison;

/**
 * A set of 32-bit numbers.
 *
 * @param parts ranges, ascending, with a gap between each and the next
 */
record Ranges(List<Range> parts) {
    /** No number. */
    static final Ranges NONE = new Ranges(List.of());

    private static final long MOST = 0xffffffffL;
    private static final long MODULUS = 1L << Integer.SIZE;
    private static final int FEW = 64;

    /**
     * Numbers one after the other.
     *
     * @param from the first
     * @param to the last
     */
    record Range(long from, long to) {
        boolean isSingle() {
            return from == to;
        }
    }

    /** The numbers from one to another; none if the second is less. */
    static Ranges of(long from, long to) {
        return from > to ? NONE : new Ranges(List.of(new Range(from, to)));
    }

    /** What makes a test hold that compares with a constant. */
    static Ranges of(Comparison test, int k) {
        long value = Integer.toUnsignedLong(k);
        return switch (test) {
            case EQ -> of(value, value);
            case GT -> of(value + 1, MOST);
            case GE -> of(value, MOST);
            case SET -> throw new IllegalArgumentException("bits are asked for with a mask");
        };
    }

    /** The numbers that are also among others. */
    Ranges and(Ranges other) {
        List<Range> common = new ArrayList<>();
        for (Range part : parts) {
            for (Range one : other.parts) {
                long from = Math.max(part.from(), one.from());
                long to = Math.min(part.to(), one.to());
                if (from <= to) {
                    common.add(new Range(from, to));
                }
            }
        }
        return new Ranges(common);
    }

    /** All other numbers. */
    Ranges complement() {
        List<Range> others = new ArrayList<>();
        long next = 0;
        for (Range part : parts) {
            if (part.from() > next) {
                others.add(new Range(next, part.from() - 1));
            }
            next = part.to() + 1;
        }
        if (next <= MOST) {
            others.add(new Range(next, MOST));
        }
        return new Ranges(others);
    }

    /** The numbers plus another, modulo 2^32. */
    Ranges plus(int k) {
        long by = Integer.toUnsignedLong(k);
        List<Range> moved = new ArrayList<>();
        for (Range part : parts) {
            long from = part.from() + by;
            long to = part.to() + by;
            if (from >= MODULUS) {
                moved.add(new Range(from - MODULUS, to - MODULUS));
            } else if (to >= MODULUS) {
                moved.add(new Range(from, MOST));
                moved.add(new Range(0, to - MODULUS));
            } else {
                moved.add(new Range(from, to));
            }
        }
        return ordered(moved);
    }

    private static Ranges ordered(List<Range> unordered) {
        unordered.sort((a, b) -> Long.compare(a.from(), b.from()));
        List<Range> parts = new ArrayList<>();
        for (Range range : unordered) {
            if (!parts.isEmpty() && parts.getLast().to() + 1 >= range.from()) {
                Range last = parts.removeLast();
                parts.add(new Range(last.from(), Math.max(last.to(), range.to())));
            } else {
                parts.add(range);
            }
        }
        return new Ranges(parts);
    }

    /** What becomes one of these numbers by arithmetic with a constant; empty where that is no short list of ranges. */
    Optional<Ranges> before(Alu operation, int k) {
        return switch (operation) {
            case ADD -> Optional.of(plus(-k));
            case XOR -> beforeXor(k);
            case DIV -> Optional.of(beforeDivision(Integer.toUnsignedLong(k)));
            default -> Optional.empty();
        };
    }

    private Ranges beforeDivision(long k) {
        List<Range> larger = new ArrayList<>();
        for (Range part : parts) {
            if (part.from() <= MOST / k) {
                long to = part.to() >= MOST / k ? MOST : part.to() * k + k - 1;
                larger.add(new Range(part.from() * k, to));
            }
        }
        return ordered(larger);
    }

    private Optional<Ranges> beforeXor(int k) {
        if (k == -1) {
            List<Range> turned = new ArrayList<>();
            for (Range part : parts) {
                turned.add(new Range(MOST - part.to(), MOST - part.from()));
            }
            return Optional.of(ordered(turned));
        }
        if (k == Integer.MIN_VALUE) {
            return Optional.of(plus(k));
        }
        if (count() <= FEW) {
            return Optional.of(each(k));
        }
        Ranges others = complement();
        return others.count() <= FEW ? Optional.of(others.each(k).complement()) : Optional.empty();
    }

    private Ranges each(int k) {
        List<Range> single = new ArrayList<>();
        for (Range part : parts) {
            for (long value = part.from(); value <= part.to(); value++) {
                long turned = Integer.toUnsignedLong((int) value ^ k);
                single.add(new Range(turned, turned));
            }
        }
        return ordered(single);
    }

    private long count() {
        long count = 0;
        for (Range part : parts) {
            count += part.to() - part.from() + 1;
        }
        return count;
    }

    /** The numbers that have these as bits moved and with others set: what {@code w & mask} is then. */
    Ranges before(Term.Bits bits) {
        long set = Integer.toUnsignedLong(bits.set());
        int shift = bits.shift();
        List<Range> plain = new ArrayList<>();
        for (Range part : parts) {
            long from = Math.max(part.from() - set, 0);
            long to = part.to() - set;
            if (to < 0) {
                continue;
            }
            if (shift >= 0) {
                from = from << shift;
                to = (to + 1 << shift) - 1;
            } else {
                from = from + (1L << -shift) - 1 >> -shift;
                to = to >> -shift;
            }
            if (from <= Math.min(to, MOST)) {
                plain.add(new Range(from, Math.min(to, MOST)));
            }
        }
        return ordered(plain);
    }
}
