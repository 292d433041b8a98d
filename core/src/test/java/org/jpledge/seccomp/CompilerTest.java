package org.jpledge.seccomp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jpledge.bpf.ActionCache;
import org.jpledge.bpf.Comparison;
import org.jpledge.bpf.Insn;
import org.jpledge.bpf.Interpreter;
import org.jpledge.bpf.InvalidProgramException;
import org.jpledge.bpf.Program;
import org.jpledge.bpf.SeccompData;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is known to go wrong in compilers of system call filters, each thing a test. */
class CompilerTest {
    private static final Identity SELF = new Identity(4711, 1000, 100);
    private static final Action EPERM = new Action.Errno(1);
    private static final Action ENOSYS = new Action.Errno(38);
    private static final int ALLOW = Action.ALLOW.encoded();
    private static final int DENY = EPERM.encoded();

    private static Filter filter(Arch arch, String rules) {
        return Filter.of(arch, new RuleParser(arch).parse(rules, Action.ALLOW), EPERM, ENOSYS, Action.KILL_PROCESS);
    }

    private static Program compile(Arch arch, String rules) {
        Filter filter = filter(arch, rules);
        Compiled compiled = Compiler.compile(filter);
        assertThat(Verifier.prove(filter, compiled, SELF).isProven()).isTrue();
        return compiled.bind(SELF);
    }

    private static int run(Program program, Arch arch, String call, long... args) {
        int number = SyscallTable.of(arch).number(call).orElseThrow();
        return run(program, SeccompData.of(number, arch.audit(), args), arch.order());
    }

    private static int run(Program program, SeccompData call, ByteOrder order) {
        return new Interpreter(program).run(call, order).value();
    }

    private static int executed(Program program, Arch arch, String call, long... args) {
        int number = SyscallTable.of(arch).number(call).orElseThrow();
        return new Interpreter(program)
                .run(SeccompData.of(number, arch.audit(), args), arch.order())
                .executed();
    }

    @Test
    void anIntIsComparedInItsLowWordOnly() {
        Program program = compile(Arch.X86_64, "ioctl(request in {TCGETS, TIOCGWINSZ}) ptrace(addr == 0)");
        assertThat(run(program, Arch.X86_64, "ioctl", 0, 0x5401)).isEqualTo(ALLOW);
        // TIOCSTI with a bit above its 32: the kernel would drop the bit.
        assertThat(run(program, Arch.X86_64, "ioctl", 0, 0x5412 | 1L << 32)).isEqualTo(DENY);
        assertThat(run(program, Arch.X86_64, "ioctl", 0, 0x5401 | 1L << 32)).isEqualTo(ALLOW);
        assertThat(run(program, Arch.X86_64, "ptrace", 0, 0, 1L << 32)).isEqualTo(DENY);
    }

    @Test
    void anOrderedTestOfAnIntCannotBeSteppedOverWithAHighBit() {
        Program program = compile(Arch.X86_64, "close(fd >= 3)");
        assertThat(run(program, Arch.X86_64, "close", 2)).isEqualTo(DENY);
        assertThat(run(program, Arch.X86_64, "close", 2 | 1L << 40)).isEqualTo(DENY);
        assertThat(run(program, Arch.X86_64, "close", 3)).isEqualTo(ALLOW);
    }

    @Test
    void aNegativeIntIsTheSameWithAndWithoutSignExtension() {
        Program program = compile(Arch.X86_64, "openat(dirfd == AT_FDCWD)");
        assertThat(run(program, Arch.X86_64, "openat", -100)).isEqualTo(ALLOW);
        assertThat(run(program, Arch.X86_64, "openat", 0xffffff9cL)).isEqualTo(ALLOW);
        assertThat(run(program, Arch.X86_64, "openat", 0xffffff9dL)).isEqualTo(DENY);
    }

