package org.jpledge.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jpledge.bpf.SeccompData;
import org.jpledge.promise.Enforcement;
import org.jpledge.promise.Policy;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Compiler;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Identity;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code --allow}, {@code --deny} and {@code --filter} mean, and what is said where they mean nothing. */
class OwnRulesTest {
    private static final Arch ARCH = Arch.host();

    @TempDir
    private Path directory;

    private static Policy read(String... options) throws Failure {
        List<String> words = new ArrayList<>(List.of(options));
        words.add("ls");
        return PolicyOptions.read(CommandLine.parse(words), List.of(), List.of())
                .policy();
    }

    private static void refused(int status, String message, String... options) {
        assertThatThrownBy(() -> read(options))
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.status()).isEqualTo(status))
                .hasMessage(message);
    }

    private String file(String name, String text) throws IOException {
        return Files.writeString(directory.resolve(name), text).toString();
    }

    private static Action decide(Policy policy, String call, long... arguments) {
        int number = SyscallTable.of(ARCH).number(call).orElseThrow();
        return policy.exact(ARCH, Enforcement.NONE)
                .decide(SeccompData.of(number, ARCH.audit(), arguments), new Identity(1, 0, 0));
    }

    @Test
    void theFirstRuleThatMatchesCounts() throws Failure {
        Policy policy = read(
                "-k",
                "-p",
                "stdio",
                "--allow",
                "socket(family == AF_INET)",
                "--deny=socket -> errno EACCES",
                "--deny",
                "socketpair");
        assertThat(decide(policy, "socket", 2)).isEqualTo(Action.ALLOW);
        assertThat(decide(policy, "socket", 1)).isEqualTo(new Action.Errno(13));
        assertThat(decide(policy, "socketpair", 1)).isEqualTo(Action.KILL_PROCESS);
        assertThat(decide(read("-p", "stdio"), "socketpair", 1)).isEqualTo(Action.ALLOW);
    }

    @Test
    void aRuleThatIsNoneIsNamedWithTheOptionAndTheNearestWord() {
        refused(
                64,
                "option --deny: unknown system call \"soketpair\" (did you mean socketpair?)",
                "-p",
                "stdio",
                "--deny",
                "soketpair");
        refused(
                64,
                "option --allow: no constant \"TIOCGWINZ\" on " + ARCH.label() + " (did you mean TIOCGWINSZ?)",
                "-p",
                "stdio",
                "--allow",
                "ioctl(request == TIOCGWINZ)");
        refused(
                64,
                "option --deny: trace needs somebody who answers, and nothing runs beside the program",
                "-p",
                "stdio",
                "--deny",
                "socketpair -> trace");
        refused(64, "option --allow: no system call is named", "-p", "stdio", "--allow", "");
    }

    @Test
    void aRuleThatCanNeverMatchIsAnError() throws Failure {
        refused(
                64,
                "option --deny 'socket(family == AF_UNIX)' comes after --allow 'socket', which decides all of its calls:"
                        + " the first rule that matches counts",
                "-p",
                "stdio",
                "--allow",
                "socket",
                "--deny",
                "socket(family == AF_UNIX)");
        assertThat(decide(read("-p", "stdio", "--deny", "socket(family == AF_UNIX)", "--allow", "socket"), "socket", 2))
                .isEqualTo(Action.ALLOW);
    }

    @Test
    void aFilterStandsInForPromisesOrBesideThem() throws Exception {
        String file = file("filter", "read write mkdir socketpair -> errno ENOENT\n");
        Policy alone = read("--filter", file);
        assertThat(decide(alone, "mkdir")).isEqualTo(Action.ALLOW);
        assertThat(decide(alone, "getpid")).isEqualTo(new Action.Errno(1));
        assertThat(alone.isPromised()).isFalse();
        Policy both = read("-p", "stdio", "--filter", file, "--allow", "getppid");
        assertThat(decide(both, "mkdir")).isEqualTo(new Action.Errno(1));
        assertThat(decide(both, "socketpair", 1)).isEqualTo(new Action.Errno(2));
        assertThat(decide(both, "getppid")).isEqualTo(Action.ALLOW);
        String other = file("other", "read -> kill mkdir");
        Policy three = read("--filter", file, "--filter=" + other);
        assertThat(decide(three, "read")).isEqualTo(Action.KILL_PROCESS);
        assertThat(decide(three, "mkdir")).isEqualTo(Action.ALLOW);
        assertThat(decide(three, "write")).isEqualTo(new Action.Errno(1));
    }

    @Test
    void oneOfSeveralFiltersIsNamed() throws Exception {
        String several = file("several", """
                {"vmm": {"default_action": "trap", "filter_action": "allow", "filter": [{"syscall": "read"}]},
                 "api": {"default_action": "trap", "filter_action": "allow", "filter": [{"syscall": "write"}]}}
                """);
        assertThat(decide(read("--filter", several + "#vmm"), "read")).isEqualTo(Action.ALLOW);
        assertThat(decide(read("--filter", several + "#api"), "read")).isEqualTo(new Action.Trap(0));
        refused(
                125,
                "option --filter: " + several + ": it has several filters, api, vmm: name one, as in " + several
                        + "#api",
                "--filter",
                several);
        refused(
                125,
                "option --filter: " + several + ": no filter \"vm\" is in it, only api, vmm (did you mean vmm?)",
                "--filter",
                several + "#vm");
        // A file's name may have the character, too.
        assertThat(decide(read("--filter", file("odd#name", "read")), "read")).isEqualTo(Action.ALLOW);
    }

    @Test
    void aFileThatIsNoFilterIsNamed() throws Exception {
        String missing = directory + "/missing";
        refused(125, "option --filter: " + missing + ": no such file", "--filter", missing);
        refused(125, "option --filter: " + directory + ": is a directory", "--filter", directory.toString());
        String wrong = file("wrong", "read\nwritte\n");
        assertThatThrownBy(() -> read("--filter", wrong))
                .hasMessageStartingWith(
                        "option --filter: " + wrong + ":2:1: unknown system call \"writte\" (did you mean write?)");
        refused(
                125,
                "option --filter: " + file("none", "") + ": there is nothing in the file",
                "--filter",
                directory + "/none");
        String asking = file("asking", "read -> notify");
        refused(
                125,
                "option --filter: " + asking
                        + ": it has the action notify, which needs somebody who answers, and nothing runs beside the program",
                "--filter",
                asking);
        byte[] large = new byte[(16 << 20) + 1];
        Path huge = Files.write(directory.resolve("huge"), large);
        refused(125, "option --filter: " + huge + ": more than 16 MiB, which is too much", "--filter", huge.toString());
    }

    @Test
    void aBpfProgramIsAFilterByTheRulesThatItFollows() throws Exception {
        Filter rules = read("--filter", file("rules", "read write(fd == 1) socketpair -> errno ENOENT"))
                .exact(ARCH, Enforcement.NONE);
        Path program = Files.write(
                directory.resolve("program.bpf"),
                Compiler.compile(rules).program().encode(ARCH.order()));
        Policy policy = read("--filter", program.toString());
        assertThat(decide(policy, "read")).isEqualTo(Action.ALLOW);
        assertThat(decide(policy, "write", 1)).isEqualTo(Action.ALLOW);
        assertThat(decide(policy, "write", 2)).isEqualTo(new Action.Errno(1));
        assertThat(decide(policy, "socketpair")).isEqualTo(new Action.Errno(2));
        Path broken = Files.write(directory.resolve("broken.bpf"), new byte[16]);
        assertThatThrownBy(() -> read("--filter", broken.toString()))
                .hasMessageStartingWith("option --filter: " + broken + ": no BPF program for seccomp: ");
    }

    @Test
    void nothingOfAFileIsLeftOut() throws Exception {
        String calls = file("calls.conf", "[Service]\nSystemCallFilter=@default read write\n");
        assertThat(decide(read("--filter", calls), "read")).isEqualTo(Action.ALLOW);
        String paths = file("paths.conf", "[Service]\nSystemCallFilter=@default read write\nReadOnlyPaths=/usr\n");
        assertThatThrownBy(() -> read("--filter", paths)).hasMessageContaining("it has more than filters");
    }

    @Test
    void whatAViolationDoesIsForPromisesAndDeniedCalls() throws Exception {
        String file = file("filter", "read");
        refused(
                64,
                "option --kill is for promises and --deny; what a filter refuses, it refuses in its own way",
                "-k",
                "--filter",
                file);
        assertThat(decide(read("-k", "--filter", file, "--deny", "write"), "write"))
                .isEqualTo(Action.KILL_PROCESS);
        assertThat(decide(read("-k", "-p", "", "--filter", file), "write")).isEqualTo(Action.KILL_PROCESS);
    }
}
