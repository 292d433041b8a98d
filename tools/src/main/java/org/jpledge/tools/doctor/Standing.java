package org.jpledge.tools.doctor;

/** How good a finding is. */
public enum Standing {
    /** All is there. */
    FINE("ok"),
    /** Neither good nor bad, but good to know. */
    NOTE("note"),
    /** Something is missing that pledge can live without. */
    MISSING("missing"),
    /** Something is missing that pledge cannot live without. */
    FATAL("fatal");

    private final String word;

    Standing(String word) {
        this.word = word;
    }

    /**
     * The standing as it is printed.
     *
     * @return one word
     */
    public String word() {
        return word;
    }
}
