package org.jpledge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jpledge.launch.ClientFrame;
import org.jpledge.launch.LauncherClient;
import org.jpledge.linux.Kernel;
import org.jpledge.linux.KernelException;
import org.jpledge.linux.MemoryFile;
import org.jpledge.linux.UnixSocket;
import org.jpledge.syscall.Arch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The client in machine code, and servers of all kinds. What it becomes here is no launcher, but a program that shows what it got. */
@Tag("enforcement")
@Timeout(120)
class LauncherClientTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    @TempDir
    private Path directory;

    private Path client = Path.of("");
    private Path place = Path.of("");
    private UnixSocket listener;

    @BeforeEach
    void listen() throws Exception {
        client = Run.executable(directory, "client", LauncherClient.of(Arch.host()));
        place = directory.resolve("socket");
        listener = UnixSocket.listen(bytes(place.toString()), 0600, 16);
    }

    @AfterEach
    void close() {
        listener.close();
    }

    /** What the client sent. */
    private record Request(List<String> words, List<String> environment, List<Path> places) {}

    /** What the server does when a request has come. */
    private interface Answer {
        void give(UnixSocket connection) throws KernelException, IOException;
    }

    private CompletableFuture<Request> serve(Answer answer) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try (UnixSocket connection = listener.accept()) {
                        Request request = read(connection);
                        answer.give(connection);
                        return request;
                    } catch (KernelException | IOException e) {
                        throw new IllegalStateException(e);
                    }
                },
                Run.THREADS);
    }

    private static Request read(UnixSocket connection) throws KernelException, IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        List<Path> places = new ArrayList<>();
        byte[] buffer = new byte[1 << 16];
        int expected = ClientFrame.REQUEST;
        while (all.size() < expected) {
            UnixSocket.Received some = connection.receive(buffer, LONG).orElseThrow();
            assertThat(some.length()).isPositive();
            all.write(buffer, 0, some.length());
            for (int descriptor : some.descriptors()) {
                places.add(Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)));
                Kernel.call("close", descriptor);
            }
            if (all.size() >= ClientFrame.REQUEST) {
                ByteBuffer numbers = ByteBuffer.wrap(all.toByteArray()).order(ByteOrder.LITTLE_ENDIAN);
                assertThat(numbers.getInt()).isEqualTo(ClientFrame.MAGIC);
                expected = ClientFrame.REQUEST + numbers.getInt() + numbers.getInt();
            }
        }
        assertThat(all.size()).isEqualTo(expected);
        byte[] bytes = all.toByteArray();
        int words = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt(4);
        return new Request(
                strings(bytes, ClientFrame.REQUEST, words),
                strings(bytes, ClientFrame.REQUEST + words, bytes.length - ClientFrame.REQUEST - words),
                places);
    }

    private static List<String> strings(byte[] bytes, int from, int length) {
        String text = new String(bytes, from, length, StandardCharsets.ISO_8859_1);
        List<String> strings = new ArrayList<>(Arrays.asList(text.split("\0", -1)));
        assertThat(strings.removeLast()).isEmpty();
        return strings;
    }

    private static byte[] reply(int status, int skipped, String out, String err) {
        byte[] texts = (out + err).getBytes(StandardCharsets.ISO_8859_1);
        return ByteBuffer.allocate(ClientFrame.REPLY + texts.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(ClientFrame.MAGIC)
                .putInt(status)
                .putInt(skipped)
                .putInt(out.length())
                .putInt(err.length())
                .put(texts)
                .array();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private Answer become(Path program, int skipped, String err) {
        return connection -> {
            try (MemoryFile file = new MemoryFile(Files.readAllBytes(program))) {
                connection.send(reply(ClientFrame.BECOME, skipped, "", err), LONG, file.descriptor());
            }
        };
    }

    private Run run(String environment, String... words) throws IOException {
        List<String> command = new ArrayList<>(List.of(client.toString(), place.toString(), environment));
        command.addAll(Arrays.asList(words));
        return Run.of(command.toArray(new String[0]));
    }

    private Run shell(String script) throws IOException {
        return Run.of("sh", "-c", script, "sh", client.toString(), place.toString());
    }

    private Run answered(Answer answer) throws Exception {
        CompletableFuture<Request> served = serve(answer);
        Run run = run("A=1\1", "--", "env");
        served.get();
        return run;
    }

    private Run failed(String reason) {
        return new Run(125, "", "pledge: " + reason + "\n");
    }

    @Test
    void itBecomesWhatTheServerSendsWithItsOwnWordsAndEnvironment() throws Exception {
        CompletableFuture<Request> served = serve(become(Path.of("/usr/bin/env"), 3, "a warning\n"));
        assertThat(run("B=x y\1A=\1odd name\1B=again\1", "-p", "x", "--", "env", "-u", "A"))
                .isEqualTo(new Run(0, "B=x y\nodd name\nB=again\n", "a warning\n"));
        assertThat(served.get())
                .isEqualTo(new Request(
                        List.of("-p", "x", "--", "env", "-u", "A"),
                        List.of("B=x y", "A=", "odd name", "B=again"),
                        List.of(Path.of("").toRealPath(), Path.of("/"))));
    }

    @Test
    void anEmptyEnvironmentAndEmptyWordsAreJustThat() throws Exception {
        CompletableFuture<Request> served = serve(become(Path.of("/usr/bin/env"), 1, ""));
        assertThat(run("", "", "")).isEqualTo(new Run(0, "", ""));
        assertThat(served.get().words()).containsExactly("", "");
        assertThat(served.get().environment()).isEmpty();
    }

    @Test
    void aLongEnvironmentIsReadFromADescriptorAndManyWordsGetThrough() throws Exception {
        StringBuilder entries = new StringBuilder();
        for (int i = 0; i < 10; i++) {
            entries.append("V")
                    .append(i)
                    .append("=\1\2")
                    .append("x".repeat(100_000))
                    .append('\0');
        }
        Path file = Files.writeString(directory.resolve("entries"), entries);
        CompletableFuture<Request> served = serve(become(Path.of("/usr/bin/env"), 0, ""));
        Run run = shell("exec \"$1\" \"$2\" 7 env -u V3 $(yes A=b | head -20000) 7<" + file);
        assertThat(run.err()).isEmpty();
        assertThat(run.out().lines().map(String::length))
                .hasSize(10)
                .contains(100_005)
                .endsWith(3);
        assertThat(served.get().words()).hasSize(20_003);
        assertThat(String.join("\0", served.get().environment()) + '\0').isEqualTo(entries.toString());
    }

    @Test
    void whatItBecomesHasTheCallersStreamsAndDescriptorsAndNoOthers() throws Exception {
        CompletableFuture<Request> served = serve(become(Path.of("/usr/bin/ls"), 0, ""));
        Run run = shell("exec \"$1\" \"$2\" '' ls /proc/self/fd 5</dev/null");
        served.get();
        // The last is that of the directory that ls reads.
        assertThat(run).isEqualTo(new Run(0, "0\n1\n2\n3\n5\n", ""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"<&-", ">&-", "2>&-", "<&- >&-", "<&- >&- 2>&-"})
    void noSocketTakesThePlaceOfAClosedStream(String closing) throws Exception {
        CompletableFuture<Request> served = serve(connection -> connection.send(reply(3, 0, "out\n", "err\n"), LONG));
        Run run = shell("\"$1\" \"$2\" '' ls " + closing);
        assertThat(run)
                .isEqualTo(new Run(
                        3,
                        closing.contains(" >") || closing.startsWith(">") ? "" : "out\n",
                        closing.contains("2") ? "" : "err\n"));
        assertThat(served.get().words()).containsExactly("ls");
    }

    @Test
    void thatNobodyReadsErrorsKeepsNoProgramFromRunning() throws Exception {
        CompletableFuture<Request> served = serve(become(Path.of("/usr/bin/echo"), 0, "lost\n"));
        assertThat(shell("{ { sleep 0.2; \"$1\" \"$2\" '' echo done >&3; } 2>&1 | :; } 3>&1"))
                .isEqualTo(new Run(0, "done\n", ""));
        served.get();
    }

    @Test
    void theProgramsSignalsAreTheCallers() throws Exception {
        for (String action : List.of("", "trap '' PIPE; ")) {
            CompletableFuture<Request> served = serve(become(Path.of("/usr/bin/env"), 0, ""));
            Run run = shell(action + "\"$1\" \"$2\" 'PATH=/usr/bin:/bin\1' env sh -c 'kill -PIPE $$; exit 3'");
            assertThat(run.status()).isEqualTo(action.isEmpty() ? 141 : 3);
            served.get();
        }
    }

    @Test
    void outputAndStatusOfTheServerAreItsOwn() throws Exception {
        String out = "x".repeat(300_000) + "\n";
        assertThat(answered(connection -> connection.send(reply(64, 0, out, "pledge: why\n"), LONG)))
                .isEqualTo(new Run(64, out, "pledge: why\n"));
        CompletableFuture<Request> served = serve(connection -> connection.send(reply(0, 0, "out", ""), LONG));
        assertThat(shell("\"$1\" \"$2\" '' ls >/dev/full")).isEqualTo(failed("cannot write to standard output"));
        served.get();
    }

    @Test
    void withoutAServerOneLineSaysSo() throws Exception {
        listener.close();
        // Nobody listens at a stale socket.
        assertThat(run("", "ls")).isEqualTo(failed("no server listens on " + place + ": start one with pledge serve"));
        Files.delete(place);
        assertThat(run("", "ls")).isEqualTo(failed("no server listens on " + place + ": start one with pledge serve"));
        Files.createFile(place);
        assertThat(run("", "ls")).isEqualTo(failed("no server listens on " + place + ": start one with pledge serve"));
        place = place.resolve("below");
        assertThat(run("", "ls")).isEqualTo(failed(place + ": ENOTDIR"));
        place = directory.resolve("\033[31m\n");
        assertThat(run("", "ls"))
                .isEqualTo(failed("no server listens on " + directory + "/?[31m?: start one with pledge serve"));
        place = directory.resolve("x".repeat(107 - directory.toString().length() - 1));
        assertThat(run("", "ls")).isEqualTo(failed("no server listens on " + place + ": start one with pledge serve"));
        place = Path.of(place + "x");
        assertThat(run("", "ls")).isEqualTo(failed("the socket's path is longer than 107 bytes"));
    }

    @Test
    void wordsAreMissing() throws Exception {
        assertThat(run("").status()).isEqualTo(125);
        assertThat(Run.of(client.toString()).err()).startsWith("pledge: ").hasLineCount(1);
        assertThat(Run.of("sh", "-c", "exec \"$0\" \"$1\" 9 ls 9>&-", client.toString(), place.toString()))
                .isEqualTo(failed("environment: EBADF"));
    }

    @Test
    void anotherUsersServerIsNotAsked() throws Exception {
        assumeTrue(Run.isRoot(), "only root can become somebody else");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
        place = directory.resolve("foreign");
        CompletableFuture<UnixSocket> made = new CompletableFuture<>();
        // Credentials are a thread's own, where nobody asks libc to change them for all.
        Thread.ofPlatform().start(() -> {
            try {
                Kernel.require("setresuid", -1, Run.NOBODY, -1);
                made.complete(UnixSocket.listen(bytes(place.toString()), 0600, 1));
            } catch (KernelException e) {
                made.completeExceptionally(e);
            }
        });
        try (UnixSocket foreign = made.get()) {
            assertThat(foreign.descriptor()).isPositive();
            assertThat(run("SECRET=1\1", "ls")).isEqualTo(failed(place + ": the server is another user's"));
        }
    }

    @Test
    void rootsServerIsAskedByOthers() throws Exception {
        assumeTrue(Run.isRoot(), "only root can become somebody else");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
        Files.setPosixFilePermissions(place, PosixFilePermissions.fromString("rwxrwxrwx"));
        CompletableFuture<Request> served = serve(become(Path.of("/usr/bin/id"), 0, ""));
        assertThat(Run.of(Run.unprivileged(
                                "sh",
                                "-c",
                                "cd / && exec \"$@\"",
                                "sh",
                                client.toString(),
                                place.toString(),
                                "",
                                "id",
                                "-u"))
                        .out())
                .isEqualTo(Run.NOBODY + "\n");
        served.get();
    }

    @Test
    void aServerThatEndsTooEarlyIsSaid() throws Exception {
        Run ended = failed(place + ": the server ended before it had answered");
        assertThat(answered(connection -> {})).isEqualTo(ended);
        byte[] whole = reply(0, 0, "abc", "");
        for (int length : new int[] {1, 4, 19, 20, 22}) {
            Run run = answered(connection -> connection.send(Arrays.copyOf(whole, length), LONG));
            assertThat(run.err()).isEqualTo(ended.err());
            assertThat(run.status()).isEqualTo(125);
        }
        // It has not even read what was sent.
        CompletableFuture<Void> closed = CompletableFuture.runAsync(
                () -> {
                    try {
                        listener.accept().close();
                    } catch (KernelException e) {
                        throw new IllegalStateException(e);
                    }
                },
                Run.THREADS);
        assertThat(run("A=1\1", "ls")).isEqualTo(ended);
        closed.get();
    }

    @Test
    void aServerThatDoesNotAnswerIsNotWaitedForForEver() throws Exception {
        client = Run.executable(directory, "impatient", LauncherClient.of(Arch.host(), 1));
        Run silent = failed(place + ": the server has not answered for 1 s");
        // Nobody takes what is sent; somebody does, but says nothing; or half of it.
        assertThat(run("A=1\1", "ls")).isEqualTo(silent);
        listener.accept().close();
        byte[] half = Arrays.copyOf(reply(0, 0, "", ""), 10);
        for (byte[] begun : List.of(new byte[0], half)) {
            CompletableFuture<Void> ended = new CompletableFuture<>();
            CompletableFuture<Request> served = serve(connection -> {
                if (begun.length > 0) {
                    connection.send(begun, LONG);
                }
                ended.join();
            });
            assertThat(run("A=1\1", "ls")).isEqualTo(silent);
            ended.complete(null);
            served.get();
        }
    }

    @Test
    void anAnswerInPiecesIsOneAnswer() throws Exception {
        byte[] whole = reply(7, 0, "abc\n", "");
        assertThat(answered(connection -> {
                    for (byte each : whole) {
                        connection.send(new byte[] {each}, LONG);
                    }
                }))
                .isEqualTo(new Run(7, "abc\n", ""));
    }

    @Test
    void whatIsNoAnswerIsSaid() throws Exception {
        assertThat(answered(connection -> connection.send(bytes("{\"error\":\"busy\"}\nmore"), LONG)))
                .isEqualTo(failed(
                        place + ": what answers there is no server of pledge, or refuses: {\"error\":\"busy\"}"));
        assertThat(answered(connection -> connection.send(bytes("\033]0;title\007" + "x".repeat(9000)), LONG))
                        .err())
                .startsWith(
                        "pledge: " + place + ": what answers there is no server of pledge, or refuses: ?]0;title?xxx")
                .hasSizeLessThan(800);
        byte[] other = reply(0, 0, "", "");
        other[3]++;
        assertThat(answered(connection -> connection.send(other, LONG)))
                .isEqualTo(failed(place + ": what answers there is no server of this version of pledge"));
    }

    @Test
    void nothingButASealedFileInMemoryIsExecuted() throws Exception {
        Run refused = failed(place + ": what the server sent is no launcher");
        byte[] become = reply(ClientFrame.BECOME, 1, "", "");
        assertThat(answered(connection -> connection.send(become, LONG))).isEqualTo(refused);
        for (Path each : List.of(Path.of("/"), Path.of("/usr/bin/env"), Path.of("/dev/null"))) {
            assertThat(answered(connection -> withOpen(each, descriptor -> connection.send(become, LONG, descriptor))))
                    .isEqualTo(refused);
        }
        assertThat(answered(connection -> {
                    int descriptor = (int) MemoryFile.make();
                    connection.send(become, LONG, descriptor);
                    Kernel.call("close", descriptor);
                }))
                .isEqualTo(refused);
        for (int wrong : new int[] {257, -1, Integer.MIN_VALUE}) {
            assertThat(answered(with(Files.readAllBytes(Path.of("/usr/bin/env")), reply(wrong, 0, "", ""))))
                    .isEqualTo(refused);
        }
        for (int skipped : new int[] {2, 3, 1 << 28, -1}) {
            assertThat(answered(with(
                            Files.readAllBytes(Path.of("/usr/bin/env")), reply(ClientFrame.BECOME, skipped, "", ""))))
                    .isEqualTo(refused);
        }
        assertThat(answered(with(bytes("no program"), become))).isEqualTo(failed("launcher: ENOEXEC"));
    }

    private Answer with(byte[] file, byte[] reply) {
        return connection -> {
            try (MemoryFile sent = new MemoryFile(file)) {
                connection.send(reply, LONG, sent.descriptor());
            }
        };
    }

    private interface Use {
        void of(int descriptor) throws KernelException;
    }

    private static void withOpen(Path path, Use use) throws KernelException, IOException {
        try (Arena arena = Arena.ofConfined()) {
            long name = arena.allocateFrom(path.toString()).address();
            int descriptor = (int) Kernel.require("openat", -100, name, 0);
            use.of(descriptor);
            Kernel.call("close", descriptor);
        }
    }

    @Test
    void moreDescriptorsThanOneAreNotKept() throws Exception {
        CompletableFuture<Request> served = serve(connection -> {
            try (MemoryFile file = new MemoryFile(Files.readAllBytes(Path.of("/usr/bin/ls")))) {
                int[] many = new int[16];
                Arrays.fill(many, file.descriptor());
                connection.send(reply(ClientFrame.BECOME, 0, "", ""), LONG, many);
            }
        });
        assertThat(run("", "ls", "/proc/self/fd")).isEqualTo(new Run(0, "0\n1\n2\n3\n", ""));
        served.get();
    }

    @Test
    void stoppedAndContinuedItStillWaits() throws Exception {
        CompletableFuture<Request> served = serve(connection -> {
            try {
                Thread.sleep(600);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            connection.send(reply(5, 0, "", ""), LONG);
        });
        Run run = shell("\"$1\" \"$2\" '' ls & sleep 0.2; kill -STOP $!; sleep 0.1; kill -CONT $!; wait $!");
        served.get();
        assertThat(run).isEqualTo(new Run(5, "", ""));
    }
}
