package org.jpledge.promise;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jpledge.syscall.Nearest;

/** A set of promises. Its order is the promise table's, so sets with the same words are equal and print alike. */
public final class Promises {
    /** No promise: all that remains is to end. */
    public static final Promises NONE = new Promises(0);

    /** OpenBSD's limit, without C's closing zero. */
    private static final int MOST_BYTES = 1023;

    private static final String ERROR = "error";

    /** A bit for each word, by its place in the table. */
    private final long bits;

    private Promises(long bits) {
        this.bits = bits;
    }

    /**
     * Reads promises as OpenBSD's pledge(2) does: words in lower case, separated by spaces and by nothing else. Several
     * spaces in a row, spaces at the end, and a word that comes again do no harm; a space at the beginning does.
     *
     * @param text the words; an empty text promises nothing
     * @return the set
     * @throws PromiseException if a word is no promise, or the text is longer than 1023 bytes
     */
    public static Promises parse(String text) {
        if (text.length() > MOST_BYTES || text.getBytes(StandardCharsets.UTF_8).length > MOST_BYTES) {
            throw new PromiseException("ENAMETOOLONG", "", null, "promises are longer than " + MOST_BYTES + " bytes");
        }
        long bits = 0;
        int at = 0;
        while (at < text.length()) {
            int end = text.indexOf(' ', at);
            if (end < 0) {
                end = text.length();
            }
            bits |= bit(text.substring(at, end));
            at = end;
            while (at < text.length() && text.charAt(at) == ' ') {
                at++;
            }
        }
        return new Promises(bits);
    }

    /**
     * Makes a set of words.
     *
     * @param words the words
     * @return the set
     * @throws PromiseException if a word is no promise
     */
    public static Promises of(String... words) {
        long bits = 0;
        for (String word : words) {
            bits |= bit(word);
        }
        return new Promises(bits);
    }

    /**
     * All that promises can give.
     *
     * @return every word but {@code error}, which gives nothing
     */
    public static Promises every() {
        long bits = 0;
        for (String word : PromiseTable.standard().words()) {
            bits |= word.equals(ERROR) ? 0 : bit(word);
        }
        return new Promises(bits);
    }

    private static long bit(String word) {
        PromiseTable table = PromiseTable.standard();
        int index = table.place(word);
        if (index >= 0) {
            return 1L << index;
        }
        if (word.isEmpty()) {
            throw new PromiseException("EINVAL", word, null, "promises begin with a space");
        }
        Optional<String> nearest = Nearest.nearest(word, table.words());
        throw new PromiseException(
                "EINVAL",
                word,
                nearest.orElse(null),
                "unknown promise \"" + word + "\""
                        + (nearest.isPresent() ? " (did you mean " + nearest.get() + "?)" : ""));
    }

    /**
     * Whether a word is promised.
     *
     * @param word one of the table's words
     * @return false for any other word too
     */
    public boolean contains(String word) {
        int index = PromiseTable.standard().place(word);
        return index >= 0 && (bits & 1L << index) != 0;
    }

    /**
     * Whether every word of this set is in another one.
     *
     * @param other the other set
     * @return true for equal sets
     */
    public boolean isSubsetOf(Promises other) {
        return (bits & ~other.bits) == 0;
    }

    /**
     * What a process that holds these promises holds after it called pledge(2) with others. Promises can only be given up.
     * While {@code error} is held, what cannot be had is left out silently; {@code error} itself is given up like any other
     * word.
     *
     * @param wanted what it called pledge with
     * @return what it holds then
     * @throws PromiseException if a word is not held any more, and {@code error} is not held
     */
    public Promises narrowedTo(Promises wanted) {
        Promises extra = new Promises(wanted.bits & ~bits);
        if (extra.bits != 0 && !contains(ERROR)) {
            String word = extra.words().getFirst();
            throw new PromiseException(
                    "EPERM", word, null, "promise \"" + word + "\" was given up and cannot be had again");
        }
        return new Promises(wanted.bits & bits);
    }

    /**
     * The words.
     *
     * @return in the promise table's order
     */
    public List<String> words() {
        List<String> all = PromiseTable.standard().words();
        List<String> words = new ArrayList<>(Long.bitCount(bits));
        for (int i = 0; i < all.size(); i++) {
            if ((bits & 1L << i) != 0) {
                words.add(all.get(i));
            }
        }
        return List.copyOf(words);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Promises that && bits == that.bits;
    }

    @Override
    public int hashCode() {
        return Long.hashCode(bits);
    }

    /** The words as pledge(2) takes them. */
    @Override
    public String toString() {
        return String.join(" ", words());
    }
}