    @ParameterizedTest
    @EnumSource(Arch.class)
    void aWordIsComparedInBothHalvesWhereverTheyAre(Arch arch) {
        Program program = compile(arch, "munmap(len == 0x12345678) read(count <= 0x7fffffff)");
        assertThat(run(program, arch, "munmap", 0, 0x12345678)).isEqualTo(ALLOW);
        assertThat(run(program, arch, "munmap", 0, 0x12345679)).isEqualTo(DENY);
        assertThat(run(program, arch, "read", 0, 0, 0x7fffffff)).isEqualTo(ALLOW);
        assertThat(run(program, arch, "read", 0, 0, 0x80000000L)).isEqualTo(DENY);
        if (arch.is64Bit()) {
            assertThat(run(program, arch, "munmap", 0, 0x12345678 | 1L << 32)).isEqualTo(DENY);
            assertThat(run(program, arch, "munmap", 0, 0x12345678L << 32)).isEqualTo(DENY);
            assertThat(run(program, arch, "read", 0, 0, 1L << 32)).isEqualTo(DENY);
        }
    }

    @Test
    void orderIn64BitsLooksAtTheHighHalfFirst() {
        Program program = compile(Arch.S390X, "munmap(len > 0x100000005, len <= 0x300000002)");
        for (long[] wanted : new long[][] {
            {0x100000005L, 0},
            {0x100000006L, 1},
            {0x1ffffffffL, 1},
            {0x200000000L, 1},
            {0x300000002L, 1},
            {0x300000003L, 0},
            {5, 0},
            {0xffffffffL, 0},
            {-1, 0}
        }) {
            assertThat(run(program, Arch.S390X, "munmap", 0, wanted[0]))
                    .as(Long.toHexString(wanted[0]))
                    .isEqualTo(wanted[1] == 1 ? ALLOW : DENY);
        }
    }

    @Test
    void x32IsRefusedAndASkippedCallIsNot() {
        Program program = compile(Arch.X86_64, "read");
        int kill = Action.KILL_PROCESS.encoded();
        int audit = Arch.X86_64.audit();
        ByteOrder order = ByteOrder.LITTLE_ENDIAN;
        assertThat(run(program, SeccompData.of(0x40000000, audit), order)).isEqualTo(kill);
        assertThat(run(program, SeccompData.of(0x7fffffff, audit), order)).isEqualTo(kill);
        assertThat(run(program, SeccompData.of(0x80000000, audit), order)).isEqualTo(kill);
        assertThat(run(program, SeccompData.of(-2, audit), order)).isEqualTo(kill);
        assertThat(run(program, SeccompData.of(-1, audit), order)).isEqualTo(ALLOW);
        assertThat(run(program, SeccompData.of(0x3fffffff, audit), order)).isEqualTo(ENOSYS.encoded());
        Program arm = compile(Arch.AARCH64, "read");
        assertThat(run(arm, SeccompData.of(0x40000000, Arch.AARCH64.audit()), order))
                .isEqualTo(ENOSYS.encoded());
        assertThat(run(arm, SeccompData.of(-1, Arch.AARCH64.audit()), order)).isEqualTo(ALLOW);
    }

    @ParameterizedTest
    @EnumSource(Arch.class)
    void anotherArchitectureIsRefusedWhateverTheNumber(Arch other) {
        Program program = compile(Arch.PPC64LE, "read");
        int expected = other == Arch.PPC64LE ? DENY : Action.KILL_PROCESS.encoded();
        assertThat(run(program, SeccompData.of(1, other.audit()), other.order()))
                .isEqualTo(expected);
    }

