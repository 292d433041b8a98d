package org.jpledge.promise;

import org.jpledge.seccomp.RuleSyntaxException;

/** A place in the text of a promise table, and the words that begin there. */
final class TableText {
    private final String text;
    private final int size;
    private int at;
    private int line;

    /**
     * Makes a place in a text.
     *
     * @param text all of it
     * @param at the first character that counts
     * @param size the end of what counts
     * @param line the line that the first character is on
     */
    TableText(String text, int at, int size, int line) {
        this.text = text;
        this.at = at;
        this.size = size;
        this.line = line;
    }

    boolean isEnd() {
        return at >= size;
    }

    int at() {
        return at;
    }

    int line() {
        return line;
    }

    char peek() {
        return text.charAt(at);
    }

    /** The text from some place up to here. */
    String since(int from) {
        return text.substring(from, at);
    }

    int endOfLine() {
        int end = text.indexOf('\n', at);
        return end < 0 ? size : end;
    }

    /** Goes to the line after one that ends somewhere. */
    void nextLine(int end) {
        at = end + 1;
        line++;
    }

    /** Goes over one character if it is the one expected. */
    boolean accept(char sign, int end) {
        if (at < end && text.charAt(at) == sign) {
            at++;
            return true;
        }
        return false;
    }

    /** Goes over some characters if they are the ones expected. */
    boolean accept(String start) {
        if (text.startsWith(start, at)) {
            at += start.length();
            return true;
        }
        return false;
    }

    /** Goes to the next character that is no blank; false if that is the end. */
    boolean skipBlanks(int end) {
        while (at < end && text.charAt(at) == ' ') {
            at++;
        }
        return at < end;
    }

    String word(int end) {
        int from = at;
        while (at < end && isWordPart(text.charAt(at))) {
            at++;
        }
        if (at == from) {
            throw error("a word expected");
        }
        return text.substring(from, at);
    }

    /** What is between here and a blank or a colon. */
    String label(int end) {
        int from = at;
        while (at < end && text.charAt(at) != ' ' && text.charAt(at) != ':') {
            at++;
        }
        return text.substring(from, at);
    }

    /** What is between here and a blank. */
    String unbroken(int end) {
        int from = at;
        while (at < end && text.charAt(at) != ' ') {
            at++;
        }
        return text.substring(from, at);
    }

    /** What is between here and the end of the line. */
    String rest(int end) {
        String rest = text.substring(at, end).strip();
        at = end;
        return rest;
    }

    /** What stands in quotation marks and is the last on its line. */
    String quoted(int end) {
        if (!accept('"', end)) {
            throw error("a quotation mark expected");
        }
        StringBuilder out = new StringBuilder(end - at);
        while (at < end) {
            char c = text.charAt(at++);
            if (c == '"') {
                if (skipBlanks(end)) {
                    throw error("nothing may follow the closing quotation mark");
                }
                return out.toString();
            }
            out.append(c == '\\' && at < end ? text.charAt(at++) : c);
        }
        throw error("a closing quotation mark is missing");
    }

    /** What is between an opening parenthesis here and the one that closes it, both included. */
    String parentheses() {
        int from = at;
        int depth = 0;
        do {
            if (at == size) {
                throw error("\")\" expected");
            }
            char c = text.charAt(at++);
            if (c == '(') {
                depth++;
            } else if (c == ')') {
                depth--;
            } else if (c == '\n') {
                line++;
            }
        } while (depth > 0);
        return text.substring(from, at);
    }

    /** Adds a line's comment to those of the lines before. */
    void comment(StringBuilder into, int end) {
        if (!into.isEmpty()) {
            into.append(' ');
        }
        into.append(text, Math.min(at + 2, end), end);
        nextLine(end);
    }

    static boolean isWordPart(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    }

    RuleSyntaxException error(String message) {
        return new RuleSyntaxException(message, line, at - text.lastIndexOf('\n', at - 1));
    }
}
