package org.jpledge.seccomp;

import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import org.jpledge.bpf.SeccompData;
import org.jspecify.annotations.Nullable;

/**
 * The questions at the beginning of a decision that are all about the same bits of one argument, put together again from its
 * two words: which values lead to which of the decisions behind them.
 *
 * @param argument 0 to 5
 * @param word whether all 64 bits are looked at
 * @param mask the bits that count
 * @param exits the decisions behind, and for each the ranges of masked values that lead there, ascending
 */
record Region(int argument, boolean word, long mask, Map<Decision, List<Range>> exits) {
    private static final long LOW = 0xffffffffL;
    private static final Ranges ALL = Ranges.of(0, LOW);

    /** So many values one after the other are said one by one. */
    private static final int FEW = 6;

    /** So many values of a high word are looked at one by one. */
    private static final int SOME = 64;

    /** So many ways through a region are looked at. */
    private static final int MANY = 8192;

    /**
     * Values one after the other.
     *
     * @param from the first that has no bits outside the mask
     * @param to the last of those, unsigned
     */
    record Range(long from, long to) {
        boolean isSingle() {
            return from == to;
        }
    }

    /** One way through: what it says about both words, and where it leads. */
    private record Way(Ranges high, Ranges low, Decision exit) {
        /** Whether it is some ranges of the whole, and not too many. */
        boolean isRanges() {
            long width = 0;
            for (Ranges.Range part : high.parts()) {
                width += part.to() - part.from();
            }
            return low.equals(ALL) || width <= SOME;
        }
    }

    /**
     * The region at the beginning of a decision about an argument.
     *
     * @param order the byte order of the architecture
     * @param words which arguments have 64 bits: bits of their low word are said as bits of the whole
     */
    static Region of(Decision.Split first, ByteOrder order, IntPredicate words) {
        int argument = argument(first.word());
        int low = SeccompData.low(argument, order) / 4;
        boolean word = words.test(argument);
        Region whole = new Collection(low, first, true).region(argument, word);
        return whole != null ? whole : requireRegion(new Collection(low, first, false).region(argument, word));
    }

    private static Region requireRegion(@Nullable Region region) {
        if (region == null) {
            throw new IllegalStateException("one word alone is always a region");
        }
        return region;
    }

    /** The argument to which a word belongs; negative for words that belong to none. */
    static int argument(int word) {
        return Math.floorDiv(word - SeccompData.ARGS / 4, 2);
    }

    /** Goes through the questions. */
    private static final class Collection {
        private final int lowWord;
        private final Decision.Split first;
        private final boolean both;
        private final List<Way> ways = new ArrayList<>();
        private int lowMask;
        private int highMask;

        Collection(int lowWord, Decision.Split first, boolean both) {
            this.lowWord = lowWord;
            this.first = first;
            this.both = both;
        }

        @Nullable
        Region region(int argument, boolean word) {
            collect(first, ALL, ALL);
            if (highMask == 0) {
                return whole(argument, word && lowMask != -1, Integer.toUnsignedLong(lowMask));
            }
            Region ordered = lowMask == 0 && highMask == -1 ? whole(argument, true, -1) : null;
            if (ordered != null && ordered.hasTwoRanges()) {
                // The high word alone is asked for an order of the whole.
                return ordered;
            }
            return whole(argument, true, (long) highMask << 32 | Integer.toUnsignedLong(lowMask));
        }

        private void collect(Decision decision, Ranges high, Ranges low) {
            if (ways.size() > MANY || !(decision instanceof Decision.Split split) || !belongs(split)) {
                ways.add(new Way(high, low, decision));
                return;
            }
            boolean isLow = split.word() == lowWord;
            long value = Integer.toUnsignedLong(split.value());
            Ranges yes = Ranges.of(value, split.isEqual() ? value : LOW);
            go(split.yes(), isLow, yes, high, low);
            go(split.no(), isLow, yes.complement(), high, low);
        }

