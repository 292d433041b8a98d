package org.jpledge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jpledge.bpf.Insn;
import org.jpledge.bpf.Program;
import org.jpledge.landlock.Abi;
import org.jpledge.landlock.FilePath;
import org.jpledge.landlock.FsRight;
import org.jpledge.landlock.PathRule;
import org.jpledge.landlock.Rights;
import org.jpledge.landlock.Ruleset;
import org.jpledge.linux.Kernel;
import org.jpledge.linux.KernelException;
import org.jpledge.linux.Landlock;
import org.jpledge.linux.Seccomp;
import org.jpledge.linux.ThreadException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Every thread of a JVM is restricted, or none is and one is named. */
@Tag("enforcement")
@Timeout(300)
class AllThreadsTest {
    private static final Rights<FsRight> READ = Rights.of(FsRight.READ_FILE, FsRight.READ_DIR);
    private static final Duration LIMIT = Duration.ofSeconds(20);

    /** What is run in JVMs of their own. */
    static final class Programs {
        private static final AtomicInteger ESCAPES = new AtomicInteger();
        private static final AtomicInteger THREADS = new AtomicInteger();
        private static volatile int closed;
        private static volatile boolean over;

        private Programs() {}

        public static void main(String[] arguments) throws Exception {
            switch (arguments[0]) {
                case "stress" -> stress(Path.of(arguments[1]), Integer.parseInt(arguments[2]));
                case "deaf" -> deaf(Path.of(arguments[1]));
                case "filtered" -> filtered();
                case "signals" -> signals(Path.of(arguments[1]));
                default -> throw new IllegalArgumentException(arguments[0]);
            }
        }

        /** Closes one directory after the other while threads start, look into what is closed, and end. */
        private static void stress(Path directory, int rounds) throws Exception {
            for (int i = 1; i <= rounds; i++) {
                Files.writeString(
                        Files.createDirectories(directory.resolve("" + i)).resolve("file"), "");
            }
            List<Thread> starters = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                starters.add(Thread.ofPlatform().start(() -> startThreads(directory)));
                starters.add(Thread.ofVirtual().start(() -> startThreads(directory)));
                Thread.ofPlatform().start(new Relay(directory));
            }
            List<Thread> waiting = new ArrayList<>();
            CountDownLatch end = new CountDownLatch(1);
            for (int i = 0; i < 20; i++) {
                waiting.add(Thread.ofPlatform().start(() -> {
                    awaitUninterruptibly(end);
                    look(directory);
                }));
            }
            for (int i = 1; i <= rounds; i++) {
                restrict(directory, i, rounds);
                closed = i;
            }
            over = true;
            end.countDown();
            for (Thread thread : starters) {
                thread.join();
            }
            for (Thread thread : waiting) {
                thread.join();
            }
            System.out.println(ESCAPES.get() + " escapes");
            System.out.println(THREADS.get() > rounds);
        }

        private static void restrict(Path directory, int round, int rounds) throws KernelException, ThreadException {
            List<PathRule> rules = new ArrayList<>(
                    List.of(rule(Path.of("/proc")), rule(Path.of("").toAbsolutePath())));
            for (int i = round + 1; i <= rounds; i++) {
                rules.add(rule(directory.resolve("" + i)));
            }
            restrict(rules);
        }

        private static void restrict(List<PathRule> rules) throws KernelException, ThreadException {
            Abi abi = Landlock.support().abi();
            try (Landlock.Layer layer = Landlock.make(Ruleset.ofPaths(rules).degrade(abi))) {
                layer.restrictProcess(abi, LIMIT);
            }
        }

        private static PathRule rule(Path path) {
            return new PathRule(FilePath.of(path.toString()), true, READ, PathRule.Presence.REQUIRED);
        }

