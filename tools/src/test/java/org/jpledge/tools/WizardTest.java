package org.jpledge.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

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
            "FILE");

    @TempDir
    private static Path directory;

    private static Path home = Path.of("");

    @BeforeAll
    static void install() throws Exception {
        home = Installation.make(User.SELF.own(directory.resolve("home")));
        User.SELF.own(directory);
        assertThat(run(User.SELF, "\"$PLEDGE\" --version").status()).isZero();
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

    /** A terminal of its own, in which somebody types as soon as he is asked. */
    @ParameterizedTest
    @ValueSource(strings = {"xterm", "dumb"})
    void aTerminalAndAPipeLeadToTheSamePolicy(String terminal) throws Exception {
        assumeTrue(Shell.run("command -v script").status() == 0, "no script(1)");
        Path piped = directory.resolve("piped-" + terminal);
        Path typed = directory.resolve("typed-" + terminal);
        String program = "\"$PLEDGE\" wizard -- ls /etc/apt";
        run(User.SELF, "printf '" + answers(piped.toString(), "n") + "' | " + program);
        Shell.Result result = run(
                User.SELF,
                "printf '%s' 'TERM=" + terminal + " exec " + program + "' >wizard; touch log;"
                        + " { until grep -q 'Name of the policy' log; do sleep 0.05; done; printf '"
                        + answers(typed.toString(), "n").replace("\\n", "\\r") + "'; until [ -e " + typed
                        + " ]; do sleep 0.05; done; sleep 0.3; } | script -qefc 'sh wizard' log");
        assertThat(Files.exists(typed)).as(result.out()).isTrue();
        assertThat(read(typed)).isEqualTo(read(piped)).contains("promises");
    }

    @Test
    void abortingRunsNothing() throws Exception {
        Shell.Result result = run(User.SELF, "printf '\\nabort\\n' | \"$PLEDGE\" wizard -- sh -c 'echo ran'");
        assertThat(result.status()).isEqualTo(125);
        assertThat(result.out()).isEmpty();
        assertThat(result.err()).endsWith("pledge: aborted: nothing was written, and nothing run but the trial\n");
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
        assertThat(run(User.SELF, "\"$PLEDGE\" wizard").err()).startsWith("pledge: no command to ask about");
        assertThat(run(User.SELF, "\"$PLEDGE\" wizard -- no-such-program").status())
                .isEqualTo(127);
    }
}
