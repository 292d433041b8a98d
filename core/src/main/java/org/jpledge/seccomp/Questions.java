package org.jpledge.seccomp;

import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import org.jpledge.bpf.SeccompData;
import org.jpledge.syscall.Ascending;
import org.jspecify.annotations.Nullable;

/**
 * Conditions taken apart into questions about single words of 32 bits. A question's outcome is that the condition holds, that
 * it fails, or another question: a condition on 64 bits asks for the high word first and, where that does not settle it, for
 * the low word. Equal questions are one.
 */
final class Questions {
    /** The outcome that the condition holds. */
    static final int HOLDS = -1;

    /** The outcome that the condition fails. */
    static final int FAILS = -2;

    /** No outcome yet. */
    static final int OPEN = -3;

    private final ByteOrder order;

    private int size;
    private int[] word = new int[64];
    private int[] mask = new int[64];
    private @Nullable Variable[] variable = new @Nullable Variable[64];

    /** Where the question's runs are: from the question's own entry to the next question's. */
    private int[] first = new int[65];

    /** The values with which runs of equal outcome begin, ascending; for a variable two runs, equal and not equal. */
    private int[] start = new int[256];

    private int[] outcome = new int[256];

    /** The end of the runs of the question that is being made. */
    private int top;

    private int[] table = new int[256];

    Questions(ByteOrder order) {
        this.order = order;
    }

    int size() {
        return size;
    }

    /** The offset of the word that is asked about. */
    int word(int question) {
        return word[question];
    }

    /** The bits that are asked about. */
    int mask(int question) {
        return mask[question];
    }

    /** What the word is held against, or null where its value alone decides. */
    @Nullable
    Variable variable(int question) {
        return variable[question];
    }

    boolean sameSubject(int a, int b) {
        return word[a] == word[b] && mask[a] == mask[b] && variable[a] == variable[b];
    }

    /** The index of the question's first run. */
    int firstRun(int question) {
        return first[question];
    }

    /** The index after the question's last run. */
    int endOfRuns(int question) {
        return first[question + 1];
    }

    /** The value with which a run begins. */
    int start(int run) {
        return start[run];
    }

    /** The outcome for the values of a run. */
    int outcome(int run) {
        return outcome[run];
    }

    /**
     * The outcome of a question about a word of which some bits are known, or {@link #OPEN} if the others matter.
     */
    int outcomeGiven(int question, int knownBits, int value) {
        int end = first[question + 1];
        int common = knownBits & mask[question];
        int found = OPEN;
        for (int run = first[question]; run < end; run++) {
            if (common == mask[question]) {
                // Everything is known: the last run that begins at or before the value.
                if (Integer.compareUnsigned(start[run], value & common) <= 0) {
                    found = outcome[run];
                }
                continue;
            }
            boolean single = run + 1 < end && start[run + 1] - start[run] == 1;
            if (single && ((start[run] ^ value) & common) != 0) {
                continue;
            }
            if (found != OPEN && found != outcome[run]) {
                return OPEN;
            }
            found = outcome[run];
        }
        return found;
    }

    /** The question that a condition comes to, or {@link #HOLDS} or {@link #FAILS} if there is nothing to ask. */
    int of(Condition condition) {
        Operator op = condition.op();
        int low = SeccompData.low(condition.argument(), order);
        int lowMask = (int) condition.mask();
        int high = SeccompData.high(condition.argument(), order);
        int highMask = condition.word() ? (int) (condition.mask() >>> 32) : 0;
        if (op == Operator.EQ || op == Operator.NE || op == Operator.IN) {
            int hit = op == Operator.NE ? FAILS : HOLDS;
            return member(condition, low, lowMask, high, highMask, hit);
        }
        // All order comes down to: at least some value, or not.
        long least = condition.values().getFirst() instanceof Value.Constant(long number) ? number : 0;
        int hit = op == Operator.GT || op == Operator.GE ? HOLDS : FAILS;
        if (op == Operator.GT || op == Operator.LE) {
            if (least == (condition.word() ? -1L : 0xffffffffL)) {
                return other(hit);
            }
            least++;
        }
        return atLeast(least, low, lowMask, high, highMask, hit);
    }

    private static int other(int outcome) {
        return outcome == HOLDS ? FAILS : HOLDS;
    }

    private int atLeast(long least, int low, int lowMask, int high, int highMask, int hit) {
        int leastHigh = (int) (least >>> 32);
        int leastLow = (int) least;
        if (highMask == 0 && leastHigh != 0) {
            return other(hit);
        }
        int onLow = hit;
        if (leastLow != 0) {
            run(0, other(hit));
            run(leastLow, hit);
            onLow = make(low, lowMask, null);
        }
        if (highMask == 0) {
            return onLow;
        }
        if (leastHigh != 0) {
            run(0, other(hit));
        }
        run(leastHigh, onLow);
        if (leastHigh != -1) {
            run(leastHigh + 1, hit);
        }
        return make(high, highMask, null);
    }

