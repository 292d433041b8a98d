package org.jpledge.seccomp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.jpledge.bpf.SeccompData;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Two filters as one. */
class ProductTest {
    private static final Identity SELF = RandomFilters.SELF;
    private static final Action EPERM = new Action.Errno(1);
    private static final Action ENOSYS = new Action.Errno(38);
    private static final long SEED = Long.getLong("jpledge.product.seed", 6);
    private static final int PAIRS = Integer.getInteger("jpledge.product.pairs", 1500);

    /** The order in which seccomp(2) lists the actions. */
    private static final List<String> SEVERITY =
            List.of("KillProcess", "KillThread", "Trap", "Errno", "Notify", "Trace", "Log", "Allow");

    private static Action worse(Action first, Action second) {
        int one = SEVERITY.indexOf(first.getClass().getSimpleName());
        int other = SEVERITY.indexOf(second.getClass().getSimpleName());
        return other < one ? second : first;
    }

    @Test
    void randomPairsAnswerAsTheKernelDoesWithBoth() {
        RandomFilters random = new RandomFilters(new SplittableRandom(SEED));
        int unsayable = 0;
        int dropped = 0;
        int shared = 0;
        for (int round = 0; round < PAIRS; round++) {
            Filter one = random.filter();
            Filter other = random.filter();
            Filter product;
            try {
                product = one.and(other);
            } catch (IllegalArgumentException _) {
                unsayable++;
                continue;
            }
            for (int i = 0; i < 120; i++) {
                SeccompData call = random.near(i % 2 == 0 ? one : other);
                Action ofOne = one.decide(call, SELF);
                Action ofOther = other.decide(call, SELF);
                Action expected = worse(ofOne, ofOther);
                Action said = product.decide(call, SELF);
                if (has(one, call) == has(other, call)) {
                    shared++;
                    if (!said.equals(expected)) {
                        fail(
                                "seed %d round %d: %s of %s and %s, not %s, for %s%n%s%n%s%n%s",
                                SEED, round, said, ofOne, ofOther, expected, call, one, other, product);
                    }
                } else if (!has(product, call)) {
                    dropped++;
                    assertThat(said).isEqualTo(worse(one.foreign(), other.foreign()));
                    assertThat(isRefusal(expected)).as("%s", expected).isTrue();
                } else if (call.nr() != Filter.SKIPPED) {
                    assertThat(said).isEqualTo(expected);
                }
            }
        }
        System.out.printf(
                "%d pairs, seed %d: %d calls of both, %d foreign to one; %d pairs cannot be one filter%n",
                PAIRS, SEED, shared, dropped, unsayable);
        assertThat(unsayable).isLessThan(PAIRS * 19 / 20);
        assertThat(dropped).isPositive();
        assertThat(shared).isGreaterThan(PAIRS);
    }

    private static boolean has(Filter filter, SeccompData call) {
        return filter.sections().stream().anyMatch(section -> section.arch().audit() == call.arch());
    }

    private static boolean isRefusal(Action action) {
        return SEVERITY.indexOf(action.getClass().getSimpleName()) <= SEVERITY.indexOf("Errno");
    }

    @Test
    void randomPairsOfOneArchitectureAreProvenOnceCompiled() {
        SplittableRandom source = new SplittableRandom(SEED + 1);
        RandomFilters random = new RandomFilters(source);
        int proven = 0;
        // A proof takes up to a second where conditions have dozens of values.
        for (int round = 0; proven < 8; round++) {
            Filter one = random.filter();
            Filter other = random.filter();
            if (one.sections().size() > 1
                    || other.sections().size() > 1
                    || one.sections().getFirst().arch()
                            != other.sections().getFirst().arch()) {
                continue;
            }
            Filter product = one.and(other);
            Verification verification = Verifier.prove(product, Compiler.compile(product), SELF);
            assertThat(verification.findings()).as("round %d", round).isEmpty();
            // And each answer of the program is the worse one of what the two say: at every boundary.
            for (Finding finding : Verifier.sample(product, Compiler.compile(product), SELF, 20, round)) {
                fail("%s", finding);
            }
            proven++;
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                // The same, once.
                "ioctl(request == 1); ioctl(request == 1); ioctl(request == 1)",
                // What one has for all arguments, the other's conditions remain.
                "ioctl; ioctl(request in {1, 2}); ioctl(request in {0x1, 0x2})",
                // Values that both have.
                "ioctl(request in {1, 2, 3}); ioctl(request in {2, 3, 4}); ioctl(request in {0x2, 0x3})",
                "ioctl(request == 1); ioctl(request == 2); ",
                "ioctl(request & 0xf == 1); ioctl(request & 0x3 == 2); ",
                "ioctl(request == 5); ioctl(request > 4); ioctl(request == 0x5)",
                "ioctl(request == 5); ioctl(request > 5); ",
                "ioctl(request < 5); ioctl(request >= 5); ",
                "ioctl(request <= 5); ioctl(request != 9); ioctl(request <= 0x5, request != 0x9)",
                // Two words of one argument are not the same bits.
                "kill(pid == $pid); kill(pid == $pid); kill(pid == $pid)",
                "kill(pid == $pid); kill(pid in {$pid, 0}); kill(pid == $pid)",
                // Nothing where only one allows it.
                "ioctl; read; "
            })
    void rulesAreNoMoreThanNeedBe(String one, String other, String expected) {
        Filter product = filter(one).and(filter(other));
        List<Rule> wanted = expected == null ? List.of() : new RuleParser(Arch.X86_64).parse(expected, Action.ALLOW);
        assertThat(product.sections().getFirst().rules()).isEqualTo(wanted);
    }

