package org.jpledge.syscall;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearestTest {
    private static final List<String> PROMISES =
            List.of("stdio", "rpath", "wpath", "cpath", "dpath", "tmppath", "inet", "mcast", "fattr", "chown", "unix");

    @ParameterizedTest
    @CsvSource({"rpth, rpath", "stido, stdio", "INET, inet", "chwon, chown", "tmpath, tmppath", "unixx, unix"})
    void aSlipOfTheHandFindsTheWord(String word, String meant) {
        assertThat(Nearest.nearest(word, PROMISES)).contains(meant);
    }

    @ParameterizedTest
    @CsvSource({"''", "x", "network", "exec"})
    void aWordThatIsLikeNothingFindsNothing(String word) {
        assertThat(Nearest.nearest(word, PROMISES)).isEmpty();
    }

    @Test
    void ofEquallyNearWordsTheFirstIsTaken() {
        assertThat(Nearest.nearest("xpath", PROMISES)).contains("rpath");
    }

    @ParameterizedTest
    @CsvSource({
        "abc, abc, 0",
        "abc, acb, 1",
        "abc, ab, 1",
        "abc, xabc, 1",
        "abc, abx, 1",
        "'', abc, 3",
        "kitten, sitting, 3"
    })
    void theDistanceCountsInsertedDroppedReplacedAndSwappedLetters(String a, String b, int distance) {
        assertThat(Nearest.distance(a, b, 9)).isEqualTo(distance);
        assertThat(Nearest.distance(b, a, 9)).isEqualTo(distance);
    }

    @Test
    void anyOneSlipInALongNameLeadsBackToItOrToOneAsNear() {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(20251122);
        List<String> names = List.copyOf(SyscallTable.of(Arch.X86_64).byNumber().values());
        for (int i = 0; i < 500; i++) {
            String name = names.get(random.nextInt(names.size()));
            if (name.length() < 4) {
                continue;
            }
            StringBuilder word = new StringBuilder(name);
            int at = random.nextInt(name.length());
            switch (random.nextInt(3)) {
                case 0 -> word.deleteCharAt(at);
                case 1 -> word.insert(at, (char) ('a' + random.nextInt(26)));
                default -> word.setCharAt(at, (char) ('a' + random.nextInt(26)));
            }
            String found = Nearest.nearest(word.toString(), names).orElseThrow();
            assertThat(Nearest.distance(word.toString(), found, 9))
                    .as("%s for %s", found, word)
                    .isLessThanOrEqualTo(1);
        }
    }

    @Test
    void aLimitChangesNoDistanceUpToIt() {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(7);
        for (int i = 0; i < 20_000; i++) {
            String a = word(random);
            String b = word(random);
            int distance = Nearest.distance(a, b, 99);
            for (int limit = 0; limit <= 6; limit++) {
                int limited = Nearest.distance(a, b, limit);
                if (distance <= limit) {
                    assertThat(limited).as("%s %s %d", a, b, limit).isEqualTo(distance);
                } else {
                    assertThat(limited).as("%s %s %d", a, b, limit).isGreaterThan(limit);
                }
            }
        }
    }

    private static String word(RandomGenerator random) {
        StringBuilder word = new StringBuilder();
        for (int length = random.nextInt(6); length > 0; length--) {
            word.append((char) ('a' + random.nextInt(3)));
        }
        return word.toString();
    }
}
