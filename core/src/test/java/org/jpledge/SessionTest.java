package org.jpledge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * What a launcher leaves alone: a confined program stands in its session, its terminal and its pipeline, with its
 * signals, limits and descriptors, exactly where the bare program would stand.
 */
@Tag("enforcement")
class SessionTest {
    private static final String EVERYTHING_A_SHELL_NEEDS = "stdio rpath wpath cpath proc exec prot_exec tty id getpw";

    /** NAME | SCRIPT: how a caller starts {@code "$@"}. */
    private static final String CALLERS = """
            nothing special                | exec "$@"
            a child of a shell             | "$@"; true
            umask                          | umask 027; exec "$@"
            current directory              | cd /usr; exec "$@"
            nice                           | exec nice -n 5 "$@"
            few descriptors                | ulimit -S -n 77; exec "$@"
            very few descriptors           | ulimit -n 6; exec "$@"
            small stack                    | ulimit -s 512; exec "$@"
            other limits                   | ulimit -t 100; ulimit -c 0; ulimit -S -u 5000; exec "$@"
            hang-up ignored                | trap '' HUP; exec "$@"
            nohup                          | exec nohup "$@" </dev/null >/dev/null 2>&1
            broken pipes ignored           | trap '' PIPE; exec "$@"
            traps ignored                  | trap '' TRAP; exec "$@"
            signals of job control ignored | trap '' TSTP TTIN TTOU CONT; exec "$@"
            children's deaths ignored      | exec env --ignore-signal=CHLD "$@"
            all ignored                    | exec env --ignore-signal "$@"
            traps blocked                  | exec env --block-signal=TRAP "$@"
            children's deaths blocked      | exec env --block-signal=CHLD,TERM,INT "$@"
            all blocked                    | exec env --block-signal "$@"
            traps blocked and ignored      | exec env --block-signal=TRAP --ignore-signal=TRAP "$@"
            no standard input              | exec "$@" <&-
            no standard output             | exec "$@" >&-
            no standard error              | exec "$@" 2>&-
            no standard descriptor         | exec "$@" <&- >&- 2>&-
            a session of its own           | exec setsid -w "$@"
            a signal at the parent's death | exec setpriv --pdeathsig TERM "$@"
            empty environment              | exec env -i "$@"
            """;

    private static Path directory;
    private static Path program;
    private static Path waiting;

    @BeforeAll
    static void compile() throws IOException {
        directory = NativeProgram.directory();
        program = NativeProgram.compile(directory, "sessprog", "session.c");
        waiting = launcher("stdio", program.toString(), "wait");
    }

    @AfterAll
    static void delete() throws IOException {
        if (directory == null) {
            return;
        }
        NativeProgram.remove(directory);
    }

    @AfterEach
    void nothingIsLeftOver() throws Exception {
        List<String> left = left();
        for (int i = 0; i < 100 && !left.isEmpty(); i++) {
            Thread.sleep(20);
            left = left();
        }
        assertThat(left).isEmpty();
    }

    @TestFactory
    Stream<DynamicTest> aProgramFindsWhatItWouldFindWithoutASandbox() throws IOException {
        Path report = directory.resolve("report");
        String confined = launcher("stdio rpath wpath cpath proc id", program.toString(), report.toString())
                .toString();
        return CALLERS.lines()
                .map(line -> line.split(" +\\| +", 2))
                .map(caller -> DynamicTest.dynamicTest(caller[0], () -> {
                    Files.deleteIfExists(report);
                    Run bare = shell(caller[1], program.toString(), report.toString());
                    assertThat(bare.status()).as(bare.err()).isZero();
                    String expected = Files.readString(report);
                    Files.delete(report);
                    Run run = shell(caller[1], confined);
                    assertThat(run.err()).isEmpty();
                    assertThat(run.status()).isZero();
                    assertThat(comparable(Files.readString(report))).isEqualTo(comparable(expected));
                    assertThat(Files.readString(report)).contains("children: -1 No child processes");
                }));
    }

    @Test
    void descriptorsBesideTheStandardOnesAreClosed() throws IOException {
        Path report = directory.resolve("descriptors");
        Path confined = launcher("stdio rpath wpath cpath proc id", program.toString(), report.toString());
        shell("exec \"$@\" 3</etc/passwd 9</etc 60>/dev/null", confined.toString());
        assertThat(report).content().startsWith("descriptors: 0 1 2\n");
        shell("exec \"$@\" 3</etc/passwd 9</etc 60>/dev/null <&-", confined.toString());
        assertThat(report).content().startsWith("descriptors: 1 2\n");
        Files.delete(report);
    }