    @Test
    void severalArchitecturesHaveTheirOwnNumbers() {
        Filter filter = new Filter(
                List.of(
                        new Filter.Section(Arch.X86_64, new RuleParser(Arch.X86_64).parse("read", Action.ALLOW)),
                        new Filter.Section(Arch.I386, new RuleParser(Arch.I386).parse("read(fd == 0)", Action.ALLOW)),
                        new Filter.Section(
                                Arch.S390X, new RuleParser(Arch.S390X).parse("munmap(len == 1)", Action.ALLOW))),
                EPERM,
                ENOSYS,
                Action.KILL_PROCESS);
        Compiled compiled = Compiler.compile(filter);
        assertThat(Verifier.prove(filter, compiled, SELF).isProven()).isTrue();
        Program program = compiled.program();
        assertThat(run(program, Arch.X86_64, "read", 9)).isEqualTo(ALLOW);
        assertThat(run(program, Arch.I386, "read", 9)).isEqualTo(DENY);
        assertThat(run(program, Arch.I386, "read", 0)).isEqualTo(ALLOW);
        assertThat(run(program, Arch.S390X, "munmap", 0, 1)).isEqualTo(ALLOW);
        assertThat(run(program, Arch.S390X, "munmap", 0, 1L << 32)).isEqualTo(DENY);
    }

    @Test
    void numbersThatNobodyKnowsGetTheirOwnAction() {
        Program program = compile(Arch.X86_64, "read");
        int audit = Arch.X86_64.audit();
        assertThat(run(program, SeccompData.of(400, audit), ByteOrder.LITTLE_ENDIAN))
                .isEqualTo(ENOSYS.encoded());
        assertThat(run(program, SeccompData.of(5000, audit), ByteOrder.LITTLE_ENDIAN))
                .isEqualTo(ENOSYS.encoded());
        assertThat(run(program, Arch.X86_64, "write")).isEqualTo(DENY);
    }

    @Test
    void theFirstRuleThatMatchesWins() {
        Program program = compile(
                Arch.X86_64,
                "close(fd == 3) -> kill close(fd < 10) close(fd == 5) -> trap close(fd & 1 == 1) -> errno EIO");
        assertThat(run(program, Arch.X86_64, "close", 3)).isEqualTo(Action.KILL_PROCESS.encoded());
        assertThat(run(program, Arch.X86_64, "close", 5)).isEqualTo(ALLOW);
        assertThat(run(program, Arch.X86_64, "close", 11)).isEqualTo(new Action.Errno(5).encoded());
        assertThat(run(program, Arch.X86_64, "close", 12)).isEqualTo(DENY);
    }

    @Test
    void whatIsAllowedWhateverItsArgumentsIsDecidedWithoutThem() {
        Program program = compile(
                Arch.X86_64,
                "read write close(fd == 1) -> errno EIO close mmap(prot == 0) mmap(prot != 0)"
                        + " munmap(len >= 0x100000000) munmap(len <= 0x200000000) socket(family == 1)");
        for (String call : List.of("read", "write", "mmap", "munmap")) {
            int number = SyscallTable.of(Arch.X86_64).number(call).orElseThrow();
            assertThat(ActionCache.allows(program, Arch.X86_64.audit(), number))
                    .as(call)
                    .isTrue();
        }
        for (String call : List.of("close", "socket", "fork")) {
            int number = SyscallTable.of(Arch.X86_64).number(call).orElseThrow();
            assertThat(ActionCache.allows(program, Arch.X86_64.audit(), number))
                    .as(call)
                    .isFalse();
        }
    }

    @Test
    void noBitsOutsideAMaskIsOneTest() {
        Program program = compile(Arch.X86_64, "open(flags & ~(O_WRONLY|O_APPEND) == 0) close(fd & 2 == 2)");
        assertThat(tests(program, Comparison.SET)).isEqualTo(2);
        assertThat(count(program, Insn.AluConstant.class)).isZero();
    }

    @Test
    void theHighestBitOfAMaskDecidesAnOrder() {
        Program program = compile(Arch.X86_64, "open(flags & O_ACCMODE < O_RDWR)");
        assertThat(tests(program, Comparison.SET)).isEqualTo(1);
        assertThat(count(program, Insn.AluConstant.class)).isZero();
    }

    @Test
    void aWordIsLoadedOnceForAllRulesAboutIt() {
        Program program = compile(
                Arch.X86_64,
                "open(flags & O_ACCMODE == O_RDONLY, flags & O_CREAT == 0)"
                        + " open(flags & O_ACCMODE == O_WRONLY, flags & O_TRUNC == 0)");
        assertThat(loads(program)).isEqualTo(3);
    }

