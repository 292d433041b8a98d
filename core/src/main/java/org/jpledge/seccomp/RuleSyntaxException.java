package org.jpledge.seccomp;

import java.io.Serial;

/** Text that is no rule; the message says what is wrong and names the word, with the nearest valid one where there is one. */
public final class RuleSyntaxException extends IllegalArgumentException {
    @Serial
    private static final long serialVersionUID = 1L;

    /** See the accessor. */
    private final int line;
    /** See the accessor. */
    private final int column;

    /**
     * Makes an exception about one place in a text.
     *
     * @param message what is wrong there
     * @param line the line, counted from 1
     * @param column the column, counted from 1
     */
    public RuleSyntaxException(String message, int line, int column) {
        super(message);
        this.line = line;
        this.column = column;
    }

    /**
     * The line of the word that is wrong.
     *
     * @return counted from 1, or from the number that the parser was given for the text's first line
     */
    public int line() {
        return line;
    }

    /**
     * The column where the word that is wrong begins.
     *
     * @return counted from 1
     */
    public int column() {
        return column;
    }
}
