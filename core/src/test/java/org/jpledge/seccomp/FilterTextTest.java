package org.jpledge.seccomp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jpledge.syscall.Arch;
import org.junit.jupiter.api.Test;

class FilterTextTest {
    @Test
    void aFilterReadsAsItWasWritten() {
        String text = """
                # x86-64
                read
                mmap(prot & 4 == 0)
                ioctl(request in {0x5401, 0x541b})
                openat(dirfd == -100, flags & 0x241 == 0)
                chmod(mode & 0xe00 == 0)
                kill(pid == $pid)
                munmap(len >= 0x123456789)
                ptrace -> errno ENOSYS
                bpf -> kill
                fork -> trap 7
                vfork -> trace
                """;
        Filter filter = Filter.of(
                Arch.X86_64,
                new RuleParser(Arch.X86_64).parse(text, Action.ALLOW),
                new Action.Errno(1),
                Action.KILL_THREAD,
                Action.LOG);
        assertThat(FilterText.of(filter)).isEqualTo(text + """
                        # all other calls -> errno EPERM
                        # numbers that x86-64 does not know -> kill-thread
                        # other architectures, and x32 -> log
                        """);
    }

    @Test
    void whatTheLanguageHasNoWordsForIsSaid() {
        Rule nameless = new Rule(999, List.of(Condition.of(0, true, Operator.LT, 5)), Action.NOTIFY);
        assertThat(FilterText.of(nameless, Arch.X86_64)).isEqualTo("# number 999(arg0 < 5) -> notify");
        Rule wide = new Rule(3, List.of(Condition.of(0, true, Operator.EQ, 5)), Action.ALLOW);
        assertThat(FilterText.of(wide, Arch.X86_64)).isEqualTo("close(fd == 5)  # fd is compared in 64 bits");
        assertThat(FilterText.of(new Action.Errno(4000), Arch.X86_64)).isEqualTo("errno 4000");
    }

    @Test
    void randomRulesInTheRightWidthAreReadBack() {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(11);
        RandomFilters filters = new RandomFilters(random);
        int compared = 0;
        for (int i = 0; i < 2000; i++) {
            for (Filter.Section section : filters.filter().sections()) {
                for (Rule rule : section.rules()) {
                    String text = FilterText.of(rule, section.arch());
                    if (text.contains("#") || neverEqual(rule) || rule.action().equals(new Action.Errno(0))) {
                        continue;
                    }
                    List<Rule> again = new RuleParser(section.arch()).parse(text, Action.ALLOW);
                    assertThat(again).as(text).containsExactly(rule);
                    compared++;
                }
            }
        }
        assertThat(compared).isGreaterThan(1000);
    }

    /** Whether a condition has a value with bits outside its mask, which the parser does not let pass, or a negative order. */
    private static boolean neverEqual(Rule rule) {
        List<Long> outside = new ArrayList<>();
        for (Condition condition : rule.conditions()) {
            for (Value value : condition.values()) {
                if (value instanceof Value.Constant(long number)) {
                    boolean ordered = !condition.isMembership() && condition.op() != Operator.NE;
                    if ((number & ~condition.mask()) != 0 || (ordered && number < 0)) {
                        outside.add(number);
                    }
                }
            }
        }
        return !outside.isEmpty();
    }
}
