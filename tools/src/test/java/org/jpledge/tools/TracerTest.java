package org.jpledge.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Real programs under the tracer do what they do without, and the tracer sees what they do. */
@Tag("enforcement")
class TracerTest {
    /** Calls that are told about where not all are. */
    private static final String SOME = "execve,openat,getpgid,exit_group";

    @TempDir
    private static Path directory;

    private static Path home = Path.of("");
    private static boolean compiled;

    @BeforeAll
    static void install() throws Exception {
        Files.setAttribute(directory, "unix:mode", 0755);
        home = Installation.make(directory.resolve("home"));
        String resource = TraceOnce.class.getName().replace('.', '/') + ".class";
        try (var in = TraceOnce.class.getClassLoader().getResourceAsStream(resource);
                var jar = new JarOutputStream(Files.newOutputStream(directory.resolve("once.jar")))) {
            jar.putNextEntry(new JarEntry(resource));
            in.transferTo(jar);
        }
        // The JVM starts some hundred times.
        Shell.Result archived = Shell.run(java("ArchiveClassesAtExit") + directory + "/first all /bin/true");
        assertThat(archived.status()).as(archived.err()).isZero();
        Path source = Path.of("src/test/c/actor.c").toAbsolutePath();
        compiled = Shell.run("gcc -O1 -pthread -o " + directory + "/actor " + source)
                        .status()
                == 0;
    }

    /** The words before a program, which is then traced. */
    private static String tracing(Path log, String calls) {
        return java("SharedArchiveFile") + log + " " + calls + " ";
    }

    private static String java(String archive) {
        return System.getProperty("java.home")
                + "/bin/java -Xlog:disable -XX:" + archive + "=" + directory
                + "/loaded.jsa -XX:TieredStopAtLevel=1 -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED -cp "
                + home + "/core/target/jpledge-0.jar:" + home + "/tools/target/jpledge-tools-0.jar:" + directory
                + "/once.jar " + TraceOnce.class.getName() + " ";
    }

    /** What a script did, in which {@code TRACE} stands before what is traced, and what was told. */
    private record Traced(Shell.Result result, List<String> lines) {
        List<String> with(String part) {
            return lines.stream().filter(line -> line.contains(part)).toList();
        }

        long count(String part) {
            return with(part).size();
        }
    }

    private static Traced traced(User user, String calls, String script) throws Exception {
        user.assume();
        Path own = user.own(Files.createTempDirectory(directory, "own"));
        Path log = own.resolve("log");
        String whole = script.replace("TRACE", tracing(log, calls)).replace("ACTOR", directory + "/actor");
        Shell.Result result = user.run(whole, Map.of("LC_ALL", "C.UTF-8"), own);
        List<String> lines = Files.exists(log) ? Files.readAllLines(log, StandardCharsets.ISO_8859_1) : List.of();
        return new Traced(result, lines);
    }

    private static Shell.Result bare(User user, String script) throws Exception {
        return traced(user, "", script.replace("TRACE", "")).result();
    }

    /** Asserts that a script does the same with tracing and without, whichever calls are told about. */
    private static void same(User user, String script) throws Exception {
        Shell.Result bare = bare(user, script);
        assertThat(traced(user, "all", script).result()).as("all calls").isEqualTo(bare);
        assertThat(traced(user, SOME, script).result()).as("some calls").isEqualTo(bare);
    }

    @ParameterizedTest
    @EnumSource
    void inputOutputAndStatusAreTheProgramsOwn(User user) throws Exception {
        same(user, "printf 'a\\0b\\377' | TRACE /bin/sh -c 'od -c; echo error >&2; exit 42'");
        // The shell that waits has a word for it when a signal ended its child itself.
        same(user, "(TRACE /bin/sh -c 'kill -TERM $$'; echo $?) 2>/dev/null");
        same(user, "(TRACE /bin/sh -c 'kill -KILL $$'; echo $?) 2>/dev/null");
        same(user, "TRACE /bin/sh -c 'exit 255'; echo $?");
        same(user, "yes | TRACE /usr/bin/head -n 1000000 | md5sum");
    }

