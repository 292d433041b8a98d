package org.jpledge.seccomp;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteOrder;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jpledge.bpf.Alu;
import org.jpledge.bpf.AssemblyText;
import org.jpledge.bpf.Disassembler;
import org.jpledge.bpf.Interpreter;
import org.jpledge.bpf.Program;
import org.jpledge.bpf.RandomPrograms;
import org.jpledge.bpf.SeccompData;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Constants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RecoveryTest {
    private static final Action EPERM = new Action.Errno(1);
    private static final Action ENOSYS = new Action.Errno(38);

    private static Filter filter(String rules, Arch arch) {
        return Filter.of(arch, new RuleParser(arch).parse(rules, Action.ALLOW), EPERM, ENOSYS, Action.KILL_PROCESS);
    }

    private static Program compiled(Filter filter) {
        return Compiler.compile(filter).bind(RandomFilters.SELF);
    }

    private static Program assembled(String text) {
        return AssemblyText.parse(
                text, ByteOrder.LITTLE_ENDIAN, name -> Constants.of(Arch.X86_64).value(name));
    }

    private static String rules(Recovery recovery) {
        Filter.Section section = recovery.filter().sections().getFirst();
        StringBuilder out = new StringBuilder();
        for (Rule rule : section.rules()) {
            out.append(FilterText.of(rule, section.arch())).append('\n');
        }
        return out.toString();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "read",
                "socket(family == 2)",
                "socket(family != 0x28)",
                "socket(family in {1, 2, 0xa})",
                "close(fd == -1)",
                "write(count == 0x100000000)",
                "write(count < 0x100000000)",
                "socket(family:64 == 0x28)",
                "write(count < 0x1000)",
                "write(count >= 0x100000001)",
                "write(count >= 0x10, count < 0x1000)",
                "lseek(offset in {0x100000001, 0x200000001})",
                "mmap(prot & 4 == 0)",
                "clone(flags & 0x7c020000 == 0)",
                "mprotect(prot & 2 == 0)",
                "prctl(option == 4, arg2 & 0x100000000 != 0)",
                "fcntl(cmd in {1, 2, 3}) -> errno EACCES",
                "ioctl(request == 0x5413) -> trap 7",
                "prctl(option == 0xf, arg2 == 7)",
                "close(fd < 4)",
                "close(fd >= 4)",
                "dup -> errno EACCES\ndup2 -> kill\ngetpid\nptrace -> notify\nuname -> log",
            })
    void aRuleIsSaidAgain(String rules) {
        Filter filter = filter(rules, Arch.X86_64);
        Recovery recovery = Recovery.of(compiled(filter), Arch.X86_64);
        assertThat(recovery.isExact()).as(recovery.toString()).isTrue();
        assertThat(recovery.filter().otherwise()).isEqualTo(EPERM);
        assertThat(recovery.filter().unknown()).isEqualTo(ENOSYS);
        assertThat(recovery.filter().foreign()).isEqualTo(Action.KILL_PROCESS);
        List<String> said = rules(recovery).lines().sorted().toList();
        assertThat(said).isEqualTo(rules.lines().sorted().toList());
    }

    @Test
    void alternativesStayAlternatives() {
        String rules = "fcntl(cmd == 1, arg == 2)\nfcntl(cmd == 3)\nfcntl(arg == 9)\n";
        Recovery recovery = Recovery.of(compiled(filter(rules, Arch.X86_64)), Arch.X86_64);
        assertThat(recovery.isExact()).isTrue();
        assertThat(rules(recovery).lines().count()).isLessThanOrEqualTo(4);
    }

    @Test
    void whatTheCompilerMadeIsRecoveredAndSaysTheSameAgain() {
        Arch arch = Arch.X86_64;
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(21);
        RandomFilters filters = new RandomFilters(random);
        for (int i = 0; i < 25; i++) {
            Filter filter = filters.filter();
            Program program = compiled(filter);
            Recovery recovery = Recovery.of(program, arch);
            assertThat(recovery.unclear()).as("%d: %s", i, filter).isEmpty();
            assertThat(recovery.deviations()).as("%d: %s", i, filter).isEmpty();
            // What is made of the recovered filter does what the first one says, for all calls.
            Verification again = Verifier.prove(filter, Compiler.compile(recovery.filter()), RandomFilters.SELF);
            assertThat(again.findings())
                    .filteredOn(Finding.WrongAnswer.class::isInstance)
                    .isEmpty();
            assertThat(again.unproven()).isEmpty();
            agree(program, filter, recovery, filters);
        }
    }

    private static void agree(Program program, Filter filter, Recovery recovery, RandomFilters filters) {
        Interpreter interpreter = new Interpreter(program);
        for (int i = 0; i < 500; i++) {
            agree(interpreter, recovery, filters.near(filter), "");
        }
    }

    private static void agree(Interpreter interpreter, Recovery recovery, SeccompData call, String program) {
        Action answer =
                Action.of(interpreter.run(call, Landmarks.order(call.arch())).value());
        for (Recovery.Deviation deviation : recovery.deviations()) {
            if (deviation.contains(call)) {
                assertThat(deviation.answer().orElse(answer)).isEqualTo(answer);
                return;
            }
        }
        assertThat(answer)
                .as("%s under %s of %s", call, recovery.filter(), program)
                .isEqualTo(recovery.filter().decide(call, RandomFilters.SELF));
    }

    private static SeccompData call(RandomGenerator random) {
        int[] numbers = {0, 1, 2, 59, 257, 0x40000000, 0x40000001, -1, Integer.MIN_VALUE, random.nextInt()};
        long[] values = {
            0, 1, 2, 3, 59, 257, 0x40000000L, 0x7fff0000L, 0x80000000L, -1, random.nextLong(), random.nextInt()
        };
        int arch = random.nextInt(4) == 0 ? random.nextInt() : Arch.X86_64.audit();
        long[] args = new long[SeccompData.ARGUMENTS];
        for (int i = 0; i < args.length; i++) {
            args[i] = values[random.nextInt(values.length)];
        }
        return SeccompData.of(numbers[random.nextInt(numbers.length)], arch, args)
                .at(values[random.nextInt(values.length)]);
    }

    /** Programs of all instructions, most of them senseless: what is recovered is right, and what is not is said. */
    @Test
    void whateverAProgramDoesIsSaidOrSaidToBeUnclear() {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(22);
        RandomPrograms programs = new RandomPrograms(
                random, Arch.X86_64.audit(), 0, 1, 2, 59, 257, 0x40000000, 0x7fff0000, 0x00050001, 0x80000000);
        int clear = 0;
        for (int i = 0; i < 150; i++) {
            Program program = programs.program(16);
            Recovery recovery = Recovery.of(program, Arch.X86_64);
            if (recovery.unclear().isEmpty()) {
                clear++;
                String text = i + ": " + Disassembler.text(program, ByteOrder.LITTLE_ENDIAN);
                Interpreter interpreter = new Interpreter(program);
                for (int j = 0; j < 300; j++) {
                    agree(interpreter, recovery, call(random), text);
                }
            }
        }
        assertThat(clear).isGreaterThan(75);
    }

    @Test
    void whatIsComputedFromArgumentsIsFollowed() {
        Recovery recovery = Recovery.of(assembled("""
                        ld [arch]
                        jne #0xc000003e, bad
                        ld [nr]
                        st M[3]
                        jge #0x40000000, bad
                        jeq #41, socket
                        ld M[3]
                        jeq #16, ioctl
                        jeq #9, mmap
                        jeq #3, close, bad
                        socket: ld [arg1.low]
                        ldx #0xf
                        and x
                        tax
                        ld #0x7fff0000
                        st M[0]
                        txa
                        sub #1
                        jgt #1, bad
                        ld M[0]
                        ret a
                        ioctl: ld [arg1.low]
                        rsh #8
                        and #0xff
                        jeq #0x54, bad, good
                        mmap: ld [arg2.low]
                        lsh #29
                        jset #0x80000000, bad, good
                        close: ld [arg0.low]
                        xor #0x55
                        jeq #0x54, good
                        bad: ret errno 1
                        good: ret allow
                        """), Arch.X86_64);
        assertThat(recovery.unclear()).isEmpty();
        assertThat(rules(recovery)).isEqualTo("""
                close(fd == 1)
                mmap(prot & 4 == 0)
                ioctl(request & 0xff00 != 0x5400)
                socket(type & 0xf in {1, 2})
                """);
    }

    @Test
    void aProgramThatDoesNotAskForTheArchitectureAnswersAllOfThem() {
        Recovery recovery =
                Recovery.of(assembled("ld [nr]\njeq #1, good, bad\ngood: ret allow\nbad: ret kill\n"), Arch.AARCH64);
        assertThat(recovery.filter().sections())
                .extracting(Filter.Section::arch)
                .containsExactly(Arch.AARCH64);
        assertThat(rules(recovery)).isEqualTo("io_destroy\n");
        assertThat(recovery.deviations()).isNotEmpty();
        assertThat(recovery.unclear()).isEmpty();
    }

    @Test
    void x32AndTheNumberOfASkippedCallAreDeviationsWhereTheProgramLetsThemThrough() {
        Recovery recovery = Recovery.of(assembled("""
                        ld [arch]
                        jne #0xc000003e, bad
                        ld [nr]
                        jeq #1, bad
                        ret allow
                        bad: ret kill
                        """), Arch.X86_64);
        assertThat(rules(recovery)).isEqualTo("write -> kill\n");
        assertThat(recovery.deviations())
                .containsExactly(new Recovery.Deviation(
                        Integer.toUnsignedLong(Arch.X86_64.audit()),
                        Integer.toUnsignedLong(Arch.X86_64.audit()),
                        Filter.X32,
                        0xfffffffeL,
                        java.util.Optional.of(Action.ALLOW)));
        assertThat(recovery.filter().otherwise()).isEqualTo(Action.ALLOW);
    }

    @Test
    void anOperationThatIsNotFollowedIsNamed() {
        Recovery recovery = Recovery.of(
                assembled("ld [arg0.low]\nmul #3\njeq #12, good\nret kill\ngood: ret allow\n"), Arch.X86_64);
        assertThat(recovery.unclear())
                .containsExactly("instruction 1: mul of what was computed from an argument is not followed");
        assertThat(Alu.MUL.mnemonic()).isEqualTo("mul");
    }
}
