package org.jpledge.tools.need;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jpledge.unveil.Permissions;

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

    /**
     * What to unveil. The name that a call makes is not there yet, and Landlock knows no names: so its directory gets what it
     * needs.
     *
     * @return an entry for each file or directory
     */
    public List<Access> unveils() {
        List<Access> unveils = new ArrayList<>();
        for (Access access : accesses) {
            if (madeIn(access).isEmpty()) {
                Permissions letters = access.letters();
                for (Access other : accesses) {
                    if (madeIn(other).equals(Optional.of(access))) {
                        letters =
                                new Permissions(letters.bits() | other.letters().bits());
                    }
                }
                unveils.add(new Access(access.file(), letters, access.because(), access.name()));
            }
        }
        return unveils;
    }

    /** By which other access a file comes into being. */
    private Optional<Access> madeIn(Access access) {
        for (Access other : accesses) {
            if (other.makes()
                    && other.name().equals(access.file())
                    && access.name().isEmpty()) {
                return Optional.of(other);
            }
        }
        return Optional.empty();
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
