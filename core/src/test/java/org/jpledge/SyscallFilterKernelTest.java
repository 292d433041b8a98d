package org.jpledge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.jpledge.SyscallFilter.*;
import static org.jpledge.syscall.Errno.*;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jpledge.launch.LaunchPlan;
import org.jpledge.launch.Launcher;
import org.jpledge.seccomp.Action;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Programs under filters of one's own, and the running kernel's answers. */
@Tag("enforcement")
class SyscallFilterKernelTest {
    private static final int REFUSED = 77;

    private static Path directory = Path.of("");
    private static Path probe = Path.of("");
    private static Path actions = Path.of("");

    @BeforeAll
    static void compile() throws IOException {
        directory = NativeProgram.directory();
        probe = NativeProgram.compile(directory, "probe", "probe.c");
        actions = NativeProgram.compile(directory, "actions", "actions.c", "-pthread");
    }

    @AfterAll
    static void clean() throws IOException {
        NativeProgram.remove(directory);
    }

    private static int number(String call) {
        return SyscallTable.of(Arch.host()).number(call).orElseThrow();
    }

    private static Run probe(SyscallFilter filter, String... calls) throws IOException {
        List<String> command = new ArrayList<>(List.of(probe.toString()));
        command.addAll(List.of(calls));
        return Run.of(filter.start(command.toArray(new String[0])));
    }

    private static SyscallFilter open() {
        return SyscallFilter.defaultAction(ALLOW);
    }

    private static String getppid() {
        return Integer.toString(number("getppid"));
    }

    @Test
    void killEndsTheProcess() throws IOException {
        Run run = probe(open().rule(KILL, "getppid"), number("getpid") + "", getppid(), number("getpid") + "");
        assertThat(run.status()).isEqualTo(128 + 31);
        assertThat(run.out().lines()).hasSize(1);
        assertThat(Run.of(open().rule(KILL, "getppid").start(actions.toString(), "thread")))
                .isEqualTo(new Run(159, "", ""));
        assertThat(probe(open(), getppid()).status()).isZero();
    }

    @Test
    void killThreadEndsTheThreadThatMakesTheCallAndNoOther() throws IOException {
        assertThat(Run.of(open().rule(KILL_THREAD, "getppid").start(actions.toString(), "thread")))
                .isEqualTo(new Run(0, "joined\n", ""));
        assertThat(Run.of(open().start(actions.toString(), "thread")))
                .isEqualTo(new Run(0, "the thread went on\njoined\n", ""));
    }

    @Test
    void trapSendsItsDataToTheHandler() throws IOException {
        assertThat(Run.of(open().rule(trap(4711), "getppid").start(actions.toString(), "trap")))
                .isEqualTo(new Run(0, "signal 31 data 4711 call " + getppid() + "\ndone\n", ""));
        assertThat(probe(open().rule(trap(1), "getppid"), getppid()).status()).isEqualTo(159);
    }

    @Test
    void errnoFailsTheCallWithAnyNumberUpToTheGreatest() throws IOException {
        assertThat(probe(open().rule(errno(EACCES), "getppid"), getppid()).out())
                .isEqualTo("-13\n");
        assertThat(probe(open().rule(errno("ENOSYS"), "getppid"), getppid()).out())
                .isEqualTo("-38\n");
        assertThat(probe(open().rule(errno(4095), "getppid"), getppid()).out()).isEqualTo("-4095\n");
    }

    @Test
    void traceAsksATracerAndIsEnosysWithoutOne() throws IOException {
        SyscallFilter filter = open().rule(trace(54321), "getppid");
        assertThat(probe(filter, getppid()).out()).isEqualTo("-38\n");
        assertThat(Run.of(filter.start(actions.toString(), "traced")))
                .isEqualTo(new Run(0, "traced 54321\nmade\n", ""));
    }

    @Test
    void logLetsThrough() throws IOException {
        Run run = probe(
                open().rule(LOG, "getppid")
                        .flags(FilterFlag.LOG, FilterFlag.SPEC_ALLOW, FilterFlag.TSYNC, FilterFlag.TSYNC_ESRCH),
                getppid());
        assertThat(run.status()).isZero();
        assertThat(run.out().strip()).matches("\\d+");
    }

    @Test
    void theDefaultIsWhatNoRuleIsAbout() throws IOException {
        SyscallFilter few = SyscallFilter.defaultAction(EDOM)
                .rule(ALLOW, "write", arg(0).eq(1))
                .rules("exit_group getpid", ALLOW)
                .onUnknown(errno(REFUSED));
        Run run = probe(few, number("getpid") + "", getppid(), number("dup") + " 1", "999", number("write") + " 2 0 0");
        assertThat(run.out().lines().skip(1)).containsExactly("-33", "-33", "-77", "-33");
        assertThat(run.status()).isZero();
        Run killed = probe(
                few.merge(SyscallFilter.defaultAction(EDOM)
                        .onUnknown(errno(REFUSED))
                        .rule(KILL, "dup")),
                number("dup") + " 1");
        assertThat(killed.status()).isEqualTo(159);
    }

