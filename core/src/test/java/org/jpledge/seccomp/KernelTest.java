package org.jpledge.seccomp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jpledge.bpf.Program;
import org.jpledge.bpf.RunningKernel;
import org.jpledge.bpf.SeccompData;
import org.jpledge.syscall.Arch;
import org.junit.jupiter.api.Test;

/** Compiled filters decide in the running kernel as their rules do. */
class KernelTest {
    /** A number that is no system call: let through, it ends with ENOSYS. */
    private static final int NUMBER = 999;

    private static final int ENOSYS = 38;

    @Test
    void callsEndAsTheRulesSay() throws IOException {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(41);
        RandomFilters filters = new RandomFilters(random);
        int refused = 0;
        int allowed = 0;
        try (RunningKernel kernel = RunningKernel.start()) {
            for (int i = 0; i < 300; i++) {
                Filter filter = harmless(filters.filter(), random);
                Program program = Compiler.compile(filter).bind(RandomFilters.SELF);
                List<SeccompData> wanted = new ArrayList<>();
                while (wanted.size() < 40) {
                    SeccompData call = filters.near(filter);
                    if (call.nr() == NUMBER && call.arch() == Arch.host().audit()) {
                        wanted.add(call);
                    }
                }
                long[][] calls = new long[wanted.size()][SeccompData.ARGUMENTS];
                for (int j = 0; j < calls.length; j++) {
                    for (int k = 0; k < SeccompData.ARGUMENTS; k++) {
                        calls[j][k] = wanted.get(j).arg(k);
                    }
                }
                int[] errnos = kernel.run(program, NUMBER, calls);
                for (int j = 0; j < calls.length; j++) {
                    Action expected = filter.decide(wanted.get(j), RandomFilters.SELF);
                    boolean error = expected instanceof Action.Errno;
                    assertThat(errnos[j])
                            .as("%s under %s", wanted.get(j), filter)
                            .isEqualTo(expected instanceof Action.Errno(int number) ? number : ENOSYS);
                    refused += error ? 1 : 0;
                    allowed += error ? 0 : 1;
                }
            }
        }
        assertThat(refused).isGreaterThan(2000);
        assertThat(allowed).isGreaterThan(1000);
    }

    /** The same rules, all about one number that nobody calls, and with errors only: all other calls of the thread pass. */
    private static Filter harmless(Filter filter, RandomGenerator random) {
        Filter.Section section = filter.sections().getFirst();
        List<Rule> rules = new ArrayList<>();
        for (Rule rule : section.rules()) {
            boolean fits = Arch.host().is64Bit() || rule.conditions().stream().noneMatch(Condition::word);
            if (fits) {
                Action action = random.nextInt(4) == 0 ? Action.ALLOW : new Action.Errno(1 + random.nextInt(4000));
                rules.add(new Rule(NUMBER, rule.conditions(), action));
            }
        }
        rules.add(new Rule(NUMBER, List.of(), Action.ALLOW));
        return Filter.of(Arch.host(), rules, Action.ALLOW, Action.ALLOW, Action.ALLOW);
    }
}
