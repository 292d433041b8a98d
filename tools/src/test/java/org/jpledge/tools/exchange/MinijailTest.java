package org.jpledge.tools.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.FileNotFoundException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.FilterText;
import org.jpledge.seccomp.Frequencies;
import org.jpledge.seccomp.RuleParser;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;
import org.jpledge.tools.policy.PolicyDocument;
import org.jpledge.tools.text.Includes;
import org.junit.jupiter.api.Test;

/** Policies of minijail: what they mean, and that what is written means what was meant. */
class MinijailTest {
    private static final long SEED = 6;
    private static final int READ = 0;

    private static Filter read(String text, String... files) throws ImportException {
        return imported(text, files).filter(Imported.MAIN);
    }

    private static Imported imported(String text, String... files) throws ImportException {
        return MinijailReader.read(text, ImportSettings.of(Arch.X86_64).withIncludes(includes(files)));
    }

    private static Includes includes(String... files) {
        return (name, from) -> {
            for (int i = 0; i < files.length; i += 2) {
                if (files[i].equals(name)) {
                    return files[i + 1];
                }
            }
            throw new FileNotFoundException("no such file");
        };
    }

    private static Exported written(Filter filter) {
        return MinijailWriter.write(
                new Exportable("test", PolicyDocument.EMPTY, new TreeMap<>(Map.of(Imported.MAIN, filter))));
    }

    private static List<String> rules(Filter filter) {
        return filter.sections().getFirst().rules().stream()
                .map(rule -> FilterText.of(rule, Arch.X86_64))
                .toList();
    }

