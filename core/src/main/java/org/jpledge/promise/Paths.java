package org.jpledge.promise;

/** Who decides which files a program may open. */
public enum Paths {
    /** The filter, by the flags of open(2) alone: everything may be opened for reading that rpath promises, and so on. */
    BY_FLAGS,

    /** Landlock, by path; the filter lets open(2) through, but for the modes of new files, which Landlock does not see. */
    BY_LANDLOCK
}
