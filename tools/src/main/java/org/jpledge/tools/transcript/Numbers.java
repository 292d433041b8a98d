package org.jpledge.tools.transcript;

import java.util.List;
import java.util.OptionalLong;
import org.jpledge.syscall.Constants;

/** Numbers as strace writes them: digits, names, and both with bars between. */
final class Numbers {
    private Numbers() {}

    /**
     * What an expression stands for.
     *
     * @param text such as {@code O_RDONLY|O_CLOEXEC}, {@code S_IFREG|0644}, {@code 0x8}, {@code NULL}
     * @param constants of the architecture
     * @return empty where it has a name that nobody knows, or is no number at all
     */
    static OptionalLong value(String text, Constants constants) {
        // Several ioctls have one number; any of the names will do.
        int either = text.lastIndexOf(" or ");
        String expression = either < 0 ? text : text.substring(either + " or ".length());
        long value = 0;
        int from = 0;
        if (expression.startsWith("_IOC(")) {
            return request(expression, constants);
        }
        while (from <= expression.length()) {
            int bar = expression.indexOf('|', from);
            int end = bar < 0 ? expression.length() : bar;
            OptionalLong term = term(expression.substring(from, end).strip(), constants);
            if (term.isEmpty()) {
                return term;
            }
            value |= term.getAsLong();
            from = end + 1;
        }
        return OptionalLong.of(value);
    }

    private static OptionalLong term(String text, Constants constants) {
        if (text.equals("NULL")) {
            return OptionalLong.of(0);
        }
        int shift = text.indexOf("<<");
        if (shift > 0) {
            OptionalLong left = term(text.substring(0, shift).strip(), constants);
            OptionalLong right = term(text.substring(shift + 2).strip(), constants);
            return left.isEmpty() || right.isEmpty()
                    ? OptionalLong.empty()
                    : OptionalLong.of(left.getAsLong() << right.getAsLong());
        }
        OptionalLong number = number(text);
        return number.isPresent() || text.isEmpty() ? number : constants.value(text);
    }

    /** Digits as C has them. */
    static OptionalLong number(String text) {
        boolean negative = text.startsWith("-");
        String digits = negative ? text.substring(1) : text;
        int radix = 10;
        if (digits.startsWith("0x") || digits.startsWith("0X")) {
            digits = digits.substring(2);
            radix = 16;
        } else if (digits.length() > 1 && digits.startsWith("0")) {
            radix = 8;
        }
        if (digits.isEmpty() || Character.digit(digits.charAt(0), radix) < 0) {
            return OptionalLong.empty();
        }
        try {
            long value = Long.parseUnsignedLong(digits, radix);
            return OptionalLong.of(negative ? -value : value);
        } catch (NumberFormatException e) {
            return OptionalLong.empty();
        }
    }

    /** An ioctl without a name: direction, type, number, size. */
    private static OptionalLong request(String text, Constants constants) {
        int open = text.indexOf('(');
        int close = Pieces.close(text, open);
        List<String> parts = close < 0 ? List.of() : Pieces.split(text.substring(open + 1, close - 1));
        if (parts.size() != 4) {
            return OptionalLong.empty();
        }
        long direction = 0;
        for (String word : parts.getFirst().split("\\|", -1)) {
            direction |= word.equals("_IOC_READ") ? 2 : word.equals("_IOC_WRITE") ? 1 : 0;
        }
        OptionalLong type = term(parts.get(1), constants);
        OptionalLong number = term(parts.get(2), constants);
        OptionalLong size = term(parts.get(3), constants);
        if (type.isEmpty() || number.isEmpty() || size.isEmpty()) {
            return OptionalLong.empty();
        }
        return OptionalLong.of(direction << 30 | size.getAsLong() << 16 | type.getAsLong() << 8 | number.getAsLong());
    }
}
