package org.jpledge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jpledge.GuestChecks.Outcome;
import org.jpledge.landlock.Abi;
import org.jpledge.landlock.FilePath;
import org.jpledge.landlock.FsRight;
import org.jpledge.landlock.NetRight;
import org.jpledge.landlock.PathRule;
import org.jpledge.landlock.PathRule.Presence;
import org.jpledge.landlock.PortRule;
import org.jpledge.landlock.Rights;
import org.jpledge.landlock.Ruleset;
import org.jpledge.landlock.Scope;
import org.jpledge.launch.Step;
import org.jpledge.linux.Landlock;
import org.jpledge.promise.Demand;
import org.jpledge.seccomp.Action;
import org.jpledge.syscall.Arch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.opentest4j.TestAbortedException;

/**
 * Launchers on other kernels than this machine's, and on another processor, in an emulator; src/test/qemu/README.md has
 * more. The same on the kernel at hand shows that the checks themselves are right.
 */
@Tag("enforcement")
@Timeout(600)
class BootedKernelTest {
    private static final Path QEMU = Path.of("src/test/qemu").toAbsolutePath();

    private static final Rights<FsRight> READ_FILE = Rights.of(FsRight.READ_FILE);

    private Path directory = Path.of("");

    @BeforeEach
    void make() throws IOException {
        directory = NativeProgram.directory();
    }

    @AfterEach
    void delete() throws IOException {
        NativeProgram.remove(directory);
    }

    @TestFactory
    Stream<DynamicTest> theKernelAtHand() throws IOException {
        assumeTrue(Run.isRoot(), "only root can run programs as another user");
        Arch arch = Arch.host();
        Path linker = Path.of(interpreter(arch)).toRealPath();
        GuestChecks checks = checks(arch, "gcc", linker, Landlock.support().abi());
        Path guest = checks.compile("guest", "../qemu/guest.c", "-static");
        Path script = checks.script();
        return tests(checks, () -> GuestChecks.outcomes(run(guest.toString(), script.toString())));
    }

    @TestFactory
    Stream<DynamicTest> debian11OnX8664() throws IOException {
        return booted("bullseye-amd64", Abi.NONE);
    }

    @TestFactory
    Stream<DynamicTest> debian12OnX8664() throws IOException {
        return booted("bookworm-amd64", Abi.V2);
    }

    @TestFactory
    Stream<DynamicTest> debian13OnX8664() throws IOException {
        return booted("trixie-amd64", Abi.V6);
    }

    @TestFactory
    Stream<DynamicTest> debianUnstableOnX8664() throws IOException {
        return booted("sid-amd64", Abi.V10);
    }

    @TestFactory
    Stream<DynamicTest> debian13OnAarch64() throws IOException {
        return booted("trixie-arm64", Abi.V6);
    }

    @TestFactory
    Stream<DynamicTest> debianUnstableOnAarch64() throws IOException {
        return booted("sid-arm64", Abi.V10);
    }

    private Stream<DynamicTest> booted(String kernel, Abi abi) throws IOException {
        Run there = Run.of(QEMU.resolve("boot").toString(), kernel);
        assumeTrue(there.status() == 0, there.err());
        Arch arch = kernel.endsWith("-arm64") ? Arch.AARCH64 : Arch.X86_64;
        String compiler =
                arch == Arch.host() ? "gcc" : arch == Arch.AARCH64 ? "aarch64-linux-gnu-gcc" : "x86_64-linux-gnu-gcc";
        Path linker = Path.of("/lib/ld-guest.so.1");
        GuestChecks checks = checks(arch, compiler, linker, abi);
        Path guest = checks.compile("guest", "../qemu/guest.c", "-static");
        Path interpreter = Path.of(interpreter(arch));
        Cpio files = new Cpio()
                .copy(Path.of("/init"), guest)
                .copy(Path.of("/checks"), checks.script())
                .file(Path.of("/etc/hostname"), "guest\n".getBytes(StandardCharsets.US_ASCII))
                .copy(linker, checks.library(interpreter.getFileName().toString()))
                .link(interpreter, linker)
                .copy(Path.of("/bin/cat"), directory.resolve("probe-static"))
                .copy(directory.resolve("libc.so.6"), checks.library("libc.so.6"));
        try (Stream<Path> own = Files.list(directory)) {
            for (Path file : own.sorted().toList()) {
                files.copy(file, file);
            }
        }
        Path archive = Files.write(directory.resolve("initramfs"), files.archive());
        String[] command = {QEMU.resolve("boot").toString(), kernel, archive.toString()};
        return tests(checks, () -> GuestChecks.outcomes(run(command)));
    }

