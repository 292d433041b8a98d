package org.jpledge.tools.transcript;

import java.util.ArrayList;
import java.util.List;

/** Cuts what strace writes at commas, with an eye on quotes, brackets and comments. */
final class Pieces {
    private Pieces() {}

    /**
     * The place behind the bracket that closes one.
     *
     * @param text the text
     * @param open where the bracket is that opens
     * @return -1 if it is not closed
     */
    static int close(String text, int open) {
        int depth = 0;
        int at = open;
        while (at < text.length()) {
            int next = skip(text, at);
            if (next > at) {
                at = next;
                continue;
            }
            switch (text.charAt(at)) {
                case '(', '[', '{' -> depth++;
                case ')', ']', '}' -> {
                    depth--;
                    if (depth == 0) {
                        return at + 1;
                    }
                }
                default -> {}
            }
            at++;
        }
        return -1;
    }

    /** Cuts at commas outside of brackets. Comments are left out. */
    static List<String> split(String text) {
        List<String> pieces = new ArrayList<>();
        StringBuilder piece = new StringBuilder();
        int depth = 0;
        int at = 0;
        while (at < text.length()) {
            int next = skip(text, at);
            if (next > at) {
                if (text.charAt(at) != '/') {
                    piece.append(text, at, next);
                }
                at = next;
                continue;
            }
            char c = text.charAt(at);
            switch (c) {
                case '(', '[', '{' -> depth++;
                case ')', ']', '}' -> depth--;
                default -> {}
            }
            if (c == ',' && depth == 0) {
                pieces.add(piece.toString().strip());
                piece.setLength(0);
            } else {
                piece.append(c);
            }
            at++;
        }
        if (!piece.toString().isBlank() || !pieces.isEmpty()) {
            pieces.add(piece.toString().strip());
        }
        return pieces;
    }

    /** Where a string, a comment or what is open at a descriptor ends that begins here; the same place if none begins. */
    private static int skip(String text, int at) {
        char c = text.charAt(at);
        int end = at;
        if (c == '"') {
            end = quoted(text, at);
        } else if (c == '/' && text.startsWith("/*", at)) {
            int close = text.indexOf("*/", at + 2);
            end = close < 0 ? text.length() : close + 2;
        } else if (c == '<' && at > 0 && Character.isLetterOrDigit(text.charAt(at - 1))) {
            end = opened(text, at);
        }
        return end;
    }

    /** The place behind a string's closing quote. */
    static int quoted(String text, int open) {
        int at = open + 1;
        while (at < text.length() && text.charAt(at) != '"') {
            at += text.charAt(at) == '\\' ? 2 : 1;
        }
        return Math.min(at + 1, text.length());
    }

    /** The place behind the closing bracket of {@code 3</etc/passwd>}; arrows between addresses are none. */
    static int opened(String text, int open) {
        int at = open + 1;
        while (at < text.length() && !(text.charAt(at) == '>' && text.charAt(at - 1) != '-')) {
            at++;
        }
        return at == text.length() ? open : at + 1;
    }

    /**
     * The bytes of a string.
     *
     * @param written in quotes, with C's escapes, and with dots behind it if it goes on
     */
    static String string(String written) {
        StringBuilder bytes = new StringBuilder();
        int end = quoted(written, 0) - 1;
        int at = 1;
        while (at < end) {
            char c = written.charAt(at++);
            if (c != '\\' || at >= end) {
                bytes.append(c);
                continue;
            }
            char escaped = written.charAt(at++);
            switch (escaped) {
                case 'n' -> bytes.append('\n');
                case 't' -> bytes.append('\t');
                case 'r' -> bytes.append('\r');
                case 'v' -> bytes.append('\u000b');
                case 'f' -> bytes.append('\f');
                case 'a' -> bytes.append('\u0007');
                case 'b' -> bytes.append('\b');
                case 'e' -> bytes.append('\u001b');
                case 'x' -> at = digits(written, at, Math.min(at + 2, end), 16, bytes);
                default -> {
                    if (escaped >= '0' && escaped <= '7') {
                        at = digits(written, at - 1, Math.min(at + 2, end), 8, bytes);
                    } else {
                        bytes.append(escaped);
                    }
                }
            }
        }
        return bytes.toString();
    }

    private static int digits(String text, int from, int to, int radix, StringBuilder bytes) {
        int at = from;
        int value = 0;
        while (at < to && Character.digit(text.charAt(at), radix) >= 0) {
            value = value * radix + Character.digit(text.charAt(at), radix);
            at++;
        }
        bytes.append((char) (value & 0xff));
        return at;
    }

    /** A string as {@link #string} reads it. */
    static String quote(String bytes) {
        StringBuilder out = new StringBuilder("\"");
        for (int i = 0; i < bytes.length(); i++) {
            char c = bytes.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c >= ' ' && c < 0x7f) {
                out.append(c);
            } else {
                out.append("\\x").append(Character.forDigit(c >> 4 & 15, 16)).append(Character.forDigit(c & 15, 16));
            }
        }
        return out.append('"').toString();
    }
}
