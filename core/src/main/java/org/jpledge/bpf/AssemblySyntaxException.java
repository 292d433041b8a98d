package org.jpledge.bpf;

import java.io.Serial;

/** A text that is no program; the message begins with the line and the column, and says what was expected. */
public final class AssemblySyntaxException extends IllegalArgumentException {
    @Serial
    private static final long serialVersionUID = 1L;

    /** See the accessor. */
    private final int line;

    /** See the accessor. */
    private final int column;

    /**
     * Makes an exception about one place.
     *
     * @param line the line's number, from 1
     * @param column the column's number, from 1
     * @param message what is wrong there
     */
    public AssemblySyntaxException(int line, int column, String message) {
        super(line + ":" + column + ": " + message);
        this.line = line;
        this.column = column;
    }

    /**
     * Where it is wrong.
     *
     * @return the line's number, from 1
     */
    public int line() {
        return line;
    }

    /**
     * Where it is wrong.
     *
     * @return the column's number, from 1
     */
    public int column() {
        return column;
    }
}