    @Test
    void callsWithEqualConditionsShareThem() {
        Program one = compile(Arch.X86_64, "mmap(prot & PROT_EXEC == 0)");
        Program two = compile(Arch.X86_64, "mmap(prot & PROT_EXEC == 0) mprotect(prot & PROT_EXEC == 0)");
        assertThat(loads(two)).isEqualTo(loads(one));
        assertThat(two.length()).isLessThanOrEqualTo(one.length() + 1);
    }

    @Test
    void thereIsOneRetForEachAction() {
        Program program = compile(Arch.X86_64, "read write close(fd == 1) socket(family == 1) -> errno EPERM");
        assertThat(count(program, Insn.Return.class)).isEqualTo(4);
    }

    @Test
    void aLongListOfValuesIsSearchedInHalves() {
        StringBuilder rules = new StringBuilder();
        for (int i = 0; i < 60; i++) {
            rules.append("ioctl(request == ").append(0x5400 + 7 * i).append(")\n");
        }
        Program program = compile(Arch.X86_64, rules.toString());
        int most = 0;
        for (int i = 0; i < 60; i++) {
            assertThat(run(program, Arch.X86_64, "ioctl", 0, 0x5400 + 7L * i)).isEqualTo(ALLOW);
            assertThat(run(program, Arch.X86_64, "ioctl", 0, 0x5401 + 7L * i)).isEqualTo(DENY);
            most = Math.max(most, executed(program, Arch.X86_64, "ioctl", 0, 0x5400 + 7L * i));
        }
        assertThat(most).isLessThanOrEqualTo(18);
        assertThat(program.length()).isLessThan(90);
    }

    @Test
    void neighbouringValuesAreOneRange() {
        Program program = compile(Arch.X86_64, "close(fd in {7, 3, 5, 4, 6})");
        Program two = compile(Arch.X86_64, "close(fd in {7, 3})");
        assertThat(program.length()).isEqualTo(two.length());
    }

    @Test
    void singleValuesInARowCostOneTestEach() {
        Program one = compile(Arch.X86_64, "close(fd == 3) -> errno EIO close");
        Program four = compile(
                Arch.X86_64,
                "close(fd == 3) -> errno EIO close(fd == 4) -> errno ENXIO close(fd == 5) -> errno EBADF"
                        + " close(fd == 6) -> errno EIO close");
        // Two more answers, and a test for each value, not for each border.
        assertThat(four.length()).isEqualTo(one.length() + 3 + 2);
    }

    @Test
    void numbersOfTheProcessAreFilledInLater() {
        Filter filter = filter(
                Arch.X86_64,
                "kill(pid in {0, $pid}) chown(user in {$uid, -1}, group == $gid) getpid prctl(arg2 == $pid)");
        Compiled compiled = Compiler.compile(filter);
        assertThat(compiled.patches())
                .extracting(Patch::variable)
                .containsExactlyInAnyOrder(Variable.PID, Variable.UID, Variable.GID, Variable.PID);
        for (Patch patch : compiled.patches()) {
            assertThat(compiled.program().insns().get(patch.instruction()))
                    .isInstanceOfSatisfying(Insn.JumpIf.class, jump -> {
                        assertThat(jump.test()).isEqualTo(Comparison.EQ);
                        assertThat(jump.k()).isZero();
                    });
        }
        for (Identity self : List.of(SELF, new Identity(0, 0, 0), new Identity(-1, -1, -1), new Identity(1, -1, 0))) {
            assertThat(Verifier.prove(filter, compiled, self).isProven()).isTrue();
            assertThat(Verifier.sample(filter, compiled, self, 500, 1)).isEmpty();
        }
        // In 64 bits, the high word of the process's number is zero.
        Program program = compiled.bind(SELF);
        assertThat(run(program, Arch.X86_64, "prctl", 0, 4711)).isEqualTo(ALLOW);
        assertThat(run(program, Arch.X86_64, "prctl", 0, 4711 | 1L << 32)).isEqualTo(DENY);
    }