    private static String wrong(String text, String... files) {
        try {
            return "no error: " + rules(read(text, files));
        } catch (ImportException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private static int number(String call) {
        return SyscallTable.of(Arch.X86_64).number(call).orElseThrow();
    }

    @Test
    void theExamplesOfTheManualMeanWhatItSays() throws ImportException {
        Filter filter = read("""
                read: 1
                # open with O_LARGEFILE|O_RDONLY|O_NONBLOCK or some combination.
                open: arg1 == 32768 || arg1 == 0 || arg1 == 34816 || arg1 == 2048
                munmap: 1
                close: return EBADF
                mmap: arg2 in ~PROT_EXEC || arg2 in ~PROT_WRITE
                mprotect: arg2 in ~PROT_EXEC || \\
                   arg2 in ~PROT_WRITE
                openat: arg2 & O_CREAT
                write: arg0 == 0; return EBADF
                ioctl: arg3 in MAP_PRIVATE|MAP_ANONYMOUS && arg0 > 0x10 && arg1 <= 010
                """);
        assertThat(Differences.between(
                        filter,
                        (number, args) -> {
                            boolean allowed = number == READ
                                    || number == number("munmap")
                                    || number == number("open")
                                            && List.of(32768L, 0L, 34816L, 2048L)
                                                    .contains(args[1])
                                    || (number == number("mmap") || number == number("mprotect"))
                                            && ((args[2] & 4) == 0 || (args[2] & 2) == 0)
                                    || number == number("openat") && (args[2] & 0100) != 0
                                    || number == number("write") && args[0] == 0
                                    || number == number("ioctl")
                                            && (args[3] & ~0x22) == 0
                                            && Long.compareUnsigned(args[0], 0x10) > 0
                                            && Long.compareUnsigned(args[1], 8) <= 0;
                            boolean failed = number == number("close") || number == number("write");
                            return allowed ? Action.ALLOW : failed ? new Action.Errno(9) : Action.KILL_THREAD;
                        },
                        Arch.X86_64,
                        SEED))
                .isEmpty();
    }

    @Test
    void whatTheCompilerAloneKnowsIsReadItsWay() throws ImportException {
        Filter filter = read("""
                @default kill-process
                {read, write}: { arg0 == 0; allow, arg0 == 1; return EBADF, trap }
                kill: { arg1 == 0, kill-thread }
                close: log
                dup[arch=arm64,x86_64]: user-notify
                dup2[arch=arm64]: allow
                dup3: arg0 == 1; return 1
                dup3: trace
                """);
        assertThat(rules(filter))
                .containsExactly(
                        "read(fd:64 == 0)",
                        "read(fd:64 == 1) -> errno EBADF",
                        "read -> trap",
                        "write(fd:64 == 0)",
                        "write(fd:64 == 1) -> errno EBADF",
                        "write -> trap",
                        "kill(sig:64 == 0)",
                        "kill -> kill-thread",
                        "close -> log",
                        "dup -> notify",
                        "dup3(oldfd:64 == 1) -> errno EPERM",
                        "dup3 -> trace");
        assertThat(filter.otherwise()).isEqualTo(Action.KILL_PROCESS);
    }

    @Test
    void theLineThatMinijailsTwoReadersDifferAboutIsNamed() throws ImportException {
        assertThat(imported("read: 1\nwrite: arg0 == 0; return EBADF\n").remarks())
                .singleElement()
                .asString()
                .startsWith("line 2: allowed where the condition holds");
        assertThat(imported("read: 1\nwrite: arg0 == 0\n").remarks()).isEmpty();
    }

    @Test
    void aDenyListAllowsTheRest() throws ImportException {
        Filter filter = read("@denylist\nptrace: return EPERM\n");
        assertThat(filter.otherwise()).isEqualTo(Action.ALLOW);
        assertThat(rules(filter)).containsExactly("ptrace -> errno EPERM");
    }

    @Test
    void filesAreIncludedAndFrequenciesTakenOver() throws ImportException {
        Imported imported = imported(
                "@include ./a.policy\n@frequency ./a.frequency\nread: 1\n",
                "a.policy",
                "@include ./sub/b.policy\nwrite: 1\n",
                "sub/b.policy",
                "@include ./../c.policy\n",
                "c.policy",
                "close: return 5\n",
                "a.frequency",
                "read: 3\nwrite: 10\n");
        assertThat(rules(imported.filter(Imported.MAIN))).containsExactly("close -> errno EIO", "write", "read");
        assertThat(imported.remarks()).isEmpty();
        assertThat(imported.filter(Imported.MAIN).sections().getFirst().frequencies())
                .isEqualTo(new Frequencies(new TreeMap<>(Map.of("read", 3, "write", 10))));
        Imported often =
                imported("@frequency ./a\nread: 1\n", "a", "read: 1000000\nclose: 500000\nwrite: 99999999999\n");
        assertThat(often.filter(Imported.MAIN)
                        .sections()
                        .getFirst()
                        .frequencies()
                        .calls())
                .isEqualTo(Map.of("write", Frequencies.WHOLE, "read", 46, "close", 23));
        assertThat(imported("read: 1\n")
                        .filter(Imported.MAIN)
                        .sections()
                        .getFirst()
                        .frequencies())
                .isEqualTo(Frequencies.MEASURED);
    }

    @Test
    void mistakesAreNamedWithTheirPlace() {
        assertThat(wrong("read: 1\nopne: 1\n")).isEqualTo("2:1: unknown system call \"opne\" (did you mean \"open\"?)");
        assertThat(wrong("open: arg1 == O_RDONYL\n"))
                .isEqualTo("1:15: no constant \"O_RDONYL\" on x86-64 (did you mean \"O_RDONLY\"?)");
        assertThat(wrong("open: return EPREM\n")).isEqualTo("1:14: unknown error \"EPREM\" (did you mean \"EPERM\"?)");
        assertThat(wrong("open: return 4096\n")).isEqualTo("1:14: an error is 0 to 4095, not 4096");
        assertThat(wrong("open: arg6 == 1\n")).isEqualTo("1:7: \"arg6\" is no argument (there are arg0 to arg5)");
        assertThat(wrong("open: argnn ==\n")).isEqualTo("1:7: \"argnn\" is no argument (there are arg0 to arg5)");
        assertThat(wrong("open: arg1 ==\n")).isEqualTo("1:14: the line ends where a number is expected");
        assertThat(wrong("open: arg1 == 0x10000000000000000\n"))
                .isEqualTo("1:15: \"0x10000000000000000\" is not a number of 64 bits");
        assertThat(wrong("open: arg1 => 1\n")).startsWith("1:12: expected one of == != < <= > >= & in, not \"=\"");
        assertThat(wrong("open 1\n")).isEqualTo("1:6: expected \":\", not \"1\"");
        assertThat(wrong("open: 1 1\n")).isEqualTo("1:9: \"1\" cannot follow here");
        assertThat(wrong("open: 2\n")).startsWith("1:7: unknown action \"2\" (there are allow, kill");
        assertThat(wrong("open: { allow\n")).isEqualTo("1:14: the line ends where \"}\" is expected");
        assertThat(wrong("@default allow\n"))
                .isEqualTo("1:10: @default takes kill, kill-process, kill-thread, trap or user-notify, not \"allow\"");
        assertThat(wrong("@defualt kill\n")).startsWith("1:1: unknown statement \"@defualt\"");
        assertThat(wrong("open: 1\nopen: 1\n"))
                .isEqualTo("2:7: \"open\" has an action for all of its calls already, in line 1");
        assertThat(wrong("open: 1 \\")).isEqualTo("1:9: the text ends after a backslash that continues it");
        assertThat(wrong("open: arg1 == 1 \u00a7\n")).isEqualTo("1:17: \"\u00a7\" is no sign of a minijail policy");
        assertThat(wrong("read@group: 1\n")).startsWith("1:1: the group \"read@group\" is known to the compiler's own");
        assertThat(wrong("open: arg0 == " + "(".repeat(100) + "1" + ")".repeat(100)))
                .startsWith("1:79: more than 64 parentheses");
        assertThat(wrong("@include a.policy\n")).isEqualTo("1:10: @include takes a path that begins with / or ./");
        assertThat(wrong("@include ./a\n")).isEqualTo("1:10: cannot include a: no such file");
        assertThat(wrong("@include ./a\n", "a", "read: 1\nwrite: x\n")).startsWith("a:2:8: unknown action \"x\"");
        assertThat(wrong("@include ./a\n", "a", "@include ./b\n", "b", "@include ./a\n"))
                .isEqualTo("b:1:10: a file includes itself: a includes b includes a");
    }

    @Test
    void whatIsTooLargeIsRefusedInTime() {
        assertThat(wrong("open: " + "(arg0 == 1) ".repeat(10))).startsWith("1:7: unknown action \"(\"");
        String many = "open: arg0 == 0" + " || arg0 == 1".repeat(800_000);
        assertThat(wrong(many)).isEqualTo("1:53255: the condition comes to more than 4096 rules for one call");
        assertThat(wrong("x".repeat(10_000_000))).hasSizeLessThan(500).startsWith("1:1: unknown system call \"xx");
    }

    @Test
    void whatIsWrittenMeansWhatWasMeant() throws ImportException {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(SEED);
        List<Action> all = List.of(
                Action.ALLOW,
                Action.LOG,
                Action.NOTIFY,
                Action.KILL_PROCESS,
                Action.KILL_THREAD,
                new Action.Errno(13),
                new Action.Trap(0),
                new Action.Trace(0));
        RandomFilters filters = new RandomFilters(random, all);
        int clean = 0;
        for (int i = 0; i < 25; i++) {
            Filter filter = filters.next(action -> action, Action.KILL_THREAD, Arch.X86_64);
            Exported written = written(filter);
            if (written.losses().isEmpty()) {
                clean++;
                assertThat(Differences.between(filter, read(written.text()), Arch.X86_64, i))
                        .as("seed %d, filter %d:%n%s", SEED, i, written.text())
                        .isEmpty();
            } else {
                assertThat(written.losses())
                        .allMatch(loss -> loss.startsWith("numbers that x86-64 does not know: ")
                                || loss.contains("too long to be said in minijail's words"));
            }
        }
        assertThat(clean).isGreaterThan(4);
    }

    @Test
    void severalArchitecturesAreToldApart() throws ImportException {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(SEED);
        RandomFilters filters =
                new RandomFilters(random, List.of(Action.ALLOW, Action.KILL_PROCESS, new Action.Errno(1)));
        for (int i = 0; i < 8; i++) {
            Filter filter = filters.next(action -> Action.KILL_PROCESS, Action.KILL_THREAD, Arch.AARCH64, Arch.RISCV64);
            Exported written = written(filter);
            Filter again = MinijailReader.read(written.text(), ImportSettings.of(Arch.AARCH64, Arch.RISCV64))
                    .filter(Imported.MAIN);
            List<String> losses = written.losses();
            assertThat(losses).allMatch(loss -> loss.contains("too long to be said"));
            if (losses.isEmpty()) {
                for (Arch arch : List.of(Arch.AARCH64, Arch.RISCV64)) {
                    List<String> differences = Differences.between(filter, again, arch, i);
                    differences.removeIf(text -> text.startsWith("2000 "));
                    assertThat(differences).as(written.text()).isEmpty();
                }
            }
        }
    }

    @Test
    void thirtyTwoBitsAreWrittenAlone() throws ImportException {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(SEED);
        RandomFilters filters = new RandomFilters(random, List.of(Action.ALLOW, Action.KILL_THREAD));
        Filter filter = filters.next(action -> action, Action.KILL_THREAD, Arch.ARM);
        Filter again = MinijailReader.read(written(filter).text(), ImportSettings.of(Arch.ARM))
                .filter(Imported.MAIN);
        assertThat(Differences.between(filter, again, Arch.ARM, SEED)).isEmpty();
        Filter both = filters.next(action -> action, Action.KILL_THREAD, Arch.AARCH64, Arch.ARM);
        assertThat(written(both).losses())
                .contains("all calls of arm: numbers of 64 and of 32 bits do not go into one minijail policy");
    }

    @Test
    void plainFiltersAreWrittenForBothReaders() {
        Filter filter = Filter.of(
                Arch.X86_64,
                new RuleParser(Arch.X86_64).parse("read write(arg1 == 1) close -> errno EBADF", Action.ALLOW),
                Action.KILL_THREAD,
                Action.KILL_THREAD,
                Action.KILL_THREAD);
        assertThat(written(filter).text()).isEqualTo("""
                        # test, a minijail policy (minijail0 -S, or compile_seccomp_policy.py)
                        read: 1
                        # write(buf == 1)
                        write: arg1 == 1
                        close: return EBADF
                        """);
        assertThat(written(filter).losses()).isEmpty();
    }

    @Test
    void whatCannotBeSaidIsLostByName() {
        Filter filter = Filter.of(
                Arch.X86_64,
                new RuleParser(Arch.X86_64)
                        .parse(
                                "kill(pid == $pid) tgkill(tgid in {0, $pid}) ptrace(pid == $pid) -> errno EPERM\n"
                                        + "dup -> trap 7",
                                Action.ALLOW),
                Action.KILL_PROCESS,
                new Action.Errno(38),
                new Action.Errno(1));
        Exported written = written(filter);
        assertThat(written.losses())
                .containsExactlyInAnyOrder(
                        "kill(pid == $pid): the number is known in the process alone, so this is not allowed",
                        "tgkill(tgid in {0, $pid}): the number is known in the process alone, so this is not allowed",
                        "ptrace(pid == $pid) -> errno EPERM: the number is known in the process alone, so this holds for any",
                        "trap 7: minijail's trap has no number",
                        "numbers that x86-64 does not know: kill instead of errno ENOSYS",
                        "calls of other architectures: kill-thread instead of errno EPERM");
        assertThat(written.text()).contains("ptrace: return EPERM").doesNotContain("\nkill:");
    }

    @Test
    void aRoomThatIsNoPolicyIsNone() {
        assertThatThrownBy(() -> read("{\"defaultAction\": 1}")).isInstanceOf(ImportException.class);
    }
}
