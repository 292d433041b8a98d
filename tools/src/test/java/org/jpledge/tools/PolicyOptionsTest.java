package org.jpledge.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jpledge.launch.Step;
import org.jpledge.promise.Policy;
import org.jpledge.seccomp.Action;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Constants;
import org.jpledge.syscall.Errno;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PolicyOptionsTest {
    private static final List<String> ENVIRONMENT = List.of("A=1", "PATH=/bin", "EMPTY=");

    private static PolicyOptions read(String... options) throws Failure {
        List<String> words = new ArrayList<>(List.of("-p", "stdio"));
        words.addAll(List.of(options));
        words.add("ls");
        return PolicyOptions.read(CommandLine.parse(words), ENVIRONMENT, List.of());
    }

    private static void refused(String message, String... options) {
        assertThatThrownBy(() -> read(options))
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.status()).isEqualTo(64))
                .hasMessage(message);
    }

    private static Step.Limit limit(String resource, long value) {
        return new Step.Limit((int) Constants.of(Arch.host()).value(resource).orElseThrow(), value);
    }

    @Test
    void aViolationIsRefusedWithEpermUnlessSaidOtherwise() throws Failure {
        assertThat(read().policy().violation()).isEqualTo(new Action.Errno(1));
        assertThat(read("-k").policy().violation()).isEqualTo(Action.KILL_PROCESS);
        assertThat(read("--on-violation=kill", "-k").policy().violation()).isEqualTo(Action.KILL_PROCESS);
        assertThat(read("--on-violation", "log").policy().violation()).isEqualTo(Action.LOG);
        assertThat(read("--on-violation", "trap").policy().violation()).isEqualTo(new Action.Trap(0));
        int enosys = Errno.number(Arch.host(), "ENOSYS").orElseThrow();
        assertThat(read("--on-violation", "errno:ENOSYS").policy().violation()).isEqualTo(new Action.Errno(enosys));
    }

    @Test
    void aWrongActionIsNamedWithTheNearestRightOne() {
        refused(
                "option --on-violation: \"kil\" is none of kill, errno:NAME, trap and log (did you mean kill?)",
                "--on-violation",
                "kil");
        refused(
                "option --on-violation: unknown error \"ENOSIS\" (did you mean errno:ENOSYS?)",
                "--on-violation",
                "errno:ENOSIS");
        refused(
                "option --on-violation: trace needs somebody who answers, and nothing of pledge runs beside the program",
                "--on-violation",
                "trace");
        refused("options -k and --on-violation log contradict each other", "-k", "--on-violation", "log");
        refused("options --strict and --best-effort contradict each other", "--strict", "--best-effort");
    }

    @Test
    void promisesAreNamedWhereTheyAreWrong() {
        List<String> words = List.of("-p", "stdio rpth", "ls");
        assertThatThrownBy(() -> PolicyOptions.read(CommandLine.parse(words), ENVIRONMENT, List.of()))
                .hasMessage("unknown promise \"rpth\" (did you mean rpath?)");
        assertThatThrownBy(() -> PolicyOptions.read(CommandLine.parse(List.of("ls")), ENVIRONMENT, List.of()))
                .hasMessage("no promises: say with -p what the program may do, for example -p 'stdio rpath'");
        refused("promises begin with a space", "-p", " rpath");
    }

    @Test
    void promisesGivenTwiceAdd() throws Failure {
        Policy policy = read("-p", "rpath  tty ", "-p", "").policy();
        assertThat(policy.promises().words()).containsExactlyInAnyOrder("stdio", "rpath", "tty");
    }

    @Test
    void limitsTakeNumbersAndSizes() throws Failure {
        assertThat(read("-C", "5", "-M", "2g", "-F", "10K", "-O", "64", "-P", "0")
                        .policy()
                        .outset()
                        .steps())
                .containsExactly(
                        limit("RLIMIT_CPU", 5),
                        limit("RLIMIT_AS", 2L << 30),
                        limit("RLIMIT_FSIZE", 10 << 10),
                        limit("RLIMIT_NOFILE", 64),
                        limit("RLIMIT_NPROC", 0));
        refused("option --cpu: \"5s\" is no number", "-C", "5s");
        refused("option --cpu: \"\" is no number", "-C", "");
        refused("option --cpu: \"-1\" is no number", "-C", "-1");
        refused("option --cpu: \"99999999999999999999\" is no number", "-C", "99999999999999999999");
        refused("option --fd: \"2147483648\" is no number up to 2147483647", "--fd", "2147483648");
        for (String size : List.of("10q", "", "k", "1.5g", "9999999999g")) {
            refused(
                    "option --memory: \"" + size + "\" is no size (a number of bytes, or one with k, m, g or t)",
                    "-M",
                    size);
        }
    }

    @Test
    void descriptorsAreKept() throws Failure {
        assertThat(read("--fd", "7", "--fd", "3").policy().outset().kept()).containsExactly(3, 7);
    }

    @Test
    void theEnvironmentIsTheCallersWithChanges() throws Failure {
        PolicyOptions options = read("--env", "B=x=y", "--env", "A");
        assertThat(environment(options, true)).containsExactly("B=x=y");
        assertThat(options.fixed()).isTrue();
    }

    @Test
    void theEnvironmentIsEmptyButForWhatIsNamed() throws Failure {
        PolicyOptions options = read("--clear-env", "--env", "B=x", "--env", "A", "--env", "EMPTY", "--env", "NOT");
        assertThat(environment(options, false)).containsExactly("B=x", "A=1", "EMPTY=");
        assertThat(options.fixed()).isFalse();
        assertThat(read("--clear-env", "--env", "B=x").fixed()).isTrue();
        refused("option --env: \"=x\" names no variable", "--env", "=x");
        refused("option --env: \"\" names no variable", "--env", "");
    }

    private static List<String> environment(PolicyOptions options, boolean inherit) {
        Step step = options.policy().outset().steps().getLast();
        assertThat(step).isInstanceOf(Step.Environment.class);
        List<String> changes = new ArrayList<>();
        if (step instanceof Step.Environment(boolean inherits, List<byte[]> entries)) {
            assertThat(inherits).isEqualTo(inherit);
            for (byte[] entry : entries) {
                changes.add(new String(entry, StandardCharsets.ISO_8859_1));
            }
        }
        return changes;
    }

    @Test
    void usersAndGroupsAreNamesOrNumbers() throws Failure {
        assertThat(read("-u", "root").policy().outset().steps()).containsExactly(new Step.Identity(0, 0));
        assertThat(read("-u", "123456", "-g", "root").policy().outset().steps())
                .containsExactly(new Step.Identity(123456, 0));
        assertThat(read("-g", "77").policy().outset().steps()).containsExactly(new Step.Identity(-1, 77));
        assertThat(read("-g", "77").fixed()).isFalse();
        refused("option --user: no user \"rooot\" in /etc/passwd (did you mean root?)", "-u", "rooot");
        refused("option --group: no group \"-3\" in /etc/group", "-g", "-3");
    }

    @Test
    void aDirectoryHasToBeThere(@TempDir Path directory) throws Exception {
        assertThat(read("--chdir", directory.toString()).directory()).isEqualTo(directory.toString());
        Path file = Files.createFile(directory.resolve("file"));
        assertThatThrownBy(() -> read("--chdir", file.toString()))
                .hasMessage("option --chdir: " + file + ": not a directory");
        assertThatThrownBy(() -> read("--chdir", file + "x"))
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.status()).isEqualTo(125))
                .hasMessage("option --chdir: " + file + "x: no such directory (did you mean " + file + "?)");
    }
}