    @Test
    void theFirstFilterCountsAmongEquals() {
        Filter one = filter("socket -> errno EACCES  read -> errno EACCES  write -> trap 3");
        Filter other = filter("socket -> errno ENOENT  read -> kill  write -> trap 4");
        Filter product = one.and(other);
        assertThat(product.sections().getFirst().rules())
                .isEqualTo(new RuleParser(Arch.X86_64)
                        .parse("read -> kill  write -> trap 3  socket -> errno EACCES", Action.ALLOW));
    }

    @Test
    void theFirstRuleThatMatchesCountsInEach() {
        Filter one = filter("socket(family == 1) -> errno EACCES  socket -> allow");
        Filter other = filter("socket(type == 2)  socket(family == 1) -> kill  socket -> errno ENOENT");
        Filter product = one.and(other);
        assertThat(decide(product, "socket", 1, 2)).isEqualTo(new Action.Errno(13));
        assertThat(decide(product, "socket", 1, 3)).isEqualTo(Action.KILL_PROCESS);
        assertThat(decide(product, "socket", 2, 2)).isEqualTo(Action.ALLOW);
        assertThat(decide(product, "socket", 2, 3)).isEqualTo(new Action.Errno(2));
    }

    @Test
    void aNumberThatNoTableKnowsIsKnownToWhoHasARuleForIt() {
        int number = 5000;
        Filter one = Filter.of(Arch.X86_64, List.of(new Rule(number, List.of(), Action.ALLOW)), EPERM, ENOSYS, EPERM);
        Filter other = filter("read");
        SeccompData call = SeccompData.of(number, Arch.X86_64.audit());
        assertThat(one.and(other).decide(call, SELF)).isEqualTo(ENOSYS);
        assertThat(one.and(one).decide(call, SELF)).isEqualTo(Action.ALLOW);
        assertThat(other.and(one).decide(SeccompData.of(number + 1, Arch.X86_64.audit()), SELF))
                .isEqualTo(ENOSYS);
        // One that both have otherwise is still no unknown one.
        Filter asking = Filter.of(
                Arch.X86_64,
                List.of(new Rule(number, List.of(Condition.of(0, false, Operator.EQ, 1)), EPERM)),
                EPERM,
                ENOSYS,
                EPERM);
        assertThat(asking.and(asking).decide(call, SELF)).isEqualTo(EPERM);
    }

    @Test
    void x32IsForeignToBoth() {
        Filter lenient = Filter.of(Arch.X86_64, List.of(), EPERM, ENOSYS, new Action.Errno(13));
        Filter deadly = Filter.of(Arch.X86_64, List.of(), EPERM, ENOSYS, Action.KILL_PROCESS);
        SeccompData call = SeccompData.of(Filter.X32 + 1, Arch.X86_64.audit());
        assertThat(lenient.and(deadly).decide(call, SELF)).isEqualTo(Action.KILL_PROCESS);
        assertThat(lenient.and(filter("read")).decide(call, SELF)).isEqualTo(new Action.Errno(13));
    }

