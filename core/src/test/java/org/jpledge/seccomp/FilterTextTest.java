package org.jpledge.seccomp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;
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
    void numbersWithoutNamesAndOtherWidthsHaveWordsToo() {
        Rule nameless = new Rule(999, List.of(Condition.of(0, true, Operator.LT, 5)), Action.NOTIFY);
        assertThat(FilterText.of(nameless, Arch.X86_64)).isEqualTo("syscall(999, arg0 < 5) -> notify");
        assertThat(FilterText.of(new Rule(999, List.of(), Action.ALLOW), Arch.X86_64))
                .isEqualTo("syscall(999)");
        Rule wide = new Rule(3, List.of(Condition.of(0, true, Operator.EQ, 5)), Action.ALLOW);
        assertThat(FilterText.of(wide, Arch.X86_64)).isEqualTo("close(fd:64 == 5)");
        Rule narrow = new Rule(11, List.of(Condition.of(1, false, Operator.EQ, -1)), Action.ALLOW);
        assertThat(FilterText.of(narrow, Arch.X86_64)).isEqualTo("munmap(len:32 == -1)");
        assertThat(FilterText.of(new Action.Errno(4000), Arch.X86_64)).isEqualTo("errno 4000");
        assertThat(FilterText.of(new Action.Errno(0), Arch.X86_64)).isEqualTo("errno none");
    }

    @Test
    void conditionsThatNothingMeetsAreKeptToo() {
        Condition never = new Condition(0, false, 3, Operator.EQ, List.of(new Value.Constant(4)));
        Condition high = Condition.of(1, true, Operator.GE, -256);
        Rule rule = new Rule(3, List.of(never, high), Action.LOG);
        String text = "close(fd:32 & 3 == 4, arg1:64 >= 0xffffffffffffff00) -> log";
        assertThat(FilterText.of(rule, Arch.X86_64)).isEqualTo(text);
        assertThat(new RuleParser(Arch.X86_64).parse(text, Action.ALLOW)).containsExactly(rule);
    }

    @Test
    void anArgumentIsNotTakenForOneOfItsName() {
        for (Arch arch : Arch.values()) {
            int number = SyscallTable.of(arch).number("keyctl").orElseThrow();
            for (int i = 0; i < 6; i++) {
                Rule rule = new Rule(number, List.of(Condition.of(i, false, Operator.EQ, 1)), Action.ALLOW);
                assertThat(new RuleParser(arch).parse(FilterText.of(rule, arch), Action.ALLOW))
                        .containsExactly(rule);
            }
        }
        Rule last = new Rule(250, List.of(Condition.of(5, true, Operator.EQ, 1)), Action.ALLOW);
        assertThat(FilterText.of(last, Arch.X86_64)).isEqualTo("keyctl(arg(5) == 1)");
    }

    @Test
    void everyFilterIsReadBackOnEveryArchitecture() {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(11);
        RandomFilters filters = new RandomFilters(random);
        Map<Arch, Integer> compared = new EnumMap<>(Arch.class);
        for (int i = 0; i < 2000; i++) {
            for (Filter.Section section : filters.filter().sections()) {
                StringBuilder text = new StringBuilder();
                for (Rule rule : section.rules()) {
                    Rule some = random.nextInt(8) > 0 ? rule : strange(rule, random);
                    String line = FilterText.of(some, section.arch());
                    assertThat(new RuleParser(section.arch()).parse(line, Action.ALLOW))
                            .as(line)
                            .containsExactly(some);
                    text.append(FilterText.of(rule, section.arch())).append('\n');
                    compared.merge(section.arch(), 1, Integer::sum);
                }
                assertThat(new RuleParser(section.arch()).parse(text.toString(), Action.ALLOW))
                        .isEqualTo(section.rules());
            }
        }
        assertThat(compared)
                .hasSize(Arch.values().length)
                .allSatisfy((_, count) -> assertThat(count).isGreaterThan(500));
    }

    /** A rule with a number that nobody knows, widths that the architecture does not have, and any argument. */
    private static Rule strange(Rule rule, RandomGenerator random) {
        List<Condition> conditions = new ArrayList<>();
        for (Condition condition : rule.conditions()) {
            List<Value> values = new ArrayList<>(condition.values());
            values.set(0, new Value.Constant(random.nextLong() >>> random.nextInt(64)));
            conditions.add(new Condition(random.nextInt(6), true, random.nextLong(), condition.op(), values));
        }
        int number = random.nextInt(random.nextBoolean() ? 470 : Filter.X32);
        return new Rule(
                number, conditions, random.nextBoolean() ? rule.action() : new Action.Errno(random.nextInt(4096)));
    }
}
