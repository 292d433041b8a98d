package org.jpledge.tools.serve;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import java.io.InputStreamReader;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import org.jpledge.Sandbox;
import org.jpledge.linux.UnixSocket;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who is confined gets nothing from a server that is not: it would do for him what he may not do. */
@Tag("enforcement")
@Timeout(60)
class StandingTest {
    private static final String ASK = """
            import socket, sys
            s = socket.socket(socket.AF_UNIX)
            s.connect(sys.argv[1])
            try: s.sendall(b'{"jsonrpc":"2.0","id":1,"method":"status"}\\n')
            except BrokenPipeError: pass
            print(s.makefile().readline())
            """;

    /** Leaves its connection to a child, and ends. */
    private static final String BEQUEATH = """
            import os, socket, sys
            s = socket.socket(socket.AF_UNIX)
            s.connect(sys.argv[1])
            if os.fork() == 0: sys.stdin.read()
            """;

    private static final List<String> PYTHON = List.of("python3", "-c", ASK);

    @TempDir
    Path directory;

    private JsonObject answer(String... before) throws Exception {
        List<String> words = new ArrayList<>(List.of(before));
        words.addAll(PYTHON);
        words.add(directory.resolve("s").toString());
        return answer(new ProcessBuilder(words).start());
    }

    private static JsonObject answer(Process client) throws Exception {
        try (var out = new InputStreamReader(client.getInputStream(), StandardCharsets.UTF_8)) {
            JsonObject answer = new Gson().fromJson(out, JsonObject.class);
            assertThat(client.waitFor()).isZero();
            return answer;
        }
    }

    private interface Serving {
        void now() throws Exception;
    }

    private void whileServing(Serving what) throws Exception {
        Path log = directory.resolve("log");
        try (RequestLog requests =
                        new RequestLog(FileChannel.open(log, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
                Place place = Place.take(directory.resolve("s").toString());
                Server server = new Server(
                        place.socket(), "s", "1", requests, Map.of(), StandingTest::silent, StandingTest::silent)) {
            Thread serving = Thread.ofPlatform().start(server::serve);
            what.now();
            assertThat(server.drain(Duration.ofSeconds(10))).isTrue();
            assertThat(serving.join(Duration.ofSeconds(10))).isTrue();
        }
        assertThat(log).content().contains("\"event\":\"refused\"", "is confined");
    }

    private static void silent(Connection connection) {
        connection.close();
    }

    @Test
    void whoHasAFilterOrCanGainNothingIsRefusedAndWhoIsAsFreeAsTheServerIsServed() throws Exception {
        whileServing(() -> {
            assertThat(answer().has("result")).isTrue();
            assertRefused(answer("setpriv", "--no-new-privs"), "it has set no_new_privs, and the server has not");
            List<String> words = new ArrayList<>(PYTHON);
            words.add(directory.resolve("s").toString());
            Process pledged =
                    Sandbox.pledge("stdio rpath unix tty proc exec prot_exec").start(words.toArray(String[]::new));
            assertRefused(answer(pledged), "it has a seccomp filter that the server has not");
            assertThat(answer().has("result")).isTrue();
        });
    }

    private static void assertRefused(JsonObject answer, String reason) {
        JsonObject error = answer.getAsJsonObject("error");
        assertThat(error.get("code").getAsInt()).isEqualTo(ErrorCode.NOT_YOURS.code());
        assertThat(error.get("message").getAsString())
                .matches("process [0-9]+ is confined, and may not have a server work for it: .*")
                .endsWith(reason);
    }

    @Test
    void whoHasEndedIsNotSeenWhoeverHasItsNumberNow() throws Exception {
        Path path = directory.resolve("s");
        try (UnixSocket listener = UnixSocket.listen(path.toString().getBytes(StandardCharsets.UTF_8), 0600, 1)) {
            Process client = new ProcessBuilder("python3", "-c", BEQUEATH, path.toString()).start();
            assertThat(client.waitFor()).isZero();
            try (UnixSocket connection = listener.accept()) {
                // Nobody reads of whoever has the number after it: where the kernel cannot tell, /proc has nobody.
                assertThat(standing(connection)).isFalse();
            } finally {
                client.getOutputStream().close();
            }
            try (UnixSocket own = UnixSocket.connect(path.toString().getBytes(StandardCharsets.UTF_8), Duration.ZERO);
                    UnixSocket connection = listener.accept()) {
                assertThat(own.peer().pid()).isPositive();
                assertThat(standing(connection)).isTrue();
            }
        }
    }

    private static boolean standing(UnixSocket socket) throws Exception {
        return new Connection(socket, socket.peer(), Duration.ZERO, new Semaphore(0))
                .standing()
                .isPresent();
    }

    @ParameterizedTest
    @CsvSource({
        "false, 0, false, 0, true",
        "false, 0, true, 0, false",
        "false, 0, false, 1, false",
        "true, 0, true, 0, true",
        "true, 1, false, 1, true",
        "true, 1, true, 2, false",
        "false, 1, false, 0, true",
    })
    void noMoreThanTheServersOwn(boolean ownGainsNothing, int own, boolean gainsNothing, int filters, boolean served) {
        assertThat(new Standing(ownGainsNothing, own).refusal(new Standing(gainsNothing, filters)))
                .matches(refusal -> refusal.isEmpty() == served);
    }
}