    private static String interpreter(Arch arch) {
        return switch (arch) {
            case X86_64 -> "/lib64/ld-linux-x86-64.so.2";
            case AARCH64 -> "/lib/ld-linux-aarch64.so.1";
            default -> throw new TestAbortedException("no launchers for " + arch.label());
        };
    }

    private static String run(String... command) {
        return run(new ProcessBuilder(command).redirectErrorStream(true));
    }

    /** What a command says on its console. */
    static String run(ProcessBuilder command) {
        try {
            Process process = command.start();
            process.getOutputStream().close();
            return new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** All checks are made in one go, before the first test. */
    static Stream<DynamicTest> tests(GuestChecks checks, Supplier<Map<String, Outcome>> run) {
        Map<String, Outcome> outcomes = run.get();
        List<DynamicTest> tests = new ArrayList<>();
        tests.add(dynamicTest(
                "the guest ran to its end", () -> assertThat(outcomes).containsKey("begin")));
        checks.expectations()
                .forEach((name, expectation) -> tests.add(dynamicTest(name, () -> {
                    Outcome outcome = outcomes.get(name);
                    assertThat(outcome).as("the guest ended before this").isNotNull();
                    expectation.accept(outcome);
                })));
        return tests.stream();
    }

    private static Consumer<Outcome> says(int status, String... texts) {
        return outcome -> {
            assertThat(outcome.run().status()).as(outcome.toString()).isEqualTo(status);
            assertThat(outcome.run().out()).contains(texts);
            assertThat(outcome.run().err()).isEmpty();
            assertThat(outcome.remarks()).isEmpty();
        };
    }

    private static Consumer<Outcome> fails(int status, String err) {
        return outcome ->
                assertThat(outcome).isEqualTo(new Outcome(new Run(status, "", err.isEmpty() ? "" : err + "\n"), ""));
    }

    /** Before Linux 6.15 the line is missing when the program's parent is quicker to wait for it than the helper. */
    private static Consumer<Outcome> killed(String line) {
        return outcome -> {
            assertThat(outcome.run().status()).isEqualTo(159);
            assertThat(outcome.run().out()).isEmpty();
            assertThat(outcome.run().err()).isIn(line, "");
        };
    }

    private GuestChecks checks(Arch arch, String compiler, Path linker, Abi abi) throws IOException {
        GuestChecks checks = new GuestChecks(directory, arch, compiler, linker);
        programs(checks);
        attacks(checks);
        launchersOwnWork(checks);
        versions(checks, abi);
        if (abi.has(Abi.V1)) {
            rulesets(checks, abi);
        }
        return checks;
    }

    private void programs(GuestChecks checks) throws IOException {
        Path victim = victim(checks);
        checks.check(
                "a dynamic program",
                says(7, "main opens: EPERM", "main has descriptors:\n", "main waits: ECHILD"),
                checks.dynamic("stdio", victim));
        checks.check("a dynamic program that may", says(7, "main opens: done"), checks.dynamic("stdio rpath", victim));
        checks.check(
                "arguments",
                says(7, "main has arguments: [" + victim + "] [one two] [] [three]\n"),
                checks.dynamic("stdio", victim),
                "one two",
                "",
                "three");
        checks.check(
                "an unprivileged user",
                List.of("user 65534"),
                says(7, "main opens: EPERM"),
                checks.dynamic("stdio", victim));
        for (String kind : new String[] {"-static", "-static-pie"}) {
            Path probe = checks.compile("probe" + kind, "probe.c", kind);
            String open = checks.call("openat") + " -100 s/etc/hostname 0 0";
            String kill = checks.call("kill") + " P 0";
            String killOther = checks.call("kill") + " 1 0";
            checks.check(kind, says(0, "-1\n0\n-1\n"), checks.plain("stdio", probe), open, kill, killOther);
            checks.check(kind + " that may", says(0, "3\n0\n"), checks.plain("stdio rpath", probe), open, kill);
        }
        Path first = checks.compile("first", "interpreter.c", "-static", "-nostdlib", "-fno-stack-protector");
        checks.check("the first instruction", says(0, "interpreter opens: refused"), checks.plain("stdio", first));
        checks.check("the first instruction that may", says(1, "opens: done"), checks.plain("stdio rpath", first));
    }

    private Path victim(GuestChecks checks) throws IOException {
        Path library = directory.resolve("libearly.so");
        if (!Files.exists(library)) {
            checks.compile("libearly.so", "early.c", "-fPIC", "-shared", "-pthread");
        }
        return checks.compile("victim", "victim.c", "-L" + directory, "-learly", "-Wl,-rpath,$ORIGIN");
    }

    private void attacks(GuestChecks checks) throws IOException {
        Path victim = victim(checks);
        Path stdio = checks.dynamic("stdio", victim);
        Path proc = checks.dynamic("stdio proc", victim);
        Path interpreter = checks.compile(
                "ld-own.so.1", "interpreter.c", "-static-pie", "-nostdlib", "-fPIE", "-fno-stack-protector");
        Path own = checks.compile("own", "probe.c", "-Wl,--dynamic-linker=" + interpreter);
        checks.check("an interpreter of its own", says(0, "interpreter opens: refused"), checks.dynamic("stdio", own));
        checks.check(
                "what a constructor opens is closed",
                List.of("env EARLY=open"),
                says(7, "early opens: done", "main has descriptors:\n"),
                stdio);
        checks.check(
                "a constructor makes no socket",
                List.of("env EARLY=socket"),
                says(7, "early makes a socket: EPERM"),
                stdio);
        checks.check(
                "a constructor's thread is inside",
                List.of("env EARLY=thread"),
                says(
                        7,
                        "early starts a thread: done",
                        "early thread opens: EPERM",
                        "early thread maps executable memory: EPERM"),
                stdio);
        checks.check(
                "a constructor's child dies",
                List.of("env EARLY=fork"),
                outcome -> {
                    assertThat(outcome.run().out())
                            .contains("early forks: done")
                            .doesNotContain("early child");
                    assertThat(outcome.run().status()).isEqualTo(7);
                },
                proc);
        checks.check(
                "a constructor that executes is killed",
                List.of("env EARLY=exec"),
                fails(137, "pledge: " + victim + ": another program was executed before the entry point: killed"),
                stdio);
        checks.check(
                "a constructor's filter is noticed",
                List.of("env EARLY=filter"),
                outcome -> {
                    assertThat(outcome.run().status()).isEqualTo(137);
                    assertThat(outcome.run().out()).doesNotContain("main");
                },
                stdio);
        checks.check(
                "a stop before the entry point",
                List.of("env EARLY=stop", "continue"),
                outcome -> {
                    assertThat(outcome.remarks()).isEqualTo("stopped\n");
                    assertThat(outcome.run().out()).contains("early goes on: done", "main opens: EPERM");
                    assertThat(outcome.run().status()).isEqualTo(7);
                },
                stdio);
        checks.check(
                "the program dies with its helper", List.of("env EARLY=nap", "kill-helper"), fails(137, ""), stdio);
    }

    private void launchersOwnWork(GuestChecks checks) throws IOException {
        Path state = checks.compile("state", "state.c", "-Wl,-rpath,$ORIGIN");
        String nothing = "blocked:\nignored:\nenvironment:\ndescriptors: 0 1 2\n";
        checks.check("nothing is added", says(0, nothing), checks.dynamic("stdio", state));
        checks.check(
                "signals and environment pass through",
                List.of("block 5", "block 12", "ignore 5", "ignore 13", "env A=b c", "env D="),
                says(0, "blocked: 5 12\nignored: 5 13\nenvironment: [A=b c] [D=]\n"),
                checks.dynamic("stdio", state));
        checks.check(
                "descriptors are closed but those that are named",
                List.of("open 3", "open 7", "open 60"),
                says(0, "descriptors: 0 1 2 7\n"),
                checks.dynamic("stdio", state, policy -> policy.keeping(7)));
        checks.check(
                "the plan's environment",
                List.of("env A=1", "env B=2", "env AB=3"),
                says(0, "environment: [B=2] [AB=3] [C=4]\n"),
                checks.dynamic(
                        "stdio",
                        state,
                        policy -> policy.preparing(new Step.Environment(true, List.of(bytes("A"), bytes("C=4"))))));
        checks.check(
                "a violation that kills",
                killed("pledge: " + directory.resolve("victim")
                        + ": killed by SIGSYS: it made a system call outside its promises \"stdio\"\n"),
                checks.dynamic("stdio", victim(checks), policy -> policy.onViolation(new Action.KillProcess())));
        checks.check(
                "a directory that is not there",
                fails(125, "pledge: chdir: ENOENT"),
                checks.dynamic("stdio", state, policy -> policy.preparing(new Step.Directory(bytes("/absent")))));
        checks.check(
                "a program that is not there",
                fails(127, "pledge: /absent: ENOENT"),
                checks.dynamic("stdio", Path.of("/absent")));
        Path text = Files.writeString(directory.resolve("text"), "no program\n");
        Files.setPosixFilePermissions(text, PosixFilePermissions.fromString("rwxr-xr-x"));
        checks.check(
                "a program that is none", fails(126, "pledge: " + text + ": ENOEXEC"), checks.dynamic("stdio", text));
        checks.check(
                "a step that is not permitted",
                List.of("user 65534"),
                fails(125, "pledge: setgroups: EPERM"),
                checks.dynamic("stdio", state, policy -> policy.preparing(new Step.Identity(0, 0))));
        checks.check(
                "another user",
                says(0, "descriptors: 0 1 2\n"),
                checks.dynamic(
                        "stdio",
                        state,
                        policy -> policy.demanding(Demand.EVERYTHING).preparing(new Step.Identity(65534, 65534))));
    }

    /** One file, and nothing else. */
    private Ruleset exact() throws IOException {
        Path inside = Files.writeString(directory.resolve("inside"), "");
        return Ruleset.ofPaths(List.of(rule(inside, false, READ_FILE, Presence.REQUIRED)));
    }

    /** Besides, what a dynamic linker reads, and one file. */
    private Ruleset loader() throws IOException {
        Rights<FsRight> run = Rights.of(FsRight.READ_FILE, FsRight.EXECUTE);
        return exact().withPaths(List.of(
                rule(directory, true, run, Presence.REQUIRED),
                rule(Path.of("/usr"), true, run, Presence.SYSTEM),
                rule(Path.of("/lib"), true, run, Presence.SYSTEM),
                rule(Path.of("/lib64"), true, run, Presence.SYSTEM),
                rule(Path.of("/absent"), false, READ_FILE, Presence.OPTIONAL),
                rule(Path.of("/etc/hostname"), false, READ_FILE, Presence.REQUIRED)));
    }

    private static PathRule rule(Path path, boolean isDirectory, Rights<FsRight> rights, Presence presence) {
        return new PathRule(FilePath.of(path.toString()), isDirectory, rights, presence);
    }

    /** A launcher that was made for a newer kernel runs nothing, one for an older kernel holds as it is. */
    private void versions(GuestChecks checks, Abi abi) throws IOException {
        Path program = checks.compile("veiled", "veiled.c", "-Wl,-rpath,$ORIGIN");
        String inside = directory.resolve("inside").toString();
        for (Abi made : List.of(Abi.V1, Abi.V2, Abi.V3, Abi.V4, Abi.V5, Abi.V6, Abi.V9, Abi.V10)) {
            Ruleset exact = exact().withPorts(List.of(new PortRule(9, Rights.of(NetRight.CONNECT_TCP))))
                    .withScopes(Rights.of(Scope.SIGNAL));
            Path launcher = checks.dynamic("stdio rpath inet proc", program, made, loader(), exact);
            Consumer<Outcome> expectation = abi.has(made)
                    ? outcome -> {
                        says(0, "read " + inside + ": done\nread /etc/hostname: EACCES\nread /proc/version: EACCES\n")
                                .andThen(says(0, "descriptors:\n"))
                                .andThen(says(0, "kill 1: " + (made.has(Abi.V6) ? "EPERM" : "done")))
                                .accept(outcome);
                        assertThat(outcome.run().out().contains("connect 1: EACCES"))
                                .isEqualTo(made.has(Abi.V4));
                    }
                    : fails(
                            125,
                            "pledge: landlock: "
                                    + (abi == Abi.NONE ? "ENOSYS" : "this kernel is too old")
                                    + ": the launcher was made for Linux " + made.linux()
                                    + " or later, with Landlock ABI " + made.version());
            checks.check(
                    "a launcher made for Landlock's version " + made.version(),
                    expectation,
                    launcher,
                    "read",
                    inside,
                    "read",
                    "/etc/hostname",
                    "read",
                    "/proc/version",
                    "connect",
                    "1",
                    "kill",
                    "1",
                    "descriptors");
        }
    }

    private void rulesets(GuestChecks checks, Abi abi) throws IOException {
        Path victim = victim(checks);
        Path launcher = checks.dynamic("stdio rpath", victim, abi, loader(), exact());
        for (String user : new String[] {"0", "65534"}) {
            checks.check(
                    "the exact ruleset holds from the entry point on, for user " + user,
                    List.of("user " + user, "env EARLY=open"),
                    says(7, "early opens: done", "main has descriptors:\n", "main opens: EACCES"),
                    launcher);
            checks.check(
                    "the loader's ruleset holds before, for user " + user,
                    List.of("user " + user, "env EARLY=/proc/version"),
                    says(7, "early opens it: EACCES"),
                    launcher);
        }
        checks.check(
                "a constructor's thread is inside the ruleset",
                List.of("env EARLY=thread"),
                says(7, "early thread opens: EACCES", "main opens: EACCES"),
                launcher);
        checks.check(
                "many threads are inside the ruleset",
                List.of("env EARLY=threads"),
                outcome -> {
                    assertThat(outcome.run().status()).as(outcome.toString()).isEqualTo(7);
                    String out = outcome.run().out();
                    assertThat(out.substring(out.indexOf("main opens: EACCES")))
                            .doesNotContain("spinning thread opens");
                },
                launcher);
        checks.check(
                "interrupted calls come to their end",
                List.of("env EARLY=interrupted"),
                says(7, "early thread sleeps: done", "early thread polls: done", "early thread waits: done"),
                launcher);
        for (String attack : new String[] {"close-ruleset", "replace-ruleset"}) {
            checks.check(
                    attack,
                    List.of("env EARLY=" + attack),
                    fails(
                            137,
                            "pledge: " + victim
                                    + ": its Landlock ruleset was closed or replaced before the entry point: killed"),
                    launcher);
        }
        Path first = checks.compile("first-veiled", "interpreter.c", "-static", "-nostdlib", "-fno-stack-protector");
        checks.check(
                "the ruleset at the first instruction",
                says(0, "interpreter opens: refused"),
                checks.plain("stdio rpath", first, abi, loader(), exact()));
        Ruleset missing = exact().withPaths(List.of(rule(Path.of("/absent"), true, READ_FILE, Presence.REQUIRED)));
        checks.check(
                "a required path is missing",
                fails(125, "pledge: /absent: ENOENT: not as it was when this launcher was made"),
                checks.dynamic("stdio rpath", victim, abi, loader(), missing));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
