package org.jpledge.benchmarks;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import java.util.stream.Stream;
import org.jpledge.client.PledgeClient;
import org.jpledge.client.PledgeRequest;
import org.jpledge.client.PledgeServerException;

/** What one server bears: very many connections and programs, clients that vanish, and its own sudden end. */
final class Serving {
    private static final int CONNECTIONS = 1000;
    private static final int AT_A_TIME = 4;
    private static final int CHUNK = 2000;
    private static final int CHUNKS = 5;
    private static final int VANISHING = 1000;
    private static final int KILLED = 50;
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration PAUSE = Duration.ofMillis(5);
    private static final double MEBI = 1024;

    private static final OutputStream NOWHERE = OutputStream.nullOutputStream();
    private static final PledgeRequest TRUE = PledgeRequest.of("true").promising("stdio");
    private static final PledgeRequest SLEEP = PledgeRequest.of("sleep", "1000").promising("stdio");

    private final Path socket;
    private final Path log;
    private final String pledge;
    private final PrintStream out;
    private final ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();
    private Process server;

    Serving(Path directory, Path root, PrintStream out) throws IOException, InterruptedException {
        socket = directory.resolve("serving");
        log = directory.resolve("serving-log");
        pledge = root.resolve("pledge").toString();
        this.out = out;
        server = start();
    }

    private interface Work {
        void with(PledgeClient client) throws IOException, InterruptedException;
    }

    /** What a process holds. */
    private record Held(int descriptors, int threads, int children, int resident) {
        static Held by(Process process) throws IOException {
            Path proc = Path.of("/proc/" + process.pid());
            int children = 0;
            List<Path> tasks = files(proc.resolve("task"));
            for (Path task : tasks) {
                children +=
                        (int) words(Files.readString(task.resolve("children"))).count();
            }
            int pages = Integer.parseInt(words(Files.readString(proc.resolve("statm")))
                    .skip(1)
                    .findFirst()
                    .orElseThrow());
            return new Held(files(proc.resolve("fd")).size(), tasks.size(), children, 4 * pages);
        }

        private static Stream<String> words(String text) {
            return Arrays.stream(text.strip().split(" ", -1)).filter(word -> !word.isEmpty());
        }

        private static List<Path> files(Path directory) throws IOException {
            try (Stream<Path> files = Files.list(directory)) {
                return files.toList();
            }
        }

        @Override
        public String toString() {
            return "%d descriptors, %d threads, %d children, %.0f MiB"
                    .formatted(descriptors, threads, children, resident / MEBI);
        }
    }

    /** Prints a row for each thing. */
    void measure() throws IOException, InterruptedException {
        try {
            connections();
            runs();
            limit();
            vanishing();
            killed();
        } finally {
            server.destroy();
            server.waitFor();
        }
        out.printf("%-62s %s%n", "failures", failures.isEmpty() ? "none" : failures.size() + ": " + failures.peek());
    }