    @ParameterizedTest
    @EnumSource
    void whatAProgramInheritsIsAsWithoutATracer(User user) throws Exception {
        same(user, "cd /; umask 027; TRACE /bin/sh -c 'pwd; umask; ulimit -Sn; ulimit -Hn; nice'");
        same(user, "ulimit -Sn 77; TRACE /bin/sh -c 'ulimit -Sn'");
        same(user, "exec 5</dev/null 8>&1; TRACE /bin/ls /proc/self/fd");
        same(
                user,
                "trap '' HUP USR1; TRACE /bin/grep -E 'Sig(Blk|Ign)' /proc/self/status | sed 's/.*:.*\\(....\\)$/\\1/'");
        same(user, "env -i 'no.name=1' \"BYTES=$(printf '\\377')\" PATH=/bin TRACE /usr/bin/env");
        same(user, "TRACE /bin/sh -c 'ps -o pgid= -p $$' | tr -d ' ' | wc -l");
    }

    @ParameterizedTest
    @EnumSource
    void threadsProcessesProgramsAndSignalsGoOnAsWithout(User user) throws Exception {
        assumeTrue(compiled, "gcc is not installed");
        for (String action :
                List.of("execute", "leave", "children", "stopped", "signals", "unreadable", "foreign", "threads 20")) {
            same(user, "TRACE ACTOR " + action);
        }
    }

    @ParameterizedTest
    @EnumSource
    void theProgramsCallsAreToldFromItsStartToItsEnd(User user) throws Exception {
        Traced all = traced(user, "all", "TRACE /bin/cat /etc/hostname >/dev/null");
        assertThat(all.lines().get(0)).endsWith("started by 0");
        assertThat(all.lines().get(1)).endsWith(" execve");
        assertThat(all.lines().get(2)).contains("executed by ");
        assertThat(all.lines().get(3)).endsWith(" left 0");
        assertThat(all.with("openat")).anyMatch(line -> line.endsWith(" openat /etc/hostname"));
        assertThat(all.lines().getLast()).endsWith("ended 0 signal 0");
        assertThat(all.count(" left ")).isEqualTo(entered(all) - 1); // exit_group does not return
        Traced some = traced(user, "openat", "TRACE /bin/cat /etc/hostname >/dev/null");
        assertThat(entered(some)).isEqualTo(some.count(" openat ")).isPositive();
        assertThat(some.count(" openat ")).isEqualTo(all.count(" openat "));
        assertThat(some.count(" left ")).isEqualTo(entered(some));
    }

    private static long entered(Traced traced) {
        return traced.lines().stream()
                .filter(line -> line.matches("\\S+ (early )?(x86-64|aarch64|i386|arm) .*"))
                .count();
    }

    @Test
    void callsBeforeTheEntryPointAreEarly() throws Exception {
        Traced cat = traced(User.SELF, "all", "TRACE /bin/sh -c '/bin/cat /etc/hostname; :' >/dev/null");
        assertThat(cat.with("ld.so.cache")).hasSize(2).allMatch(line -> line.contains(" early "));
        assertThat(cat.with("libc.so.6")).hasSize(2).allMatch(line -> line.contains(" early "));
        assertThat(cat.with("/etc/hostname")).hasSize(1).noneMatch(line -> line.contains(" early "));
        assertThat(cat.with(" execve")).hasSize(2).noneMatch(line -> line.contains(" early "));
    }

    @Test
    void anotherThreadThatExecutesAProgramBecomesTheProcess() throws Exception {
        assumeTrue(compiled, "gcc is not installed");
        Traced execute = traced(User.SELF, "all", "TRACE ACTOR execute");
        assertThat(execute.with("executed by ")).hasSize(2);
        String second = execute.with("executed by ").getLast();
        String process = second.substring(0, second.indexOf('/'));
        assertThat(second).startsWith(process + "/" + process + " ").doesNotEndWith("by " + process);
        assertThat(execute.lines().getLast()).isEqualTo(process + "/" + process + " ended 9 signal 0");
    }

    @Test
    void callsByAnotherArchitecturesNumbersAreToldAsSuch() throws Exception {
        assumeTrue(compiled, "gcc is not installed");
        for (String calls : List.of("all", "execve")) {
            Traced foreign = traced(User.SELF, calls, "TRACE ACTOR foreign");
            assumeTrue(foreign.result().out().contains("int80"), "not an x86-64");
            assertThat(foreign.with("i386 getpid")).hasSize(1);
            assertThat(foreign.with("number-" + (0x40000000 | 39))).hasSize(1);
        }
    }

