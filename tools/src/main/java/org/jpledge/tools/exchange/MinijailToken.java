package org.jpledge.tools.exchange;

import java.util.ArrayList;
import java.util.List;

/**
 * A word or sign of a minijail policy.
 *
 * @param kind what it is
 * @param text as it stands there
 * @param place where
 */
record MinijailToken(Kind kind, String text, Place place) {
    /** The longest signs first. */
    private static final List<String> SIGNS = List.of(
            "||", "&&", "==", "!=", "<=", ">=", "&", "|", "<", ">", "=", ":", ";", ",", "~", "(", ")", "{", "}", "[",
            "]");

    /** What a word can be. */
    enum Kind {
        /** Begins with a letter; holds digits, dashes and at signs too. */
        WORD,
        /** Begins with a digit or a minus. */
        NUMBER,
        /** Begins with a slash, or a dot and a slash. */
        PATH,
        /** Begins with an at sign. */
        STATEMENT,
        /** Anything else. */
        SIGN
    }

    boolean is(String sign) {
        return kind != Kind.PATH && text.equals(sign);
    }

    /**
     * The statements of a text: its lines, as far as anything is in them, with those that end in a backslash continued.
     *
     * @param text the text
     * @param file the name of an included file; empty for the first
     */
    static List<List<MinijailToken>> statements(String text, String file) throws ImportException {
        List<List<MinijailToken>> statements = new ArrayList<>();
        List<MinijailToken> statement = new ArrayList<>();
        int line = 1;
        int from = 0;
        while (from < text.length()) {
            int newline = text.indexOf('\n', from);
            int end = newline < 0 ? text.length() : newline;
            boolean continued = words(text, from, end, file, line, statement);
            if (!continued && !statement.isEmpty()) {
                statements.add(statement);
                statement = new ArrayList<>();
            }
            if (continued && newline < 0) {
                throw new Place(file, line, end - from).wrong("the text ends after a backslash that continues it");
            }
            from = end + 1;
            line++;
        }
        if (!statement.isEmpty()) {
            statements.add(statement);
        }
        return statements;
    }

    /** Adds the words of a line, and says whether it is continued. */
    private static boolean words(String text, int from, int end, String file, int line, List<MinijailToken> words)
            throws ImportException {
        int at = from;
        while (at < end) {
            char c = text.charAt(at);
            Place place = new Place(file, line, at - from + 1);
            if (c == '#') {
                // A comment is not continued, unless it ends in a backslash itself.
                return text.charAt(end - 1) == '\\';
            }
            if (c == '\\' && text.substring(at + 1, end).isBlank()) {
                return true;
            }
            if (c == ' ' || c == '\t' || c == '\r') {
                at++;
                continue;
            }
            Kind kind = kind(text, at, end);
            int next = kind == Kind.SIGN ? at + sign(text, at, place) : wordEnd(text, at, end, kind);
            words.add(new MinijailToken(kind, text.substring(at, next), place));
            at = next;
        }
        return false;
    }

    private static Kind kind(String text, int at, int end) {
        char c = text.charAt(at);
        char following = at + 1 < end ? text.charAt(at + 1) : ' ';
        if (c == '/' || c == '.' && following == '/') {
            return Kind.PATH;
        }
        if (isDigit(c) || c == '-' && isDigit(following)) {
            return Kind.NUMBER;
        }
        return c == '@' ? Kind.STATEMENT : isLetter(c) ? Kind.WORD : Kind.SIGN;
    }

    private static int wordEnd(String text, int at, int end, Kind kind) {
        int next = at + 1;
        while (next < end && belongs(text.charAt(next), kind)) {
            next++;
        }
        return next;
    }

    private static boolean belongs(char c, Kind kind) {
        return switch (kind) {
            case PATH -> c != ' ' && c != '\t' && c != '\r';
            case NUMBER -> isDigit(c) || isLetter(c);
            case WORD, STATEMENT -> isDigit(c) || isLetter(c) || c == '-' || c == '@' || c == '.';
            case SIGN -> false;
        };
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static boolean isLetter(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_';
    }

    private static int sign(String text, int at, Place place) throws ImportException {
        for (String sign : SIGNS) {
            if (text.startsWith(sign, at)) {
                return sign.length();
            }
        }
        int code = text.codePointAt(at);
        String shown = code < ' ' ? String.format("\\x%02x", code) : Character.toString(code);
        throw place.wrong("\"" + shown + "\" is no sign of a minijail policy");
    }
}
