package org.jpledge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jpledge.promise.Demand;
import org.jpledge.promise.Policy;
import org.jpledge.seccomp.Action;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The two stages of a launch, attacked: whatever runs before the entry point has the loader's rights, and nothing that
 * it starts or keeps is outside the exact filter afterwards.
 */
@Tag("enforcement")
class HandOverTest {
    private static Path directory;
    private static Path victim;

    @BeforeAll
    static void compile() throws IOException {
        directory = NativeProgram.directory();
        NativeProgram.compile(directory, "libearly.so", "early.c", "-fPIC", "-shared", "-pthread");
        victim = NativeProgram.compile(
                directory, "victim", "victim.c", "-L" + directory, "-learly", "-Wl,-rpath,$ORIGIN");
    }

    @AfterAll
    static void delete() throws IOException {
        NativeProgram.remove(directory);
    }

    @Test
    void aDynamicProgramHasNoMoreThanItsPromisesFromTheEntryPointOn() throws IOException {
        Run run = run("stdio", "");
        assertThat(run.out()).contains("main opens: EPERM", "main has descriptors:\n", "main waits: ECHILD");
        assertThat(run.status()).isEqualTo(7);
        assertThat(run("stdio rpath", "").out()).contains("main opens: done");
    }

    @Test
    void argumentsOfTheLauncherFollowThoseOfThePlan() throws IOException {
        Path launcher = launcher(FilterOnly.pledge("stdio"), victim.toString(), "first");
        assertThat(Run.of(launcher.toString(), "second one", "").out())
                .contains("main has arguments: [" + victim + "] [first] [second one] []\n");
    }

    @Test
    void aConstructorOpensForReadingAsLoadersDoButItsDescriptorIsClosed() throws IOException {
        Run run = run("stdio", "open");
        assertThat(run.out()).contains("early opens: done", "main has descriptors:\n", "main opens: EPERM");
    }

    @Test
    void aConstructorMakesNoSocketAndWritesNoFile() throws IOException {
        assertThat(run("stdio", "socket").out()).contains("early makes a socket: EPERM");
        assertThat(run("stdio inet", "socket").out()).contains("early makes a socket: done");
        Files.deleteIfExists(Path.of("/tmp/early-was-here"));
        assertThat(run("stdio", "write").out()).contains("early opens for writing: EPERM");
        assertThat(Path.of("/tmp/early-was-here")).doesNotExist();
    }

    @Test
    void aConstructorStartsNoProcess() throws IOException {
        assertThat(run("stdio", "fork").out()).contains("early forks: EPERM").doesNotContain("child");
        // Under proc it may, but what it starts before the entry point dies.
        Run run = run("stdio proc", "fork");
        assertThat(run.out()).contains("early forks: done").doesNotContain("child opens");
        assertThat(run.status()).isEqualTo(7);
    }

