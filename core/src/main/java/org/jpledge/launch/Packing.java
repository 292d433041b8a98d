package org.jpledge.launch;

import java.util.Arrays;

/**
 * Packs bytes, in the manner of LZ77, for {@link UnpackingCode} to unpack.
 *
 * <p>What is packed is a row of tokens. A byte below 0x80 says how many bytes follow that stand for themselves; 0 ends the
 * row. A byte from 0x80 on is a copy of what was unpacked before: its low four bits and the next byte, which has the lower
 * bits, say from how many bytes back, and the three bits above them how many bytes, less {@link #SHORTEST}; if all three
 * are set, one more byte is to be added to that. A copy may reach into itself.
 *
 * <p>Pure, and the same bytes always give the same. A copy is looked for at a few places only: this runs where the JVM
 * interprets.
 */
final class Packing {
    /** The first token that is a copy. */
    static final int COPY = 0x80;

    /** A shorter copy would save nothing. */
    static final int SHORTEST = 3;

    /** What the three bits of a length are when a byte follows. */
    static final int LONGER = 7;

    static final int DISTANCE_BITS = 12;

    private static final int LONGEST = SHORTEST + LONGER + 0xff;
    private static final int MOST_LITERALS = COPY - 1;
    private static final int FARTHEST = (1 << DISTANCE_BITS) - 1;
    private static final int PLACES = 8;
    private static final int HASH_BITS = 10;
    private static final int NONE = -1;

    private final byte[] bytes;
    private final byte[] packed;
    private int length;

    private Packing(byte[] bytes) {
        this.bytes = bytes;
        this.packed = new byte[bytes.length + bytes.length / MOST_LITERALS + 2];
    }

    /** The tokens for some bytes. */
    static byte[] pack(byte[] bytes) {
        Packing packing = new Packing(bytes);
        packing.pack();
        return Arrays.copyOf(packing.packed, packing.length);
    }

    private void pack() {
        int[] latest = new int[1 << HASH_BITS];
        Arrays.fill(latest, NONE);
        int[] before = new int[bytes.length];
        int hashed = bytes.length - SHORTEST;
        int literals = 0;
        int at = 0;
        while (at < bytes.length) {
            int best = 0;
            int distance = 0;
            if (at <= hashed) {
                int place = latest[hash(at)];
                for (int i = 0; i < PLACES && place != NONE && at - place <= FARTHEST; i++) {
                    int same = same(place, at, best);
                    if (same > best) {
                        best = same;
                        distance = at - place;
                    }
                    place = before[place];
                }
            }
            if (best < SHORTEST) {
                best = 1;
            } else {
                literals(literals, at);
                copy(best, distance);
                literals = at + best;
            }
            for (int end = at + best; at < end; at++) {
                if (at <= hashed) {
                    int hash = hash(at);
                    before[at] = latest[hash];
                    latest[hash] = at;
                }
            }
        }
        literals(literals, at);
        length++;
    }

    private int hash(int at) {
        int three = bytes[at] & 0xff | (bytes[at + 1] & 0xff) << 8 | (bytes[at + 2] & 0xff) << 16;
        return three * 0x9e3779b1 >>> Integer.SIZE - HASH_BITS;
    }

    /** How many bytes are the same from two places on; or 0 if they are not more than {@code best}. */
    private int same(int place, int at, int best) {
        int most = Math.min(LONGEST, bytes.length - at);
        if (best >= most || bytes[place + best] != bytes[at + best]) {
            return 0;
        }
        int same = 0;
        while (same < most && bytes[place + same] == bytes[at + same]) {
            same++;
        }
        return same;
    }

    private void literals(int from, int to) {
        for (int at = from; at < to; at += MOST_LITERALS) {
            int count = Math.min(MOST_LITERALS, to - at);
            packed[length++] = (byte) count;
            System.arraycopy(bytes, at, packed, length, count);
            length += count;
        }
    }

    private void copy(int count, int distance) {
        int over = count - SHORTEST;
        packed[length++] = (byte) (COPY | Math.min(over, LONGER) << 4 | distance >> 8);
        packed[length++] = (byte) distance;
        if (over >= LONGER) {
            packed[length++] = (byte) (over - LONGER);
        }
    }
}
