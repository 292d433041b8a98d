package org.jpledge.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.FileInputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Children that run beside this process. */
class RunningProcessTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final int O_DIRECTORY = 0x10000;
    private static final int O_CLOEXEC = 0x80000;
    private static final int AT_FDCWD = -100;
    private static final int SIGHUP = 1;
    private static final int SIGKILL = 9;

    @Test
    void theExitStatusIsThePrograms() throws Exception {
        assertThat(end(start("exit 7"))).isEqualTo(new RunningProcess.End(7, 0));
        assertThat(end(start("exit 0")).status()).isZero();
    }

    @Test
    void soIsTheSignalThatEndedIt() throws Exception {
        assertThat(end(start("kill -SEGV $$"))).isEqualTo(new RunningProcess.End(0, 11));
    }

    @Test
    void aSignalReachesTheWholeGroup() throws Exception {
        try (Pipe pipe = new Pipe()) {
            RunningProcess running =
                    start(false, List.of(0, pipe.writing, 2), "trap '' HUP; sleep 1000 & echo $!; exec sleep 1000");
            String sleeper = pipe.line();
            assertThat(running.signal(SIGHUP)).isTrue();
            assertThat(running.await(Duration.ofMillis(100))).isEmpty();
            assertThat(running.signal(SIGKILL)).isTrue();
            assertThat(end(running).signal()).isEqualTo(SIGKILL);
            // A dead process, even if nobody has waited for it yet, executes no file.
            Path executed = Path.of("/proc/" + sleeper + "/exe");
            for (int i = 0; i < 100 && Files.exists(executed); i++) {
                Thread.sleep(20);
            }
            assertThat(Files.exists(executed)).isFalse();
            assertThat(running.signal(SIGKILL)).isFalse();
        }
    }

    @Test
    void itHasTheDescriptorsThatItWasGivenInTheirOrderAndNoOthers() throws Exception {
        // One that Java leaves open for children, and one at a number that the child gets another at.
        try (Pipe out = new Pipe();
                Pipe other = new Pipe();
                FileInputStream _ = new FileInputStream("/etc/passwd")) {
            Kernel.require("fcntl", other.reading, 2, 0);
            RunningProcess running = start(
                    false,
                    List.of(out.reading, out.writing, out.writing, other.writing),
                    "cd /proc/self/fd; for f in *; do echo \"$f $(readlink $f)\"; done; echo end");
            List<String> lines = new ArrayList<>();
            for (String line = out.line(); !line.equals("end"); line = out.line()) {
                lines.add(line);
            }
            end(running);
            String pipe = link(out.writing);
            assertThat(lines).contains("0 " + pipe, "1 " + pipe, "2 " + pipe, "3 " + link(other.writing));
            // The shell opens the directory itself.
            assertThat(lines).noneMatch(line -> line.contains("passwd"));
            assertThat(lines.stream().filter(line -> !line.contains("/proc"))).hasSizeLessThanOrEqualTo(5);
        }
    }

    @Test
    void aSwapOfDescriptorsIsOne() throws Exception {
        try (Pipe in = new Pipe();
                Pipe out = new Pipe()) {
            int first = Math.min(in.reading, out.writing);
            // Three and four stand for each other, and both are this process's own numbers of something.
            RunningProcess running =
                    start(false, List.of(0, out.writing, 2, out.writing, 1, first), "echo three >&3; echo one >&1");
            assertThat(out.line()).isEqualTo("three");
            assertThat(out.line()).isEqualTo("one");
            end(running);
        }
    }

    @Test
    void itsDirectoryIsTheOneThatIsOpen() throws Exception {
        try (Pipe out = new Pipe()) {
            RunningProcess running = start(false, List.of(0, out.writing, 2), "pwd; echo $NAME");
            assertThat(out.line()).isEqualTo("/usr");
            assertThat(out.line()).isEqualTo("value");
            end(running);
        }
    }

    @Test
    void itsSignalsAreAsTheyWereWithoutAJvm() throws Exception {
        try (Pipe out = new Pipe()) {
            RunningProcess running = start(
                    false,
                    List.of(0, out.writing, 2),
                    "grep -E 'SigBlk|SigIgn' /proc/self/status; ulimit -n; ps -o sid= -p $$ | tr -d ' '");
            assertThat(out.line()).matches("SigBlk:\\s0+");
            assertThat(out.line()).matches("SigIgn:\\s0+");
            assertThat(out.line()).isEqualTo("777");
            assertThat(out.line()).isEqualTo(Integer.toString(running.pid()));
            end(running);
        }
    }

    @Test
    void whatCannotBeExecutedIsAnErrorAndNoZombie() throws Exception {
        long before = descriptors();
        assertThatThrownBy(() -> start("/nowhere/at/all", false, List.of(0, 1, 2), List.of("x")))
                .isInstanceOf(KernelException.class)
                .hasMessage("execve: ENOENT");
        assertThatThrownBy(() -> start(false, List.of(0, 1, 987_654), "true"))
                .isInstanceOf(KernelException.class)
                .hasMessage("fcntl: EBADF");
        assertThat(descriptors()).isEqualTo(before);
        assertThat(zombies()).isZero();
    }

    @Test
    void manyAtOnceLeaveNothingBehind() throws Exception {
        // What all share is there from the first wait on.
        end(start("sleep 0.1"));
        long before = descriptors();
        List<Thread> threads = new ArrayList<>();
        List<Integer> wrong = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            int status = i % 100;
            threads.add(Thread.ofVirtual().start(() -> {
                try {
                    if (end(start("exit " + status)).exit() != status) {
                        throw new IllegalStateException("another status");
                    }
                } catch (KernelException | RuntimeException e) {
                    synchronized (wrong) {
                        wrong.add(status);
                    }
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(wrong).isEmpty();
        assertThat(descriptors()).isEqualTo(before);
        assertThat(zombies()).isZero();
    }

    private static RunningProcess.End end(RunningProcess running) throws KernelException {
        Optional<RunningProcess.End> end = running.await(LONG);
        if (end.isEmpty()) {
            running.signal(SIGKILL);
            throw new IllegalStateException("did not end");
        }
        return end.get();
    }

    private static RunningProcess start(String script) throws KernelException {
        return start(false, List.of(0, 1, 2), script);
    }

    private static RunningProcess start(boolean outlives, List<Integer> descriptors, String script)
            throws KernelException {
        return start("/bin/sh", outlives, descriptors, List.of("sh", "-c", script));
    }

    private static RunningProcess start(
            String program, boolean outlives, List<Integer> descriptors, List<String> arguments)
            throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            int directory = (int) Kernel.require(
                    "openat", AT_FDCWD, arena.allocateFrom("/usr").address(), O_DIRECTORY | O_CLOEXEC, 0);
            try {
                return RunningProcess.start(new RunningProcess.Plan(
                        bytes(program),
                        Optional.empty(),
                        arguments.stream().map(RunningProcessTest::bytes).toList(),
                        List.of(bytes("PATH=/usr/bin:/bin"), bytes("NAME=value")),
                        directory,
                        descriptors,
                        new ProcessState(0, 0, 777, List.of()),
                        outlives));
            } finally {
                Kernel.call("close", directory);
            }
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static long descriptors() throws IOException {
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            return all.count();
        }
    }

    private static long zombies() throws IOException {
        String self = Long.toString(ProcessHandle.current().pid());
        try (Stream<Path> all = Files.list(Path.of("/proc"))) {
            return all.filter(path -> path.getFileName().toString().matches("[0-9]+"))
                    .filter(path -> isZombieOf(path, self))
                    .count();
        }
    }

    private static boolean isZombieOf(Path process, String parent) {
        try {
            String status = Files.readString(process.resolve("stat"), StandardCharsets.ISO_8859_1);
            return status.substring(status.lastIndexOf(')')).startsWith(") Z " + parent + " ");
        } catch (IOException _) {
            return false; // It has ended.
        }
    }

    private static String link(int descriptor) {
        try {
            return Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor))
                    .toString();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A pipe by its numbers. */
    private static final class Pipe implements AutoCloseable {
        private final int reading;
        private final int writing;

        Pipe() throws KernelException {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment ends = arena.allocate(ValueLayout.JAVA_INT, 2);
                Kernel.require("pipe2", ends.address(), O_CLOEXEC);
                reading = ends.getAtIndex(ValueLayout.JAVA_INT, 0);
                writing = ends.getAtIndex(ValueLayout.JAVA_INT, 1);
            }
        }

        String line() throws KernelException {
            StringBuilder line = new StringBuilder();
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment one = arena.allocate(1);
                while (true) {
                    Kernel.require("read", reading, one.address(), 1);
                    char c = (char) one.get(ValueLayout.JAVA_BYTE, 0);
                    if (c == '\n') {
                        return line.toString();
                    }
                    line.append(c);
                }
            }
        }

        @Override
        public void close() {
            Kernel.call("close", reading);
            Kernel.call("close", writing);
        }
    }
}
