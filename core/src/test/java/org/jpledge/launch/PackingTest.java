package org.jpledge.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.jpledge.bpf.Program;
import org.junit.jupiter.api.Test;

/** What is packed is what was there: held against decoders that are as simple as the formats allow. */
class PackingTest {
    private static final int JEQ = 0x15;
    private static final int RET = 0x06;

    private final SplittableRandom random = new SplittableRandom(20261123);

    @Test
    void unpacksToWhatWasPacked() {
        for (int round = 0; round < 3000; round++) {
            byte[] bytes = bytes(random.nextInt(round < 2900 ? 600 : 20_000));
            byte[] packed = Packing.pack(bytes);
            assertThat(unpack(packed)).as("round %d", round).isEqualTo(bytes);
            // Nothing to copy costs a byte for 127, and one for the end.
            assertThat(packed.length).isLessThanOrEqualTo(bytes.length + bytes.length / 127 + 2);
        }
    }

    @Test
    void takesEveryLengthAndEveryDistance() {
        byte[] repeated = new byte[20];
        random.nextBytes(repeated);
        for (int distance = repeated.length; distance < 4200; distance++) {
            byte[] bytes = new byte[distance + repeated.length];
            random.nextBytes(bytes);
            System.arraycopy(repeated, 0, bytes, 0, repeated.length);
            System.arraycopy(repeated, 0, bytes, distance, repeated.length);
            assertThat(unpack(Packing.pack(bytes))).as("distance %d", distance).isEqualTo(bytes);
        }
        for (int length = 0; length < 700; length++) {
            byte[] zeros = new byte[length];
            byte[] packed = Packing.pack(zeros);
            assertThat(unpack(packed)).as("length %d", length).isEqualTo(zeros);
            assertThat(packed.length).isLessThan(15);
        }
    }

    @Test
    void packsWhatRepeatsIntoLittle() {
        byte[] once = new byte[1000];
        random.nextBytes(once);
        byte[] twice = Arrays.copyOf(once, 2000);
        System.arraycopy(once, 0, twice, 1000, 1000);
        assertThat(Packing.pack(twice).length).isLessThan(Packing.pack(once).length + 20);
    }

    @Test
    void instructionsComeBackFromTheirColumns() {
        for (int round = 0; round < 300; round++) {
            byte[] exact = program(2 + random.nextInt(700));
            byte[] loader = program(2 + random.nextInt(700));
            byte[] columns = new FilterPlaces(image(loader), image(exact)).columns();
            assertThat(rows(Arrays.copyOf(columns, exact.length))).isEqualTo(exact);
            assertThat(rows(Arrays.copyOfRange(columns, exact.length, columns.length)))
                    .isEqualTo(loader);
        }
    }

    private static FilterImage image(byte[] program) {
        return new FilterImage(Program.decode(program, ByteOrder.LITTLE_ENDIAN), List.of());
    }

    /** With jumps of all lengths, those too that become a multiple of 256 when they are counted from the end. */
    private byte[] program(int count) {
        ByteBuffer program = ByteBuffer.allocate(8 * count).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count - 1; i++) {
            int farthest = Math.min(256, count - 1 - i);
            int fromEnd = count - i & 0xff;
            int jump = fromEnd < farthest ? fromEnd : random.nextInt(farthest);
            program.putShort((short) JEQ).put((byte) jump).put((byte) random.nextInt(farthest));
            program.putInt(random.nextInt());
        }
        return program.putShort((short) RET)
                .putShort((short) 0)
                .putInt(0x7fff0000)
                .array();
    }

    /** A mix of noise, zeros and copies. */
    private byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        int at = 0;
        while (at < length) {
            int run = Math.min(length - at, 1 + random.nextInt(random.nextInt(8) == 0 ? 900 : 12));
            int kind = random.nextInt(3);
            int from = at == 0 ? 0 : random.nextInt(at);
            for (int i = 0; i < run; i++, at++) {
                bytes[at] = kind == 0 ? (byte) random.nextInt() : kind == 1 && from < at ? bytes[from + i] : 0;
            }
        }
        return bytes;
    }

    private static byte[] unpack(byte[] packed) {
        byte[] out = new byte[40_000];
        int to = 0;
        int at = 0;
        while (packed[at] != 0) {
            int token = packed[at++] & 0xff;
            if (token < 0x80) {
                System.arraycopy(packed, at, out, to, token);
                at += token;
                to += token;
            } else {
                int distance = (token & 0xf) << 8 | packed[at++] & 0xff;
                int length = (token >> 4 & 7) + 3;
                if (length == 10) {
                    length += packed[at++] & 0xff;
                }
                for (int end = to + length; to < end; to++) {
                    out[to] = out[to - distance];
                }
            }
        }
        assertThat(at).as("where the row ends").isEqualTo(packed.length - 1);
        return Arrays.copyOf(out, to);
    }

    private static byte[] rows(byte[] columns) {
        int count = columns.length / 8;
        byte[] rows = new byte[columns.length];
        for (int i = 0; i < count; i++) {
            for (int column = 0; column < 8; column++) {
                int value = columns[column * count + i] & 0xff;
                if ((column == 2 || column == 3) && value != 0 && (count - i - value & 0xff) != 0) {
                    value = count - i - value;
                }
                rows[8 * i + column] = (byte) value;
            }
        }
        return rows;
    }
}
