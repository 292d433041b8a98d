package org.jpledge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jpledge.landlock.Abi;
import org.jpledge.linux.Landlock;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The public face: children that are held to their promises. */
@Tag("enforcement")
class SandboxTest {
    @Test
    void theExampleOfTheReadmeWorks() throws IOException {
        Process sort = Sandbox.pledge(Promise.STDIO).start("sort", "-u");
        try (var out = sort.getOutputStream()) {
            out.write("b\na\nb\n".getBytes(StandardCharsets.UTF_8));
        }
        assertThat(new String(sort.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .isEqualTo("a\nb\n");
        Run refused = Run.of(Sandbox.pledge(Promise.STDIO).start("sort", "/etc/passwd"));
        assertThat(refused.err()).contains("Operation not permitted");
        assertThat(refused.status()).isEqualTo(2);
    }

    @Test
    void aChildIsTheProgramItselfAsAnyProcess() throws Exception {
        Process child = Sandbox.pledge("stdio").start("cat");
        // The launcher has gone when the program answers.
        child.getOutputStream().write('x');
        child.getOutputStream().flush();
        assertThat(child.getInputStream().read()).isEqualTo('x');
        assertThat(Files.readString(Path.of("/proc/" + child.pid() + "/comm"))).isEqualTo("cat\n");
        assertThat(child.isAlive()).isTrue();
        child.destroy();
        assertThat(child.waitFor()).isEqualTo(128 + 15);
        assertThat(Sandbox.pledge("stdio rpath").start("sh", "-c", "exit 7").waitFor())
                .isEqualTo(7);
    }

    @Test
    void wordsAndConstantsAreTheSame() throws IOException {
        assertThat(Sandbox.pledge("stdio rpath").launcher("cat"))
                .isEqualTo(Sandbox.pledge(Promise.STDIO, Promise.RPATH).launcher("cat"));
    }

    @Test
    void theBuilderSaysWhereAndWithWhichEnvironment() throws IOException {
        ProcessBuilder builder = new ProcessBuilder("sh", "-c", "pwd; echo $WORD").directory(new java.io.File("/usr"));
        builder.environment().putAll(Map.of("WORD", "seen"));
        Run run = Run.of(Sandbox.pledge("stdio rpath").start(builder));
        assertThat(run.out()).isEqualTo("/usr\nseen\n");
        assertThat(builder.command()).containsExactly("sh", "-c", "pwd; echo $WORD");
    }

    @Test
    void aRelativeProgramIsOneOfTheBuildersDirectory() throws IOException {
        Sandbox sandbox = Sandbox.pledge("stdio rpath");
        ProcessBuilder builder = new ProcessBuilder("bin/echo", "seen").directory(new java.io.File("/usr"));
        assertThat(Run.of(sandbox.start(builder)).out()).isEqualTo("seen\n");
        assertThatThrownBy(() -> sandbox.start("bin/echo", "seen"))
                .isInstanceOf(IOException.class)
                .hasMessage("bin/echo: no such file");
        assertThatThrownBy(() -> sandbox.start()).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void violationsAreRefusedOrDeadlyOrAnswerEnosys() throws IOException {
        // Landlock's answer, where it decides about paths, and seccomp's where it does not.
        assertThat(Run.of(Sandbox.pledge("stdio").start("cat", "/etc/passwd")).err())
                .containsAnyOf("Permission denied", "Operation not permitted");
        assertThat(Run.of(Sandbox.pledge("stdio").start("mkdir", "/tmp/jpledge-none"))
                        .err())
                .contains("Operation not permitted");
        assertThat(Run.of(Sandbox.pledge("stdio error").start("mkdir", "/tmp/jpledge-none"))
                        .err())
                .contains("Function not implemented");
        assertThat(Run.of(Sandbox.pledge("stdio").onViolation(OnViolation.KILL).start("cat", "/etc/passwd"))
                        .status())
                .isEqualTo(159);
        assertThat(Run.of(Sandbox.pledge("stdio").onViolation(OnViolation.TRAP).start("cat", "/etc/passwd"))
                        .status())
                .isEqualTo(159);
        assertThat(Run.of(Sandbox.pledge("stdio").onViolation(OnViolation.LOG).start("cat", "/etc/hostname"))
                        .status())
                .isZero();
    }

    @Test
    void whatIsWrongIsNamed() {
        assertThatThrownBy(() -> Sandbox.pledge("stdio rpth"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("rpth")
                .hasMessageContaining("rpath");
        assertThatThrownBy(() -> Sandbox.pledge("stdio").launcher("no-such-program"))
                .isInstanceOf(IOException.class)
                .hasMessage("no-such-program: not found in PATH");
        assertThatThrownBy(() -> Sandbox.pledge("stdio").launcher("/etc/passwd"))
                .isInstanceOf(IOException.class)
                .hasMessage("/etc/passwd: not executable (no x permission)");
        assertThatThrownBy(() -> Sandbox.pledge("stdio").launcher("/etc"))
                .isInstanceOf(IOException.class)
                .hasMessage("/etc: is a directory");
        assertThatThrownBy(() -> Sandbox.pledge("stdio").launcher()).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aChildSeesWhatIsUnveiledForIt() throws IOException {
        assumeTrue(Landlock.support().abi() != Abi.NONE, "no Landlock in this kernel");
        Sandbox one = Sandbox.pledge("stdio rpath").unveil(Path.of("/etc/hostname"), "r");
        assertThat(Run.of(one.start("cat", "/etc/hostname")).status()).isZero();
        assertThat(Run.of(one.start("cat", "/etc/passwd")).err()).contains("Permission denied");
    }

    @Test
    void aChildIsNeverAllowedMoreThanItsParent() throws IOException {
        Run run = ForkedJvm.runJars(List.of(), Entered.class, "parent");
        assertThat(run.out())
                .startsWith("own: Operation not permitted\nwider: ")
                .endsWith(
                        "unveiled: SandboxException (a process that is in a sandbox itself cannot unveil, or list ports, for"
                                + " a child)\n");
        assertThat(Path.of("/tmp/jpledge-none")).doesNotExist();
    }
}
