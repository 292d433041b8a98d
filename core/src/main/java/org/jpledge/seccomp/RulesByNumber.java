package org.jpledge.seccomp;

import java.util.ArrayList;
import java.util.List;
import org.jpledge.syscall.Ascending;

/** Rules sorted by the number that they are about; rules about the same number keep their order. */
final class RulesByNumber {
    private final List<Rule> rules;

    /** For each rule in sorted order its number in the upper half and its place in the list in the lower. */
    private final long[] sorted;

    /** Where each number's rules begin in sorted order, and the end after the last. */
    private final int[] begin;

    private final int size;

    RulesByNumber(List<Rule> rules) {
        this.rules = rules;
        sorted = new long[rules.size()];
        for (int i = 0; i < sorted.length; i++) {
            sorted[i] = (long) rules.get(i).number() << 32 | i;
        }
        Ascending.sort(sorted, sorted.length);
        begin = new int[sorted.length + 1];
        int count = 0;
        for (int i = 0; i < sorted.length; i++) {
            if (i == 0 || sorted[i] >>> 32 != sorted[i - 1] >>> 32) {
                begin[count++] = i;
            }
        }
        begin[count] = sorted.length;
        size = count;
    }

    /** How many different numbers there are. */
    int size() {
        return size;
    }

    /** One of the numbers, which ascend. */
    int number(int index) {
        return (int) (sorted[begin[index]] >>> 32);
    }

    /** The rules about one of the numbers. */
    List<Rule> rules(int index) {
        int from = begin[index];
        int to = begin[index + 1];
        if (to - from == 1) {
            return List.of(rules.get((int) sorted[from]));
        }
        List<Rule> same = new ArrayList<>(to - from);
        for (int i = from; i < to; i++) {
            same.add(rules.get((int) sorted[i]));
        }
        return same;
    }

    /** The rules about any number. */
    List<Rule> about(int number) {
        int low = 0;
        int high = size;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (number(middle) < number) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low < size && number(low) == number ? rules(low) : List.of();
    }
}
