package org.jpledge.tools.exchange;

import java.util.OptionalLong;

/** Numbers as C writes them. */
final class Numbers {
    private Numbers() {}

    /**
     * Reads a number: decimal, {@code 0x} hexadecimal, {@code 0} octal or {@code 0b} binary, with or without a minus.
     *
     * @param text the whole number
     * @return its 64 bits; empty if it is no number, or has more
     */
    static OptionalLong parse(String text) {
        boolean negative = text.startsWith("-");
        int from = negative ? 1 : 0;
        int radix = 10;
        if (text.startsWith("0x", from) || text.startsWith("0X", from)) {
            radix = 16;
            from += 2;
        } else if (text.startsWith("0b", from) || text.startsWith("0B", from)) {
            radix = 2;
            from += 2;
        } else if (text.startsWith("0", from) && text.length() > from + 1) {
            radix = 8;
            from++;
        }
        if (from == text.length() || Character.digit(text.charAt(from), radix) < 0) {
            return OptionalLong.empty();
        }
        try {
            long value = Long.parseUnsignedLong(text.substring(from), radix);
            if (negative && value < 0 && value != Long.MIN_VALUE) {
                return OptionalLong.empty();
            }
            return OptionalLong.of(negative ? -value : value);
        } catch (NumberFormatException _) {
            return OptionalLong.empty();
        }
    }

    /** Writes a number as people read it: small ones in decimal. */
    static String text(long number) {
        return number >= 0 && number < 10 ? Long.toString(number) : "0x" + Long.toHexString(number);
    }
}
