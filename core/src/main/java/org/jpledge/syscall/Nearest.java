package org.jpledge.syscall;

import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Suggests what somebody who misspelt a word may have meant. */
public final class Nearest {
    private Nearest() {}

    /**
     * The candidate with the fewest letters inserted, dropped, replaced or swapped with their neighbour; upper and lower case count as equal.
     *
     * @param word what was written
     * @param candidates what could have been meant; of equally near ones the first is taken
     * @return empty where even the nearest differs in more than a third of its letters
     */
    public static Optional<String> nearest(String word, Iterable<String> candidates) {
        String lower = word.toLowerCase(Locale.ROOT);
        @Nullable String best = null;
        int least = Integer.MAX_VALUE;
        for (String candidate : candidates) {
            int limit = Math.min(least - 1, Math.max(1, Math.max(word.length(), candidate.length()) / 3));
            if (Math.abs(candidate.length() - word.length()) > limit) {
                continue;
            }
            int distance = distance(lower, candidate.toLowerCase(Locale.ROOT), limit);
            if (distance <= limit) {
                least = distance;
                best = candidate;
            }
        }
        return Optional.ofNullable(best);
    }

    /** The optimal string alignment distance, or something greater than the limit where it is. */
    static int distance(String a, String b, int limit) {
        int[] before = new int[b.length() + 1];
        int[] previous = new int[b.length() + 1];
        int[] current = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            current[0] = i;
            int least = i;
            for (int j = 1; j <= b.length(); j++) {
                int same = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                int cost = Math.min(previous[j - 1] + same, Math.min(previous[j], current[j - 1]) + 1);
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    cost = Math.min(cost, before[j - 2] + 1);
                }
                current[j] = cost;
                least = Math.min(least, cost);
            }
            if (least > limit) {
                // A swap looks two rows back, but then the row between has a cost no greater.
                return least;
            }
            int[] spare = before;
            before = previous;
            previous = current;
            current = spare;
        }
        return previous[b.length()];
    }
}