    @Test
    void memoryThatIsNotThereIsNoStringAndMemoryThatEndsIsAShortOne() throws Exception {
        assumeTrue(compiled, "gcc is not installed");
        Traced unreadable = traced(User.SELF, "openat", "TRACE ACTOR unreadable");
        List<String> opened = unreadable.with("openat");
        assertThat(opened.subList(opened.size() - 4, opened.size()))
                .extracting(line -> line.substring(line.indexOf("openat")))
                .containsExactly("openat ?", "openat ?", "openat /abcde", "openat /nowhere/x");
    }

    @Test
    void signalsAreToldWithTheirSenders() throws Exception {
        Traced traced = traced(User.SELF, "execve", "TRACE /bin/sh -c 'trap : USR1; kill -USR1 $$; /bin/true; exit 3'");
        List<String> signals = traced.with(" signal 10 code 0 from ");
        assertThat(signals).hasSize(1);
        assertThat(signals.getFirst()).startsWith(signals.getFirst().replaceAll(".* from ", "") + "/");
    }

    @Test
    void fiveHundredThreadsAreFollowed() throws Exception {
        assumeTrue(compiled, "gcc is not installed");
        for (String calls : List.of("all", "getpgid")) {
            Traced threads = traced(User.SELF, calls, "TRACE ACTOR threads 500");
            assertThat(threads.result().out()).isEqualTo("threads 500\n");
            assertThat(threads.count("getpgid")).isEqualTo(500);
            assertThat(threads.count(" started by ")).isEqualTo(501);
            assertThat(threads.count(" ended ")).isEqualTo(501);
        }
    }

    @Test
    void tenThousandProcessesAreFollowed() throws Exception {
        assumeTrue(compiled, "gcc is not installed");
        Traced processes = traced(User.SELF, "exit_group", "TRACE ACTOR processes 10000");
        assertThat(processes.result().out()).isEqualTo("processes 10000\n");
        assertThat(processes.count(" started by ")).isEqualTo(10001);
        assertThat(processes.count(" ended ")).isEqualTo(10001);
    }

    @ParameterizedTest
    @EnumSource
    void aProgramThatIsKilledInACallEnds(User user) throws Exception {
        Traced killed = traced(user, "all", "TRACE /bin/sh -c '(sleep 0.2; kill -KILL $$) & exec /bin/sleep 30'");
        assertThat(killed.result().status()).isEqualTo(137);
        assertThat(killed.with(" ended 137 signal 9")).hasSize(1);
        assertThat(killed.count("nanosleep")).isPositive();
    }

    @ParameterizedTest
    @ValueSource(strings = {"TERM", "INT", "USR1", "HUP", "QUIT"})
    void aSignalForTheTracerIsTheProgramsOnce(String signal) throws Exception {
        String program = "trap 'echo got; exit 7' " + signal + "; touch ready; while :; do sleep 0.05; done";
        // A background process of a script ignores SIGINT and SIGQUIT.
        Traced traced = traced(
                User.SELF,
                "execve",
                "env --default-signal=INT,QUIT TRACE /bin/sh -c \"" + program
                        + "\" & until [ -e ready ]; do sleep 0.05; done; sleep 0.1; kill -" + signal + " $!; wait $!");
        assertThat(traced.result().out()).isEqualTo("got\n");
        assertThat(traced.result().status()).isEqualTo(7);
    }

    @ParameterizedTest
    @EnumSource
    void aKilledTracerLeavesNothingBehind(User user) throws Exception {
        Traced traced = traced(
                user,
                "all",
                "TRACE /bin/sh -c 'echo $$ >number; /bin/sleep 33; :' & until [ -s number ]; do sleep 0.05; done; sleep 0.2;"
                        + " kill -KILL $!; sleep 0.2; grep State: /proc/$(cat number)/status | grep -v zombie; ps -e -o args | grep -c '^/bin/sleep 33'");
        assertThat(traced.result().out()).isEqualTo("0\n");
    }

