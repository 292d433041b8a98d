package org.jpledge.tools.wizard;

/** What an answer is made of. */
enum Form {
    /** One of the question's words, or something of that kind. */
    WORD(""),
    /** Several of them. */
    WORDS(" "),
    /** Several with commas. */
    NUMBERS(" ,"),
    /** Names of constants, in an expression. */
    CONSTANTS(" |,{}&~()"),
    /** The path of a file; whatever is in it, it is one word. */
    FILE(""),
    /** A path after its letters and a colon, or after a dash. */
    UNVEIL("");

    private final String separators;

    Form(String separators) {
        this.separators = separators;
    }

    /** Whether a character stands between two words. */
    boolean separates(char c) {
        return separators.indexOf(c) >= 0;
    }
}