    @Test
    void itStandsInAPipeline() throws IOException {
        Path cat = launcher("stdio rpath", "cat");
        assertThat(shell("seq 10000 | \"$1\" | \"$1\" | wc -l", cat.toString())
                        .out()
                        .strip())
                .isEqualTo("10000");
        // A reader that leaves early ends the writer by SIGPIPE.
        Run run = shell("\"$1\" /dev/zero | head -c 5 >/dev/null; echo ${PIPESTATUS[0]}", cat.toString());
        assertThat(run.out()).isEqualTo("141\n");
    }

    @Test
    void aTimeoutEndsIt() throws IOException {
        Path sleep = launcher("stdio", "sleep", "10");
        assertThat(Run.of("timeout", "1", sleep.toString()).status()).isEqualTo(124);
    }

    @Test
    void signalsEndItWithTheirStatus() throws Exception {
        for (String signal : List.of("KILL", "TERM", "HUP", "USR1", "SEGV", "INT", "QUIT", "TRAP", "ABRT", "RTMIN")) {
            Process process = start(waiting.toString());
            awaitReady(process);
            kill(signal, process.pid());
            int number = Integer.parseInt(
                    Run.of("bash", "-c", "kill -l " + signal).out().strip());
            assertThat(Run.of(process).status()).as(signal).isEqualTo(128 + number);
        }
    }

    @Test
    void aScriptHandlesItsSignals() throws Exception {
        Path script = launcher(
                EVERYTHING_A_SHELL_NEEDS,
                "sh",
                "-c",
                "trap 'echo handled; exit 3' TERM; echo ready; while :; do sleep 0.05; done");
        Process process = start(script.toString());
        awaitReady(process);
        kill("TERM", process.pid());
        Run run = Run.of(process);
        assertThat(run.out()).isEqualTo("handled\n");
        assertThat(run.status()).isEqualTo(3);
    }

    @Test
    void itStopsAndContinues() throws Exception {
        Process process = start(waiting.toString());
        awaitReady(process);
        for (int i = 0; i < 3; i++) {
            kill("STOP", process.pid());
            awaitState(process.pid(), 'T');
            kill("CONT", process.pid());
            awaitState(process.pid(), 'S');
        }
        kill("TERM", process.pid());
        assertThat(Run.of(process).status()).isEqualTo(143);
    }

    @Test
    void signalsThatArriveBeforeTheEntryPointEndItOrDoNothing() throws IOException {
        String script = """
                for i in $(seq 80); do
                    "$@" >/dev/null & p=$!
                    for ((j = 0; j < i * 25; j++)); do :; done
                    kill -%1 $p; wait $p; echo $?
                done 2>/dev/null""";
        for (Map.Entry<String, String> signal : Map.of("TERM", "143", "USR1", "138", "KILL", "137", "TRAP", "133")
                .entrySet()) {
            Run run = shell(script.replace("%1", signal.getKey()), waiting.toString());
            assertThat(run.out().lines()).as(signal.getKey()).hasSize(80).containsOnly(signal.getValue());
        }
    }

    @Test
    void stormsOfSignalsBeforeTheEntryPointDelayItOnly() throws IOException {
        Path quick = launcher("stdio", "true");
        Run run = shell("""
                for i in $(seq 15); do
                    "$@" & p=$!
                    for ((j = 0; j < 500; j++)); do kill -%1 $p || break; done
                    wait $p; echo $?
                done 2>/dev/null""".replace("%1", "WINCH"), quick.toString());
        assertThat(run.out().lines()).hasSize(15).containsOnly("0");
        // Stopped and continued at any moment, it still comes to its end.
        Run stopped = shell("""
                for i in $(seq 40); do
                    "$@" & p=$!
                    for ((j = 0; j < i * 25; j++)); do :; done
                    kill -STOP $p; sleep 0.01; kill -CONT $p
                    wait $p; echo $?
                done 2>/dev/null""", quick.toString());
        assertThat(stopped.out().lines()).hasSize(40).containsOnly("0");
    }

