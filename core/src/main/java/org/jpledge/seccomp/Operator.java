package org.jpledge.seccomp;

/** How an argument is compared. All order is unsigned. */
public enum Operator {
    /** Equal. */
    EQ("=="),
    /** Not equal. */
    NE("!="),
    /** Less than. */
    LT("<"),
    /** Less than or equal. */
    LE("<="),
    /** Greater than. */
    GT(">"),
    /** Greater than or equal. */
    GE(">="),
    /** Equal to one of several values. */
    IN("in");

    private final String text;

    Operator(String text) {
        this.text = text;
    }

    /**
     * The operator as rules write it.
     *
     * @return such as {@code ==}
     */
    public String text() {
        return text;
    }
}
