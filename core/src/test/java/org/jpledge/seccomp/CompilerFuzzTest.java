package org.jpledge.seccomp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.nio.ByteOrder;
import java.util.HashSet;
import java.util.Set;
import java.util.random.RandomGeneratorFactory;
import org.jpledge.bpf.Disassembler;
import org.jpledge.bpf.Interpreter;
import org.jpledge.bpf.Program;
import org.jpledge.bpf.SeccompData;
import org.junit.jupiter.api.Test;

/**
 * Compiled programs beside their rules on random filters and calls. {@code -Djpledge.fuzz.filters=1000000} makes it the long
 * run; {@code jpledge.fuzz.calls} and {@code jpledge.fuzz.seed} change the rest.
 */
class CompilerFuzzTest {
    private static final int FILTERS = Integer.getInteger("jpledge.fuzz.filters", 5_000);
    private static final int CALLS = Integer.getInteger("jpledge.fuzz.calls", 50);
    private static final int ANEW = 10;
    private static final long SEED = Long.getLong("jpledge.fuzz.seed", 2);

    @Test
    void compiledProgramsAnswerAsTheirRulesDo() {
        RandomFilters filters =
                new RandomFilters(RandomGeneratorFactory.of("L64X128MixRandom").create(SEED));
        long answers = 0;
        Set<Integer> different = new HashSet<>();
        for (int i = 0; i < FILTERS; i++) {
            Filter filter = filters.filter();
            Compiled compiled = Compiler.compile(filter);
            if (i % ANEW == 0) {
                // What was compiled before makes no difference.
                assertThat(compiled).isEqualTo(Compiler.compileAnew(filter));
            }
            Program program = compiled.bind(RandomFilters.SELF);
            Interpreter interpreter = new Interpreter(program);
            for (int j = 0; j < CALLS; j++) {
                SeccompData call = filters.near(filter);
                int expected = filter.decide(call, RandomFilters.SELF).encoded();
                ByteOrder order = Landmarks.order(call.arch());
                int actual = interpreter.run(call, order).value();
                if (actual != expected) {
                    fail(
                            "seed %d, filter %d, %s: 0x%x where the rules say 0x%x%n%s%n%s",
                            SEED, i, call, actual, expected, filter, Disassembler.text(program, order));
                }
                answers++;
                different.add(actual);
            }
        }
        System.out.printf(
                "%d random filters, seed %d: %d calls answered as by their rules, in %d ways%n",
                FILTERS, SEED, answers, different.size());
        assertThat(different).hasSizeGreaterThan(8);
    }
}