    /** The arguments, whose 64 bits getppid and its like do not look at. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void everyComparisonHoldsAtItsBorder(boolean privileged) throws IOException {
        for (boolean word : new boolean[] {true, false}) {
            long border = word ? 0x1_0000_0005L : 0x8000_0005L;
            Argument argument = word ? arg(5).qword() : arg(5).dword();
            Map<String, ArgumentTest> tests = new TreeMap<>(Map.of(
                    "getppid", argument.eq(border),
                    "getuid", argument.ne(border),
                    "geteuid", argument.lt(border),
                    "getgid", argument.le(border),
                    "getegid", argument.gt(border),
                    "gettid", argument.ge(border),
                    "sched_yield", argument.in(border, 9),
                    "getpid", argument.masked(0xff).eq(5)));
            SyscallFilter filter = open();
            for (Map.Entry<String, ArgumentTest> test : tests.entrySet()) {
                filter = filter.rule(errno(REFUSED), test.getKey(), test.getValue());
            }
            long[] values = {
                0, 5, 9, border - 1, border, border + 1, border ^ 1L << 32, border | 1L << 63, border & 0xffffffffL, -1
            };
            List<String> calls = new ArrayList<>();
            List<String> expected = new ArrayList<>();
            for (String call : tests.keySet()) {
                for (long value : values) {
                    calls.add(number(call) + " 1 2 3 4 5 " + Long.toUnsignedString(value));
                    expected.add(call + " " + Long.toHexString(value) + " "
                            + meets(call, word ? value : value & 0xffffffffL, border));
                }
            }
            List<String> command = new ArrayList<>(List.of(probe.toString()));
            command.addAll(calls);
            String[] words = command.toArray(new String[0]);
            Run run = privileged ? Run.of(filter.start(words)) : unprivileged(filter, words);
            assertThat(run.err()).isEmpty();
            List<String> seen = new ArrayList<>();
            List<String> lines = run.out().lines().toList();
            assertThat(lines).hasSameSizeAs(expected);
            for (int i = 0; i < lines.size(); i++) {
                String start = expected.get(i).substring(0, expected.get(i).lastIndexOf(' ') + 1);
                seen.add(start + lines.get(i).equals("-" + REFUSED));
            }
            assertThat(seen).isEqualTo(expected);
        }
    }

    /** As start(), by a user without privileges. */
    private static Run unprivileged(SyscallFilter filter, String... command) throws IOException {
        LaunchPlan plan = FilterLaunch.of(filter.filter(), Set.of()).plan(List.of(command), Optional.empty());
        Path launcher = Run.executable(directory, "launcher", Launcher.of(plan));
        return Run.of(Run.unprivileged(launcher.toString()));
    }

    private static boolean meets(String call, long value, long border) {
        int order = Long.compareUnsigned(value, border);
        return switch (call) {
            case "getppid" -> order == 0;
            case "getuid" -> order != 0;
            case "geteuid" -> order < 0;
            case "getgid" -> order <= 0;
            case "getegid" -> order > 0;
            case "gettid" -> order >= 0;
            case "sched_yield" -> order == 0 || value == 9;
            default -> (value & 0xff) == 5;
        };
    }

    @Test
    void anIntsUpperHalfDoesNotCount() throws IOException {
        SyscallFilter filter = open().rule(errno(REFUSED), "dup", arg(0).eq(1));
        assertThat(probe(filter, number("dup") + " 1", number("dup") + " 0xdead00000001", number("dup") + " 2")
                        .out())
                .startsWith("-77\n-77\n")
                .doesNotEndWith("-77\n");
    }

    @Test
    void aProgramThatNeedsALinkerRunsUnderFewCalls() throws IOException {
        SyscallFilter few = SyscallFilter.defaultAction(KILL).rules("write(fd == 1) exit_group getpid", ALLOW);
        Run run = probe(few, number("getpid") + "");
        assertThat(run.status()).isZero();
        assertThat(run.out().strip()).matches("\\d+");
        // What the linker did a moment before.
        assertThat(probe(few, number("openat") + " -100 s/etc/hostname 0").status())
                .isEqualTo(159);
        assertThat(probe(few, number("mprotect") + " 0 0 0").status()).isEqualTo(159);
    }

    @Test
    void whoAsksNeedsSomebodyWhoListens() {
        assertThatThrownBy(() -> open().rule(NOTIFY, "getppid").start("true"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the filter asks by notify, and nobody would listen: use startListening()");
        assertThatThrownBy(() -> open().rule(NOTIFY, "getppid").load())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the filter asks by notify, and nobody would listen: use loadListening()");
        assertThatThrownBy(() -> open().rule(errno(EPERM), "close")
                        .rule(NOTIFY, "getppid")
                        .startListening("true"))
                .hasMessage(
                        "the filter refuses close(2), by which a program gives its listener away: allow it, or notify");
        assertThatThrownBy(() -> open().start("no-such-program-anywhere")).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> open().start()).hasMessage("no command");
    }

    @Test
    void anotherArchitectureIsForeignToAProgram() throws IOException {
        SyscallFilter other =
                SyscallFilter.defaultAction(KILL).arch(Arch.host() == Arch.AARCH64 ? Arch.ARM : Arch.I386);
        assertThatThrownBy(() -> other.start("true"))
                .hasMessageContaining("and this machine is " + Arch.host().label());
        assertThat(other.filter().otherwise()).isEqualTo(Action.KILL_PROCESS);
    }
}
