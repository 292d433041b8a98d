package org.jpledge.tools;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jpledge.linux.Kernel;
import org.jpledge.linux.KernelException;
import org.jpledge.linux.OwnDirectory;
import org.jpledge.tools.serve.Client;
import org.jpledge.tools.serve.Limit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * One {@code ./pledge serve}, and clients that do everything wrong. Whatever they do, it answers the next one, and has no more
 * descriptors open than before.
 */
@Tag("enforcement")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class ServeFaultsTest {
    private static final String STATUS = "{'jsonrpc':'2.0','id':1,'method':'status'}";
    private static final String REQUEST =
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"explain\",\"params\":[\"stdio\"]}";

    /** So many requests are sent at once; a million takes a minute. */
    private static final int REQUESTS = Integer.getInteger("jpledge.serve.requests", 20_000);

    private static final long SEED = 0x6a706c65646765L;
    private static final int MEGABYTE = 1 << 20;
    private static final int MOST_KIB = 64 << 10;
    /** Of all memory, when nobody has asked for anything for some seconds. */
    private static final int MOST_QUIET_KIB = 160 << 10;

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    private static Path root;

    private static Map<String, String> environment = Map.of();
    private static Path socket = Path.of("");
    private static Served served;
    private int before;

    @TempDir
    Path directory;

    @BeforeAll
    static void start() throws Exception {
        User.SELF.own(root);
        Path home = Installation.shared();
        environment = Installation.environment(home, root);
        socket = root.resolve("s");
        served = Served.start(home, socket, environment);
    }

    @AfterAll
    static void end() throws IOException {
        served.close();
    }

    @BeforeEach
    void count() throws Exception {
        before = descriptors();
    }

    /** Nobody is left, nothing is left open, and it answers as ever. */
    @AfterEach
    void itIsAsBefore() throws Exception {
        assertThat(descriptors()).isEqualTo(before);
    }

    /** What the server has open when nobody is connected but who asks. */
    private static int descriptors() throws Exception {
        try (Client client = served.client()) {
            JsonObject status = ask(client);
            while (status.get("connections").getAsInt() > 1
                    || status.get("busy").getAsInt() > 0) {
                status = ask(client);
            }
            return served.descriptors();
        }
    }

    private static JsonObject ask(Client client) throws KernelException {
        return client.ask(STATUS).getAsJsonObject("result");
    }

    private static int code(JsonObject answer) {
        return answer.getAsJsonObject("error").get("code").getAsInt();
    }

    private static String message(JsonObject answer) {
        return answer.getAsJsonObject("error").get("message").getAsString();
    }

    private static int nothing() throws KernelException {
        return OwnDirectory.open("/".getBytes(UTF_8));
    }

    @Test
    void halfALineAndThenNothing() throws Exception {
        byte[] whole = (REQUEST + "\n").getBytes(UTF_8);
        for (int length = 0; length < whole.length; length++) {
            int directory = nothing();
            try (Client gone = served.client();
                    Client half = served.client()) {
                if (length > 0) {
                    gone.send(Arrays.copyOf(whole, length), directory);
                    half.send(Arrays.copyOf(whole, length));
                }
                // Who sends no more, but reads, is told what was wrong; a whole request needs no end of its line.
                half.socket().shutdown();
                String answer = half.said();
                if (length == 0) {
                    assertThat(answer).isEmpty();
                } else if (length < whole.length - 1) {
                    assertThat(answer).contains("-32700");
                } else {
                    assertThat(answer).contains("\"result\"");
                }
            } finally {
                Kernel.call("close", directory);
            }
        }
    }

    @Test
    void tenMegabytesInALineAreSkippedAndSaidOnce() throws Exception {
        long memory = served.memory();
        byte[] much = "a".repeat(MEGABYTE).getBytes(UTF_8);
        try (Client client = served.client();
                Client endless = served.client()) {
            for (int round = 0; round < 3; round++) {
                client.send("{".getBytes(UTF_8));
                endless.send("{".getBytes(UTF_8));
                for (int i = 0; i < 10; i++) {
                    client.send(much);
                    endless.send(much);
                }
                client.say("");
                JsonObject answer = client.answer();
                assertThat(code(answer)).isEqualTo(-32600);
                assertThat(message(answer)).isEqualTo("the line is longer than 1048576 bytes");
                assertThat(client.ask(REQUEST).has("result")).isTrue();
            }
            endless.socket().shutdown();
            assertThat(message(endless.answer())).isEqualTo("the line is longer than 1048576 bytes");
            assertThat(endless.line()).isEmpty();
        }
        assertThat(served.memory() - memory).isLessThan(MOST_KIB);
    }

    @Test
    void memoryOfABurstIsGivenBackWhenItIsQuiet() throws Exception {
        // What is read of it takes some 20 MiB each; it runs nothing.
        String much = "{'jsonrpc':'2.0','id':1,'method':'run','params':{'promises':'none at all','command':['true'"
                + ",'x'".repeat(100_000) + "]}}";
        List<Client> clients = new ArrayList<>();
        try {
            for (int i = 0; i < 16; i++) {
                Client client = served.client();
                clients.add(client);
                client.say(much.replace('\'', '"'));
            }
            for (Client client : clients) {
                assertThat(code(client.answer())).isEqualTo(-32000);
            }
        } finally {
            clients.forEach(Client::close);
        }
        long then = served.memory();
        long now = then;
        for (int i = 0; i < 200 && now > MOST_QUIET_KIB; i++) {
            Thread.sleep(100);
            now = served.memory();
        }
        System.out.println("a burst: " + (then >> 10) + " MiB, and then " + (now >> 10) + " MiB");
        assertThat(then).isGreaterThan(MOST_QUIET_KIB);
        assertThat(now).isLessThanOrEqualTo(MOST_QUIET_KIB);
    }

    @Test
    void everyLineThatIsNoRequestHasOneAnswer() throws Exception {
        System.out.println("seed " + SEED);
        SplittableRandom random = new SplittableRandom(SEED);
        try (Client client = served.client()) {
            for (int i = 0; i < 1000; i++) {
                byte[] line = (REQUEST + "\n").getBytes(UTF_8);
                // The first byte tells the language.
                line[random.nextInt(1, line.length - 1)] = (byte) random.nextInt(0x80, 0x100);
                client.send(line);
                assertThat(code(client.answer())).isEqualTo(-32700);
                byte[] garbage = new byte[random.nextInt(1, 200)];
                random.nextBytes(garbage);
                for (int j = 0; j < garbage.length; j++) {
                    garbage[j] = garbage[j] == '\n' ? 0 : garbage[j];
                }
                client.send(garbage);
                client.say("}");
                assertThat(code(client.answer())).isEqualTo(-32700);
            }
            assertThat(client.ask(REQUEST).has("result")).isTrue();
        }
    }

    @Test
    void aFloodOfTinyRequestsIsAnsweredInOrderAndLeavesNothingBehind() throws Exception {
        // What a JVM needs to be fast, it has then.
        flood(REQUESTS / 2);
        long memory = served.memory();
        long nanos = flood(REQUESTS);
        long more = served.memory() - memory;
        System.out.println(REQUESTS + " requests: " + REQUESTS * TimeUnit.SECONDS.toNanos(1) / nanos
                + " a second, memory " + memory + " KiB and " + more + " KiB more");
        assertThat(more).isLessThan(MOST_KIB);
    }

    private static long flood(int requests) throws Exception {
        AtomicReference<Exception> failure = new AtomicReference<>();
        long begun = System.nanoTime();
        try (Client client = served.client()) {
            Thread sender = Thread.ofPlatform().start(() -> {
                try {
                    for (int i = 0; i < requests; i++) {
                        client.say("{\"jsonrpc\":\"2.0\",\"id\":" + i + ",\"method\":\"none\"}");
                    }
                } catch (KernelException e) {
                    failure.set(e);
                }
            });
            byte[] buffer = new byte[1 << 16];
            StringBuilder rest = new StringBuilder();
            int answered = 0;
            while (answered < requests) {
                int length =
                        client.socket().receive(buffer, PATIENCE).orElseThrow().length();
                assertThat(length).isPositive();
                rest.append(new String(buffer, 0, length, UTF_8));
                int start = 0;
                for (int end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n", start)) {
                    String id = "\"id\":" + answered + "}";
                    assertThat(rest.substring(end - id.length(), end)).isEqualTo(id);
                    answered++;
                    start = end + 1;
                }
                rest.delete(0, start);
            }
            sender.join();
        }
        assertThat(failure.get()).isNull();
        return System.nanoTime() - begun;
    }

    @Test
    void descriptorsThatNobodyAskedForAreClosed() throws Exception {
        int one = nothing();
        int[] most = new int[Limit.DESCRIPTORS.most()];
        Arrays.fill(most, one);
        try (Client client = served.client()) {
            for (int i = 0; i < 100; i++) {
                client.send((REQUEST + "\n").getBytes(UTF_8), most);
                assertThat(client.answer().has("result")).isTrue();
            }
            client.send("{\"jsonrpc\":".getBytes(UTF_8), most);
            client.send("\"2.0\",".getBytes(UTF_8), one);
            JsonObject answer = client.answer();
            assertThat(code(answer)).isEqualTo(-32600);
            assertThat(message(answer)).isEqualTo("more than 16 descriptors came with a request");
            assertThat(client.line()).isEmpty();
        } finally {
            Kernel.call("close", one);
        }
    }

    @Test
    void moreDescriptorsThanTheServerTakesAtOnceEndTheConnection() throws Exception {
        Shell.Result result = Shell.run("""
                exec python3 -c '
                import socket, sys
                s = socket.socket(socket.AF_UNIX)
                s.connect("%s")
                socket.send_fds(s, [b"{}\\n"], [0] * int(sys.argv[1]))
                sys.stdout.write(s.makefile().readline())' 253
                """.formatted(socket));
        assertThat(result.out()).contains("more than 16 descriptors came with a request");
    }

    @Test
    void whoComesAndGoesLeavesNothing() throws Exception {
        for (int i = 0; i < 3000; i++) {
            try (Client client = served.client()) {
                if (i % 3 > 0) {
                    client.send((i % 3 == 1 ? "{" : REQUEST + "\n").getBytes(UTF_8));
                }
            }
        }
    }

    @Test
    void soManyMayConnectAndNoMore() throws Exception {
        List<Client> clients = new ArrayList<>();
        try {
            for (int i = 0; i < Limit.CONNECTIONS.most(); i++) {
                clients.add(served.client());
                assertThat(clients.getLast().ask(REQUEST).has("result")).isTrue();
            }
            try (Client more = served.client()) {
                JsonObject answer = more.answer();
                assertThat(code(answer)).isEqualTo(-32002);
                assertThat(message(answer)).isEqualTo("the server has 1024 connections already");
                assertThat(more.line()).isEmpty();
            }
            for (Client client : clients) {
                client.say(REQUEST);
            }
            for (Client client : clients) {
                assertThat(client.answer().has("result")).isTrue();
            }
            clients.getFirst().close();
            int left = Limit.CONNECTIONS.most();
            while (left == Limit.CONNECTIONS.most()) {
                left = ask(clients.getLast()).get("connections").getAsInt();
            }
            try (Client next = served.client()) {
                assertThat(next.ask(REQUEST).has("result")).isTrue();
            }
        } finally {
            clients.forEach(Client::close);
        }
    }

    @Test
    void ofTwoServersAtOnePlaceTheSecondSaysWhoTheFirstIs() throws Exception {
        assertThat(Shell.run("exec \"$PLEDGE\" serve --socket " + socket, environment, root))
                .isEqualTo(new Shell.Result(
                        125,
                        "",
                        "pledge: a server listens on " + socket + " already (process " + served.pid() + ")\n"));
    }

    @Test
    void anotherUserIsRefusedEvenWhereTheFileWouldLetHim() throws Exception {
        User.NOBODY.assume();
        User.SELF.own(directory);
        assertThat(ServeTest.asked(User.NOBODY, socket, directory)).contains("PermissionError");
        Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-rw-rw-"));
        try {
            assertThat(ServeTest.asked(User.NOBODY, socket, directory))
                    .contains("-32001")
                    .doesNotContain("\"result\"");
            assertThat(ServeTest.asked(User.SELF, socket, directory)).contains("\"result\"");
        } finally {
            Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
        }
        assertThat(served.errors()).contains("\"event\":\"refused\"").contains("\"uid\":65534");
    }

    @Test
    void whatTheDocumentSaysOfItIsSo() throws Exception {
        int exchanges = 0;
        try (Client client = served.client()) {
            for (String line : Files.readAllLines(Path.of("../docs/serve.md"))) {
                if (line.startsWith("--> ")) {
                    client.say(line.substring(4));
                    exchanges++;
                } else if (line.startsWith("<-- ")) {
                    assertThat(client.said()).isEqualTo(line.substring(4));
                }
            }
            // Nothing was said that does not stand there.
            client.say("{\"jsonrpc\":\"2.0\",\"id\":\"last\",\"method\":\"status\"}");
            assertThat(client.answer().get("id").getAsString()).isEqualTo("last");
        }
        assertThat(exchanges).isPositive();
    }
}
