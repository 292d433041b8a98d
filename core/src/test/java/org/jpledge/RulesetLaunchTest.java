package org.jpledge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
import org.jpledge.launch.Executable;
import org.jpledge.launch.ExecutableException;
import org.jpledge.launch.Launcher;
import org.jpledge.linux.Landlock;
import org.jpledge.promise.Enforcement;
import org.jpledge.promise.Policy;
import org.jpledge.promise.Promises;
import org.jpledge.syscall.Arch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Two rulesets of one launch, the loader's and the exact one: what each refuses and when, to whom, and what a launcher
 * does when the files are not as they were. The rulesets are written by hand here, whatever a policy would make of it.
 */
@Tag("enforcement")
class RulesetLaunchTest {
    private static final Rights<FsRight> READ = Rights.of(FsRight.READ_FILE, FsRight.READ_DIR);
    private static final Rights<FsRight> READ_FILE = Rights.of(FsRight.READ_FILE);
    private static final Rights<FsRight> RUN = Rights.of(FsRight.READ_FILE, FsRight.READ_DIR, FsRight.EXECUTE);
    private static final Abi ABI = Landlock.support().abi();
    private static final boolean ROOT = true;

    private static Path directory = Path.of("");
    private static Path bin = Path.of("");
    private static Path inside = Path.of("");
    private static Path outside = Path.of("");
    private static Path victim = Path.of("");
    private static Path program = Path.of("");

    @BeforeAll
    static void make() throws IOException {
        assumeTrue(ABI.has(Abi.V1), "this kernel has no Landlock");
        directory = NativeProgram.directory().toRealPath();
        bin = Files.createDirectory(directory.resolve("bin"));
        inside =
                Files.writeString(Files.createDirectory(directory.resolve("in")).resolve("file"), "in\n");
        outside = Files.writeString(
                Files.createDirectory(directory.resolve("out")).resolve("file"), "out\n");
        NativeProgram.compile(bin, "libearly.so", "early.c", "-fPIC", "-shared", "-pthread");
        victim = NativeProgram.compile(bin, "victim", "victim.c", "-L" + bin, "-learly", "-Wl,-rpath,$ORIGIN");
        program = NativeProgram.compile(bin, "veiled", "veiled.c");
    }

    @AfterAll
    static void delete() throws IOException {
        if (!directory.equals(Path.of(""))) {
            NativeProgram.remove(directory);
        }
    }

    /** The exact ruleset of most tests: one directory. The loader's has the program and the system's files besides. */
    private static Ruleset exact() {
        return Ruleset.ofPaths(List.of(rule(directory.resolve("in"), READ)));
    }

    private static List<PathRule> loaderPaths() {
        List<PathRule> rules = new ArrayList<>();
        for (String system : List.of("/usr", "/lib", "/lib64", "/absent/of/all/systems")) {
            rules.add(new PathRule(FilePath.of(system), true, RUN, Presence.SYSTEM));
        }
        rules.add(new PathRule(FilePath.of("/etc/ld.so.cache"), false, READ_FILE, Presence.SYSTEM));
        rules.add(new PathRule(FilePath.of("/etc/hostname"), false, READ_FILE, Presence.OPTIONAL));
        rules.add(rule(bin, RUN));
        rules.add(rule(directory.resolve("in"), READ));
        return rules;
    }

    private static PathRule rule(Path path, Rights<FsRight> rights) {
        return rule(path, rights, Presence.REQUIRED);
    }

    private static PathRule rule(Path path, Rights<FsRight> rights, Presence presence) {
        return new PathRule(FilePath.of(path.toString()), !FsRight.ON_FILES.hasAll(rights), rights, presence);
    }

    private static Path launcher(String promises, Path file, Optional<Ruleset> loader, Optional<Ruleset> exact)
            throws IOException {
        return launcher(Policy.of(Promises.parse(promises)), file, loader, exact);
    }

