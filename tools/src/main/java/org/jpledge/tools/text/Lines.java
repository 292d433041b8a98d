package org.jpledge.tools.text;

import java.util.Arrays;
import java.util.Optional;

/** Bytes that come in pieces and are wanted in lines. Each byte is looked at once, however many pieces a line comes in. For one thread. */
public final class Lines {
    private byte[] bytes = new byte[64];
    private int start;
    private int end;
    private int searched;

    /** Nothing so far. */
    public Lines() {}

    /**
     * What has come next.
     *
     * @param piece has it at its start
     * @param length how much of it
     */
    public void add(byte[] piece, int length) {
        if (end + length > bytes.length) {
            // Twice as much as is left, so that each byte is moved a few times at most.
            int left = end - start;
            byte[] more = new byte[Math.max(bytes.length, 2 * (left + length))];
            System.arraycopy(bytes, start, more, 0, left);
            bytes = more;
            searched -= start;
            end = left;
            start = 0;
        }
        System.arraycopy(piece, 0, bytes, end, length);
        end += length;
    }

    /**
     * Takes the first line.
     *
     * @return the line without its end; empty if what is left has none
     */
    public Optional<byte[]> next() {
        for (; searched < end; searched++) {
            if (bytes[searched] == '\n') {
                byte[] line = Arrays.copyOfRange(bytes, start, searched);
                searched++;
                start = searched;
                return Optional.of(line);
            }
        }
        return Optional.empty();
    }

    /**
     * How much is left that was not taken.
     *
     * @return bytes
     */
    public int length() {
        return end - start;
    }
}
