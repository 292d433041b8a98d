package org.jpledge.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jpledge.client.PledgeClient;
import org.jpledge.client.PledgeRequest;
import org.jpledge.client.PledgeServerException;
import org.jpledge.linux.KernelException;
import org.jpledge.linux.UnixSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Programs that use a server: our own client, and the examples of docs/clients.md. */
@Tag("enforcement")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
class PledgeClientTest {
    private Path own;
    private Path home;
    private Path socket;
    private Served server;

    @BeforeAll
    void serve(@TempDir Path directory) throws Exception {
        own = User.SELF.own(directory);
        home = Installation.make(own.resolve("home"));
        socket = own.resolve("pledge.sock");
        server = Served.start(home, socket, User.SELF);
    }

    @AfterAll
    void stop() throws Exception {
        if (server != null) {
            server.close();
        }
    }

    private PledgeClient client() throws IOException {
        return PledgeClient.connect(socket);
    }

    private static final OutputStream NOWHERE = OutputStream.nullOutputStream();

    private static final PledgeRequest SLEEP = PledgeRequest.of("sleep", "1000").promising("stdio");

    @Test
    void aProgramWritesToStreamsAndHasAnEnd() throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        PledgeRequest request = PledgeRequest.of("sh", "-c", "cat; pwd; printf '\\377' >&2; exit $STATUS")
                .promising("stdio rpath")
                .promising("proc")
                .with("--ignore-missing")
                .unveiling(Path.of("/"), "r")
                .in(own)
                .environment(Map.of("STATUS", "7", "PATH", "/usr/bin:/bin"));
        PledgeRequest cat = PledgeRequest.of("cat").promising("stdio").reading("read \u00e9\n");
        try (PledgeClient client = client()) {
            PledgeClient.End end = client.run(request, out, err);
            assertThat(end.status()).isEqualTo(7);
            assertThat(end.signal()).isEmpty();
            assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo(own + "\n");
            assertThat(err.toString(StandardCharsets.ISO_8859_1)).endsWith("\u00ff");
            out.reset();
            assertThat(client.run(cat, out, err).run()).isGreaterThan(end.run());
            assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("read \u00e9\n");
        }
    }

    @Test
    void whatIsNotPromisedIsRefusedAndAKilledProgramHasItsSignal() throws Exception {
        PledgeRequest cat = PledgeRequest.of("cat", "/etc/hostname").promising("stdio");
        try (PledgeClient client = client()) {
            assertThat(client.run(cat.promising("rpath"), NOWHERE, NOWHERE).status())
                    .isZero();
            assertThat(client.run(cat, NOWHERE, NOWHERE).status()).isEqualTo(1);
            assertThat(client.run(cat.with("--kill"), NOWHERE, NOWHERE).signal())
                    .hasValue("SIGSYS");
        }
    }

    @Test
    void anErrorHasItsKindAndItsStatusAndLeavesTheConnectionAsItWas() throws Exception {
        try (PledgeClient client = client()) {
            assertThatExceptionOfType(PledgeServerException.class)
                    .isThrownBy(() -> client.compile(PledgeRequest.of("true").promising("stdoi")))
                    .withMessage("unknown promise \"stdoi\" (did you mean stdio?)")
                    .returns(PledgeServerException.REFUSED, PledgeServerException::code)
                    .returns(OptionalInt.of(64), PledgeServerException::status);
            assertThatExceptionOfType(PledgeServerException.class)
                    .isThrownBy(() -> client.kill(999_999, "SIGTERM"))
                    .withMessageStartingWith("params: \"run\": ")
                    .returns(PledgeServerException.INVALID_PARAMS, PledgeServerException::code)
                    .returns(OptionalInt.empty(), PledgeServerException::status);
            assertThat(client.explain("rpath")).contains("rpath");
        }
    }

    @Test
    void aLauncherNeedsNoServer() throws Exception {
        Path file = own.resolve("launcher");
        try (PledgeClient client = client()) {
            Files.write(file, client.compile(PledgeRequest.of("echo", "made").promising("stdio")));
        }
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
        assertThat(Shell.run(file.toString())).isEqualTo(new Shell.Result(0, "made\n", ""));
    }

    @Test
    void aLessonIsAPolicy() throws Exception {
        Files.writeString(own.resolve("lesson"), "read me");
        PledgeRequest request = PledgeRequest.of("cp", "lesson", "copy").in(own);
        try (PledgeClient client = client()) {
            PledgeClient.Lesson contained = client.learn(request.with("--contained"), NOWHERE, NOWHERE);
            assertThat(contained.end().status()).isEqualTo(1);
            assertThat(own.resolve("copy")).doesNotExist();
            PledgeClient.Lesson lesson = client.learn(request, NOWHERE, NOWHERE);
            assertThat(lesson.end().status()).isZero();
            assertThat(lesson.policy().orElseThrow()).contains("promises = \"stdio rpath wpath cpath");
            assertThat(own.resolve("copy")).hasContent("read me");
        }
    }

    @Test
    void whatIsStartedGoesOnUntilItIsKilled() throws Exception {
        int run;
        try (PledgeClient client = client()) {
            run = client.start(SLEEP);
        }
        try (PledgeClient client = client()) {
            PledgeClient.Run found = client.runs().stream()
                    .filter(each -> each.run() == run)
                    .findFirst()
                    .orElseThrow();
            assertThat(found.command()).isEqualTo(List.of("sleep", "1000"));
            assertThat(found.isDetached()).isTrue();
            client.kill(run, "KILL");
            assertThat(isGone(found.pid())).isTrue();
        }
    }

    @Test
    void threadsWaitForEachOther() throws Exception {
        AtomicInteger good = new AtomicInteger();
        try (PledgeClient client = client()) {
            List<Thread> threads = IntStream.range(0, 8)
                    .mapToObj(number -> Thread.ofVirtual().start(() -> {
                        ByteArrayOutputStream out = new ByteArrayOutputStream();
                        PledgeRequest echo = PledgeRequest.of("echo", Integer.toString(number))
                                .promising("stdio");
                        try {
                            client.run(echo, out, out);
                        } catch (IOException e) {
                            throw new IllegalStateException(e);
                        }
                        if (out.toString(StandardCharsets.UTF_8).equals(number + "\n")) {
                            good.incrementAndGet();
                        }
                    }))
                    .toList();
            for (Thread thread : threads) {
                thread.join();
            }
        }
        assertThat(good).hasValue(8);
    }

    @Test
    void whoClosesWakesWhoWaitsAndEndsTheProgram() throws Exception {
        PledgeClient client = client();
        CompletableFuture<Exception> failed = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                client.run(SLEEP, NOWHERE, NOWHERE);
            } catch (IOException e) {
                failed.complete(e);
            }
        });
        int pid = 0;
        try (PledgeClient other = client()) {
            while (pid == 0) {
                Optional<PledgeClient.Run> found =
                        other.runs().stream().filter(each -> !each.isDetached()).findFirst();
                pid = found.map(PledgeClient.Run::pid).orElse(0);
            }
        }
        client.close();
        assertThat(failed.get(10, TimeUnit.SECONDS)).isInstanceOf(IOException.class);
        assertThat(isGone(pid)).isTrue();
    }

    @Test
    void aStreamThatFailsClosesTheConnectionAndEndsTheProgram() throws Exception {
        OutputStream broken = new OutputStream() {
            @Override
            public void write(int one) throws IOException {
                throw new IOException("disk full");
            }
        };
        PledgeRequest yes = PledgeRequest.of("yes").promising("stdio");
        try (PledgeClient client = client()) {
            assertThatIOException()
                    .isThrownBy(() -> client.run(yes, broken, NOWHERE))
                    .withMessage("disk full");
            assertThatIOException()
                    .isThrownBy(() -> client.run(yes, broken, NOWHERE))
                    .withMessageContaining("EBADF");
        }
        try (PledgeClient client = client()) {
            for (int i = 0; i < 100 && isYes(client); i++) {
                Thread.sleep(50);
            }
            assertThat(isYes(client)).isFalse();
        }
    }

    private static boolean isYes(PledgeClient client) throws IOException {
        return client.runs().stream().anyMatch(run -> run.command().equals(List.of("yes")));
    }

    @Test
    void nobodyListensOrSomebodyElseDoes() throws Exception {
        assertThatIOException()
                .isThrownBy(() -> PledgeClient.connect(own.resolve("nowhere")))
                .withMessage(own.resolve("nowhere") + ": connect: ENOENT");
        Path strange = own.resolve("strange");
        try (UnixSocket listener = UnixSocket.listen(strange.toString().getBytes(StandardCharsets.UTF_8), 0600, 8)) {
            Thread.ofVirtual().start(() -> {
                try (UnixSocket one = listener.accept()) {
                    byte[] line = "220 ready\n{\"id\":1,\"result\":[]}\n".getBytes(StandardCharsets.UTF_8);
                    one.send(line, Duration.ofSeconds(5));
                } catch (KernelException e) {
                    throw new IllegalStateException(e);
                }
            });
            assertThatIOException()
                    .isThrownBy(() -> PledgeClient.connect(strange))
                    .withMessageStartingWith("the server's answer is not understood: ");
        }
    }

    private static boolean isGone(int pid) throws Exception {
        for (int i = 0; i < 100; i++) {
            if (!Files.exists(Path.of("/proc/" + pid + "/exe"))) {
                return true;
            }
            Thread.sleep(50);
        }
        return false;
    }

    /** The text of the fence in docs/clients.md that has this file's name. */
    private static String example(String name) throws IOException {
        String page = Files.readString(Path.of("..", "docs", "clients.md"));
        int start = page.indexOf(" " + name + "\n");
        assertThat(start).isPositive();
        start += name.length() + 2;
        return page.substring(start, page.indexOf("```", start));
    }

    private Shell.Result example(String name, String start, String... words) throws Exception {
        Files.writeString(own.resolve(name), example(name));
        Map<String, String> environment = Map.of("XDG_RUNTIME_DIR", own.toString());
        return Shell.run("exec " + start + " " + name + " " + String.join(" ", words), environment, own);
    }

    @Test
    void theExampleInPythonRunsPrograms() throws Exception {
        assertThat(example("client.py").lines()).hasSizeLessThanOrEqualTo(21);
        assertThat(example("client.py", "python3", "cat", "/etc/hostname"))
                .isEqualTo(new Shell.Result(0, Files.readString(Path.of("/etc/hostname")), ""));
        assertThat(example("client.py", "python3", "sh", "-c", "'printf \"\\377\"; echo err >&2; exit 3'"))
                .returns(3, Shell.Result::status)
                .extracting(Shell.Result::err)
                .asString()
                .endsWith("err\n");
        assertThat(example("client.py", "python3", "nonesuch"))
                .isEqualTo(new Shell.Result(1, "", "pledge: nonesuch: not found in PATH\n"));
        assertThat(example("client.py", "python3", "cat", "/usr/bin/cat").status())
                .isEqualTo(1);
    }

    @Test
    void theExampleThatPassesDescriptorsIsOfAPipeline() throws Exception {
        assertThat(example("direct.py", "printf 'a\\nb\\n' | python3", "cat", "| wc -l"))
                .isEqualTo(new Shell.Result(0, "2\n", ""));
    }

    @Test
    void theExampleInJavaRunsPrograms() throws Exception {
        String java = System.getProperty("java.home")
                + "/bin/java --enable-native-access=ALL-UNNAMED -XX:TieredStopAtLevel=1 -cp " + home
                + "/core/target/jpledge-0.jar:" + home + "/tools/target/jpledge-tools-0.jar";
        assertThat(example("Client.java", java, "cat", "/etc/hostname"))
                .isEqualTo(new Shell.Result(0, Files.readString(Path.of("/etc/hostname")), ""));
    }
}
