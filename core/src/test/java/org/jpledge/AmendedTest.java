package org.jpledge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jpledge.linux.Kernel;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.RuleParser;
import org.jpledge.seccomp.RuleSyntaxException;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rules of one's own and filters, beside promises and in their place, under the kernel. */
@Tag("enforcement")
@Timeout(120)
class AmendedTest {
    private static final Action EPERM = new Action.Errno(1);
    private static final Action ENOSYS = new Action.Errno(38);

    private static Path directory = Path.of("");

    @BeforeAll
    static void make() throws IOException {
        directory = NativeProgram.directory();
    }

    @AfterAll
    static void remove() throws IOException {
        NativeProgram.remove(directory);
    }

    /** Linked in each way that there is. */
    private static Path probe(String how) throws IOException {
        return switch (how) {
            case "static" -> NativeProgram.compile(directory, how, "probe.c", "-static");
            case "static-pie" -> NativeProgram.compile(directory, how, "probe.c", "-static-pie");
            case "musl" -> NativeProgram.compile("musl-gcc", directory, how, "probe.c");
            case "musl-static" -> NativeProgram.compile("musl-gcc", directory, how, "probe.c", "-static");
            default -> NativeProgram.compile(directory, how, "probe.c");
        };
    }

    private static int number(String call) {
        return SyscallTable.of(Arch.host()).number(call).orElseThrow();
    }

    /** As root and without privileges; both must say the same. */
    private static Run run(Sandbox sandbox, Path program, String... calls) throws IOException {
        List<String> words = new ArrayList<>(List.of(program.toString()));
        for (String call : calls) {
            int space = call.indexOf(' ');
            String name = space < 0 ? call : call.substring(0, space);
            words.add(number(name) + (space < 0 ? "" : call.substring(space)));
        }
        Path launcher = Run.executable(
                directory, "launcher" + System.nanoTime(), sandbox.launcher(words.toArray(new String[0])));
        Run own = Run.of(launcher.toString());
        Run other = Run.of(Run.unprivileged(launcher.toString()));
        assertThat(other.out()).isEqualTo(own.out());
        assertThat(other.status()).isEqualTo(own.status());
        return own;
    }

    private static Filter filter(String rules) {
        return Filter.of(Arch.host(), new RuleParser(Arch.host()).parse(rules, Action.ALLOW), EPERM, ENOSYS, EPERM);
    }

    /** What static programs and those of musl do after their entry point before main. */
    private static final String START =
            "brk arch_prctl set_tid_address set_robust_list rseq prlimit64 mprotect readlinkat"
                    + " readlink getrandom newfstatat write exit_group ";

    private static final String PAIR = "socketpair 1 1 0 b";
    private static final String PARENT = "getppid";

    @ParameterizedTest
    @ValueSource(strings = {"dynamic", "static", "static-pie", "musl", "musl-static"})
    void aDeniedCallIsRefusedFromTheEntryPointOn(String how) throws IOException {
        Path probe = probe(how);
        Sandbox plain = Sandbox.pledge("stdio");
        assertThat(run(plain, probe, PAIR).out()).isEqualTo("0\n");
        assertThat(run(plain.deny("socketpair"), probe, PAIR).out()).isEqualTo("-1\n");
        assertThat(run(plain.deny("socketpair(type == SOCK_DGRAM)"), probe, PAIR)
                        .out())
                .isEqualTo("0\n");
        assertThat(run(plain.deny("socketpair -> errno ENOENT"), probe, PAIR).out())
                .isEqualTo("-2\n");
        assertThat(run(plain.deny("socketpair -> kill"), probe, PAIR).status()).isEqualTo(159);
        assertThat(run(plain.deny("socketpair -> trap"), probe, PAIR).status()).isEqualTo(159);
        assertThat(run(plain.deny("socketpair -> log"), probe, PAIR).out()).isEqualTo("0\n");
        assertThat(run(plain.onViolation(OnViolation.KILL).deny("socketpair"), probe, PAIR)
                        .status())
                .isEqualTo(159);
    }