    @Test
    void hundredsOfLaunchesAtOnceLeaveNothingBehind() throws IOException {
        Path echo = launcher("stdio", "echo", "here");
        Run run = shell("for i in $(seq 200); do \"$@\" & done; wait", echo.toString());
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).isEqualTo("here\n".repeat(200));
    }

    @Test
    void itsTerminalIsItsOwn() throws Exception {
        Path tty = launcher("stdio rpath", "tty");
        Run run = terminal("tty; " + tty);
        String[] lines = run.out().split("\r?\n", -1);
        assertThat(lines[0]).startsWith("/dev/");
        assertThat(lines[1]).isEqualTo(lines[0]);
    }

    @Test
    void controlCReachesIt() throws Exception {
        Process process = script("exec " + waiting);
        StringBuilder seen = new StringBuilder();
        await(process, seen, "ready");
        type(process, "\003");
        assertThat(Run.of(process).status()).isEqualTo(130);
    }

    @Test
    void aShellStopsItAndBringsItBackToTheForeground() throws Exception {
        Process process = script("exec bash --norc --noprofile -i");
        StringBuilder seen = new StringBuilder();
        type(process, waiting + "\n");
        await(process, seen, "ready");
        type(process, "before\n");
        await(process, seen, "line: before");
        type(process, "\032");
        await(process, seen, "Stopped");
        type(process, "fg\n");
        // It reads its terminal again, so it is in the foreground.
        type(process, "after\n");
        await(process, seen, "line: after");
        type(process, "\003");
        // The terminal forgets what was typed before it sent the signal.
        await(process, seen, "^C");
        await(process, seen, "bash-");
        type(process, "echo status=$?\n");
        await(process, seen, "status=130");
        type(process, "exit\n");
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    }

    /** What differs by design, descriptors above 2, and from run to run, the shell that is the parent. */
    private static String comparable(String report) {
        return report.replaceFirst("descriptors:(( [012])*)[ 0-9]*", "descriptors:$1")
                .replaceFirst("parent: .*", "");
    }

    private static Run shell(String script, String... command) throws IOException {
        return Run.of(bash(script, command));
    }

    private static String[] bash(String script, String... command) {
        List<String> words = new ArrayList<>(List.of("bash", "-c", script, "bash"));
        words.addAll(List.of(command));
        return words.toArray(new String[0]);
    }

    private static Path launcher(String promises, String... command) throws IOException {
        return Run.executable(
                directory, "sess" + System.nanoTime(), Sandbox.pledge(promises).launcher(command));
    }

    private static Process start(String... command) throws IOException {
        return new ProcessBuilder(command).start();
    }

    private static void kill(String signal, long pid) throws IOException {
        assertThat(Run.of("kill", "-" + signal, Long.toString(pid)).status()).isZero();
    }

    private static Process script(String command) throws IOException {
        assumeTrue(NativeProgram.isInstalled("script"), "script is not installed");
        ProcessBuilder builder = new ProcessBuilder("script", "-qec", command, "/dev/null");
        builder.environment().put("SHELL", "/bin/sh");
        builder.environment().put("TERM", "dumb");
        return builder.redirectErrorStream(true).start();
    }

    private static Run terminal(String command) throws IOException {
        return Run.of(script(command));
    }

    private static void type(Process process, String keys) throws IOException {
        process.getOutputStream().write(keys.getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().flush();
    }

    private static void awaitReady(Process process) throws IOException, InterruptedException {
        await(process, new StringBuilder(), "ready\n");
    }

    /** Reads until a text comes, and forgets it and what was before it. */
    private static void await(Process process, StringBuilder seen, String text)
            throws IOException, InterruptedException {
        InputStream in = process.getInputStream();
        long end = System.nanoTime() + 20_000_000_000L;
        while (seen.indexOf(text) < 0) {
            if (System.nanoTime() > end) {
                process.destroyForcibly();
                throw new AssertionError("no \"" + text + "\" but: " + seen);
            }
            if (in.available() == 0) {
                Thread.sleep(5);
            } else {
                seen.append((char) in.read());
            }
        }
        seen.delete(0, seen.indexOf(text) + text.length());
    }

    private static void awaitState(long pid, char state) throws IOException, InterruptedException {
        char now = 0;
        for (int i = 0; i < 1000 && now != state; i++) {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            now = stat.charAt(stat.lastIndexOf(')') + 2);
            Thread.sleep(5);
        }
        assertThat(now).isEqualTo(state);
    }

    /** Processes, zombies among them, that are launchers, their helpers or the program of this test. */
    private static List<String> left() throws IOException {
        List<String> left = new ArrayList<>();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path process : processes) {
                try {
                    String stat = Files.readString(process.resolve("stat"));
                    if (stat.contains("(sess")
                            || Files.readString(process.resolve("cmdline")).contains(directory + "/")) {
                        left.add(stat);
                    }
                } catch (IOException e) {
                    // It ended meanwhile.
                }
            }
        }
        return left;
    }
}
