package org.jpledge.seccomp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;

class WordKnowledgeTest {
    private static final int WORD = 5;

    /** With masks of few bits, all combinations of those bits can be tried. */
    @Test
    void whatIsPossibleIsTakenAndWhatIsNotIsNot() {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(50);
        int impossible = 0;
        for (int round = 0; round < 3000; round++) {
            int[] places = random.ints(7, 0, 32).toArray();
            WordKnowledge known = new WordKnowledge();
            List<IntPredicate> all = new ArrayList<>();
            for (int step = 0; step < 8; step++) {
                int mask = spread(random.nextInt(128), places);
                int a = random.nextInt(4) == 0 ? random.nextInt() : spread(random.nextInt(128), places) & mask;
                int b = random.nextBoolean() ? a : spread(random.nextInt(128), places);
                boolean not = random.nextInt(3) == 0;
                boolean ordered = Integer.compareUnsigned(a, b) <= 0;
                int from = ordered || not ? a : b;
                int to = ordered ? b : a;
                IntPredicate says = not
                        ? value -> (value & mask) != from
                        : value -> Integer.compareUnsigned(value & mask, from) >= 0
                                && Integer.compareUnsigned(value & mask, to) <= 0;
                all.add(says);
                boolean possible = isPossible(all, places);
                boolean taken = not ? known.differs(WORD, mask, from) : known.between(WORD, mask, from, to);
                assertThat(taken).isEqualTo(possible);
                if (!taken) {
                    all.removeLast();
                    impossible++;
                }
                for (IntPredicate earlier : all) {
                    assertThat(earlier.test(known.witness()[WORD])).isTrue();
                }
                if (random.nextInt(5) == 0) {
                    int back = random.nextInt(known.mark() + 1);
                    known.forget(back);
                    all.subList(back, all.size()).clear();
                    for (IntPredicate earlier : all) {
                        assertThat(earlier.test(known.witness()[WORD])).isTrue();
                    }
                }
            }
        }
        assertThat(impossible).isGreaterThan(1000);
    }

    private static boolean isPossible(List<IntPredicate> all, int[] places) {
        for (int i = 0; i < 128; i++) {
            int value = spread(i, places);
            boolean good = true;
            for (IntPredicate says : all) {
                good &= says.test(value);
            }
            if (good) {
                return true;
            }
        }
        return false;
    }

    private static int spread(int bits, int[] places) {
        int spread = 0;
        for (int i = 0; i < places.length; i++) {
            spread |= (bits >>> i & 1) << places[i];
        }
        return spread;
    }

    /** A program that asks for each bit of a flags argument by itself: what is left is not looked for among all of them. */
    @Test
    void whatTheBitsLeaveNoChoiceInIsKnownAtOnce() {
        WordKnowledge known = new WordKnowledge();
        assertTimeoutPreemptively(Duration.ofSeconds(10), () -> {
            assertThat(known.differs(WORD, -1, 0)).isTrue();
            for (int i = 0; i < 31; i++) {
                assertThat(known.differs(WORD, 1 << i, 1 << i)).isTrue();
            }
            assertThat(known.differs(WORD, 1 << 31, 1 << 31)).isFalse();
            assertThat(known.witness()[WORD]).isEqualTo(1 << 31);
        });
    }

    @Test
    void otherWordsAreIndependent() {
        WordKnowledge known = new WordKnowledge();
        assertThat(known.between(1, -1, 5, 5)).isTrue();
        assertThat(known.between(2, -1, 6, 6)).isTrue();
        assertThat(known.between(1, -1, 6, 6)).isFalse();
        assertThat(known.witness()[1]).isEqualTo(5);
        assertThat(known.witness()[2]).isEqualTo(6);
    }

    @Test
    void theLeastValueWithinAMaskIsFound() {
        for (int mask = 0; mask < 64; mask++) {
            for (int least = 0; least < 70; least++) {
                int expected = least;
                while (expected < 128 && (expected & ~mask) != 0) {
                    expected++;
                }
                int found = ValueSwitch.leastWithin(mask, least);
                if (expected < 128) {
                    assertThat(found).isEqualTo(expected);
                } else {
                    assertThat(found).isLessThan(least);
                }
            }
        }
        assertThat(ValueSwitch.leastWithin(0x80000001, 2)).isEqualTo(0x80000000);
        assertThat(ValueSwitch.leastWithin(1, 0x80000000)).isZero();
    }
}