    @ParameterizedTest
    @ValueSource(strings = {"dynamic", "static", "static-pie", "musl", "musl-static"})
    void anAllowedCallIsMadeThoughNothingPromisesIt(String how) throws IOException {
        Path probe = probe(how);
        Sandbox plain = Sandbox.pledge("stdio");
        assertThat(run(plain, probe, "unshare 0").out()).isEqualTo("-1\n");
        assertThat(run(plain.allow("unshare"), probe, "unshare 0").out()).isEqualTo("0\n");
        assertThat(run(plain.allow("unshare(flags == 1)"), probe, "unshare 0").out())
                .isEqualTo("-1\n");
        // The first one that matches counts.
        assertThat(run(plain.allow("unshare(flags == 0)").deny("unshare -> kill"), probe, "unshare 0")
                        .out())
                .isEqualTo("0\n");
        assertThat(run(plain.deny("unshare -> errno EACCES").allow("unshare"), probe, "unshare 0")
                        .out())
                .isEqualTo("-13\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"dynamic", "static", "static-pie", "musl", "musl-static"})
    void whatTheHandOverAndTheLinkerNeedCanBeDeniedAllTheSame(String how) throws IOException {
        Path probe = probe(how);
        String needed = "seccomp prctl execve openat open mmap close close_range landlock_restrict_self rt_sigaction"
                + " rt_sigprocmask munmap read";
        Sandbox denying = Sandbox.pledge("stdio rpath exec prot_exec")
                .unveil(Path.of("/"), "rx")
                .deny(needed);
        Run run = run(
                denying,
                probe,
                "seccomp 2 0 b",
                "prctl 38 1 0 0 0",
                "close 0",
                "mmap 0 4096 1 34 -1 0",
                "read 0 b 1",
                "execve s/bin/true b b");
        assertThat(run.out()).isEqualTo("-1\n".repeat(6));
        assertThat(run.status()).isZero();
        // Nor does a filter need to allow it.
        Run filtered = run(Sandbox.filtered(filter(START)), probe, "seccomp 2 0 b", "close 0", PARENT);
        assertThat(filtered.out()).isEqualTo("-1\n".repeat(3));
        assertThat(filtered.status()).as(filtered.err()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"dynamic", "static", "static-pie", "musl", "musl-static"})
    void aFilterHoldsAloneAndBesidePromises(String how) throws IOException {
        Path probe = probe(how);
        Filter strict = filter(START + "unshare getppid -> errno EACCES");
        Sandbox alone = Sandbox.filtered(strict);
        assertThat(run(alone, probe, PARENT, "sched_yield", "unshare 0").out()).isEqualTo("-13\n-1\n0\n");
        assertThat(run(
                                alone.allow("sched_yield").deny("unshare -> errno ENOENT"),
                                probe,
                                PARENT,
                                "sched_yield",
                                "unshare 0")
                        .out())
                .isEqualTo("-13\n0\n-2\n");
        Sandbox both = Sandbox.pledge("stdio").filter(strict);
        assertThat(run(both, probe, "unshare 0", "sched_yield", PARENT).out()).isEqualTo("-1\n-1\n-13\n");
        assertThat(run(both.filter(filter(START + "getppid -> kill")), probe, PARENT)
                        .status())
                .isEqualTo(159);
        // Numbers that nobody knows, and what is not about numbers at all.
        Run run = Run.of(Run.executable(
                        directory,
                        "unknown" + how,
                        alone.launcher(probe.toString(), "5000", Integer.toString(number("write")) + " 1 sx 1"))
                .toString());
        assertThat(run.out()).isEqualTo("-38\nx1\n");
    }

    @Test
    void openingForWritingIsDeniedThoughLandlockDecidesAboutPaths() throws IOException {
        Path probe = probe("dynamic");
        Sandbox writing = Sandbox.pledge("stdio rpath wpath").unveil(Path.of("/dev/null"), "rw");
        String opening = "openat -100 s/dev/null ";
        assertThat(run(writing, probe, opening + 1, opening + 0, opening + 2).out())
                .doesNotContain("-");
        assertThat(run(
                                writing.deny("openat(flags & O_ACCMODE != O_RDONLY)"),
                                probe,
                                opening + 1,
                                opening + 0,
                                opening + 2)
                        .out())
                .matches("-1\n\\d\n-1\n");
        // And the other way round: what Landlock refuses is no system call.
        assertThat(run(Sandbox.pledge("stdio").allow("openat"), probe, "openat -100 s/etc/passwd 0")
                        .out())
                .isEqualTo("-13\n");
    }

    @Test
    void childrenInheritIt() throws IOException {
        Sandbox shell = Sandbox.pledge("stdio rpath proc exec prot_exec");
        String script =
                "perl -e 'use Socket; print socketpair(A, B, AF_UNIX, SOCK_STREAM, 0) ? \"made\" : \"$!\"'; true";
        assertThat(Run.of(shell.start("sh", "-c", script)).out()).isEqualTo("made");
        assertThat(Run.of(shell.deny("socketpair").start("sh", "-c", script)).out())
                .isEqualTo("Operation not permitted");
        Filter filter = Filter.of(
                Arch.host(),
                new RuleParser(Arch.host()).parse("socketpair -> errno ENOENT", Action.ALLOW),
                Action.ALLOW,
                ENOSYS,
                EPERM);
        assertThat(Run.of(Sandbox.filtered(filter).start("sh", "-c", script)).out())
                .isEqualTo("No such file or directory");
    }

    @Test
    void aJvmHoldsItselfToThem() throws IOException {
        Run plain = jvm(true, "plain");
        assertThat(plain.out()).as(plain.err()).isEqualTo("socketpair 0\nunshare -1\nread done\n");
        for (boolean root : new boolean[] {true, false}) {
            assertThat(jvm(root, "rules").out()).isEqualTo("socketpair -13\nunshare 0\nread done\n");
            // What the JVM needs stays, whatever a filter says.
            assertThat(jvm(root, "alone").out()).isEqualTo("socketpair -1\nunshare 0\nread FileSystemException\n");
        }
        assertThat(jvm(false, "both").out()).isEqualTo("socketpair 0\nunshare -1\nread FileSystemException\n");
        // A later one only narrows.
        assertThat(jvm(true, "twice").out()).isEqualTo("socketpair -13\nunshare -1\nread done\n");
    }

    @Test
    void aRefusalByAnOwnRuleIsReportedAsSuch() throws IOException {
        assertThat(jvm(true, "report").err())
                .contains("socketpair is refused by deny(\"socketpair\")")
                .contains("unshare is not allowed by any promise");
        Run killed = jvm(true, "killed");
        assertThat(killed.status()).as(killed.err()).isEqualTo(159);
        assertThat(killed.err()).contains("socketpair is refused by a rule of its own sandbox");
    }

    private static Run jvm(boolean root, String how) throws IOException {
        return root
                ? ForkedJvm.runJars(List.of(), InThisJvm.class, how)
                : ForkedJvm.runJarsUnprivileged(InThisJvm.class, how);
    }

    /** Run in JVMs of their own. */
    static final class InThisJvm {
        private InThisJvm() {}

        public static void main(String[] arguments) throws Exception {
            Sandbox stdio = Sandbox.pledge("stdio rpath");
            Filter strict = filter("unshare write exit_group futex");
            try (Arena arena = Arena.ofConfined()) {
                long pair = arena.allocate(8).address();
                Kernel.call("getpid");
                switch (arguments[0]) {
                    case "plain" -> stdio.enter();
                    case "rules" ->
                        stdio.deny("socketpair -> errno EACCES")
                                .allow("unshare")
                                .enter();
                    case "alone" -> Sandbox.filtered(strict).enter();
                    case "both" ->
                        stdio.filter(filter("unshare write exit_group futex socketpair"))
                                .enter();
                    case "twice" -> {
                        stdio.deny("socketpair -> errno EACCES").enter();
                        stdio.allow("socketpair unshare").enter();
                    }
                    case "report" ->
                        stdio.deny("socketpair").onViolation(OnViolation.REPORT).enter();
                    case "killed" ->
                        stdio.deny("socketpair").onViolation(OnViolation.KILL).enter();
                    default -> throw new IllegalArgumentException(arguments[0]);
                }
                System.out.println("socketpair " + Kernel.call("socketpair", 1, 1, 0, pair));
                System.out.println("unshare " + Kernel.call("unshare", 0));
                try {
                    java.nio.file.Files.readString(Path.of("/etc/hostname"));
                    System.out.println("read done");
                } catch (IOException e) {
                    System.out.println("read " + e.getClass().getSimpleName());
                }
                Violation.tellAll();
            }
        }
    }

    @Test
    void aFilterMayBeWrittenInJava() throws IOException {
        SyscallFilter filter = SyscallFilter.defaultAction(SyscallFilter.ALLOW)
                .rule(
                        SyscallFilter.errno("ENOENT"),
                        "socketpair",
                        SyscallFilter.arg(1).eq(1));
        Path probe = probe("dynamic");
        String datagrams = "socketpair 1 2 0 b";
        assertThat(run(Sandbox.filtered(filter), probe, PAIR, datagrams, "unshare 0")
                        .out())
                .isEqualTo("-2\n0\n0\n");
        assertThat(run(Sandbox.pledge("").filter(filter).allow("write"), probe, PAIR, datagrams)
                        .out())
                .isEqualTo("-1\n-1\n");
    }

    @Test
    void whatIsNoRuleIsNamedBeforeAnythingRuns() {
        assertThatThrownBy(() -> Sandbox.pledge("stdio").deny("soketpair"))
                .isInstanceOf(RuleSyntaxException.class)
                .hasMessageContaining("socketpair");
        assertThatThrownBy(() -> Sandbox.pledge("stdio").allow("socketpair -> errno EPERM"))
                .isInstanceOf(RuleSyntaxException.class);
        Filter asking = Filter.of(Arch.host(), List.of(), Action.NOTIFY, ENOSYS, EPERM);
        assertThatThrownBy(() -> Sandbox.filtered(asking)).isInstanceOf(IllegalArgumentException.class);
    }
}