    @ParameterizedTest
    @EnumSource
    void aRunningProgramIsAttachedToAndGoesOnWhenTheTracerEnds(User user) throws Exception {
        for (String signal : List.of("TERM", "KILL", "HUP")) {
            Traced traced = traced(
                    user,
                    "all",
                    "/bin/sh -c 'until [ -e done ]; do sleep 0.05; done; echo went on' & P=$!; sleep 0.2; TRACE -p $P & T=$!;"
                            + " until grep -qs 'ended 0' log; do sleep 0.05; done; kill -" + signal
                            + " $T; wait $T; echo $?; grep -o 'TracerPid:.*' /proc/$P/status; touch done; wait $P; echo $?");
            String status = signal.equals("KILL") ? "137" : "0";
            assertThat(traced.result().out()).as(signal).isEqualTo(status + "\nTracerPid:\t0\nwent on\n0\n");
            assertThat(traced.count(" started by ")).isPositive();
            assertThat(traced.count(" ended 0")).isPositive();
        }
    }

    @Test
    void allThreadsOfARunningProgramAreTraced() throws Exception {
        String many =
                "import java.util.concurrent.*; class Many { public static void main(String[] a) throws Exception {"
                        + " for (int i = 0; i < 30; i++) Thread.ofPlatform().start(() -> { for (int j = 0; j < 60; j++)"
                        + " try { Thread.sleep(50); } catch (InterruptedException e) { return; } }); } }";
        Files.writeString(directory.resolve("Many.java"), many);
        Traced traced = traced(
                User.SELF,
                "all",
                System.getProperty("java.home") + "/bin/java " + directory
                        + "/Many.java & P=$!; until [ $(ls /proc/$P/task | wc -l) -gt 40 ]; do sleep 0.1; done;"
                        + " TRACE -p $P & T=$!; until [ -s log ]; do sleep 0.05; done; sleep 0.5; kill -TERM $T; wait $T;"
                        + " echo $?; wait $P; echo $?");
        assertThat(traced.result().out()).isEqualTo("0\n0\n");
        assertThat(traced.lines().stream()
                        .filter(line -> line.contains("futex"))
                        .map(line -> line.substring(0, line.indexOf(' ')))
                        .distinct()
                        .count())
                .isGreaterThan(29);
    }

    @Test
    void aStoppedProgramStaysStoppedWhenItIsLeft() throws Exception {
        Traced traced = traced(
                User.SELF,
                "all",
                "/bin/sleep 1 & P=$!; kill -STOP $P; TRACE -p $P & T=$!; until [ -s log ]; do sleep 0.05; done; sleep 0.3;"
                        + " kill -TERM $T; wait $T; echo $?; grep -o 'State:.*' /proc/$P/status; kill -CONT $P; wait $P; echo $?");
        assertThat(traced.result().out()).isEqualTo("0\nState:\tT (stopped)\n0\n");
    }

    @ParameterizedTest
    @EnumSource
    void whatCannotBeTracedIsNamedInOneLine(User user) throws Exception {
        refused(user, "TRACE /nowhere/x", 127, "/nowhere/x: cannot be executed (execve: ENOENT)");
        refused(user, "TRACE /etc/passwd", 126, "/etc/passwd: cannot be executed (execve: EACCES)");
        refused(user, "TRACE /tmp", 126, "/tmp: cannot be executed (execve: EACCES)");
        refused(
                user,
                "printf 'no program' >file; chmod +x file; TRACE ./file",
                126,
                "./file: cannot be executed (execve: ENOEXEC)");
        refused(user, "TRACE -p 4194303", 125, "process 4194303: there is no such process");
        refused(user, "TRACE -p 2", 125, "process 2: it belongs to the kernel, and cannot be traced");
    }

    @Test
    void aProcessOfSomebodyElseOrOfAnotherTracerIsNotTraced() throws Exception {
        refused(User.NOBODY, "TRACE -p 1", 125, "process 1: it cannot be traced: it belongs to another user (uid 0)");
        Traced twice = traced(
                User.SELF,
                "all",
                "/bin/sleep 2 & P=$!; TRACE -p $P & T=$!; until [ -s log ]; do sleep 0.05; done;"
                        + " OTHER -p $P 2>&1 | sed \"s/ $T\\$/ OTHER/; s/process $P/process P/\"; kill $T; wait $P; echo $?"
                                .replace("OTHER -p", tracing(directory.resolve("other"), "all") + "-p"));
        assertThat(twice.result().out()).isEqualTo("pledge: process P: it is traced already, by process OTHER\n0\n");
    }

    private static void refused(User user, String script, int status, String message) throws Exception {
        assertThat(traced(user, "all", script).result())
                .isEqualTo(new Shell.Result(status, "", "pledge: " + message + "\n"));
    }
}
