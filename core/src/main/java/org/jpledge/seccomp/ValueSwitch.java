package org.jpledge.seccomp;

import java.util.Arrays;

/**
 * Builds decisions on the value of one masked word. The values are laid out as runs, ascending, each with the node that a
 * value in it leads to; the decision is a search tree that asks few questions on the way to heavy runs and has few nodes.
 *
 * <p>Two kinds of question are weighed against each other. Cutting the runs in two by an order comparison costs a node for
 * every border. A single value between two runs that lead to the same place can be asked for directly, which does away with
 * both its borders at once. What is the least is chosen first for all runs; then, in whatever order the questions are asked,
 * there are as many of them. So those are asked first that are heavy or halve the weight; a cut that is not needed is added
 * only between many single values.
 */
final class ValueSwitch {
    /** So many single values may be asked for one after another before it pays to add a cut between them. */
    private static final int GROUP = 6;

    /** A single value with at least the weight of all divided by this is asked for first. */
    private static final double HEAVY = 3.5;

    /** No more neighbours than these are asked for one by one, which bounds the work. */
    private static final int MOST_IN_A_ROW = 64;

    private final DecisionGraph graph;

    /** Runs, as a stack: a decision that is being built has its runs above those of decisions that wait for it. */
    private int[] start = new int[1024];

    private int[] target = new int[1024];
    private int[] weight = new int[1024];

    /** Whether a run is a single value that is to be asked for directly. */
    private boolean[] apart = new boolean[1024];

    private int top;

    // For each run of the decision that is begun: the fewest nodes for it and what is before it if it is not asked for
    // directly,
    // and the one before it that is not either.
    private int[] fewest = new int[512];

    private int[] before = new int[512];

    private int word;
    private int mask;

    ValueSwitch(DecisionGraph graph) {
        this.graph = graph;
    }

    /** Starts the runs of a new decision; the result is to be handed to {@link #build}. */
    int open() {
        return top;
    }

    /** Adds a run from a value (the first time zero) to the next run's. */
    void run(int open, int from, int to, int heavy) {
        if (top > open && target[top - 1] == to) {
            weight[top - 1] += heavy;
            return;
        }
        if (top == start.length) {
            start = Arrays.copyOf(start, 2 * top);
            target = Arrays.copyOf(target, 2 * top);
            weight = Arrays.copyOf(weight, 2 * top);
            apart = Arrays.copyOf(apart, 2 * top);
        }
        start[top] = from;
        target[top] = to;
        weight[top] = heavy;
        top++;
    }

    /** Builds the decision from the runs that were added since it was opened. */
    int build(int open, int ofWord, int ofMask) {
        word = ofWord;
        mask = ofMask;
        if (ofMask != -1) {
            dropImpossible(open);
        }
        int node = singleBits(open);
        if (node < 0) {
            choose(open);
            node = tree(open, top, 0);
        }
        top = open;
        return node;
    }

    /** Runs that hold no value with bits of the mask only lead nowhere; others begin with the first such value. */
    private void dropImpossible(int open) {
        int kept = open;
        for (int i = open; i < top; i++) {
            int first = leastWithin(mask, start[i]);
            boolean none = Integer.compareUnsigned(first, start[i]) < 0
                    || (i + 1 < top && Integer.compareUnsigned(first, start[i + 1]) >= 0);
            if (none) {
                continue;
            }
            if (kept > open && target[kept - 1] == target[i]) {
                weight[kept - 1] += weight[i];
                continue;
            }
            start[kept] = first;
            target[kept] = target[i];
            weight[kept] = weight[i];
            kept++;
        }
        top = kept;
    }

    /** The least value that is at least some other and has no bit outside a mask; a smaller one if there is none. */
    static int leastWithin(int mask, int least) {
        int outside = least & ~mask;
        if (outside == 0) {
            return least;
        }
        int below = (Integer.highestOneBit(outside) << 1) - 1;
        return ((least | below | ~mask) + 1) & mask;
    }

    /**
     * Some decisions on a masked word need tests of bits only, which leave the word as it is in the accumulator: whether it is
     * zero, whether it has its highest bit, and everything about a mask of two bits.
     */
    private int singleBits(int open) {
        if (mask == -1) {
            return -1;
        }
        int highest = Integer.highestOneBit(mask);
        int lowest = Integer.lowestOneBit(mask);
        if (top - open == 2) {
            int border = start[open + 1];
            if (border == lowest) {
                return graph.anyOf(word, mask, target[open + 1], target[open]);
            }
            if (border == highest) {
                return graph.anyOf(word, border, target[open + 1], target[open]);
            }
        }
        if (top - open == 1 || highest == lowest || (highest | lowest) != mask) {
            return -1;
        }
        int none = target[open];
        int low = targetOf(open, lowest);
        int high = targetOf(open, highest);
        int both = targetOf(open, mask);
        int highFirst = (both == high ? 0 : 1) + (low == none ? 0 : 1);
        int lowFirst = (both == low ? 0 : 1) + (high == none ? 0 : 1);
        return highFirst <= lowFirst
                ? graph.anyOf(
                        word, highest, graph.anyOf(word, lowest, both, high), graph.anyOf(word, lowest, low, none))
                : graph.anyOf(
                        word, lowest, graph.anyOf(word, highest, both, low), graph.anyOf(word, highest, high, none));
    }

