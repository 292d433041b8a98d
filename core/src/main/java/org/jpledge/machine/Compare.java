package org.jpledge.machine;

/** A comparison of two 64-bit values. */
public enum Compare {
    /** Equal. */
    EQ,
    /** Not equal. */
    NE,
    /** Less, signed. */
    LT,
    /** Greater or equal, signed. */
    GE,
    /** Less, unsigned. */
    LO,
    /** Greater or equal, unsigned. */
    HS
}