    private static Path launcher(Policy policy, Path file, Optional<Ruleset> loader, Optional<Ruleset> exact)
            throws IOException {
        try {
            Executable executable = Executable.of(file, Arch.host());
            byte[] name = file.toString().getBytes(StandardCharsets.UTF_8);
            Enforcement rulesets = GuestChecks.enforcement(
                    ABI,
                    loader.map(ruleset -> ruleset.degrade(ABI).ruleset()),
                    exact.map(ruleset -> ruleset.degrade(ABI).ruleset()));
            return Run.executable(
                    directory,
                    "launcher" + System.nanoTime(),
                    Launcher.of(policy.plan(executable, Arch.host(), List.of(name), rulesets)));
        } catch (ExecutableException e) {
            throw new IOException(e);
        }
    }

    private static Path launcher(Path file, Ruleset exact) throws IOException {
        List<PathRule> loader = loaderPaths();
        loader.addAll(exact.paths());
        return launcher("stdio rpath wpath inet proc", file, Optional.of(Ruleset.ofPaths(loader)), Optional.of(exact));
    }

    private static Run run(boolean root, Path launcher, String... arguments) throws IOException {
        return run(root, Map.of(), launcher, arguments);
    }

    private static Run run(boolean root, Map<String, String> environment, Path launcher, String... arguments)
            throws IOException {
        List<String> command = new ArrayList<>(List.of(launcher.toString()));
        command.addAll(Arrays.asList(arguments));
        String[] words = command.toArray(new String[0]);
        return Run.of(environment, root ? words : Run.unprivileged(words));
    }

