package org.jpledge.tools.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jpledge.bpf.SeccompData;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Condition;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Identity;
import org.jpledge.seccomp.Operator;
import org.jpledge.seccomp.Rule;
import org.jpledge.seccomp.RuleParser;
import org.jpledge.seccomp.Value;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;
import org.jpledge.tools.policy.PolicyDocument;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is written is read back as a filter that does the same. */
class RoundTripTest {
    private static final long SEED = 6;
    private static final int FILTERS = 60;
    private static final int SAMPLES = 300;
    private static final Identity NOBODY = new Identity(1, 65534, 65534);
    private static final Action EPERM = new Action.Errno(1);
    private static final Action ENOSYS = new Action.Errno(38);

    private static Filter back(String text, Arch arch) throws ImportException {
        return PolicySource.read(text.getBytes(StandardCharsets.UTF_8), ImportSettings.of(arch))
                .filter("");
    }

    /** Asks both about the calls that either names, on combinations of values around those that a filter names. */
    private static void assertSame(Filter filter, Filter back, String text) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(SEED);
        for (Filter.Section section : filter.sections()) {
            Arch arch = section.arch();
            Map<Integer, Set<Long>> values = new TreeMap<>();
            for (int number : SyscallTable.of(arch).byNumber().keySet()) {
                values.put(number, new TreeSet<>(Set.of(0L)));
            }
            values.put(SyscallTable.of(arch).highest() + 1, new TreeSet<>(Set.of(0L)));
            for (Rule rule : section.rules()) {
                Set<Long> of = values.computeIfAbsent(rule.number(), _ -> new TreeSet<>());
                for (Condition condition : rule.conditions()) {
                    for (Value value : condition.values()) {
                        long number = value.in(NOBODY);
                        for (long near = number - 1; near != number + 2; near++) {
                            of.addAll(List.of(
                                    near,
                                    ~near,
                                    near & 0xffffffffL,
                                    (long) (int) near,
                                    near | 1L << 32,
                                    near | ~condition.mask()));
                        }
                    }
                }
            }
            values.forEach((number, of) -> {
                List<Long> all = List.copyOf(of);
                for (int i = 0; i < (all.size() > 1 ? SAMPLES : 1); i++) {
                    SeccompData call = SeccompData.of(
                            number,
                            arch.audit(),
                            all.get(random.nextInt(all.size())),
                            all.get(random.nextInt(all.size())),
                            all.get(random.nextInt(all.size())),
                            all.get(random.nextInt(all.size())));
                    assertThat(back.decide(call, NOBODY)).as(call + text).isEqualTo(filter.decide(call, NOBODY));
                }
            });
        }
        assertThat(back.foreign()).isEqualTo(filter.foreign());
    }

    @ParameterizedTest
    @EnumSource(
            value = Arch.class,
            names = {"X86_64", "I386", "S390X"})
    void anyFilterIsWrittenForContainersAndReadBack(Arch arch) throws ImportException {
        RandomPolicies random = new RandomPolicies(SEED);
        List<Action> actions = List.of(
                Action.ALLOW, Action.ALLOW, EPERM, new Action.Errno(13), Action.KILL_PROCESS, new Action.Trace(9));
        int exact = 0;
        for (int i = 0; i < FILTERS; i++) {
            Filter filter = random.filter(arch, actions, i % 3 == 0 ? Action.KILL_PROCESS : EPERM, ENOSYS, Oci.FOREIGN);
            Exported exported = OciWriting.write(RandomPolicies.of(filter));
            if (exported.losses().isEmpty()) {
                exact++;
                assertSame(filter, back(exported.text(), arch), exported.text());
            } else {
                assertThat(exported.losses()).allMatch(loss -> loss.endsWith("of this format; it is left out"));
            }
        }
        System.out.println("written as JSON of container runtimes for " + arch.label() + " without loss: " + exact
                + " of " + FILTERS + " (seed " + SEED + ")");
        assertThat(exact).isGreaterThan(FILTERS / 2);
    }

    @ParameterizedTest
    @EnumSource(
            value = Arch.class,
            names = {"X86_64", "AARCH64"})
    void anyFilterOfOneActionIsWrittenForSeccompilerAndReadBack(Arch arch) throws ImportException {
        RandomPolicies random = new RandomPolicies(SEED);
        int exact = 0;
        for (int i = 0; i < FILTERS; i++) {
            Action otherwise = i % 3 == 0 ? new Action.Trap(0) : EPERM;
            Filter filter = random.filter(
                    arch, List.of(Action.ALLOW, Action.ALLOW, otherwise), otherwise, otherwise, Seccompiler.FOREIGN);
            Exported exported = SeccompilerWriting.write(RandomPolicies.of(filter));
            if (exported.losses().isEmpty()) {
                exact++;
                assertSame(filter, back(exported.text(), arch), exported.text());
            }
        }
        System.out.println(
                "written for seccompiler for " + arch.label() + " without loss: " + exact + " of " + FILTERS);
        assertThat(exact).isGreaterThan(FILTERS / 2);
    }

    @Test
    void dockersProfileIsReadWrittenAndReadBack() throws IOException, ImportException {
        Filter filter = back(SharedData.text("docker-default.json"), Arch.X86_64);
        Exported exported = OciWriting.write(RandomPolicies.of(filter));
        assertThat(exported.losses()).isEmpty();
        assertThat(exported.remarks()).isEmpty();
        assertSame(filter, back(exported.text(), Arch.X86_64), exported.text());
    }

    @Test
    void firecrackersFiltersAreReadWrittenAndReadBack() throws IOException, ImportException {
        Imported imported = PolicySource.read(
                SharedData.text("firecracker-x86_64.json").getBytes(StandardCharsets.UTF_8),
                ImportSettings.of(Arch.X86_64));
        Exported exported =
                SeccompilerWriting.write(new Exportable("firecracker", PolicyDocument.EMPTY, imported.filters()));
        assertThat(exported.losses()).isEmpty();
        Imported again =
                PolicySource.read(exported.text().getBytes(StandardCharsets.UTF_8), ImportSettings.of(Arch.X86_64));
        assertThat(again).isEqualTo(imported);
    }

    @Test
    void whatACallMayNotDoIsTakenOutOfWhatItMay() throws ImportException {
        Filter filter = Filter.of(
                Arch.X86_64,
                new RuleParser(Arch.X86_64)
                        .parse(
                                "socket(family == 16) -> kill\nsocket\nioctl(request == 21522) -> errno EPERM\nioctl",
                                Action.ALLOW),
                EPERM,
                ENOSYS,
                Oci.FOREIGN);
        Exported exported = OciWriting.write(RandomPolicies.of(filter));
        assertThat(exported.losses()).isEmpty();
        // libseccomp would let a rule without conditions replace the others.
        assertThat(exported.text()).doesNotContain("{\"names\":[\"socket\"],\"action\":\"SCMP_ACT_ALLOW\"}");
        assertSame(filter, back(exported.text(), Arch.X86_64), exported.text());
    }

    /** Both refuse a file with a name that they do not know. kafel takes numbers. */
    @Test
    void callsThatAToolHasNoNameForAreSaidByNumberOrLostByName() throws ImportException {
        Filter filter = new Filter(
                List.of(new Filter.Section(
                        Arch.X86_64,
                        new RuleParser(Arch.X86_64).parse("mseal uprobe setxattrat(at_flags == 1)", Action.ALLOW))),
                Action.KILL_PROCESS,
                Action.KILL_PROCESS,
                Action.KILL_THREAD);
        Exportable policy = new Exportable("new", PolicyDocument.EMPTY, new TreeMap<>(Map.of("main", filter)));
        Exported seccompiler = SeccompilerWriting.write(policy);
        assertThat(seccompiler.losses())
                .containsExactly(
                        "uprobe: seccompiler has no name for it; it gets kill",
                        "setxattrat: seccompiler has no name for it; it gets kill");
        assertThat(seccompiler.text()).contains("\"mseal\"").doesNotContain("uprobe", "setxattrat");
        Exported kafel = KafelWriter.write(policy);
        assertThat(kafel.losses()).isEmpty();
        assertThat(kafel.text())
                .contains("mseal", "SYSCALL[336]", "SYSCALL[463](")
                .doesNotContain("uprobe", "setxattrat");
        assertSame(filter, back(kafel.text(), Arch.X86_64), kafel.text());
    }

    @Test
    void whatCannotBeSaidIsNamed() {
        Filter filter = Filter.of(
                Arch.X86_64,
                new RuleParser(Arch.X86_64)
                        .parse("kill(pid == $pid)\nread -> trap 7\nprlimit64(pid == $pid) -> kill", Action.ALLOW),
                EPERM,
                EPERM,
                EPERM);
        assertThat(OciWriting.write(RandomPolicies.of(filter)).losses())
                .containsExactlyInAnyOrder(
                        "kill(pid == $pid): the number is known in the process alone, so this is not allowed",
                        "prlimit64(pid == $pid) -> kill: the number is known in the process alone, so this holds for any",
                        "trap 7: a profile's trap has no number",
                        "numbers that no kernel knows yet get errno ENOSYS, not errno EPERM");
        assertThat(SeccompilerWriting.write(RandomPolicies.of(filter)).losses())
                .containsExactlyInAnyOrder(
                        "kill(pid == $pid): the number is known in the process alone, so this is not allowed",
                        "prlimit64(pid == $pid) -> kill: the number is known in the process alone, so this holds for any",
                        "trap 7: seccompiler's trap has no number",
                        "prlimit64 -> kill: a filter has one action for its rules; it gets errno EPERM");
    }

    @Test
    void conditionsThatAFormatHasNoWordForBecomeOnesUnderAMask() {
        for (long value : new long[] {0, 1, 5, 0x7fffffffL, 0xffffffffL, -1, Long.MIN_VALUE}) {
            for (long mask : new long[] {-1, 0xffffffffL, 6, 0xf0}) {
                for (Operator op :
                        List.of(Operator.EQ, Operator.NE, Operator.LT, Operator.LE, Operator.GT, Operator.GE)) {
                    Condition condition = new Condition(1, true, mask, op, List.of(new Value.Constant(value)));
                    for (long near = value - 3; near != value + 4; near++) {
                        for (long given : new long[] {near, near & mask, ~near, near ^ Long.MIN_VALUE, near >>> 1}) {
                            boolean any = Cube.bits(condition).stream()
                                    .anyMatch(bits -> (given & bits.mask()) == bits.value());
                            assertThat(any)
                                    .as(op + " " + value + " " + mask + " " + given)
                                    .isEqualTo(condition.holds(given, NOBODY));
                        }
                    }
                }
            }
        }
    }

    @Test
    void rulesOfSeveralArchitecturesStandOnceWhereTheyAreTheSame() throws ImportException {
        List<Rule> rules = new RuleParser(Arch.X86_64).parse("read\nopen(flags == 0)", Action.ALLOW);
        List<Rule> others = new RuleParser(Arch.AARCH64).parse("read\nopenat(flags == 0)", Action.ALLOW);
        Filter filter = new Filter(
                List.of(new Filter.Section(Arch.X86_64, rules), new Filter.Section(Arch.AARCH64, others)),
                EPERM,
                ENOSYS,
                Oci.FOREIGN);
        Exported exported = OciWriting.write(RandomPolicies.of(filter));
        assertThat(exported.remarks()).hasSize(1);
        for (Arch arch : List.of(Arch.X86_64, Arch.AARCH64)) {
            Filter one = new Filter(
                    filter.sections().stream().filter(s -> s.arch() == arch).toList(), EPERM, ENOSYS, Oci.FOREIGN);
            assertSame(one, back(exported.text(), arch), exported.text());
        }
    }
}
