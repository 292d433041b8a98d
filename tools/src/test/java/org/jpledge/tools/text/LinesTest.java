package org.jpledge.tools.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Lines that come in pieces. */
class LinesTest {
    private static final long SEED = 0x6c696e6573L;

    @Test
    void howeverTheyComeTheyAreTheSame() {
        System.out.println("seed " + SEED);
        SplittableRandom random = new SplittableRandom(SEED);
        for (int round = 0; round < 500; round++) {
            List<String> wanted = new ArrayList<>();
            int count = random.nextInt(8);
            for (int i = 0; i < count; i++) {
                wanted.add("x".repeat(random.nextInt(10) == 0 ? random.nextInt(500) : random.nextInt(4)) + i);
            }
            byte[] bytes = (String.join("\n", wanted) + (wanted.isEmpty() ? "" : "\n") + "rest")
                    .getBytes(StandardCharsets.UTF_8);
            Lines lines = new Lines();
            List<String> taken = new ArrayList<>();
            for (int at = 0; at < bytes.length; ) {
                int length = Math.min(bytes.length - at, random.nextInt(1, 300));
                lines.add(Arrays.copyOfRange(bytes, at, at + length + random.nextInt(3)), length);
                at += length;
                if (random.nextBoolean() || at == bytes.length) {
                    Optional<byte[]> line = lines.next();
                    while (line.isPresent()) {
                        taken.add(new String(line.get(), StandardCharsets.UTF_8));
                        line = lines.next();
                    }
                }
            }
            assertThat(taken).isEqualTo(wanted);
            assertThat(lines.length()).isEqualTo(4);
        }
    }

    /** Who looked at all of it after each piece would look at a million million bytes. */
    @Test
    @Timeout(20)
    void aLongLineInManyPiecesIsLookedAtOnce() {
        Lines lines = new Lines();
        byte[] piece = new byte[16];
        int pieces = 1 << 18;
        for (int i = 0; i < pieces; i++) {
            lines.add(piece, piece.length);
            assertThat(lines.next()).isEmpty();
        }
        lines.add(new byte[] {'\n'}, 1);
        assertThat(lines.next().orElseThrow()).hasSize(pieces * piece.length);
        assertThat(lines.length()).isZero();
    }
}
