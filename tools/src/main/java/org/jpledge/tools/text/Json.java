package org.jpledge.tools.text;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jpledge.landlock.FilePath;

/** JSON, RFC 8259, in ASCII: all other characters are escaped, so that no terminal, log or locale can spoil them. */
public final class Json {
    private static final String HEX = "0123456789abcdef";
    private static final int LINE = 130;
    private static final long BILLION = 1_000_000_000;

    /** A value. */
    public sealed interface Value {}

    /**
     * An object.
     *
     * @param members its members, in their order
     */
    public record Members(Map<String, Value> members) implements Value {
        /** An object without members. */
        public Members() {
            this(new LinkedHashMap<>());
        }

        /**
         * Adds a member.
         *
         * @param name its name
         * @param value its value
         * @return this object
         */
        public Members with(String name, Value value) {
            members.put(name, value);
            return this;
        }

        /**
         * Adds a member that is text.
         *
         * @param name its name
         * @param text its value
         * @return this object
         */
        public Members with(String name, String text) {
            return with(name, new Text(text));
        }

        /**
         * Adds a member that is a list of texts.
         *
         * @param name its name
         * @param texts its values
         * @return this object
         */
        public Members with(String name, List<String> texts) {
            List<Value> values = new ArrayList<>();
            for (String text : texts) {
                values.add(new Text(text));
            }
            return with(name, new Items(values));
        }
    }

    /**
     * An array.
     *
     * @param values what is in it
     */
    public record Items(List<Value> values) implements Value {}

    /**
     * A string.
     *
     * @param text the text
     */
    public record Text(String text) implements Value {}

    /**
     * A whole number.
     *
     * @param number the number; many a reader is exact only up to 2 to the power of 53
     */
    public record Whole(long number) implements Value {}

    /**
     * A number that somebody else wrote.
     *
     * @param digits the number as JSON writes it
     */
    public record Digits(String digits) implements Value {}

    /**
     * A whole number without a sign.
     *
     * @param number its 64 bits
     */
    public record Bits(long number) implements Value {}

    /**
     * A time in seconds, to the nanosecond.
     *
     * @param nanos nanoseconds, not below 0
     */
    public record Seconds(long nanos) implements Value {}

    /**
     * True or false.
     *
     * @param truth which
     */
    public record Truth(boolean truth) implements Value {}

    /** Null. */
    public record Nothing() implements Value {}

    private Json() {}

    /**
     * The text of a value, on one line that ends with a newline.
     *
     * @param value the value
     * @return the text, all of it ASCII
     */
    public static String text(Value value) {
        StringBuilder out = new StringBuilder();
        append(out, value);
        return out.append('\n').toString();
    }

    /**
     * The text of a value on lines that people can read: what fits a line stands on one.
     *
     * @param value the value
     * @return the text, all of it ASCII, which ends with a newline
     */
    public static String pretty(Value value) {
        StringBuilder out = new StringBuilder();
        appendLines(out, value, "\n");
        return out.append('\n').toString();
    }

    private static void appendLines(StringBuilder out, Value value, String newline) {
        StringBuilder line = new StringBuilder();
        append(line, value);
        if (newline.length() + line.length() <= LINE || !(value instanceof Members) && !(value instanceof Items)) {
            out.append(line);
            return;
        }
        String inner = newline + "  ";
        boolean first = true;
        if (value instanceof Members(var members)) {
            out.append('{');
            for (Map.Entry<String, Value> member : members.entrySet()) {
                out.append(first ? "" : ",").append(inner);
                quote(out, member.getKey());
                out.append(": ");
                appendLines(out, member.getValue(), inner);
                first = false;
            }
            out.append(newline).append('}');
        } else if (value instanceof Items(var values)) {
            out.append('[');
            for (Value each : values) {
                out.append(first ? "" : ",").append(inner);
                appendLines(out, each, inner);
                first = false;
            }
            out.append(newline).append(']');
        }
    }

    /**
     * Text of bytes: UTF-8, where they are; a byte that is not, and a control character, stands as {@code \xNN}.
     *
     * @param bytes the bytes
     * @return the text
     */
    public static String ofBytes(byte[] bytes) {
        return FilePath.of(bytes).toString();
    }

    private static void append(StringBuilder out, Value value) {
        switch (value) {
            case Members(var members) -> {
                out.append('{');
                Iterator<Map.Entry<String, Value>> each = members.entrySet().iterator();
                while (each.hasNext()) {
                    Map.Entry<String, Value> member = each.next();
                    quote(out, member.getKey());
                    out.append(':');
                    append(out, member.getValue());
                    out.append(each.hasNext() ? "," : "");
                }
                out.append('}');
            }
            case Items(var values) -> {
                out.append('[');
                Iterator<Value> each = values.iterator();
                while (each.hasNext()) {
                    append(out, each.next());
                    out.append(each.hasNext() ? "," : "");
                }
                out.append(']');
            }
            case Text(String text) -> quote(out, text);
            case Whole(long number) -> out.append(number);
            case Digits(String digits) -> out.append(digits);
            case Bits(long number) -> out.append(Long.toUnsignedString(number));
            case Seconds(long nanos) -> {
                String fraction = Long.toString(BILLION + nanos % BILLION);
                out.append(nanos / BILLION).append('.').append(fraction, 1, fraction.length());
            }
            case Truth(boolean truth) -> out.append(truth);
            case Nothing() -> out.append("null");
        }
    }

    private static void quote(StringBuilder out, String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c >= ' ' && c < 0x7f) {
                out.append(c);
            } else {
                out.append("\\u");
                for (int shift = 12; shift >= 0; shift -= 4) {
                    out.append(HEX.charAt(c >> shift & 15));
                }
            }
        }
        out.append('"');
    }
}