    private Process start() throws IOException, InterruptedException {
        Process process = new ProcessBuilder(pledge, "serve", "--socket", socket.toString(), "--log", log.toString())
                .inheritIO()
                .start();
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try (PledgeClient client = PledgeClient.connect(socket)) {
                client.run(TRUE, NOWHERE, NOWHERE);
                return process;
            } catch (IOException e) {
                if (System.nanoTime() - deadline > 0) {
                    throw e;
                }
                Thread.sleep(PAUSE);
            }
        }
    }

    private void row(String what, String figures) {
        out.printf("%-62s %s%n", what, figures);
    }

    private static double seconds(long since) {
        return (System.nanoTime() - since) / (double) TimeUnit.SECONDS.toNanos(1);
    }

    /** Does something so often, some at a time. */
    private void times(int count, int atATime, IntConsumer work) throws InterruptedException {
        AtomicInteger next = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < atATime; i++) {
            threads.add(Thread.ofPlatform().start(() -> {
                for (int number = next.getAndIncrement(); number < count; number = next.getAndIncrement()) {
                    work.accept(number);
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
    }

    private void attempt(Work work, PledgeClient client) {
        try {
            work.with(client);
        } catch (IOException e) {
            failures.add(String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private PledgeClient connect() {
        try {
            return PledgeClient.connect(socket);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private void connections() throws IOException, InterruptedException {
        Held before = Held.by(server);
        PledgeClient[] clients = new PledgeClient[CONNECTIONS];
        long begun = System.nanoTime();
        times(CONNECTIONS, AT_A_TIME, i -> clients[i] = connect());
        double connected = seconds(begun);
        begun = System.nanoTime();
        times(CONNECTIONS, CONNECTIONS, i -> attempt(client -> client.explain("stdio"), clients[i]));
        double answered = seconds(begun);
        Held during = Held.by(server);
        for (PledgeClient client : clients) {
            client.close();
        }
        settle(before.descriptors());
        row("connections: made, each greeted", CONNECTIONS + " in %.2f s".formatted(connected));
        row("  and then a request on each at the same time", CONNECTIONS + " answered in %.2f s".formatted(answered));
        row("  the server before", before.toString());
        row("  while they are open", during.toString());
        row("  after", Held.by(server).toString());
    }

    private void runs() throws IOException, InterruptedException {
        Held first = Held.by(server);
        row("runs of true, " + AT_A_TIME + " at a time: before the first", first.toString());
        for (int chunk = 1; chunk <= CHUNKS; chunk++) {
            long[] times = new long[CHUNK];
            PledgeClient[] clients = new PledgeClient[AT_A_TIME];
            Arrays.setAll(clients, _ -> connect());
            long begun = System.nanoTime();
            // Each of these does one thing at a time.
            times(AT_A_TIME, AT_A_TIME, number -> {
                for (int i = number; i < CHUNK; i += AT_A_TIME) {
                    long each = System.nanoTime();
                    attempt(Serving::run, clients[number]);
                    times[i] = System.nanoTime() - each;
                }
            });
            double all = seconds(begun);
            Arrays.sort(times);
            for (PledgeClient client : clients) {
                client.close();
            }
            settle(first.descriptors());
            row(
                    "  after " + chunk * CHUNK,
                    Held.by(server) + ", %.0f a second, median %.1f ms".formatted(CHUNK / all, times[CHUNK / 2] / 1e6));
        }
    }

    private static void run(PledgeClient client) throws IOException {
        PledgeClient.End end = client.run(TRUE, NOWHERE, NOWHERE);
        if (end.status() != 0) {
            throw new IOException("true ended with status " + end.status());
        }
    }

    /** Starts programs until there are too many. */
    private void limit() throws IOException, InterruptedException {
        Held before = Held.by(server);
        List<Integer> runs = new ArrayList<>();
        try (PledgeClient client = connect()) {
            while (runs.size() <= CONNECTIONS) {
                runs.add(client.start(SLEEP));
            }
        } catch (PledgeServerException e) {
            row("programs at a time until one is refused", runs.size() + ": " + e.code() + " " + e.getMessage());
            row("  the server with them", Held.by(server).toString());
        }
        try (PledgeClient client = connect()) {
            for (int run : runs) {
                client.kill(run, "SIGTERM");
            }
        }
        settle(before.descriptors());
        row("  after", Held.by(server).toString());
    }

    private void vanishing() throws IOException, InterruptedException {
        Held before = Held.by(server);
        long begun = System.nanoTime();
        times(VANISHING, AT_A_TIME, i -> {
            PledgeClient client = connect();
            Thread waiting = Thread.ofPlatform().start(() -> {
                try {
                    client.run(SLEEP, NOWHERE, NOWHERE);
                    failures.add("sleep has ended");
                } catch (IOException e) {
                    // The connection is closed below.
                    return;
                }
            });
            attempt(_ -> Thread.sleep(i % 20), client);
            client.close();
            attempt(_ -> waiting.join(), client);
        });
        settle(before.descriptors());
        row("clients that vanish, before or during their run", VANISHING + " in %.2f s".formatted(seconds(begun)));
        row("  the server after", Held.by(server).toString());
    }

    private void killed() throws IOException, InterruptedException {
        List<Long> attached = new ArrayList<>();
        List<Long> detached = new ArrayList<>();
        List<PledgeClient> clients = new ArrayList<>();
        for (int i = 0; i < KILLED; i++) {
            PledgeClient client = connect();
            clients.add(client);
            attempt(each -> each.start(SLEEP), client);
            Thread.ofPlatform().daemon().start(() -> {
                try {
                    client.run(SLEEP, NOWHERE, NOWHERE);
                    failures.add("sleep has ended");
                } catch (IOException e) {
                    // The server is killed below.
                    return;
                }
            });
        }
        try (PledgeClient client = connect()) {
            List<PledgeClient.Run> runs = client.runs();
            while (runs.size() < 2 * KILLED) {
                Thread.sleep(PAUSE);
                runs = client.runs();
            }
            runs.forEach(run -> (run.isDetached() ? detached : attached).add((long) run.pid()));
        }
        long begun = System.nanoTime();
        server.destroyForcibly().waitFor();
        while (attached.stream().anyMatch(Serving::isThere)) {
            Thread.sleep(Duration.ofMillis(1));
        }
        row(
                "kill -9 of the server: its " + attached.size() + " programs are gone after",
                "%.1f ms".formatted(1e3 * seconds(begun)));
        row(
                "  of those detached go on",
                detached.stream().filter(Serving::isThere).count() + " of " + detached.size());
        begun = System.nanoTime();
        server = start();
        row("  a next server at the same place has run a program after", "%.2f s".formatted(seconds(begun)));
        detached.forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroy));
        clients.forEach(PledgeClient::close);
    }

    /** A dead process that nobody has waited for has no executable. */
    private static boolean isThere(long pid) {
        return Files.exists(Path.of("/proc/" + pid + "/exe"));
    }

    /** Waits until the server has as few descriptors again, and no children. */
    private void settle(int descriptors) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() - deadline < 0) {
            Held held = Held.by(server);
            if (held.descriptors() <= descriptors && held.children() == 0) {
                return;
            }
            Thread.sleep(PAUSE);
        }
    }
}