        private void go(Decision to, boolean isLow, Ranges learnt, Ranges high, Ranges low) {
            Ranges nextHigh = isLow ? high : high.and(learnt);
            Ranges nextLow = isLow ? low.and(learnt) : low;
            if (!nextHigh.parts().isEmpty() && !nextLow.parts().isEmpty()) {
                collect(to, nextHigh, nextLow);
            }
        }

        private boolean belongs(Decision.Split split) {
            if (split.word() != first.word() && (!both || (split.word() ^ 1) != first.word())) {
                return false;
            }
            boolean isLow = split.word() == lowWord;
            int mask = isLow ? lowMask : highMask;
            if (mask == 0 && isLow) {
                lowMask = split.mask();
            } else if (mask == 0) {
                highMask = split.mask();
            } else {
                return mask == split.mask();
            }
            return true;
        }

        /** The region, unless a way is about ranges of both words that are no range of the whole. */
        private @Nullable Region whole(int argument, boolean word, long mask) {
            TreeMap<Long, Map.Entry<Long, Decision>> sorted = new TreeMap<>(Long::compareUnsigned);
            boolean twoWords = mask >>> 32 != 0;
            Decision rest = null;
            for (Way way : ways) {
                if (twoWords && !way.isRanges()) {
                    if (rest != null && !rest.equals(way.exit())) {
                        return null;
                    }
                    rest = way.exit();
                }
            }
            for (Way way : ways) {
                if (!way.exit().equals(rest)) {
                    put(sorted, way, twoWords);
                }
            }
            if (rest != null) {
                fill(sorted, rest);
            }
            Map<Decision, List<Range>> exits = new LinkedHashMap<>();
            Decision open = null;
            for (Map.Entry<Long, Map.Entry<Long, Decision>> each : sorted.entrySet()) {
                long from = leastWithin(mask, each.getKey());
                long to = greatestWithin(mask, each.getValue().getKey());
                Decision exit = each.getValue().getValue();
                if (Long.compareUnsigned(from, each.getValue().getKey()) > 0
                        || Long.compareUnsigned(from, each.getKey()) < 0) {
                    // No value under the mask lies in between.
                    continue;
                }
                List<Range> ranges = exits.computeIfAbsent(exit, _ -> new ArrayList<>());
                if (exit.equals(open)) {
                    ranges.add(new Range(ranges.removeLast().from(), to));
                } else {
                    ranges.add(new Range(from, to));
                }
                open = exit;
            }
            return new Region(argument, word, mask, exits);
        }
    }

    private boolean hasTwoRanges() {
        int count = 0;
        for (List<Range> ranges : exits.values()) {
            count += ranges.size();
        }
        return count == 2;
    }

    /** Adds the ranges of a way. */
    private static void put(TreeMap<Long, Map.Entry<Long, Decision>> sorted, Way way, boolean twoWords) {
        for (Ranges.Range high : twoWords ? way.high().parts() : List.of(new Ranges.Range(0, 0))) {
            if (way.low().equals(ALL) && twoWords) {
                sorted.put(high.from() << 32, Map.entry(high.to() << 32 | LOW, way.exit()));
                continue;
            }
            for (long upper = high.from(); upper <= high.to(); upper++) {
                for (Ranges.Range part : way.low().parts()) {
                    sorted.put(upper << 32 | part.from(), Map.entry(upper << 32 | part.to(), way.exit()));
                }
            }
        }
    }

    /** Gives what lies between ranges to an exit. */
    private static void fill(TreeMap<Long, Map.Entry<Long, Decision>> sorted, Decision rest) {
        long next = 0;
        boolean over = false;
        for (Map.Entry<Long, Map.Entry<Long, Decision>> each : List.copyOf(sorted.entrySet())) {
            if (each.getKey() != next) {
                sorted.put(next, Map.entry(each.getKey() - 1, rest));
            }
            next = each.getValue().getKey() + 1;
            over = next == 0;
        }
        if (!over) {
            sorted.put(next, Map.entry(-1L, rest));
        }
    }

