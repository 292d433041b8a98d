package org.jpledge.tools.text;

import java.nio.charset.StandardCharsets;

/** Bytes, as strings of the traced program are kept: a character for each. */
public final class ByteText {
    private static final String HEX = "0123456789abcdef";

    private ByteText() {}

    /**
     * Whether bytes are UTF-8.
     *
     * @param bytes the bytes
     * @return whether all of them are
     */
    public static boolean isUtf8(String bytes) {
        for (int at = 0; at < bytes.length(); ) {
            int length = sequence(bytes, at);
            if (length == 0) {
                return false;
            }
            at += length;
        }
        return true;
    }

    /**
     * The text that bytes are.
     *
     * @param bytes the bytes
     * @return what they mean as UTF-8; a byte that is not UTF-8 is {@code \xNN}
     */
    public static String text(String bytes) {
        int at = 0;
        while (at < bytes.length() && bytes.charAt(at) < 0x80) {
            at++;
        }
        if (at == bytes.length()) {
            return bytes;
        }
        StringBuilder out = new StringBuilder(bytes.length() + 16).append(bytes, 0, at);
        while (at < bytes.length()) {
            int length = sequence(bytes, at);
            if (length == 0) {
                hex(out, bytes.charAt(at++));
            } else {
                out.append(decoded(bytes, at, length));
                at += length;
            }
        }
        return out.toString();
    }

    /**
     * Appends bytes as C would have them, in double quotes. What no terminal should get is escaped: control characters, what
     * is not UTF-8, and characters that are not seen.
     *
     * @param out where to
     * @param bytes the bytes
     */
    public static void quote(StringBuilder out, String bytes) {
        out.append('"');
        int at = 0;
        while (at < bytes.length()) {
            char c = bytes.charAt(at);
            int length = c < 0x80 ? 1 : sequence(bytes, at);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c == '\n') {
                out.append("\\n");
            } else if (c == '\t') {
                out.append("\\t");
            } else if (c == '\r') {
                out.append("\\r");
            } else if (length == 1 ? c >= ' ' && c < 0x7f : length > 1 && isSeen(decoded(bytes, at, length))) {
                out.append(bytes, at, at + length);
            } else {
                length = 1;
                hex(out, c);
            }
            at += length;
        }
        out.append('"');
    }

    private static void hex(StringBuilder out, char c) {
        out.append("\\x").append(HEX.charAt(c >> 4)).append(HEX.charAt(c & 15));
    }

    private static String decoded(String bytes, int at, int length) {
        return new String(
                bytes.substring(at, at + length).getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    /** How many bytes the character at a place has; 0 where there is none. */
    private static int sequence(String bytes, int at) {
        char first = bytes.charAt(at);
        int length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
        if (at + length > bytes.length()) {
            return 0;
        }
        for (int i = 1; i < length; i++) {
            if ((bytes.charAt(at + i) & 0xc0) != 0x80) {
                return 0;
            }
        }
        if (length > 2) {
            // Longer than it need be, a surrogate, or beyond the last character.
            char second = bytes.charAt(at + 1);
            boolean wrong = first == 0xe0 && second < 0xa0
                    || first == 0xed && second > 0x9f
                    || first == 0xf0 && second < 0x90
                    || first == 0xf4 && second > 0x8f;
            return wrong ? 0 : length;
        }
        return length;
    }

    private static boolean isSeen(String character) {
        return switch (Character.getType(character.codePointAt(0))) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED -> false;
            default -> true;
        };
    }
}
