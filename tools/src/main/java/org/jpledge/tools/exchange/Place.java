package org.jpledge.tools.exchange;

/**
 * A place in a text.
 *
 * @param file the included file, as it was named; empty for the file that is read
 * @param line from 1
 * @param column in characters, from 1
 */
record Place(String file, int line, int column) {
    /** What is longer is cut in its middle: a message is to be one line that can be read. */
    private static final int LONGEST = 400;

    /** Says what is wrong there. */
    ImportException wrong(String message) {
        String readable = message.length() <= LONGEST
                ? message
                : message.substring(0, LONGEST / 2) + "…" + message.substring(message.length() - LONGEST / 2);
        return file.isEmpty()
                ? new ImportException(line, column, readable)
                : new ImportException(file + ":" + line + ":" + column + ": " + readable);
    }

    /** The place as remarks name it. */
    String text() {
        return file.isEmpty() ? "line " + line : file + ", line " + line;
    }
}
