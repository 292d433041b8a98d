package org.jpledge.tools.decode;

/** Numbers in memory. */
final class Numbers {
    private Numbers() {}

    /** A number of some bytes. */
    static long of(byte[] memory, int at, int bytes, boolean signed, boolean big) {
        long value = 0;
        for (int i = 0; i < bytes; i++) {
            value = value << Byte.SIZE | memory[big ? at + i : at + bytes - 1 - i] & 0xff;
        }
        int unused = Long.SIZE - bytes * Byte.SIZE;
        return signed ? value << unused >> unused : value;
    }
}
