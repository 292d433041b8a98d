package org.jpledge.seccomp;

import java.util.Arrays;

/**
 * Builds decisions on the value of one masked word. The values are laid out as runs, ascending, each with the node that a
 * value in it leads to; the decision is a search tree that asks few questions on the way to heavy runs and has few nodes.
 *
 * <p>Two kinds of question are weighed against each other. Cutting the runs in two by an order comparison costs a node for
 * every border. A single value between two runs that lead to the same place can be asked for directly, which does away with
 * both its borders at once. So single values are asked for first where they are heavy or few, and many of them are cut into
 * groups, at borders that need a question anyway if there are such.
 */
final class ValueSwitch {
    /** So many single values may be asked for one after another before it pays to add a cut between them. */
    private static final int GROUP = 6;

    private final DecisionGraph graph;

    /** Runs, as a stack: a decision that is being built has its runs above those of decisions that wait for it. */
    private int[] start = new int[1024];

    private int[] target = new int[1024];
    private int[] weight = new int[1024];
    private int top;

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

    /** Two runs of a masked word that differ in whether it is zero, or in its highest bit, need one test of bits. */
    private int singleBits(int open) {
        if (top - open != 2 || mask == -1) {
            return -1;
        }
        int border = start[open + 1];
        if (border == Integer.lowestOneBit(mask)) {
            return graph.anyOf(word, mask, target[open + 1], target[open]);
        }
        if (border == Integer.highestOneBit(mask)) {
            return graph.anyOf(word, border, target[open + 1], target[open]);
        }
        return -1;
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
        int total = 0;
        int singles = 0;
        int heaviest = -1;
        for (int i = from; i < to; i++) {
            total += weight[i];
            if (isSingle(i, to, end) && (i == from || i == to - 1 || target[i - 1] == target[i + 1])) {
                singles++;
                if (heaviest < 0 || weight[i] > weight[heaviest]) {
                    heaviest = i;
                }
            }
        }
        if (heaviest >= 0 && 3 * weight[heaviest] >= total) {
            return withoutSingle(from, to, end, heaviest);
        }
        int cut = border(from, to, end, total, false);
        boolean unbalanced = cut < 0 || 4 * lighter(from, cut, total) < total;
        if (unbalanced && singles > 0) {
            if (singles <= GROUP) {
                return withoutSingle(from, to, end, heaviest);
            }
            cut = border(from, to, end, total, true);
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

    private boolean isSingle(int run, int to, int end) {
        return isSingle(start[run], run == to - 1 ? end : start[run + 1]);
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

    /** Asks for a single value first, and goes on with the runs that are left. */
    private int withoutSingle(int from, int to, int end, int single) {
        int open = top;
        for (int i = from; i < to; i++) {
            if (i != single) {
                run(open, i == single + 1 && i == from + 1 ? start[single] : start[i], target[i], weight[i]);
            }
        }
        int rest = tree(open, top, end);
        top = open;
        return graph.equal(word, mask, start[single], target[single], rest);
    }

    /**
     * The border between runs that comes nearest to halving the weight, or -1: any border, or only one that asking for single
     * values would leave.
     */
    private int border(int from, int to, int end, int total, boolean any) {
        int best = -1;
        int least = Integer.MAX_VALUE;
        int left = 0;
        for (int i = from + 1; i < to; i++) {
            left += weight[i - 1];
            if (any || !(isInnerSingle(i, from, to, end) || isInnerSingle(i - 1, from, to, end))) {
                int difference = Math.abs(total - 2 * left);
                if (difference < least) {
                    least = difference;
                    best = i;
                }
            }
        }
        return best;
    }

    private boolean isInnerSingle(int run, int from, int to, int end) {
        return run > from && run < to - 1 && target[run - 1] == target[run + 1] && isSingle(run, to, end);
    }

    private int lighter(int from, int cut, int total) {
        int left = 0;
        for (int i = from; i < cut; i++) {
            left += weight[i];
        }
        return Math.min(left, total - left);
    }
}
