package org.jpledge.tools.trace;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/** Where a dynamic linker hands over to the program: AT_ENTRY of its auxiliary vector, see getauxval(3). */
final class EntryPoint {
    private static final int AT_NULL = 0;
    private static final int AT_BASE = 7;
    private static final int AT_ENTRY = 9;

    private EntryPoint() {}

    /**
     * Looks at a process that has just executed a program.
     *
     * @param wide whether its words have 64 bits
     * @return empty if no dynamic linker comes first
     */
    static OptionalLong of(int process, boolean wide) {
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(Path.of("/proc/" + process + "/auxv"));
        } catch (IOException e) {
            // It has been killed, or /proc is not there: then nothing is early.
            return OptionalLong.empty();
        }
        ByteBuffer vector = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
        long entry = 0;
        long base = 0;
        while (vector.remaining() >= (wide ? 16 : 8)) {
            long type = word(vector, wide);
            long value = word(vector, wide);
            if (type == AT_NULL) {
                break;
            } else if (type == AT_BASE) {
                base = value;
            } else if (type == AT_ENTRY) {
                entry = value;
            }
        }
        return base == 0 || entry == 0 ? OptionalLong.empty() : OptionalLong.of(entry);
    }

    private static long word(ByteBuffer vector, boolean wide) {
        return wide ? vector.getLong() : Integer.toUnsignedLong(vector.getInt());
    }
}
