package org.jpledge.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code ./pledge wizard}, by whom it is answered. */
@Tag("enforcement")
class WizardTest {
    /** Promises, a path, a rule, and where to write it. */
    private static final List<String> ANSWERS = List.of(
            "listing",
            "",
            "r:/etc/passwd",
            "",
            "errno EACCES",
            "y",
            "socket",
            "family",
            "",
            "==",
            "AF_INET",
            "",
            "kill",
            "",
            "",
            "FILE");

    @TempDir
    private static Path directory;

    private static Path home = Path.of("");

    /** What the answers make from a pipe. */
    private static @Nullable String piped;

    @BeforeAll
    static void install() throws Exception {
        home = Installation.shared();
        User.SELF.own(directory);
    }

    private static Shell.Result run(User user, String script) throws Exception {
        Path own = user.own(Files.createTempDirectory(directory, "own"));
        return user.run("cd \"$D\" && " + script, Installation.environment(home, own), own);
    }

    private static String answers(String file, String run) {
        return String.join("\\n", ANSWERS).replace("FILE", file) + "\\n" + run + "\\n";
    }

    private static String read(Path file) throws Exception {
        return Files.readString(file, StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @EnumSource(User.class)
    void answersFromAPipeMakeThePolicyAndRunTheProgramOnce(User user) throws Exception {
        user.assume();
        Path file = user.own(Files.createTempDirectory(directory, "file")).resolve("policy.toml");
        Shell.Result result = run(
                user,
                "printf '" + answers(file.toString(), "y")
                        + "the rest\\n' | \"$PLEDGE\" wizard -- sh -c 'cat; ls /etc/apt'");
        assertThat(result.status()).as(result.err()).isZero();
        // Once, and with what followed the answers.
        assertThat(result.out()).startsWith("the rest\n").containsOnlyOnce("sources.list");
        assertThat(result.err()).contains("Promises [").contains("pledge -p ").contains("Run it now [Y]");
        assertThat(read(file))
                .contains("socket(family == AF_INET) -> kill")
                .contains("\"/etc/passwd\" = \"r\"")
                .contains("EACCES");
    }

    /** What a call answers under a policy shows whether its rules hold. */
    @ParameterizedTest
    @EnumSource(User.class)
    void rulesAndActionsHoldAtOnceInTheFileAndInTheCommandLine(User user) throws Exception {
        user.assume();
        Path file = user.own(Files.createTempDirectory(directory, "file")).resolve("policy.toml");
        String program = "sh -c 'uname; sync; echo end'";
        String answers = "\\n\\n\\nerrno ENOSYS\\ny\\nuname\\n\\nerrno EACCES\\ny\\nsync\\n\\nallow\\nn\\n\\n" + file
                + "\\ny\\n";
        Shell.Result now = run(user, "printf '" + answers + "' | LC_ALL=C \"$PLEDGE\" wizard -- " + program);
        assertThat(now.status()).as(now.err()).isZero();
        assertThat(now.out()).isEqualTo("end\n");
        assertThat(now.err())
                .contains("uname: cannot get system name: Permission denied")
                .doesNotContain("Bad system");
        Shell.Result later = run(user, "LC_ALL=C \"$PLEDGE\" --policy " + file);
        String line = now.err()
                .lines()
                .filter(each -> each.startsWith("pledge -p"))
                .findFirst()
                .orElseThrow();
        assertThat(line).contains("--on-violation errno:ENOSYS --deny 'uname -> errno EACCES' --allow sync -- sh -c ");
        Shell.Result typed = run(user, "LC_ALL=C \"$PLEDGE\"" + line.substring("pledge".length()));
        assertThat(now.err()).endsWith("\n" + later.err());
        assertThat(typed).isEqualTo(later).isEqualTo(new Shell.Result(0, "end\n", later.err()));
        String print = " --print -- true";
        assertThat(run(user, "\"$PLEDGE\"" + line.substring("pledge".length(), line.indexOf(" -- ")) + print)
                        .out())
                .isEqualTo(run(user, "\"$PLEDGE\" --policy " + file + print).out());
    }

    @Test
    void filtersWithNamesAreExportedTogether() throws Exception {
        Path file = Files.createTempDirectory(directory, "file").resolve("policy.toml");
        String answers = "\\nstdio rpath\\n\\n\\ny\\nptrace\\n\\nerrno EPERM\\nn\\n"
                + "vcpu\\nkill\\ny\\nioctl\\nrequest\\n64\\n==\\n0xae80\\n\\nallow\\nn\\n"
                + "api\\ntrap\\ny\\naccept4\\n\\nallow\\nn\\n\\n" + file + "\\ny\\n";
        Shell.Result now = run(User.SELF, "printf '" + answers + "' | \"$PLEDGE\" wizard -- ls /etc/apt");
        assertThat(now.status()).as(now.err()).isZero();
        assertThat(now.out()).contains("sources.list");
        Shell.Result exported = run(User.SELF, "\"$PLEDGE\" policy export --to seccompiler " + file);
        JsonObject filters = new Gson().fromJson(exported.out(), JsonObject.class);
        assertThat(filters.keySet()).containsExactly("api", "main", "vcpu");
        JsonObject vcpu = filters.getAsJsonObject("vcpu");
        assertThat(vcpu.get("mismatch_action").getAsString()).isEqualTo("kill_process");
        assertThat(vcpu.get("match_action").getAsString()).isEqualTo("allow");
        assertThat(vcpu.get("filter"))
                .isEqualTo(new Gson()
                        .fromJson(
                                "[{\"syscall\":\"ioctl\",\"args\":[{\"index\":1,\"type\":\"qword\",\"op\":\"eq\",\"val\":44672}]}]",
                                JsonArray.class));
        JsonObject picked = new Gson()
                .fromJson(
                        run(User.SELF, "\"$PLEDGE\" policy export --to seccompiler " + file + "#api")
                                .out(),
                        JsonObject.class);
        assertThat(picked.keySet()).containsExactly("main");
        // Who picks one has it beside the promises.
        assertThat(run(User.SELF, "\"$PLEDGE\" --policy " + file + "#vcpu").status())
                .isEqualTo(159);
    }

    private static Typist typist(String size, String script) throws Exception {
        assumeTrue(Shell.run("command -v script").status() == 0, "no script(1)");
        Path own = Files.createTempDirectory(directory, "own");
        return Typist.at(size, script, Installation.environment(home, own), own);
    }

    @ParameterizedTest
    @CsvSource({"xterm, rows 24 cols 100", "xterm, ''", "dumb, rows 24 cols 100", "no-such-terminal, rows 24 cols 100"})
    void aTerminalAndAPipeLeadToTheSamePolicy(String terminal, String size) throws Exception {
        Path typed = Files.createTempDirectory(directory, "policies").resolve("typed.toml");
        String program = "\"$PLEDGE\" wizard -- ls /etc/apt";
        if (piped == null) {
            Path file = typed.resolveSibling("piped.toml");
            run(User.SELF, "printf '" + answers(file.toString(), "n") + "' | " + program);
            piped = read(file);
        }
        try (Typist typist = typist(size, "TERM=" + terminal + " " + program)) {
            typist.awaits("Name of the policy [ls]: ");
            // All at once, ahead of the questions.
            typist.types(answers(typed.toString(), "n").replace("\\n", "\r"));
            assertThat(typist.ends()).as(typist.shown()).isZero();
            assertThat(typist.shown()).doesNotContain("Unable to", "Exception");
        }
        assertThat(read(typed)).isEqualTo(piped).contains("promises");
    }

    @Test
    void aTerminalThatAnswersNothingIsAskedNothingAndTheTabulatorCompletes() throws Exception {
        Path file = Files.createTempDirectory(directory, "completed").resolve("policy.toml");
        try (Typist typist = typist("rows 40 cols 200", "TERM=xterm \"$PLEDGE\" wizard -- ls /etc/apt")) {
            typist.awaits("Name of the policy").types("\r");
            typist.awaits("Promises [")
                    .types("rp\t")
                    .awaits("rpath ")
                    .types("std\t")
                    .awaits("stdio ");
            typist.types("\r")
                    .awaits("A path to change")
                    .types("r:/etc/os-rel\t")
                    .awaits("/etc/os-release");
            typist.types("\r").awaits("A path to change").types("-/etc/o\t").awaits("-/etc/os-release");
            typist.types("\r")
                    .awaits("A path to change")
                    .types("rw:/usr/shar\t")
                    .awaits("rw:/usr/share/");
            typist.types("\r").awaits("A path to change").types("\r");
            typist.awaits("What happens").types("errno EA\t").awaits("errno EACCES");
            typist.types("\r").awaits("Add a rule").types("y\r");
            typist.awaits("System call: ").types("opena\t").awaits("\u001b[0m2").types("\r");
            typist.awaits("Argument").types("fl\t").awaits("flags").types("\r");
            typist.awaits("Size").types("\r").awaits("Comparison").types("\r");
            typist.awaits("Value")
                    .types("O_RDW\t")
                    .awaits("O_RDWR")
                    .types("|O_TRU\t")
                    .awaits("O_TRUNC");
            typist.types("\r")
                    .awaits("Argument")
                    .types("\r")
                    .awaits("What happens")
                    .types("ki\t")
                    .awaits("kill");
            typist.types("\r")
                    .awaits("Add a rule")
                    .types("\r")
                    .awaits("Name of one more")
                    .types("\r");
            typist.awaits("File to write").types(file.getParent() + "/no\b\bpolicy.toml\r");
            typist.awaits("Run it now").types("n\r");
            assertThat(typist.ends()).as(typist.shown()).isZero();
            // What asks a terminal for an answer: its attributes, its modes, where its cursor is.
            assertThat(typist.shown())
                    .doesNotContain("\u001b[c", "$p", "\u001b[6n")
                    .contains("\u001b[36m");
        }
        assertThat(read(file))
                .contains("promises = \"stdio rpath\"")
                .contains("\"/usr/share\" = \"rw\"")
                .doesNotContain("os-release")
                .contains("errno EACCES")
                .contains("openat(flags == O_RDWR|O_TRUNC) -> kill");
    }

    @Test
    void whoeverWantsNoColoursSeesNone() throws Exception {
        try (Typist typist = typist("rows 40 cols 200", "TERM=xterm NO_COLOR=1 \"$PLEDGE\" wizard -- true")) {
            typist.awaits("Name of the policy").types("\r");
            typist.awaits("Promises [").types("in\t").awaits("inet").types("\r");
            typist.awaits("A path to change")
                    .types("r:/etc/pass\t")
                    .awaits("passwd    r:")
                    .types("\003");
            assertThat(typist.ends()).isEqualTo(125);
            assertThat(typist.shown())
                    .doesNotContainPattern("\u001b\\[[0-9;]*m")
                    .endsWith("pledge: aborted: nothing was written, and nothing run but the trial\r\n");
        }
    }

    @Test
    void whatIsNotProposedUnaskedIsNamedAndCanBeSaid() throws Exception {
        Shell.Result result = run(User.SELF, "printf '\\n\\nr:/\\n\\n\\n\\n\\n\\ny\\n' | \"$PLEDGE\" wizard -- ls /");
        assertThat(result.err())
                .contains("pledge: it used /, which is not proposed unasked: as a path to change, r:/ gives it\n")
                .contains("pledge -p 'stdio rpath' -v r:/ -- ls /\n");
        assertThat(result.out()).contains("etc\n");
    }

    @Test
    void abortingRunsNothing() throws Exception {
        Shell.Result result = run(User.SELF, "printf '\\nabort\\n' | \"$PLEDGE\" wizard -- sh -c 'echo ran'");
        assertThat(result.status()).isEqualTo(125);
        assertThat(result.out()).isEmpty();
        assertThat(result.err()).endsWith("pledge: aborted: nothing was written, and nothing run but the trial\n");
        Shell.Result endless =
                run(User.SELF, "head -c 1000000 /dev/zero | \"$PLEDGE\" wizard -- sh -c 'echo ran' 2>&1 | tail -n 2");
        assertThat(endless.out()).isEqualTo("""
                        an answer is longer than 65536 bytes
                        pledge: aborted: nothing was written, and nothing run but the trial
                        """);
        assertThat(run(User.SELF, "(head -c 65000 /dev/zero | tr '\\0' ' '; yes '') | \"$PLEDGE\" wizard -- echo ran")
                        .out())
                .endsWith("ran\n");
    }

    /** The program gets the signal, and may even end well; the answers that wait in the pipe agree to everything. */
    @Test
    void whoIsToldToEndDuringTheTrialRunsNothing() throws Exception {
        for (String signal : List.of("TERM", "HUP")) {
            String script = ":; yes '' | \"$PLEDGE\" wizard --uncontained -- sh -c 'echo x >>tried; trap exit " + signal
                    + "; while :; do sleep 0.1; done' 2>said & until [ -s tried ]; do sleep 0.05; done;"
                    + " kill -" + signal + " $!; wait $!; echo $?; cat tried; tail -n 1 said; rm tried";
            assertThat(run(User.SELF, script).out()).isEqualTo("""
                            125
                            x
                            pledge: aborted: nothing was written, and nothing run but the trial
                            """);
        }
        // What a program does to itself is its own matter.
        assertThat(run(User.SELF, "yes '' | \"$PLEDGE\" wizard -- sh -c 'kill -TERM $$' 2>&1 | tail -n 1")
                        .out())
                .contains("Run it now [Y]:");
    }

    @Test
    void theTrialIsContainedUnlessItIsSaidOtherwise() throws Exception {
        String program = "sh -c 'echo tried >>tried; exit 0'";
        assertThat(run(User.SELF, "\"$PLEDGE\" wizard -- " + program + "; cat tried")
                        .out())
                .isEmpty();
        Shell.Result free = run(User.SELF, "\"$PLEDGE\" wizard --uncontained -- " + program + "; cat tried");
        assertThat(free.out()).isEqualTo("tried\n");
        assertThat(free.err()).contains("with nothing to hold it");
    }

    @Test
    void whatIsWrongIsSaidBeforeAnythingRuns() throws Exception {
        assertThat(run(User.SELF, "\"$PLEDGE\" wizard -- no-such-program").status())
                .isEqualTo(127);
    }

    @Test
    void withoutACommandItIsAskedForAndNoShellReadsIt() throws Exception {
        Shell.Result result = run(
                User.SELF,
                "printf 'help\\nno-such-program\\nls | cat\\nback\\nls \"/etc/apt\"\\n\\n\\n\\n\\n\\n\\n\\ny\\n'"
                        + " | \"$PLEDGE\" wizard");
        assertThat(result.err())
                .startsWith("Command to confine:\nA program and its arguments.")
                .contains("no-such-program: not found in PATH")
                .contains("| is for a shell, and none is used");
        assertThat(result.status()).isZero();
        assertThat(result.out()).containsOnlyOnce("sources.list");
        Shell.Result none = run(User.SELF, "printf 'abort\\n' | \"$PLEDGE\" wizard");
        assertThat(none.status()).isEqualTo(125);
        assertThat(none.err()).endsWith("pledge: aborted: nothing was run, nor written\n");
    }

    @Test
    void aProgramIsAskedInJsonAndRunsWhatWasAgreedOnItself() throws Exception {
        Path file = Files.createTempDirectory(directory, "file").resolve("policy.toml");
        Shell.Result result = run(
                User.SELF,
                "printf '\\nno promise\\n" + answers(file.toString(), "y").substring("listing\\n".length())
                        + "' | \"$PLEDGE\" wizard --json -- ls /etc/apt");
        assertThat(result.status()).as(result.err()).isZero();
        assertThat(result.err()).isEmpty();
        List<JsonObject> told = result.out()
                .lines()
                .map(each -> new Gson().fromJson(each, JsonObject.class))
                .toList();
        JsonObject trial = told.getFirst().getAsJsonObject("trial");
        assertThat(trial.get("contained").getAsBoolean()).isTrue();
        assertThat(trial.getAsJsonArray("calls").toString()).contains("getdents64");
        JsonObject first = told.get(1).getAsJsonObject("question");
        assertThat(first.get("topic").getAsString()).isEqualTo("name");
        assertThat(first.get("suggestion").getAsString()).isEqualTo("ls");
        // What is wrong is said with the question that stands.
        assertThat(told.get(3).getAsJsonArray("said").toString()).contains("unknown promise \\\"no\\\"");
        assertThat(told.get(3).getAsJsonObject("question").get("topic").getAsString())
                .isEqualTo("promises");
        JsonObject outcome = told.getLast().getAsJsonObject("outcome");
        assertThat(outcome.get("policy").getAsString()).isEqualTo(read(file));
        assertThat(outcome.get("run").getAsBoolean()).isTrue();
        assertThat(outcome.get("line").getAsString()).startsWith("pledge -p ");
        assertThat(result.out()).doesNotContain("sources.list");
    }
}