    private int targetOf(int open, int value) {
        int run = open;
        while (run + 1 < top && Integer.compareUnsigned(start[run + 1], value) <= 0) {
            run++;
        }
        return target[run];
    }

    /**
     * Chooses which single values are asked for directly, so that there are as few nodes as possible: each of them costs a node,
     * and so does each border between runs that are left next to each other and lead to different places.
     */
    private void choose(int open) {
        int count = top - open;
        if (fewest.length < count) {
            fewest = new int[2 * count];
            before = new int[2 * count];
        }
        for (int i = 0; i < count; i++) {
            int least = Integer.MAX_VALUE;
            int asked = 0;
            for (int j = i - 1; j >= -1; j--) {
                int nodes = asked;
                if (j >= 0) {
                    nodes += fewest[j] + (target[open + j] == target[open + i] ? 0 : 1);
                }
                if (nodes < least) {
                    least = nodes;
                    before[i] = j;
                }
                if (j < 0 || !isSingle(open + j) || asked == MOST_IN_A_ROW) {
                    break;
                }
                asked++;
            }
            fewest[i] = least;
        }
        int left = count - 1;
        for (int i = count - 2; i >= 0 && count - 2 - i < MOST_IN_A_ROW && isSingle(open + i + 1); i--) {
            if (fewest[i] + count - 1 - i < fewest[left] + count - 1 - left) {
                left = i;
            }
        }
        for (int i = count - 1; i >= 0; i--) {
            apart[open + i] = i != left;
            if (i == left) {
                left = before[i];
            }
        }
    }

    private boolean isSingle(int run) {
        return isSingle(start[run], run == top - 1 ? 0 : start[run + 1]);
    }

    /** The decision between some runs; the last one ends before a value, zero meaning that it has no end. */
    private int tree(int from, int to, int end) {
        int runs = to - from;
        if (runs == 1) {
            return target[from];
        }
        if (runs == 2) {
            return pair(from, end);
        }
        long total = 0;
        int singles = 0;
        int heaviest = -1;
        for (int i = from; i < to; i++) {
            total += weight[i];
            if (apart[i]) {
                singles++;
                if (heaviest < 0 || weight[i] > weight[heaviest]) {
                    heaviest = i;
                }
            }
        }
        if (heaviest >= 0 && HEAVY * weight[heaviest] >= total) {
            return withoutSingle(from, to, end, heaviest);
        }
        // The borders that come nearest to halving the weight: of all, and of those that need a question in any case,
        // as the runs that are left on both sides have other targets.
        int nearest = from + 1;
        long nearestOff = Long.MAX_VALUE;
        int needed = -1;
        long neededOff = Long.MAX_VALUE;
        long left = 0;
        int kept = -1;
        int next = from;
        for (int i = from + 1; i < to; i++) {
            left += weight[i - 1];
            kept = apart[i - 1] ? kept : i - 1;
            if (next < i) {
                next = i;
                while (next < to && apart[next]) {
                    next++;
                }
            }
            long off = Math.abs(total - 2 * left);
            if (off < nearestOff) {
                nearest = i;
                nearestOff = off;
            }
            if (off < neededOff && kept >= 0 && next < to && target[kept] != target[next]) {
                needed = i;
                neededOff = off;
            }
        }
        int cut = needed;
        if (singles > 0 && (needed < 0 || 2 * neededOff > total)) {
            if (singles <= GROUP) {
                return withoutSingle(from, to, end, heaviest);
            }
            cut = nearest;
        }
        int least = start[cut];
        int low = tree(from, cut, least);
        int high = tree(cut, to, end);
        return graph.atLeast(word, mask, least, high, low);
    }

    private int pair(int from, int end) {
        if (isSingle(start[from], start[from + 1])) {
            return graph.equal(word, mask, start[from], target[from], target[from + 1]);
        }
        if (isSingle(start[from + 1], end)) {
            return graph.equal(word, mask, start[from + 1], target[from + 1], target[from]);
        }
        return graph.atLeast(word, mask, start[from + 1], target[from + 1], target[from]);
    }

    /** Whether a run that begins with a possible value has no other. */
    private boolean isSingle(int first, int end) {
        if (end - first == 1) {
            return true;
        }
        if (mask == -1) {
            return false;
        }
        int next = leastWithin(mask, first + 1);
        return Integer.compareUnsigned(next, first) <= 0 || (end != 0 && Integer.compareUnsigned(next, end) >= 0);
    }

    /**
     * Asks for a single value first, and goes on with the runs that are left. What is before or after it may grow over its place,
     * as the value does not come there.
     */
    private int withoutSingle(int from, int to, int end, int asked) {
        int open = top;
        for (int i = from; i < to; i++) {
            if (i != asked) {
                int size = top;
                run(open, start[i], target[i], weight[i]);
                apart[top - 1] = top > size && apart[i];
            }
        }
        int rest = tree(open, top, end);
        top = open;
        return graph.equal(word, mask, start[asked], target[asked], rest);
    }
}
