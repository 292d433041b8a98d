package org.jpledge.landlock;

/** What Landlock says to an operation. */
public enum Verdict {
    /** Landlock lets it happen; something else may refuse it. */
    ALLOWED,
    /** Refused: permission denied. */
    EACCES,
    /** Refused: a link or a rename from one directory to another that is not granted or would gain rights. */
    EXDEV
}
