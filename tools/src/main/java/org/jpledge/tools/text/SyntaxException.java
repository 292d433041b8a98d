package org.jpledge.tools.text;

/** Text that is not what it should be. The message is one line that says what is wrong at the place, and what would be right. */
public final class SyntaxException extends Exception {
    private static final long serialVersionUID = 1L;

    /** From 1. */
    private final int line;

    /** In characters, from 1. */
    private final int column;

    /**
     * Says what is wrong.
     *
     * @param line from 1
     * @param column in characters, from 1
     * @param message what is wrong there
     */
    public SyntaxException(int line, int column, String message) {
        super(message, null, false, false);
        this.line = line;
        this.column = column;
    }

    /**
     * Where it is.
     *
     * @return the line, from 1
     */
    public int line() {
        return line;
    }

    /**
     * Where it is in its line.
     *
     * @return the column in characters, from 1
     */
    public int column() {
        return column;
    }

    /**
     * What is wrong there.
     *
     * @return one line, without the place
     */
    public String reason() {
        return String.valueOf(getMessage());
    }
}
