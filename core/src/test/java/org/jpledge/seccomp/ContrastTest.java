package org.jpledge.seccomp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jpledge.bpf.Interpreter;
import org.jpledge.bpf.Program;
import org.jpledge.bpf.SeccompData;
import org.junit.jupiter.api.Test;

class ContrastTest {
    private static Action run(Program program, SeccompData call) {
        return Action.of(
                new Interpreter(program).run(call, Landmarks.order(call.arch())).value());
    }

    /** What is said to differ does, and what differs is said. */
    @Test
    void twoRandomFiltersDifferWhereItIsSaidAndNowhereElse() {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(31);
        RandomFilters filters = new RandomFilters(random);
        for (int i = 0; i < 12; i++) {
            Filter one = filters.filter();
            Filter two = new Filter(
                    filters.filter().sections().getFirst().arch()
                                    == one.sections().getFirst().arch()
                            ? one.sections()
                            : one.sections().subList(0, 1),
                    one.otherwise(),
                    one.unknown(),
                    i % 2 == 0 ? one.foreign() : filters.filter().foreign());
            two = withoutOneRule(two, random);
            Program first = Compiler.compile(one).bind(RandomFilters.SELF);
            Program second = Compiler.compile(two).bind(RandomFilters.SELF);
            Contrast contrast = Contrast.of(first, second);
            assertThat(contrast.unclear()).isEmpty();
            for (Disagreement found : contrast.disagreements()) {
                assertThat(run(first, found.witness())).isEqualTo(found.first());
                assertThat(run(second, found.witness()))
                        .isEqualTo(found.second())
                        .isNotEqualTo(found.first());
            }
            for (int j = 0; j < 400; j++) {
                SeccompData call = filters.near(one);
                boolean said = contrast.disagreements().stream().anyMatch(found -> contains(found, call));
                assertThat(run(first, call).equals(run(second, call)))
                        .as("%s", call)
                        .isNotEqualTo(said);
            }
        }
    }

    private static Filter withoutOneRule(Filter filter, RandomGenerator random) {
        List<Filter.Section> sections = new ArrayList<>(filter.sections());
        List<Rule> rules = new ArrayList<>(sections.getFirst().rules());
        rules.remove(random.nextInt(rules.size()));
        sections.set(0, new Filter.Section(sections.getFirst().arch(), rules));
        return new Filter(sections, filter.otherwise(), filter.unknown(), filter.foreign());
    }

    private static boolean contains(Disagreement found, SeccompData call) {
        long arch = Integer.toUnsignedLong(call.arch());
        long number = Integer.toUnsignedLong(call.nr());
        return arch >= found.fromArch()
                && arch <= found.toArch()
                && number >= found.from()
                && number <= found.to()
                && found.conditions().stream()
                        .allMatch(condition -> condition.holds(call.arg(condition.argument()), RandomFilters.SELF));
    }

    @Test
    void aProgramIsLikeItself() {
        RandomFilters filters =
                new RandomFilters(RandomGeneratorFactory.of("L64X128MixRandom").create(32));
        Program program = Compiler.compile(filters.filter()).bind(RandomFilters.SELF);
        assertThat(Contrast.of(program, program).isEqual()).isTrue();
    }
}