    /** The least number that is not less than another and has no bits outside a mask; less, if there is none. */
    private static long leastWithin(long mask, long least) {
        long outside = least & ~mask;
        if (outside == 0) {
            return least;
        }
        long below = (Long.highestOneBit(outside) << 1) - 1;
        return ((least | below | ~mask) + 1) & mask;
    }

    /** The greatest number that is not greater than another and has no bits outside a mask. */
    private static long greatestWithin(long mask, long most) {
        long outside = most & ~mask;
        if (outside == 0) {
            return most;
        }
        long below = Long.highestOneBit(outside) - 1;
        return (most | below) & mask;
    }

    /** What the values of an exit are, as alternatives of conditions that hold together. */
    List<List<Condition>> conditions(Decision exit) {
        List<Range> mine = exits.get(exit);
        if (mine == null) {
            throw new IllegalArgumentException("no exit of this region");
        }
        List<Long> single = new ArrayList<>();
        List<List<Condition>> alternatives = new ArrayList<>();
        for (Range range : mine) {
            if (!values(range, single)) {
                alternatives.add(within(range));
            }
        }
        if (single.size() == 1 && single.getFirst() == mask && Long.bitCount(mask) == 1) {
            // A bit that is set.
            alternatives.addFirst(List.of(condition(Operator.NE, 0)));
        } else if (single.size() == 1) {
            alternatives.addFirst(List.of(condition(Operator.EQ, single.getFirst())));
        } else if (!single.isEmpty()) {
            alternatives.addFirst(List.of(condition(Operator.IN, single)));
        }
        List<Condition> without = without(exit);
        return !without.isEmpty()
                        && (alternatives.size() > 1 || alternatives.getFirst().size() > without.size())
                ? List.of(without)
                : alternatives;
    }

    /** Adds the values of a range, if they are few; at the least and at the greatest value there is one. */
    private boolean values(Range range, List<Long> single) {
        boolean atEnd = range.from() == 0 || range.to() == greatestWithin(mask, -1);
        List<Long> values = new ArrayList<>();
        long value = range.from();
        while (values.size() < FEW && value != range.to()) {
            values.add(value);
            value = leastWithin(mask, value + 1);
        }
        values.add(range.to());
        if (value != range.to() || (atEnd && values.size() > 1)) {
            return false;
        }
        single.addAll(values);
        return true;
    }

    /** What all other values are not, where these are few; nothing otherwise. */
    private List<Condition> without(Decision exit) {
        List<Condition> without = new ArrayList<>();
        for (Map.Entry<Decision, List<Range>> other : exits.entrySet()) {
            if (other.getKey().equals(exit)) {
                continue;
            }
            for (Range range : other.getValue()) {
                if (!range.isSingle()) {
                    return List.of();
                }
                without.add(condition(Operator.NE, range.from()));
            }
        }
        return without;
    }

    private List<Condition> within(Range range) {
        List<Condition> conditions = new ArrayList<>();
        if (range.from() != 0) {
            conditions.add(condition(Operator.GE, range.from()));
        }
        if (range.to() != greatestWithin(mask, -1)) {
            // 4095 or less is better said as less than 4096, and 6 or less as it is.
            boolean round = Long.numberOfTrailingZeros(range.to() + 1) > 1;
            conditions.add(
                    round && mask == all()
                            ? condition(Operator.LT, range.to() + 1)
                            : condition(Operator.LE, range.to()));
        }
        return conditions;
    }

    private long all() {
        return word ? -1 : LOW;
    }

    private Condition condition(Operator op, long value) {
        return condition(op, List.of(value));
    }

    private Condition condition(Operator op, List<Long> numbers) {
        List<Value> values = new ArrayList<>();
        for (long number : numbers) {
            values.add(new Value.Constant(number));
        }
        return new Condition(argument, word, mask, op, values);
    }
}