    private static Run early(boolean root, String what) throws IOException {
        return run(root, Map.of("EARLY", what), launcher(victim, exact()));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void fromTheEntryPointOnThereIsTheExactRulesetAlone(boolean root) throws IOException {
        Run run = run(
                root,
                launcher(program, exact()),
                "read",
                inside.toString(),
                "list",
                directory.resolve("in").toString(),
                "read",
                outside.toString(),
                "list",
                directory.resolve("out").toString(),
                "read",
                "/etc/hostname",
                "read",
                program.toString(),
                "write",
                "/dev/null",
                "descriptors");
        assertThat(run.err()).isEmpty();
        assertThat(run.out().replace(directory.toString(), "")).isEqualTo("""
                        read /in/file: done
                        list /in: done
                        read /out/file: EACCES
                        list /out: EACCES
                        read /etc/hostname: EACCES
                        read /bin/veiled: EACCES
                        write /dev/null: EACCES
                        descriptors:
                        """);
        assertThat(run.status()).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void beforeTheEntryPointThereIsTheLoadersRuleset(boolean root) throws IOException {
        Run run = early(root, "open");
        assertThat(run.err()).isEmpty();
        // What it opened is closed at the entry point, and cannot be opened again.
        assertThat(run.out()).contains("early opens: done", "main has descriptors:\n", "main opens: EACCES");
        assertThat(run.status()).isEqualTo(7);
        assertThat(early(root, outside.toString()).out()).contains("early opens it: EACCES", "main opens: EACCES");
        assertThat(early(root, inside.toString()).out()).contains("early opens it: done", "main has descriptors:\n");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void oneRulesetAloneHolds(boolean root) throws IOException {
        Ruleset wide = Ruleset.ofPaths(loaderPaths());
        String[] words = {"read", outside.toString(), "read", "/etc/hostname", "descriptors"};
        Path loader = launcher("stdio rpath", program, Optional.of(wide), Optional.empty());
        assertThat(run(root, loader, words).out())
                .contains("out/file: EACCES", "/etc/hostname: done", "descriptors:\n");
        Path exact = launcher("stdio rpath", program, Optional.empty(), Optional.of(exact()));
        assertThat(run(root, exact, words).out())
                .contains("out/file: EACCES", "/etc/hostname: EACCES", "descriptors:\n");
        Path none = launcher("stdio rpath", program, Optional.of(Ruleset.NOTHING), Optional.empty());
        assertThat(run(root, none, words).out()).contains("out/file: done", "/etc/hostname: done", "descriptors:\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"close-ruleset", "replace-ruleset"})
    void aConstructorThatDoesAwayWithTheExactRulesetDies(String attack) throws IOException {
        Run run = early(ROOT, attack);
        assertThat(run.err())
                .isEqualTo("pledge: " + victim
                        + ": its Landlock ruleset was closed or replaced before the entry point: killed\n");
        assertThat(run.out()).isEmpty();
        assertThat(run.status()).isEqualTo(137);
    }

    @Test
    void aConstructorAddsNothingToTheExactRuleset() throws IOException {
        Run run = early(ROOT, "widen-ruleset");
        assertThat(run.out()).contains("early widens: EPERM", "main opens: EACCES");
    }

    @Test
    void underThePromiseToMakeRulesetsAConstructorReachesNoFartherThanTheLoadersRuleset() throws IOException {
        Path launcher = launcher(
                "stdio rpath unveil", victim, Optional.of(Ruleset.ofPaths(loaderPaths())), Optional.of(exact()));
        assertThat(run(ROOT, Map.of("EARLY", "widen-ruleset"), launcher).out())
                .contains("early widens: done", "main opens: done");
        Path narrow = launcher("stdio rpath unveil", victim, Optional.of(withoutHostname()), Optional.of(exact()));
        assertThat(run(ROOT, Map.of("EARLY", "widen-ruleset"), narrow).out())
                .contains("early widens: done", "main opens: EACCES");
    }

    private static Ruleset withoutHostname() {
        List<PathRule> rules = loaderPaths();
        rules.removeIf(rule -> rule.path().equals(FilePath.of("/etc/hostname")));
        return Ruleset.ofPaths(rules);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aThreadOfAConstructorIsInsideTheExactRuleset(boolean root) throws IOException {
        Run run = early(root, "thread");
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).contains("early thread opens: EACCES", "main opens: EACCES");
        assertThat(run.status()).isEqualTo(7);
        Path open = launcher(
                "stdio rpath",
                victim,
                Optional.of(Ruleset.ofPaths(loaderPaths())),
                Optional.of(Ruleset.ofPaths(List.of(rule(Path.of("/etc"), READ)))));
        assertThat(run(root, Map.of("EARLY", "thread"), open).out())
                .contains("early thread opens: done", "main opens: done");
    }

    @Test
    void hundredsOfThreadsThatStartThreadsAreInsideTheExactRuleset() throws IOException {
        for (int i = 0; i < 5; i++) {
            Run run = early(ROOT, "threads");
            assertThat(run.err()).isEmpty();
            assertThat(run.status()).isEqualTo(7);
            int main = run.out().indexOf("main opens: EACCES");
            assertThat(main).isNotNegative();
            assertThat(run.out().substring(main)).doesNotContain("spinning thread opens");
        }
    }

    @Test
    void threadsThatWereInTheMiddleOfACallComeToItsEnd() throws IOException {
        Run run = early(ROOT, "interrupted");
        assertThat(run.out())
                .contains("early thread sleeps: done", "early thread polls: done", "early thread waits: done");
        assertThat(run.status()).isEqualTo(7);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void staticProgramsAreConfinedFromTheirFirstInstruction(boolean root) throws IOException {
        String[] words = {"read", inside.toString(), "read", outside.toString(), "read", "/etc/hostname"};
        for (String kind : List.of("-static", "-static-pie")) {
            Path fixed = NativeProgram.compile(bin, "veiled" + kind, "veiled.c", kind);
            assertThat(run(root, launcher(fixed, exact()), words).out())
                    .contains("in/file: done", "out/file: EACCES", "/etc/hostname: EACCES");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void programsOfAnotherLibcAreConfined(boolean root) throws IOException {
        String[] words = {"read", inside.toString(), "read", outside.toString(), "read", "/etc/hostname"};
        Path own = NativeProgram.compile("musl-gcc", bin, "veiled-musl", "veiled.c");
        assertThat(run(root, launcher(own, exact()), words).out())
                .contains("in/file: done", "out/file: EACCES", "/etc/hostname: EACCES");
        Path fixed = NativeProgram.compile("musl-gcc", bin, "veiled-musl-static", "veiled.c", "-static");
        assertThat(run(root, launcher(fixed, exact()), words).out())
                .contains("in/file: done", "out/file: EACCES", "/etc/hostname: EACCES");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aScriptIsReadByItsInterpreter(boolean root) throws IOException {
        String text = "#!/bin/sh\nwhile read -r line; do echo \"$line\"; done < \"$1\"\n";
        Path script = Run.executable(bin, "script", text.getBytes(StandardCharsets.UTF_8));
        Ruleset readable = exact().withPaths(List.of(rule(script, READ_FILE)));
        assertThat(run(root, launcher(script, readable), inside.toString()).out())
                .isEqualTo("in\n");
        Run refused = run(root, launcher(script, readable), outside.toString());
        assertThat(refused.err()).contains("Permission denied");
        assertThat(refused.out()).isEmpty();
        Run unread = run(root, launcher(script, exact()), inside.toString());
        assertThat(unread.status()).isNotZero();
        assertThat(unread.out()).isEmpty();
    }

    @Test
    void aProgramWithAnInterpreterOfItsOwnHasTheExactRulesetFromItsFirstInstruction() throws IOException {
        Path interpreter = NativeProgram.compile(
                bin, "ld-own.so.1", "interpreter.c", "-static-pie", "-nostdlib", "-fPIE", "-fno-stack-protector");
        Path own = NativeProgram.compile(bin, "own", "probe.c", "-Wl,--dynamic-linker=" + interpreter);
        assertThat(run(ROOT, launcher(own, exact())).out()).isEqualTo("interpreter opens: refused\n");
        Ruleset wide = exact().withPaths(List.of(rule(Path.of("/etc"), READ)));
        assertThat(run(ROOT, launcher(own, wide)).out()).isEqualTo("interpreter opens: done\n");
    }

    @Test
    void whereNobodyMayTraceTheLoadersRulesetStaysAndTheOtherDoesNotLeak() throws IOException {
        assumeTrue(NativeProgram.isInstalled("strace"), "strace is not installed");
        Path launcher = launcher(program, exact());
        String[] words = {
            "strace",
            "-f",
            "-o",
            "/dev/null",
            launcher.toString(),
            "read",
            "/etc/hostname",
            "read",
            outside.toString(),
            "descriptors"
        };
        Run run = Run.of(words);
        assertThat(run.err()).contains("the program stays in its loader's sandbox");
        assertThat(run.out()).contains("/etc/hostname: done", "out/file: EACCES", "descriptors:\n");
    }

    @Test
    void nothingRunsWhenARequiredPathIsNotWhatItWas() throws IOException {
        Path there = Files.createDirectory(directory.resolve("there"));
        Path asDirectory = launcher(program, exact().withPaths(List.of(rule(there, READ))));
        Path asOptional = launcher(program, exact().withPaths(List.of(rule(there, READ, Presence.OPTIONAL))));
        assertThat(run(ROOT, asDirectory, "list", there.toString()).out()).endsWith("there: done\n");
        assertThat(run(ROOT, asOptional, "list", there.toString()).out()).endsWith("there: done\n");
        String ending = ": not as it was when this launcher was made\n";

        Files.delete(there);
        assertThat(run(ROOT, asDirectory)).isEqualTo(new Run(125, "", "pledge: " + there + ": ENOENT" + ending));
        assertThat(run(ROOT, asOptional)).isEqualTo(new Run(0, "", ""));

        Files.writeString(there, "");
        assertThat(run(ROOT, asDirectory)).isEqualTo(new Run(125, "", "pledge: " + there + ": ENOTDIR" + ending));
        assertThat(run(ROOT, asOptional)).isEqualTo(new Run(0, "", ""));
        Path asFile = launcher(program, exact().withPaths(List.of(rule(there, READ_FILE))));
        Path asOptionalFile = launcher(program, exact().withPaths(List.of(rule(there, READ_FILE, Presence.OPTIONAL))));
        assertThat(run(ROOT, asFile, "read", there.toString()).out()).endsWith("there: done\n");

        // A file that became a directory would let be read what is in it.
        Files.delete(there);
        Files.createDirectory(there);
        Path below = Files.writeString(there.resolve("below"), "");
        assertThat(run(ROOT, asFile)).isEqualTo(new Run(125, "", "pledge: " + there + ": EISDIR" + ending));
        assertThat(run(ROOT, asOptionalFile, "read", below.toString()).out()).endsWith("below: EACCES\n");

        // A symbolic link in its place, and on the way to it.
        Files.delete(below);
        Files.delete(there);
        Files.createSymbolicLink(there, directory.resolve("out"));
        assertThat(run(ROOT, asDirectory)).isEqualTo(new Run(125, "", "pledge: " + there + ": ELOOP" + ending));
        assertThat(run(ROOT, asOptional, "list", directory.resolve("out").toString())
                        .out())
                .endsWith("out: EACCES\n");
        Path through = launcher(program, exact().withPaths(List.of(rule(there.resolve("file"), READ_FILE))));
        assertThat(run(ROOT, through).err()).isEqualTo("pledge: " + there.resolve("file") + ": ELOOP" + ending);
        // Only the system's own paths may lead through links.
        Path system =
                launcher(program, exact().withPaths(List.of(rule(there.resolve("file"), READ_FILE, Presence.SYSTEM))));
        assertThat(run(ROOT, system, "read", outside.toString()).out()).endsWith("out/file: done\n");
        Files.delete(there);
    }

    @Test
    void aVeryLongPathIsNamedWhole() throws IOException {
        StringBuilder name = new StringBuilder(directory.toString());
        while (name.length() < 4000) {
            name.append("/a-rather-long-name-of-a-directory");
        }
        PathRule rule = new PathRule(FilePath.of(name.toString()), true, READ, Presence.REQUIRED);
        Run run = run(ROOT, launcher(program, exact().withPaths(List.of(rule))));
        assertThat(run.err()).isEqualTo("pledge: " + name + ": ENOENT: not as it was when this launcher was made\n");
    }

    @Test
    void aPathThatOnlyAnotherUserCanReachIsNotPassedOver() throws IOException {
        assumeTrue(Run.isRoot(), "only root can run programs as another user");
        Path closed = Files.createDirectory(
                directory.resolve("closed"),
                java.nio.file.attribute.PosixFilePermissions.asFileAttribute(
                        java.nio.file.attribute.PosixFilePermissions.fromString("rwx------")));
        Path below = Files.createDirectory(closed.resolve("below"));
        Path launcher = launcher(program, exact().withPaths(List.of(rule(below, READ))));
        assertThat(run(ROOT, launcher, "list", below.toString()).out()).endsWith("below: done\n");
        Run run = run(!ROOT, launcher, "list", below.toString());
        assertThat(run.err()).startsWith("pledge: " + below + ": EACCES");
        assertThat(run.status()).isEqualTo(125);
        assertThat(run.out()).isEmpty();
    }

    @Test
    void fewDescriptorsAreEnoughAndTooFewAreSaid() throws IOException {
        Path launcher = launcher(program, exact());
        Run six = Run.of("sh", "-c", "ulimit -n 6; exec \"$0\" descriptors", launcher.toString());
        assertThat(six).isEqualTo(new Run(0, "descriptors:\n", ""));
        Run five = Run.of("sh", "-c", "ulimit -n 5; exec \"$0\" descriptors", launcher.toString());
        assertThat(five.status()).isEqualTo(125);
        assertThat(five.err()).matches("pledge: .*: EMFILE\n");
        assertThat(five.out()).isEmpty();
    }

    @Test
    void theRulesetTakesNeitherAStandardDescriptorsPlaceNorAKeptOnes() throws IOException {
        Path launcher = launcher(program, exact());
        assertThat(Run.of("sh", "-c", "exec \"$0\" descriptors <&-", launcher.toString()))
                .isEqualTo(new Run(0, "descriptors:\n", ""));
        Path keeping = launcher(
                Policy.of(Promises.parse("stdio rpath")).keeping(3).keeping(5),
                program,
                Optional.of(Ruleset.ofPaths(loaderPaths())),
                Optional.of(exact()));
        assertThat(Run.of("sh", "-c", "exec \"$0\" descriptors 3</dev/null 4</dev/null", keeping.toString()))
                .isEqualTo(new Run(0, "descriptors: 3\n", ""));
        assertThat(Run.of("sh", "-c", "exec \"$0\" descriptors", keeping.toString()))
                .isEqualTo(new Run(0, "descriptors:\n", ""));
    }

    @Test
    void portsThatNoRuleNamesAreRefused() throws IOException {
        assumeTrue(ABI.has(Abi.V4), "this kernel's Landlock knows no ports");
        try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                ServerSocket other = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            int listening = freePort();
            Ruleset ports = exact().withPorts(List.of(
                    new PortRule(server.getLocalPort(), Rights.of(NetRight.CONNECT_TCP)),
                    new PortRule(listening, Rights.of(NetRight.BIND_TCP))));
            String[] words = {
                "connect",
                "" + server.getLocalPort(),
                "connect",
                "" + other.getLocalPort(),
                "bind",
                "" + listening,
                "bind",
                "" + (listening ^ 1)
            };
            Run run = run(ROOT, launcher(program, ports), words);
            assertThat(run.out())
                    .isEqualTo("connect %d: done%nconnect %d: EACCES%nbind %d: done%nbind %d: EACCES%n"
                            .formatted(server.getLocalPort(), other.getLocalPort(), listening, listening ^ 1));
            // The loader's ports hold as long as it does, which is for good.
            Path both = launcher(
                    "stdio rpath inet",
                    program,
                    Optional.of(Ruleset.ofPaths(loaderPaths())
                            .withPorts(List.of(new PortRule(listening, Rights.of(NetRight.BIND_TCP))))),
                    Optional.of(ports));
            assertThat(run(ROOT, both, words).out()).contains("connect " + server.getLocalPort() + ": EACCES");
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket free = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            return free.getLocalPort();
        }
    }

    @Test
    void signalsDoNotLeaveTheirScope() throws IOException {
        assumeTrue(ABI.has(Abi.V6), "this kernel's Landlock has no scopes");
        String self = Long.toString(ProcessHandle.current().pid());
        assertThat(run(ROOT, launcher(program, exact()), "kill", self).out()).endsWith(": done\n");
        Path scoped = launcher(program, exact().withScopes(Rights.of(Scope.SIGNAL)));
        assertThat(run(ROOT, scoped, "kill", self).out()).endsWith(": EPERM\n");
    }

    @Test
    void manyRulesAreAllThere() throws IOException {
        Path many = Files.createDirectory(directory.resolve("many"));
        List<PathRule> rules = new ArrayList<>();
        List<String> words = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            Path file = Files.writeString(many.resolve("name" + i * 7), "");
            if (i % 3 != 0) {
                rules.add(rule(file, READ_FILE));
            }
            words.add("read");
            words.add(file.toString());
        }
        Run run = run(ROOT, launcher(program, Ruleset.ofPaths(rules)), words.toArray(new String[0]));
        String[] lines = run.out().split("\n", -1);
        for (int i = 0; i < 300; i++) {
            assertThat(lines[i]).endsWith("name" + i * 7 + (i % 3 != 0 ? ": done" : ": EACCES"));
        }
    }

    @Test
    void aLauncherInsideALauncherFailsRatherThanLeaveItsRulesetOut() throws IOException {
        Path inner = launcher(program, exact());
        Ruleset everything =
                Ruleset.ofPaths(List.of(new PathRule(FilePath.ROOT, true, Ruleset.ALL_FS, Presence.REQUIRED)));
        Path plain = launcher("stdio rpath exec proc", inner, Optional.empty(), Optional.of(everything));
        Run refused = run(ROOT, plain, "read", inside.toString());
        assertThat(refused.err()).startsWith("pledge: landlock: EPERM");
        assertThat(refused.status()).isEqualTo(125);
    }
}
