package org.jpledge.syscall;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A resource of lines {@code key rest}, sorted by key, that is searched as it is. An offset is where a line begins. */
final class SortedLines {
    private final byte[] bytes;

    private SortedLines(byte[] bytes) {
        this.bytes = bytes;
    }

    static SortedLines read(String resource) {
        return new SortedLines(Resource.read(SortedLines.class, resource));
    }

    /** The offset of the line with this key, or -1. */
    int find(String key) {
        if (key.indexOf(' ') >= 0) {
            return -1;
        }
        int low = 0;
        int high = bytes.length;
        while (low < high) {
            int line = (low + high) >>> 1;
            while (line > low && bytes[line - 1] != '\n') {
                line--;
            }
            int order = compare(key, line);
            if (order == 0) {
                return line;
            }
            if (order < 0) {
                high = line;
            } else {
                low = next(line);
            }
        }
        return -1;
    }

    private int compare(String key, int line) {
        int length = key.length();
        for (int i = 0; i < length; i++) {
            int order = key.charAt(i) - bytes[line + i];
            if (order != 0) {
                // A key that the line's is a prefix of meets the space, which is less than anything in a key.
                return order;
            }
        }
        return bytes[line + length] == ' ' ? 0 : -1;
    }

    int size() {
        return bytes.length;
    }

    /** The offset of the line after this one; {@link #size()} after the last. */
    int next(int line) {
        int i = line;
        while (bytes[i] != '\n') {
            i++;
        }
        return i + 1;
    }

    String key(int line) {
        int end = line;
        while (bytes[end] != ' ') {
            end++;
        }
        return new String(bytes, line, end - line, StandardCharsets.ISO_8859_1);
    }

    /** The decimal number after the key. */
    long number(int line) {
        int i = line;
        while (bytes[i] != ' ') {
            i++;
        }
        i++;
        boolean negative = bytes[i] == '-';
        if (negative) {
            i++;
        }
        long value = 0;
        for (; bytes[i] >= '0' && bytes[i] <= '9'; i++) {
            value = value * 10 + (bytes[i] - '0');
        }
        return negative ? -value : value;
    }

    /** The line without its end. */
    String line(int line) {
        return new String(bytes, line, next(line) - 1 - line, StandardCharsets.ISO_8859_1);
    }

    List<String> keys() {
        List<String> keys = new ArrayList<>();
        for (int line = 0; line < bytes.length; line = next(line)) {
            keys.add(key(line));
        }
        return keys;
    }
}