    private int member(Condition condition, int low, int lowMask, int high, int highMask, int hit) {
        List<Value> values = condition.values();
        int miss = other(hit);
        int onVariables = miss;
        long[] constants = new long[values.size()];
        int count = 0;
        for (int i = 0; i < values.size(); i++) {
            if (values.get(i) instanceof Value.Own(Variable own)) {
                run(0, hit);
                run(1, onVariables);
                onVariables = make(low, lowMask, own);
            } else if (values.get(i) instanceof Value.Constant(long number) && (number & ~condition.mask()) == 0) {
                // The sign bit is turned around because the order is to be unsigned.
                constants[count++] = number ^ Long.MIN_VALUE;
            }
        }
        Ascending.sort(constants, count);
        if (highMask == 0) {
            return lowMember(constants, 0, count, low, lowMask, hit, onVariables);
        }
        int at = 0;
        int[] highs = new int[count + 1];
        int[] onLows = new int[count + 1];
        int groups = 0;
        if (onVariables != miss && (count == 0 || (constants[0] ^ Long.MIN_VALUE) >>> 32 != 0)) {
            onLows[groups++] = onVariables;
        }
        while (at < count) {
            int groupHigh = (int) ((constants[at] ^ Long.MIN_VALUE) >>> 32);
            int end = at;
            while (end < count && (int) ((constants[end] ^ Long.MIN_VALUE) >>> 32) == groupHigh) {
                end++;
            }
            highs[groups] = groupHigh;
            onLows[groups++] = lowMember(constants, at, end, low, lowMask, hit, groupHigh == 0 ? onVariables : miss);
            at = end;
        }
        int next = 0;
        boolean past = false;
        for (int i = 0; i < groups; i++) {
            if (highs[i] != next) {
                run(next, miss);
            }
            run(highs[i], onLows[i]);
            next = highs[i] + 1;
            past = next == 0;
        }
        if (!past) {
            run(next, miss);
        }
        return make(high, highMask, null);
    }

    private int lowMember(long[] constants, int from, int to, int low, int lowMask, int hit, int miss) {
        int next = 0;
        boolean past = false;
        for (int i = from; i < to; i++) {
            int value = (int) constants[i];
            if (i > from && constants[i] == constants[i - 1]) {
                continue;
            }
            if (value != next) {
                run(next, miss);
            }
            run(value, hit);
            next = value + 1;
            past = next == 0;
        }
        if (!past) {
            run(next, miss);
        }
        return make(low, lowMask, null);
    }

    /** Adds a run to the question that is being made; one that goes on like the last is part of it. */
    private void run(int from, int result) {
        if (top > first[size] && outcome[top - 1] == result) {
            return;
        }
        if (top == start.length) {
            start = Arrays.copyOf(start, 2 * top);
            outcome = Arrays.copyOf(outcome, 2 * top);
        }
        start[top] = from;
        outcome[top] = result;
        top++;
    }

    private int make(int ofWord, int ofMask, @Nullable Variable ofVariable) {
        int from = first[size];
        if (top - from == 1) {
            top = from;
            return outcome[from];
        }
        if (size + 1 == word.length) {
            grow();
        }
        // The question counts as the next one already; if it is known it is taken back.
        word[size] = ofWord;
        mask[size] = ofMask;
        variable[size] = ofVariable;
        first[size + 1] = top;
        int slot = slot(size);
        if (table[slot] != 0) {
            top = from;
            return table[slot] - 1;
        }
        table[slot] = ++size;
        return size - 1;
    }

    /** Where the table has a question equal to one, or would have it. */
    private int slot(int question) {
        int from = first[question];
        int end = first[question + 1];
        int hash = word[question] * 31 + mask[question];
        for (int i = from; i < end; i++) {
            hash = (hash * 31 + start[i]) * 31 + outcome[i];
        }
        hash *= 0x9E3779B1;
        int slot = (hash >>> 12) & (table.length - 1);
        while (table[slot] != 0) {
            int there = table[slot] - 1;
            if (sameSubject(there, question)
                    && Arrays.equals(start, first[there], first[there + 1], start, from, end)
                    && Arrays.equals(outcome, first[there], first[there + 1], outcome, from, end)) {
                return slot;
            }
            slot = (slot + 1) & (table.length - 1);
        }
        return slot;
    }

    private void grow() {
        int capacity = 2 * word.length;
        word = Arrays.copyOf(word, capacity);
        mask = Arrays.copyOf(mask, capacity);
        variable = Arrays.copyOf(variable, capacity);
        first = Arrays.copyOf(first, capacity + 1);
        table = new int[4 * capacity];
        for (int question = 0; question < size; question++) {
            table[slot(question)] = question + 1;
        }
    }
}
