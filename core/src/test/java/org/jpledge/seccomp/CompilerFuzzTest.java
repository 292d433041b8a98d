package org.jpledge.seccomp;

import static org.assertj.core.api.Assertions.fail;

import java.nio.ByteOrder;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jpledge.bpf.Disassembler;
import org.jpledge.bpf.Interpreter;
import org.jpledge.bpf.Program;
import org.jpledge.bpf.SeccompData;
import org.junit.jupiter.api.Test;

class CompilerFuzzTest {
    private static final int FILTERS = Integer.getInteger("jpledge.fuzz.filters", 12_000);
    private static final int CALLS = 200;

    @Test
    void compiledProgramsAnswerAsTheirRulesDo() {
        RandomGenerator random =
                RandomGeneratorFactory.of("L64X128MixRandom").create(Long.getLong("jpledge.fuzz.seed", 2));
        RandomFilters filters = new RandomFilters(random);
        for (int i = 0; i < FILTERS; i++) {
            Filter filter = filters.filter();
            Program program = Compiler.compile(filter).bind(RandomFilters.SELF);
            Interpreter interpreter = new Interpreter(program);
            for (int j = 0; j < CALLS; j++) {
                SeccompData call = filters.near(filter);
                int expected = filter.decide(call, RandomFilters.SELF).encoded();
                ByteOrder order = Landmarks.order(call.arch());
                int actual = interpreter.run(call, order).value();
                if (actual != expected) {
                    fail(
                            "filter %d, %s: 0x%x where the rules say 0x%x%n%s%n%s",
                            i, call, actual, expected, filter, Disassembler.text(program, order));
                }
            }
        }
    }
}