    @Test
    void anArchitectureThatOneLacksIsForeign() {
        List<Rule> reading = new RuleParser(Arch.I386).parse("read", Action.ALLOW);
        Filter two = new Filter(
                List.of(section(Arch.X86_64, "read write"), new Filter.Section(Arch.I386, reading)),
                EPERM,
                ENOSYS,
                EPERM);
        SeccompData call = SeccompData.of(3, Arch.I386.audit());
        assertThat(two.decide(call, SELF)).isEqualTo(Action.ALLOW);
        assertThat(two.and(filter("read")).decide(call, SELF)).isEqualTo(EPERM);
        assertThat(filter("read").and(two).decide(call, SELF)).isEqualTo(EPERM);
        assertThat(two.and(filter("read")).sections()).hasSize(1);
        assertThat(two.and(two).decide(call, SELF)).isEqualTo(Action.ALLOW);
        // Nor may a filter that lets foreign calls through open what the other one refuses.
        Filter open = Filter.of(Arch.X86_64, List.of(), Action.ALLOW, Action.ALLOW, Action.ALLOW);
        Filter closed = new Filter(two.sections(), EPERM, ENOSYS, Action.ALLOW);
        assertThat(open.and(closed).decide(call, SELF)).isEqualTo(Action.ALLOW);
        assertThat(open.and(closed).decide(SeccompData.of(4, Arch.I386.audit()), SELF))
                .isEqualTo(EPERM);
        Filter odd = Filter.of(Arch.X86_64, List.of(), EPERM, Action.KILL_PROCESS, Action.ALLOW);
        assertThatThrownBy(() -> odd.and(closed)).hasMessageContaining("i386");
    }

    @Test
    void filtersWithoutACommonArchitectureHaveNoProduct() {
        Filter other = Filter.of(Arch.AARCH64, List.of(), EPERM, ENOSYS, EPERM);
        assertThatThrownBy(() -> filter("read").and(other)).hasMessage("the filters have no architecture in common");
    }

    @Test
    void productsOfTheSizeOfContainersStaySmall() {
        // Some 300 calls allowed, as containers have, some with conditions; and another, stricter one.
        Filter container = container();
        Filter strict =
                filter("read write close exit_group mmap(prot & 4 == 0) ioctl(request in {0x5401, 0x5413, 0x541b})"
                        + " clone(flags & 0x7e020000 == 0) socket(family in {1, 2, 10}) personality(persona == 0)");
        Filter product = strict.and(container);
        int both = size(product);
        int alone = size(strict);
        int large = size(container);
        System.out.printf(
                "instructions: strict %d, container %d, both %d; both the other way round %d; container twice %d%n",
                alone, large, both, size(container.and(strict)), size(container.and(container)));
        assertThat(both).isLessThanOrEqualTo(alone + 16);
        assertThat(size(container.and(container))).isEqualTo(large);
        Verification verification = Verifier.prove(product, Compiler.compile(product), SELF);
        assertThat(verification.findings()).isEmpty();
        assertThat(verification.unproven()).isEmpty();
    }

    private static Filter container() {
        StringBuilder text = new StringBuilder();
        Set<String> left = new HashSet<>(List.of(
                "bpf",
                "mount",
                "umount2",
                "reboot",
                "ptrace",
                "kexec_load",
                "swapon",
                "swapoff",
                "clone",
                "socket",
                "personality",
                "clone3",
                "acct",
                "unshare",
                "setns"));
        SyscallTable.of(Arch.X86_64).byNumber().values().stream()
                .filter(name -> !left.contains(name))
                .limit(310)
                .forEach(name -> text.append(name).append('\n'));
        text.append(
                "clone(flags & 0x7e020000 == 0) socket(family != 40) personality(persona in {0, 8, 0x20000, 0x20008, 0xffffffff}) clone3 -> errno ENOSYS");
        return filter(text.toString());
    }

    private static int size(Filter filter) {
        return Compiler.compile(filter).program().length();
    }

    private static Action decide(Filter filter, String call, long... arguments) {
        return filter.decide(
                SeccompData.of(SyscallTable.of(Arch.X86_64).number(call).orElseThrow(), Arch.X86_64.audit(), arguments),
                SELF);
    }

    private static Filter filter(String rules) {
        return new Filter(List.of(section(Arch.X86_64, rules)), EPERM, ENOSYS, EPERM);
    }

    private static Filter.Section section(Arch arch, String rules) {
        return new Filter.Section(arch, new RuleParser(arch).parse(rules, Action.ALLOW));
    }
}
