package org.jpledge.tools.audit;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A record of the kernel's audit system, linux/audit.h.
 *
 * @param type its number, such as {@link #SECCOMP}
 * @param at when, in milliseconds since 1970
 * @param serial the number of the event; what belongs to one system call has one number
 * @param fields names and values; bytes as characters, and decoded where the kernel wrote them in hexadecimal
 */
public record AuditRecord(int type, long at, long serial, Map<String, String> fields) {
    /** AUDIT_SYSCALL: how a system call ended of which other records speak. */
    public static final int SYSCALL = 1300;

    /** AUDIT_SECCOMP: a filter did something else than to let a call through. */
    public static final int SECCOMP = 1326;

    /** AUDIT_LANDLOCK_ACCESS: a domain refused something. */
    public static final int LANDLOCK_ACCESS = 1423;

    /** AUDIT_LANDLOCK_DOMAIN: who restricted itself, written with a domain's first refusal; or that a domain is gone. */
    public static final int LANDLOCK_DOMAIN = 1424;

    /** What processes choose themselves. The kernel writes it in quotes, or in hexadecimal where it is not harmless. */
    private static final String UNTRUSTED = " comm exe path ocomm name ";

    /** Copies the fields. */
    public AuditRecord {
        fields = Map.copyOf(fields);
    }

    /**
     * The type that a name stands for.
     *
     * @param name as audit.log has it: {@code SECCOMP}, {@code UNKNOWN[1423]} or a number
     * @return empty for what is none of ours
     */
    static Optional<Integer> type(String name) {
        String word = name.startsWith("UNKNOWN[") && name.endsWith("]")
                ? name.substring("UNKNOWN[".length(), name.length() - 1)
                : name;
        return Optional.ofNullable(
                switch (word) {
                    case "SYSCALL", "1300" -> SYSCALL;
                    case "SECCOMP", "1326" -> SECCOMP;
                    case "LANDLOCK_ACCESS", "1423" -> LANDLOCK_ACCESS;
                    case "LANDLOCK_DOMAIN", "1424" -> LANDLOCK_DOMAIN;
                    default -> null;
                });
    }

    /**
     * Reads fields, {@code name=value} with spaces between.
     *
     * @param text the record's text behind its head
     * @return the fields; of a name that comes twice, the first
     */
    static Map<String, String> fields(String text) {
        // What auditd adds for people comes behind a separator, and says the same.
        int enriched = text.indexOf('\u001d');
        int end = enriched < 0 ? text.length() : enriched;
        Map<String, String> fields = new LinkedHashMap<>();
        int at = 0;
        while (at < end) {
            if (text.charAt(at) <= ' ') {
                at++;
                continue;
            }
            int stop = end(text, at, end);
            int equals = text.indexOf('=', at);
            if (equals > at && equals < stop) {
                String name = text.substring(at, equals);
                fields.putIfAbsent(name, value(name, text.substring(equals + 1, stop)));
            }
            at = stop;
        }
        return fields;
    }

    /** Where a field ends that begins here: at a space that is not in quotes. */
    private static int end(String text, int from, int end) {
        int at = from;
        while (at < end && text.charAt(at) > ' ') {
            if (text.charAt(at) == '"' && text.charAt(at - (at > from ? 1 : 0)) == '=') {
                int quote = text.indexOf('"', at + 1);
                return quote < 0 || quote >= end ? end : quote + 1;
            }
            at++;
        }
        return at;
    }

    private static String value(String name, String written) {
        if (written.length() >= 2 && written.charAt(0) == '"' && written.endsWith("\"")) {
            return written.substring(1, written.length() - 1);
        }
        return UNTRUSTED.contains(" " + name + " ") ? decoded(written) : written;
    }

    private static String decoded(String hexadecimal) {
        StringBuilder bytes = new StringBuilder(hexadecimal.length() / 2);
        for (int i = 0; i + 1 < hexadecimal.length(); i += 2) {
            int high = digit(hexadecimal.charAt(i));
            int low = digit(hexadecimal.charAt(i + 1));
            if (high < 0 || low < 0) {
                return hexadecimal;
            }
            bytes.append((char) (high << 4 | low));
        }
        return hexadecimal.length() % 2 == 0 ? bytes.toString() : hexadecimal;
    }

    /** The kernel writes capital letters; a word of small ones is a word. */
    private static int digit(char c) {
        return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    }

    /** A field as text; empty where it is not there or has no value. */
    String text(String name) {
        String value = fields.getOrDefault(name, "");
        return value.equals("(null)") ? "" : value;
    }

    /** A field as a number; empty where it is none. */
    OptionalLong number(String name) {
        String value = fields.getOrDefault(name, "");
        if (value.startsWith("-")) {
            OptionalLong positive = number(value.substring(1), 10);
            return positive.isEmpty() ? positive : OptionalLong.of(-positive.getAsLong());
        }
        return number(value, 10);
    }

    /** A field as a number of 32 bits in hexadecimal, with or without 0x. */
    OptionalLong word(String name) {
        String value = fields.getOrDefault(name, "");
        return number(value.startsWith("0x") ? value.substring(2) : value, 16);
    }

    /** A number without a sign, of up to 18 digits. */
    static OptionalLong number(String digits, int radix) {
        if (digits.isEmpty() || digits.length() > (radix == 16 ? 15 : 18)) {
            return OptionalLong.empty();
        }
        long number = 0;
        for (int i = 0; i < digits.length(); i++) {
            int digit = digits.charAt(i) < 0x80 ? Character.digit(digits.charAt(i), radix) : -1;
            if (digit < 0) {
                return OptionalLong.empty();
            }
            number = number * radix + digit;
        }
        return OptionalLong.of(number);
    }
}
