package org.jpledge.tools.exchange;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * A word or sign of a kafel policy.
 *
 * @param kind what it is
 * @param text as it stands there
 * @param place where
 */
record KafelToken(Kind kind, String text, Place place) {
    private static final List<String> SIGNS = List.of(
            "==", "!=", "<=", ">=", "||", "&&", "<", ">", "|", "&", "[", "]", "(", ")", "{", "}", ",", "!", "#");

    /** As deep as kafel goes. */
    private static final int DEEPEST = 16;

    /** What a word can be. */
    enum Kind {
        /** Begins with a letter. */
        WORD,
        /** Begins with a digit or a minus. */
        NUMBER,
        /** Anything else. */
        SIGN,
        /** Nothing: the text is over. */
        END
    }

    boolean is(String word) {
        return text.equals(word);
    }

    /** How an error names it. */
    String shown() {
        return kind == Kind.END ? "the end" : "\"" + text + "\"";
    }

    /** The words of a policy and, in their places, of the files that it includes; the last one is the end. */
    static List<KafelToken> of(String text, ImportSettings settings) throws ImportException {
        List<KafelToken> words = new ArrayList<>();
        Place end = new Lexer(text, "", settings, new ArrayDeque<>(), words).run();
        words.add(new KafelToken(Kind.END, "", end));
        return words;
    }

    /** Reads one file. */
    private static final class Lexer {
        private final String text;
        private final String file;
        private final ImportSettings settings;
        private final Deque<String> within;
        private final List<KafelToken> words;
        private int at;
        private int line = 1;
        private int lineStart;

        Lexer(String text, String file, ImportSettings settings, Deque<String> within, List<KafelToken> words) {
            this.text = text;
            this.file = file;
            this.settings = settings;
            this.within = within;
            this.words = words;
        }

        Place run() throws ImportException {
            within.addLast(file);
            while (skipSpace()) {
                if (text.startsWith("#include", at) && !isWordPart(at + "#include".length())) {
                    include();
                } else {
                    word();
                }
            }
            within.removeLast();
            return place();
        }

        private Place place() {
            return new Place(file, line, at - lineStart + 1);
        }

        private void newLine() {
            line++;
            lineStart = at + 1;
        }

        /** Skips white space and comments; false at the end. */
        private boolean skipSpace() throws ImportException {
            while (at < text.length()) {
                char c = text.charAt(at);
                if (c == '\n') {
                    newLine();
                    at++;
                } else if (c == ' ' || c == '\t' || c == '\r') {
                    at++;
                } else if (text.startsWith("//", at)) {
                    int newline = text.indexOf('\n', at);
                    at = newline < 0 ? text.length() : newline;
                } else if (text.startsWith("/*", at)) {
                    comment();
                } else {
                    return true;
                }
            }
            return false;
        }

        private void comment() throws ImportException {
            Place begun = place();
            int end = text.indexOf("*/", at + 2);
            if (end < 0) {
                throw begun.wrong("the comment that begins here does not end");
            }
            for (; at < end; at++) {
                if (text.charAt(at) == '\n') {
                    newLine();
                }
            }
            at = end + 2;
        }

        private void word() throws ImportException {
            Place place = place();
            char c = text.charAt(at);
            boolean number = isDigit(c) || c == '-' && at + 1 < text.length() && isDigit(text.charAt(at + 1));
            if (number || isLetter(c)) {
                int end = at + 1;
                while (isWordPart(end)) {
                    end++;
                }
                words.add(new KafelToken(number ? Kind.NUMBER : Kind.WORD, text.substring(at, end), place));
                at = end;
                return;
            }
            for (String sign : SIGNS) {
                if (text.startsWith(sign, at)) {
                    words.add(new KafelToken(Kind.SIGN, sign, place));
                    at += sign.length();
                    return;
                }
            }
            int code = text.codePointAt(at);
            String shown = code < ' ' ? String.format("\\x%02x", code) : Character.toString(code);
            throw place.wrong("\"" + shown + "\" is no sign of a kafel policy");
        }

        /** Names in quotes up to the end of the line, or a semicolon. */
        private void include() throws ImportException {
            Place begun = place();
            at += "#include".length();
            int names = 0;
            while (at < text.length()) {
                char c = text.charAt(at);
                if (c == ' ' || c == '\t' || c == '\r') {
                    at++;
                } else if (c == '"') {
                    Place place = place();
                    int end = text.indexOf('"', at + 1);
                    int newline = text.indexOf('\n', at);
                    if (end < 0 || newline >= 0 && newline < end) {
                        throw place.wrong("the name that begins here does not end");
                    }
                    String name = text.substring(at + 1, end);
                    at = end + 1;
                    names++;
                    included(name, place);
                } else if (c == ';' || c == '\n') {
                    break;
                } else {
                    throw place().wrong("expected a file name in quotes, not \""
                            + Character.toString(text.codePointAt(at)) + "\"");
                }
            }
            if (names == 0) {
                throw begun.wrong("#include names no file");
            }
            if (at < text.length() && text.charAt(at) == ';') {
                at++;
            }
        }

        private void included(String name, Place place) throws ImportException {
            String path = Inclusion.resolve(name, file);
            Inclusion.check(path, within, DEEPEST, place);
            new Lexer(Inclusion.text(path, settings, place), path, settings, within, words).run();
        }

        private boolean isWordPart(int index) {
            return index < text.length() && (isLetter(text.charAt(index)) || isDigit(text.charAt(index)));
        }

        private static boolean isLetter(char c) {
            return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_';
        }

        private static boolean isDigit(char c) {
            return c >= '0' && c <= '9';
        }
    }
}
