package org.jpledge.tools.exchange;

import org.jpledge.tools.text.SyntaxException;

/** A file that cannot be read as a policy. The message is one line that names the place, what is wrong there and what would be right. */
public final class ImportException extends Exception {
    private static final long serialVersionUID = 1L;

    /**
     * Says what is wrong with a file as a whole.
     *
     * @param message what is wrong
     */
    public ImportException(String message) {
        super(message, null, false, false);
    }

    /**
     * Says what is wrong at a place.
     *
     * @param line from 1
     * @param column in characters, from 1
     * @param message what is wrong there, and what would be right
     */
    public ImportException(int line, int column, String message) {
        this(line + ":" + column + ": " + message);
    }

    /**
     * As an error of a text that is nested values.
     *
     * @param error what is wrong, and where
     */
    public ImportException(SyntaxException error) {
        this(error.line(), error.column(), error.reason());
    }
}
