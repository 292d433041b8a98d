package org.jpledge.tools;

import java.util.Optional;

/** Why nothing is run. The message names the word, option or file; the status is what the command exits with. */
final class Failure extends Exception {
    /** Wrong command line, as in sysexits.h. */
    static final int USAGE = 64;

    /** What pledge itself could not do. As with env(1), nohup(1) and timeout(1). */
    static final int OURS = 125;

    /** The command was found and cannot be executed. */
    static final int CANNOT_EXECUTE = 126;

    /** The command was not found. */
    static final int NOT_FOUND = 127;

    /** What is said where relative paths lead nowhere. */
    static final String NOWHERE = "the working directory cannot be found: it may be removed";

    private static final long serialVersionUID = 1L;
    private static final int LONGEST = 1000;

    private final int status;

    Failure(int status, String message) {
        super(message, null, false, false);
        this.status = status;
    }

    /** A wrong word. */
    static Failure usage(String message) {
        return new Failure(USAGE, message);
    }

    /** A wrong word, and the one that may have been meant. */
    static Failure usage(String message, Optional<String> meant) {
        return new Failure(USAGE, suggesting(message, meant));
    }

    /** A message with the word that may have been meant. */
    static String suggesting(String message, Optional<String> meant) {
        return meant.isPresent() ? message + " (did you mean " + meant.get() + "?)" : message;
    }

    int status() {
        return status;
    }

    /** One line for standard error: no control character of a user's word gets to the terminal, and no endless word. */
    String line() {
        return line(String.valueOf(getMessage()));
    }

    /** A message as such a line. */
    static String line(String message) {
        StringBuilder line = new StringBuilder("pledge: ");
        for (int i = 0; i < message.length(); i++) {
            char c = message.charAt(i);
            if (i == LONGEST / 2 && message.length() > LONGEST) {
                line.append(" [...] ");
                i = message.length() - LONGEST / 2;
            } else if (c >= ' ' && c != 0x7f) {
                line.append(c);
            } else if (c == '\n') {
                line.append("\\n");
            } else if (c == '\t') {
                line.append("\\t");
            } else {
                line.append("\\x").append(Character.forDigit(c >> 4, 16)).append(Character.forDigit(c & 15, 16));
            }
        }
        return line.append('\n').toString();
    }
}
