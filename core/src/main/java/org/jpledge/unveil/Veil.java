package org.jpledge.unveil;

import java.util.List;
import org.jpledge.landlock.FilePath;
import org.jpledge.landlock.PathRule;
import org.jpledge.landlock.Ruleset;

/**
 * Unveils as Landlock rules of one layer. What no rule grants is refused, so no unveil at all is a veil over everything.
 *
 * @param rules the rules, parents before what lies in them
 * @param differences in what the rules differ from the unveils
 * @param listed the directories whose names became rules; what appears in them later is not in the rules
 */
public record Veil(List<PathRule> rules, List<Difference> differences, List<FilePath> listed) {
    /** The most rules that a veil may have. */
    public static final int MOST_RULES = 10_000;

    /** Takes copies of the lists. */
    public Veil {
        rules = List.copyOf(rules);
        differences = List.copyOf(differences);
        listed = List.copyOf(listed);
    }

    /**
     * How unveils are to be read.
     *
     * @param meaning what the permissions grant
     * @param workingDirectory from where paths that are not absolute are taken
     * @param ignoreMissing whether a path that does not exist, and that nothing lets be created, is passed over
     * @param listing what happens to directories in which others are hidden
     * @param guarded directories, without symbolic links, into which w does not reach from above: what is unveiled with w,
     *     one of them or something in it, can be written to, and nothing else there
     */
    public record Reading(
            Meaning meaning,
            FilePath workingDirectory,
            boolean ignoreMissing,
            Listing listing,
            List<FilePath> guarded) {
        /** Takes a copy of the list. */
        public Reading {
            guarded = List.copyOf(guarded);
        }

        /**
         * A reading in which nothing is guarded.
         *
         * @param meaning what the permissions grant
         * @param workingDirectory from where paths that are not absolute are taken
         * @param ignoreMissing whether a path that does not exist, and that nothing lets be created, is passed over
         * @param listing what happens to directories in which others are hidden
         */
        public Reading(Meaning meaning, FilePath workingDirectory, boolean ignoreMissing, Listing listing) {
            this(meaning, workingDirectory, ignoreMissing, listing, List.of());
        }
    }

    /**
     * Makes the rules. Of two unveils of one path the later one counts; of several that a path lies below, the nearest.
     *
     * @param unveils the calls, in their order
     * @param reading how they are to be read
     * @param tree the files that there are
     * @return the veil
     * @throws UnveilException if there is none
     */
    public static Veil of(List<Unveil> unveils, Reading reading, FileTree tree) {
        return new Carving(reading, tree).veil(unveils);
    }

    /**
     * The layer that enforces it.
     *
     * @return a ruleset that handles every right on files
     */
    public Ruleset ruleset() {
        return Ruleset.ofPaths(rules);
    }
}
