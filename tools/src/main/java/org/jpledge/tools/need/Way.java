package org.jpledge.tools.need;

import java.util.List;

/**
 * One way to have a call allowed: all of this.
 *
 * @param words promises, in the promise table's order
 * @param accesses what has to be unveiled besides, if anything is unveiled; files that these promises open by themselves are
 *     not among them
 */
public record Way(List<String> words, List<Access> accesses) {
    private static final String STDIO = "stdio";

    /** Copies the lists. */
    public Way {
        words = List.copyOf(words);
        accesses = List.copyOf(accesses);
    }

    /** Whether this way takes everything that another one takes. Every program has stdio, so that does not count. */
    boolean takesAllOf(Way other) {
        for (String word : other.words) {
            if (!word.equals(STDIO) && !words.contains(word)) {
                return false;
            }
        }
        return accesses.containsAll(other.accesses);
    }
}