        private static void startThreads(Path directory) {
            while (!over) {
                Thread thread = THREADS.get() % 4 == 0
                        ? Thread.ofVirtual().start(() -> look(directory))
                        : Thread.ofPlatform().start(() -> look(directory));
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
        }

        /** Threads each of which starts the next and ends. */
        private record Relay(Path directory) implements Runnable {
            @Override
            public void run() {
                look(directory);
                if (!over) {
                    Thread.ofPlatform().start(this);
                }
            }
        }

        private static void look(Path directory) {
            THREADS.incrementAndGet();
            int known = closed;
            if (known > 0
                    && Files.isReadable(directory.resolve("" + known))
                    && canOpen(directory.resolve(known + "/file"))) {
                ESCAPES.incrementAndGet();
            }
        }

        private static boolean canOpen(Path file) {
            try (var in = Files.newInputStream(file)) {
                return in.available() >= 0;
            } catch (IOException e) {
                return false;
            }
        }

        /** A thread that blocks every real-time signal. */
        private static void deaf(Path directory) throws Exception {
            CountDownLatch blocked = new CountDownLatch(1);
            CountDownLatch end = new CountDownLatch(1);
            Thread deaf = Thread.ofPlatform().name("deaf").start(() -> {
                setMask(-1L << 34);
                blocked.countDown();
                awaitUninterruptibly(end);
                setMask(0);
            });
            blocked.await();
            try {
                restrict(List.of(rule(directory)));
                System.out.println("restricted");
            } catch (ThreadException e) {
                System.out.println(String.valueOf(e.getMessage()).replaceAll("\\d+", "N"));
                System.out.println(e.restricted());
            }
            System.out.println(canOpen(Path.of("/etc/passwd")));
            end.countDown();
            deaf.join();
            restrict(List.of(rule(directory)));
            System.out.println(canOpen(Path.of("/etc/passwd")));
        }

        private static void setMask(long mask) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment set = arena.allocateFrom(ValueLayout.JAVA_LONG, mask);
                Kernel.call("rt_sigprocmask", 2, set.address(), 0, 8);
            }
        }

        /** A thread that has a filter of its own. */
        private static void filtered() throws Exception {
            CountDownLatch installed = new CountDownLatch(1);
            CountDownLatch end = new CountDownLatch(1);
            Program everything = new Program(List.of(new Insn.Return(0x7fff0000)));
            Thread other = Thread.ofPlatform().name("other").start(() -> {
                installAlone(everything);
                installed.countDown();
                awaitUninterruptibly(end);
            });
            installed.await();
            try {
                Seccomp.install(everything);
                System.out.println("installed");
            } catch (ThreadException e) {
                System.out.println(String.valueOf(e.getMessage()).replaceAll("\\d+", "N"));
            }
            end.countDown();
            other.join();
            // A joined thread has a moment to live in the kernel.
            boolean done = false;
            for (int i = 0; !done && i < 1000; i++) {
                Thread.sleep(1);
                done = isInstalled(everything);
            }
            System.out.println(done ? "installed" : "not installed");
        }

        private static boolean isInstalled(Program program) throws KernelException {
            try {
                Seccomp.install(program);
                return true;
            } catch (ThreadException e) {
                return false;
            }
        }

        private static void installAlone(Program program) {
            byte[] code = program.encode(ByteOrder.nativeOrder());
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment instructions = arena.allocateFrom(ValueLayout.JAVA_BYTE, code);
                MemorySegment filter =
                        arena.allocateFrom(ValueLayout.JAVA_LONG, program.length(), instructions.address());
                Kernel.call("prctl", 38, 1);
                Kernel.call("seccomp", 1, 0, filter.address());
            }
        }

        /** The handlers of signals before and after. */
        private static void signals(Path directory) throws Exception {
            Landlock.prepare(Landlock.support().abi());
            String before = caught();
            restrict(List.of(rule(directory), rule(Path.of("/proc"))));
            System.out.println(before.equals(caught()));
        }

        private static String caught() throws IOException {
            return Files.readAllLines(Path.of("/proc/self/status")).stream()
                    .filter(line -> line.startsWith("SigCgt"))
                    .findFirst()
                    .orElseThrow();
        }

        private static void awaitUninterruptibly(CountDownLatch latch) {
            try {
                latch.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** A process can be restricted 16 times: so these are several processes, 208 times in all. */
    @Test
    void noThreadEscapesWhileThreadsStartAndEndAllTheTime(@TempDir Path directory) throws IOException {
        assumeLandlock();
        for (int i = 0; i < 16; i++) {
            Run run = ForkedJvm.run(
                    Programs.class, "stress", directory.resolve("run" + i).toString(), "13");
            assertThat(run.err()).isEmpty();
            assertThat(run.out()).isEqualTo("0 escapes\ntrue\n");
        }
    }

    @Test
    void aThreadThatDoesNotAnswerIsNamedAndNothingIsRestricted(@TempDir Path directory) throws IOException {
        assumeLandlock();
        Run run = ForkedJvm.run(Programs.class, "deaf", directory.toString());
        assertThat(run.out()).isEqualTo("""
                        thread "deaf" (N) blocks every free real-time signal; nothing has been restricted
                        0
                        true
                        false
                        """);
        assertThat(run.status()).isZero();
    }

    @Test
    void aThreadThatCannotBeSynchronisedIsNamed() throws IOException {
        Run run = ForkedJvm.run(Programs.class, "filtered");
        assertThat(run.err()).isEmpty();
        assertThat(run.out())
                .isEqualTo("thread \"other\" (N) has a filter of its own; nothing has been restricted\ninstalled\n");
    }

    @Test
    void noSignalHasAnotherHandlerAfterwards(@TempDir Path directory) throws IOException {
        assumeLandlock();
        assertThat(ForkedJvm.run(Programs.class, "signals", directory.toString())
                        .out())
                .isEqualTo("true\n");
    }

    private static void assumeLandlock() {
        Landlock.Support support = Landlock.support();
        assumeTrue(support.abi() != Abi.NONE, support::toString);
    }
}