    @Test
    void aConstructorThatExecutesAnotherProgramDies() throws IOException {
        Run run = run("stdio", "exec");
        assertThat(run.status()).isEqualTo(137);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).contains("another program was executed before the entry point: killed");
        // With exec promised, the other program has the exact filter from its first instruction on.
        Run promised = run("stdio exec", "exec");
        assertThat(promised.status()).isNotZero();
        assertThat(promised.out()).isEmpty();
        assertThat(run("stdio exec rpath prot_exec", "exec").status()).isZero();
    }

    @Test
    void aThreadOfAConstructorIsInsideTheExactFilter() throws IOException {
        Run run = run("stdio", "thread");
        assertThat(run.out())
                .contains(
                        "early starts a thread: done",
                        "early thread opens: EPERM",
                        "early thread maps executable memory: EPERM",
                        "main opens: EPERM");
        assertThat(run("stdio rpath prot_exec", "thread").out())
                .contains("early thread opens: done", "early thread maps executable memory: done");
    }

    @Test
    void hundredsOfThreadsThatStartThreadsAreInsideTheExactFilter() throws IOException {
        for (int i = 0; i < 5; i++) {
            Run run = run("stdio", "threads");
            assertThat(run.status()).as(run.err()).isEqualTo(7);
            int main = run.out().indexOf("main opens: EPERM");
            assertThat(main).isNotNegative();
            assertThat(run.out().substring(main)).doesNotContain("spinning thread opens");
        }
    }

    @Test
    void aConstructorCannotPretendThatTheExactFilterWasInstalled() throws IOException {
        Run run = run("stdio", "filter");
        assertThat(run.err()).contains("a seccomp filter was installed before the entry point: killed");
        assertThat(run.out()).doesNotContain("main");
        assertThat(run.status()).isEqualTo(137);
    }

    @Test
    void nothingBeforeTheEntryPointMapsWritableAndExecutableMemory() throws IOException {
        assertThat(run("stdio", "rwx").out()).contains("early maps writable and executable memory: EPERM");
        assertThat(run("stdio prot_exec", "rwx").out()).contains("early maps writable and executable memory: done");
    }

    @Test
    void trapsThatTheProgramRaisesItselfAreItsOwn() throws IOException {
        Run run = run("stdio", "trap");
        assertThat(run.out()).contains("early traps: done", "main opens: EPERM");
        assertThat(run.status()).isEqualTo(7);
    }

    @Test
    void aProgramWithAnInterpreterOfItsOwnIsConfinedFromItsFirstInstruction() throws IOException {
        Path interpreter = NativeProgram.compile(
                directory, "ld-own.so.1", "interpreter.c", "-static-pie", "-nostdlib", "-fPIE", "-fno-stack-protector");
        Path program = NativeProgram.compile(directory, "own", "probe.c", "-Wl,--dynamic-linker=" + interpreter);
        assertThat(Run.of(program.toString()).out()).isEqualTo("interpreter opens: done\n");
        assertThat(confined("stdio", program.toString()).out()).isEqualTo("interpreter opens: refused\n");
        assertThat(confined("stdio rpath", program.toString()).out()).isEqualTo("interpreter opens: done\n");
    }

    @Test
    void staticProgramsOfBothKindsAreConfined() throws IOException {
        for (String kind : new String[] {"-static", "-static-pie"}) {
            Path program = NativeProgram.compile(directory, "probe" + kind, "probe.c", kind);
            // openat(AT_FDCWD, "/etc/hostname", O_RDONLY), getpid()
            String[] calls = {"257 -100 s/etc/hostname 0 0", "39"};
            assertThat(confined("stdio", program.toString(), calls).out()).startsWith("-1\n");
            assertThat(confined("stdio rpath", program.toString(), calls).out()).startsWith("3\n");
        }
    }

    @Test
    void theSameHoldsForAnUnprivilegedUser() throws IOException {
        Path launcher = launcher(FilterOnly.pledge("stdio"), victim.toString());
        Run run = Run.of(Run.unprivileged(launcher.toString()));
        assertThat(run.status()).as(run.err()).isEqualTo(7);
        assertThat(run.out()).contains("main opens: EPERM");
        Path open = launcher(FilterOnly.pledge("stdio rpath"), victim.toString());
        assertThat(Run.of(Run.unprivileged(open.toString())).out()).contains("main opens: done");
    }

    @Test
    void theProgramDiesWithItsHelper() throws Exception {
        Path launcher = launcher(FilterOnly.pledge("stdio"), victim.toString());
        ProcessBuilder builder = new ProcessBuilder(launcher.toString());
        builder.environment().put("EARLY", "nap");
        Process process = builder.start();
        long helper = 0;
        while (helper == 0 && process.isAlive()) {
            helper = tracer(process.pid());
        }
        assertThat(helper).isPositive();
        assertThat(Run.of("kill", "-9", Long.toString(helper)).status()).isZero();
        Run run = Run.of(process);
        assertThat(run.status()).isEqualTo(137);
        assertThat(run.out()).doesNotContain("main");
    }

    @Test
    void theProgramIsStoppedAndContinuedBeforeItsEntryPoint() throws Exception {
        Path launcher = launcher(FilterOnly.pledge("stdio"), victim.toString());
        ProcessBuilder builder = new ProcessBuilder(launcher.toString());
        builder.environment().put("EARLY", "stop");
        Process process = builder.start();
        Path status = Path.of("/proc/" + process.pid() + "/status");
        while (!Files.readString(status).contains("State:\tT")
                && !Files.readString(status).contains("State:\tt")) {
            Thread.onSpinWait();
        }
        Thread.sleep(20);
        assertThat(process.isAlive()).isTrue();
        Run.of("kill", "-CONT", Long.toString(process.pid()));
        Run run = Run.of(process);
        assertThat(run.out()).contains("early goes on: done", "main opens: EPERM");
        assertThat(run.status()).isEqualTo(7);
    }

    @Test
    void aLauncherThatIsTracedSaysThatItsProgramStaysInTheLoadersSandbox() throws IOException {
        org.junit.jupiter.api.Assumptions.assumeTrue(NativeProgram.isInstalled("strace"), "strace is not installed");
        Path launcher = launcher(FilterOnly.pledge("stdio"), victim.toString());
        Run run = Run.of("strace", "-f", "-o", "/dev/null", launcher.toString());
        assertThat(run.err()).contains("pledge: ptrace: EPERM: the program stays in its loader's sandbox");
        assertThat(run.status()).isEqualTo(7);
        Path strict = launcher(FilterOnly.pledge("stdio").demanding(Demand.EVERYTHING), victim.toString());
        Run refused = Run.of("strace", "-f", "-o", "/dev/null", strict.toString());
        assertThat(refused.err()).contains("pledge: ptrace: EPERM\n");
        assertThat(refused.out()).isEmpty();
        assertThat(refused.status()).isEqualTo(125);
    }

    @Test
    void anUnreadableProgramRunsInTheLoadersSandboxOrNotAtAll() throws IOException {
        org.junit.jupiter.api.Assumptions.assumeTrue(Run.isRoot(), "only root can make a file that others cannot read");
        Path program = NativeProgram.compile(directory, "unreadable", "probe.c");
        Path launcher = launcher(FilterOnly.pledge("stdio"), program.toString());
        Path strict = launcher(FilterOnly.pledge("stdio").demanding(Demand.EVERYTHING), program.toString());
        assertThatCode(() -> Files.setPosixFilePermissions(
                        program, java.nio.file.attribute.PosixFilePermissions.fromString("rwx--x--x")))
                .doesNotThrowAnyException();
        // socket(AF_INET, SOCK_STREAM, 0)
        Run run = Run.of(Run.unprivileged(launcher.toString(), "41 2 1 0"));
        assertThat(run.err()).contains("the program stays in its loader's sandbox");
        assertThat(run.out()).isEqualTo("-1\n");
        Run refused = Run.of(Run.unprivileged(strict.toString(), "41 2 1 0"));
        assertThat(refused.out()).isEmpty();
        assertThat(refused.status()).isNotZero();
    }

    @Test
    void killingSaysWhy() throws IOException {
        Path launcher = launcher(FilterOnly.pledge("stdio").onViolation(Action.KILL_PROCESS), victim.toString());
        Run run = Run.of(launcher.toString());
        assertThat(run.status()).isEqualTo(159);
        assertThat(run.out()).isEmpty();
        assertThat(run.err())
                .isEqualTo("pledge: " + victim
                        + ": killed by SIGSYS: it made a system call outside its promises \"stdio\"\n");
    }

    @Test
    void aProgramThatIsNotThereIsNamed() throws IOException {
        Path gone = NativeProgram.compile(directory, "gone", "probe.c");
        Path launcher = launcher(FilterOnly.pledge("stdio"), gone.toString());
        Files.delete(gone);
        Run run = Run.of(launcher.toString());
        assertThat(run.err()).isEqualTo("pledge: " + gone + ": ENOENT\n");
        assertThat(run.status()).isEqualTo(127);
    }

    private static long tracer(long pid) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
            if (line.startsWith("TracerPid:")) {
                return Long.parseLong(line.substring("TracerPid:".length()).trim());
            }
        }
        return 0;
    }

    private static Run run(String promises, String early) throws IOException {
        Path launcher = launcher(FilterOnly.pledge(promises), victim.toString());
        return Run.of(early.isEmpty() ? Map.of() : Map.of("EARLY", early), launcher.toString());
    }

    private static Run confined(String promises, String program, String... arguments) throws IOException {
        String[] command = new String[arguments.length + 1];
        command[0] = launcher(FilterOnly.pledge(promises), program).toString();
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        return Run.of(command);
    }

    private static Path launcher(Policy policy, String... command) throws IOException {
        return Run.executable(directory, "launcher" + System.nanoTime(), FilterOnly.launcher(policy, command));
    }
}