    @Test
    void patchesFollowInstructionsThatAFarJumpMoved() {
        // Enough entangled rules between the numbers and their answers that jumps are stretched.
        StringBuilder rules = new StringBuilder("kill(pid == $pid) -> trap 9 tgkill(tgid == $pid) -> trap 9 ");
        for (int i = 0; i < 40; i++) {
            rules.append("ioctl(request == ")
                    .append(i * 3)
                    .append(", arg == ")
                    .append(i * 5 + 1)
                    .append(")\n");
            rules.append("fcntl(cmd == ")
                    .append(i * 3 + 1)
                    .append(", arg == ")
                    .append(i * 7 + 2)
                    .append(")\n");
        }
        Filter filter = filter(Arch.X86_64, rules.toString());
        Compiled compiled = Compiler.compile(filter);
        assertThat(compiled.program().length()).isGreaterThan(400);
        assertThat(Verifier.prove(filter, compiled, SELF).isProven()).isTrue();
    }

    @Test
    void theSameFilterGivesTheSameProgram() {
        String rules = "read close(fd in {9, 1, 5}) socket(family == 1, type in {2, 1}) kill(pid == $pid)";
        assertThat(Compiler.compile(filter(Arch.X86_64, rules)))
                .isEqualTo(Compiler.compile(filter(Arch.X86_64, rules)));
        String otherOrder = "kill(pid == $pid) socket(family == 1, type in {1, 2}) close(fd in {1, 5, 9}) read";
        assertThat(Compiler.compile(filter(Arch.X86_64, otherOrder)).program().length())
                .isEqualTo(
                        Compiler.compile(filter(Arch.X86_64, rules)).program().length());
    }

    @Test
    void entangledRulesStaySmall() {
        // Each rule asks about other arguments: taken apart value by value they would multiply.
        StringBuilder rules = new StringBuilder();
        for (int i = 0; i < 30; i++) {
            rules.append("mmap(arg")
                    .append(i % 6)
                    .append(" & ")
                    .append(1 << i % 7)
                    .append(" == 0, arg");
            rules.append((i + 1) % 6).append(" < ").append(i * 1000 + 5).append(", arg");
            rules.append((i + 2) % 6)
                    .append(" != ")
                    .append(i)
                    .append(") -> errno ")
                    .append(i + 2)
                    .append('\n');
        }
        Filter filter = filter(Arch.X86_64, rules.toString());
        Compiled compiled = Compiler.compile(filter);
        assertThat(compiled.program().length()).isLessThan(600);
        assertThat(Verifier.sample(filter, compiled, SELF, 20_000, 3)).isEmpty();
    }

    @Test
    void aFilterThatIsTooLargeIsRefusedWithItsSize() {
        List<Rule> rules = new ArrayList<>();
        for (int i = 0; i < 3000; i++) {
            rules.add(new Rule(16, List.of(Condition.of(1, false, Operator.EQ, 2L * i)), new Action.Trap(i)));
        }
        assertThatThrownBy(() -> Compiler.compile(Filter.of(Arch.X86_64, rules, EPERM, ENOSYS, ENOSYS)))
                .isInstanceOf(InvalidProgramException.class)
                .hasMessageContaining(
                        "the kernel takes at most 4096: drop or join rules, most of which are about ioctl (3000");
    }

    private static int loads(Program program) {
        return count(program, Insn.LoadWord.class);
    }

    private static int count(Program program, Class<? extends Insn> kind) {
        int count = 0;
        for (Insn insn : program.insns()) {
            count += kind.isInstance(insn) ? 1 : 0;
        }
        return count;
    }

    private static int tests(Program program, Comparison test) {
        int count = 0;
        for (Insn insn : program.insns()) {
            count += insn instanceof Insn.JumpIf jump && jump.test() == test ? 1 : 0;
        }
        return count;
    }
}
