package org.jpledge.tools.serve;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jpledge.linux.Kernel;
import org.jpledge.linux.KernelException;
import org.jpledge.tools.text.Json;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A server in this process: what is asked over its socket, and what it answers. */
@Timeout(60)
class ServerTest {
    private static final int STATUS = 7;

    @TempDir
    Path directory;

    private final List<List<Integer>> passed = new ArrayList<>();
    private final CountDownLatch release = new CountDownLatch(1);
    private final AtomicInteger waiting = new AtomicInteger();
    private Path socket;
    private Path log;
    private Place place;
    private RequestLog requests;
    private Server server;
    private Thread serving;

    @BeforeEach
    void serve() throws Exception {
        socket = directory.resolve("s");
        log = directory.resolve("log");
        place = Place.take(socket.toString());
        start(log);
    }

    private void start(Path to) throws Exception {
        requests = new RequestLog(FileChannel.open(to, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
        Map<Method, Handler> handlers = new EnumMap<>(Method.class);
        handlers.put(Method.EXPLAIN, this::explain);
        handlers.put(Method.DOCTOR, this::examine);
        server = new Server(place.socket(), "s", "1", requests, handlers, ServerTest::silent, new Parrot());
        serving = Thread.ofPlatform().start(server::serve);
    }

    /** Answers with the words; some of them mean something. */
    private Handler.Answer explain(Call call) throws RequestException {
        List<String> words = call.words("words");
        passed.add(call.descriptors().stream()
                .map(each -> Math.toIntExact(Kernel.call("fcntl", each, 1)))
                .toList());
        return switch (words.isEmpty() ? "" : words.getFirst()) {
            case "refuse" ->
                throw new RequestException(
                        ErrorCode.REFUSED,
                        "no",
                        Optional.of(new Json.Members().with("status", new Json.Whole(STATUS))));
            case "break" -> throw new IllegalStateException("broken");
            default -> Handler.Answer.of(new Json.Members().with("words", words));
        };
    }

    /** Takes until it is released. */
    private Handler.Answer examine(Call call) throws RequestException {
        waiting.incrementAndGet();
        CountDownLatch gone = new CountDownLatch(1);
        call.connection().whenGone(gone::countDown);
        try {
            while (gone.getCount() > 0 && !release.await(5, TimeUnit.MILLISECONDS)) {
                assertThat(call.method()).isEqualTo(Method.DOCTOR);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            waiting.decrementAndGet();
        }
        return new Handler.Answer(new Json.Members(), OptionalInt.of(STATUS));
    }

    private static void silent(Connection connection) throws IOException {
        connection.send(connection.input().readNBytes(4));
    }

    /** Greets, and says what it is told. */
    private record Parrot() implements Language {
        @Override
        public void greet(Connection connection) throws IOException {
            connection.send("hello\n");
        }

        @Override
        public void speak(Connection connection) throws IOException {
            if (connection.line(Duration.ofSeconds(30)) instanceof Incoming.Line line) {
                connection.send(new String(line.bytes(), UTF_8) + "!\n");
            }
        }
    }

    @AfterEach
    void end() throws Exception {
        release.countDown();
        server.close();
        assertThat(serving.join(Duration.ofSeconds(10))).isTrue();
        place.close();
        requests.close();
    }

    private List<JsonObject> logged() throws Exception {
        requests.close();
        return Files.readAllLines(log).stream()
                .map(line -> new Gson().fromJson(line, JsonObject.class))
                .toList();
    }

    private static int code(JsonElement answer) {
        return answer.getAsJsonObject().getAsJsonObject("error").get("code").getAsInt();
    }

    private static String message(JsonElement answer) {
        return answer.getAsJsonObject().getAsJsonObject("error").get("message").getAsString();
    }

    private void awaitWaiting(int count) throws Exception {
        while (waiting.get() != count) {
            Thread.sleep(2);
        }
    }

    @Test
    void theServersStatusIsWhatItIs() throws Exception {
        try (Client client = new Client(socket);
                Client other = new Client(socket)) {
            JsonObject first = client.ask("{'jsonrpc':'2.0','id':1,'method':'status'}");
            JsonObject result = first.getAsJsonObject("result");
            assertThat(result.get("pid").getAsLong())
                    .isEqualTo(ProcessHandle.current().pid());
            assertThat(result.get("requests").getAsInt()).isEqualTo(1);
            for (Limit limit : Limit.values()) {
                assertThat(result.getAsJsonObject("limits").get(limit.word()).getAsInt())
                        .isEqualTo(limit.most());
            }
            JsonObject second = other.ask("{'jsonrpc':'2.0','id':1,'method':'status'}");
            assertThat(second.getAsJsonObject("result").get("requests").getAsInt())
                    .isEqualTo(2);
            assertThat(second.getAsJsonObject("result").get("connections").getAsInt())
                    .isEqualTo(2);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            {'jsonrpc':'2.0','id':1,'method':'explain','params':{'words':['a','b']}} | {"jsonrpc":"2.0","result":{"words":["a","b"]},"id":1}
            {'jsonrpc':'2.0','id':'x','method':'explain','params':['a']}             | {"jsonrpc":"2.0","result":{"words":["a"]},"id":"x"}
            {'jsonrpc':'2.0','id':null,'method':'explain','params':[]}               | {"jsonrpc":"2.0","result":{"words":[]},"id":null}
            {'jsonrpc':'2.0','id':1.50,'method':'explain'}                           | {"jsonrpc":"2.0","result":{"words":[]},"id":1.50}
            {'jsonrpc':'2.0','id':99999999999999999999,'method':'explain'}           | {"jsonrpc":"2.0","result":{"words":[]},"id":99999999999999999999}
            {'id':-1,'params':{},'method':'explain','jsonrpc':'2.0'}                 | {"jsonrpc":"2.0","result":{"words":[]},"id":-1}
            {'jsonrpc':'2.0','id':1,'method':'explain','params':['refuse']}          | {"jsonrpc":"2.0","error":{"code":-32000,"message":"no","data":{"status":7}},"id":1}
            """)
    void anAnswerBearsTheIdOfItsRequest(String request, String answer) throws Exception {
        try (Client client = new Client(socket)) {
            client.say(request.replace('\'', '"'));
            assertThat(client.line()).isEqualTo(answer);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            {'jsonrpc':'2.0'                                              | -32700 | null | column 17: a comma or } is expected here, not the end of the line
            {'jsonrpc':'2.0',}                                            | -32700 | null | column 18: there is a comma with nothing after it before this }
            {"jsonrpc":'2.0','id':1,'id':2}                               | -32700 | null | column 25: "id" is named twice in this object
            {'jsonrpc':'2.0','id':1,'method':'status'} {}                 | -32700 | null | column 44: nothing may follow the end of the value, but '{' does
            []                                                            | -32600 | null | a batch has at least one request
            {}                                                            | -32600 | null | "jsonrpc": "2.0" is missing
            {'jsonrpc':2.0,'method':'status','id':1}                      | -32600 | 1    | "jsonrpc": "2.0" is missing
            {'jsonrpc':'1.0','method':'status','id':1}                    | -32600 | 1    | "jsonrpc": "2.0" is missing
            {'jsonrpc':'2.0','id':1}                                      | -32600 | 1    | "method" is missing, or no text
            {'jsonrpc':'2.0','method':1,'params':'bar'}                   | -32600 | null | "method" is missing, or no text
            {'jsonrpc':'2.0','method':'status','params':'bar','id':1}     | -32600 | 1    | "params" is an object or a list, not "bar"
            {'jsonrpc':'2.0','method':'status','parms':{},'id':1}         | -32600 | 1    | unknown name "parms" (did you mean params?)
            {'jsonrpc':'2.0','method':'status','id':[1]}                  | -32600 | null | "id" is a text, a number or null, not a list
            {'jsonrpc':'2.0','method':'status','id':true}                 | -32600 | null | "id" is a text, a number or null, not true
            {'jsonrpc':'2.0','method':'stats','id':1}                     | -32601 | 1    | there is no method "stats" (did you mean status?)
            {'jsonrpc':'2.0','method':'status','params':[1],'id':1}       | -32602 | 1    | params: status takes at most 0, not 1
            {'jsonrpc':'2.0','method':'status','params':{'a':1},'id':1}   | -32602 | 1    | params: unknown name "a": status takes none
            {'jsonrpc':'2.0','method':'explain','params':{'words':3},'id':1}         | -32602 | 1 | params: "words": a text or a list of texts is expected here, not 3
            {'jsonrpc':'2.0','method':'explain','params':{'words':['a',3]},'id':1}   | -32602 | 1 | params: "words": a text or a list of texts is expected here, not a list
            {'jsonrpc':'2.0','method':'explain','params':{'word':'a'},'id':1}        | -32602 | 1 | params: unknown name "word" (did you mean words?); explain takes words, arch
            {'jsonrpc':'2.0','method':'explain','params':{'words':'\\u0000'},'id':1} | -32602 | 1 | params: "words": a text here cannot hold \\u0000
            {'jsonrpc':'2.0','method':'explain','params':{'words':'\\ud800'},'id':1} | -32602 | 1 | params: "words": half a surrogate pair is no character
            {'jsonrpc':'2.0','method':'explain','params':['break'],'id':1}           | -32603 | 1 | internal error, please report it: java.lang.IllegalStateException: broken
            """)
    void whatIsWrongIsNamedAndTheConnectionGoesOn(String request, int code, String id, String message)
            throws Exception {
        try (Client client = new Client(socket)) {
            JsonObject answer = client.ask(request);
            assertThat(code(answer)).isEqualTo(code);
            assertThat(answer.get("id")).hasToString(id);
            assertThat(message(answer)).isEqualTo(message);
            assertThat(client.ask("{'jsonrpc':'2.0','id':2,'method':'explain'}").has("result"))
                    .isTrue();
        }
    }

    @Test
    void aNotificationIsDoneAndNotAnsweredWhateverBecomesOfIt() throws Exception {
        try (Client client = new Client(socket)) {
            client.say("{\"jsonrpc\":\"2.0\",\"method\":\"explain\"}");
            client.say("{\"jsonrpc\":\"2.0\",\"method\":\"explain\",\"params\":[\"refuse\"]}");
            client.say("{\"jsonrpc\":\"2.0\",\"method\":\"nothing\"}");
            client.say("[{\"jsonrpc\":\"2.0\",\"method\":\"explain\"}]");
            assertThat(client.ask("{'jsonrpc':'2.0','id':5,'method':'explain'}").get("id"))
                    .hasToString("5");
        }
        assertThat(passed).hasSize(4);
    }

    @Test
    void aBatchIsDoneInOrderAndAnsweredAsAWhole() throws Exception {
        try (Client client = new Client(socket)) {
            client.say(
                    "[{'jsonrpc':'2.0','id':1,'method':'explain','params':['a']}, 7, {'jsonrpc':'2.0','method':'explain'},"
                                    .replace('\'', '"')
                            + "{'jsonrpc':'2.0','id':2,'method':'none'}, {'jsonrpc':'2.0','id':1,'method':'explain','params':['b']}]"
                                    .replace('\'', '"'));
            JsonArray answers = client.json().getAsJsonArray();
            assertThat(answers).hasSize(4);
            assertThat(answers.get(0).toString()).contains("[\"a\"]");
            assertThat(code(answers.get(1))).isEqualTo(-32600);
            assertThat(code(answers.get(2))).isEqualTo(-32601);
            assertThat(answers.get(3).toString()).contains("[\"b\"]");
        }
    }

    @Test
    void aBatchThatIsTooLongIsAnError() throws Exception {
        String one = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"explain\"}";
        try (Client client = new Client(socket)) {
            client.say("[" + (one + ",").repeat(Limit.BATCH.most()) + one + "]");
            assertThat(message(client.json())).isEqualTo("a batch has at most 100 requests, not 101");
            client.say("[" + (one + ",").repeat(Limit.BATCH.most() - 1) + one + "]");
            assertThat(client.json().getAsJsonArray()).hasSize(Limit.BATCH.most());
        }
    }

    @Test
    void whatTakesLongIsAnsweredWhenItIsDoneAndHoldsNothingUp() throws Exception {
        try (Client client = new Client(socket)) {
            client.say("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"doctor\"}");
            awaitWaiting(1);
            JsonObject status = client.ask("{'jsonrpc':'2.0','id':2,'method':'status'}");
            assertThat(status.getAsJsonObject("result").get("busy").getAsInt()).isEqualTo(1);
            release.countDown();
            assertThat(client.answer().get("id")).hasToString("1");
        }
    }

    @Test
    void onlySoMuchIsDoneAtATime() throws Exception {
        try (Client client = new Client(socket)) {
            for (int i = 0; i < Limit.REQUESTS.most(); i++) {
                client.say("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"doctor\"}");
            }
            awaitWaiting(Limit.REQUESTS.most());
            JsonObject more = client.ask("{'jsonrpc':'2.0','id':2,'method':'doctor'}");
            assertThat(code(more)).isEqualTo(-32002);
            release.countDown();
            for (int i = 0; i < Limit.REQUESTS.most(); i++) {
                assertThat(client.answer().has("result")).isTrue();
            }
            assertThat(client.ask("{'jsonrpc':'2.0','id':3,'method':'doctor'}").has("result"))
                    .isTrue();
        }
    }

    @Test
    void whoSendsNoMoreIsStillAnsweredAndThenClosed() throws Exception {
        try (Client client = new Client(socket)) {
            // Even a last line without its end.
            client.send("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"doctor\"}".getBytes(UTF_8));
            client.socket().shutdown();
            awaitWaiting(1);
            release.countDown();
            assertThat(client.answer().get("id")).hasToString("1");
            assertThat(client.line()).isEmpty();
        }
    }

    @Test
    void whoIsGoneIsMissed() throws Exception {
        Client client = new Client(socket);
        client.say("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"doctor\"}");
        awaitWaiting(1);
        client.close();
        awaitWaiting(0);
        assertThat(release.getCount()).isEqualTo(1);
    }

    @Test
    void descriptorsComeWithTheirLineAndAreClosedAfterIt() throws Exception {
        Path file = Files.createFile(directory.resolve("file"));
        int before = descriptors(file).size();
        try (Client client = new Client(socket);
                FileChannel channel = FileChannel.open(file)) {
            assertThat(channel.size()).isZero();
            int mine = descriptors(file).getFirst();
            String line = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"explain\"}\n";
            client.send(line.getBytes(UTF_8));
            client.send(line.getBytes(UTF_8), mine, mine);
            client.send(line.getBytes(UTF_8));
            for (int i = 0; i < 3; i++) {
                client.answer();
            }
            // FD_CLOEXEC
            assertThat(passed).containsExactly(List.of(), List.of(1, 1), List.of());
            assertThat(descriptors(file)).hasSize(before + 1);
            // Half a line, with one that nobody takes.
            client.send("{".getBytes(UTF_8), mine);
        }
        while (descriptors(file).size() != before) {
            Thread.sleep(5);
        }
    }

    /** The numbers under which this process has a file open. */
    private static List<Integer> descriptors(Path file) throws Exception {
        List<Integer> descriptors = new ArrayList<>();
        try (var all = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path each : all) {
                try {
                    if (Files.readSymbolicLink(each).equals(file.toRealPath())) {
                        descriptors.add(Integer.valueOf(each.getFileName().toString()));
                    }
                } catch (NoSuchFileException e) {
                    // Closed meanwhile, as that of this listing is.
                    assertThat(each).doesNotExist();
                }
            }
        }
        return descriptors;
    }

    @Test
    void peopleAreGreetedAndOthersAreNot() throws Exception {
        try (Client silent = new Client(socket);
                Client talking = new Client(socket);
                Client program = new Client(socket)) {
            talking.say("ls");
            assertThat(talking.line()).isEqualTo("hello");
            assertThat(talking.line()).isEqualTo("ls!");
            program.send(new byte[] {0, 1, 2, '\n'});
            assertThat(program.line()).isEqualTo("\0\1\2");
            assertThat(silent.line()).isEqualTo("hello");
            assertThat(silent.ask("{'jsonrpc':'2.0','id':2,'method':'status'}").has("result"))
                    .isTrue();
        }
    }

    @Test
    void everyRequestIsLogged() throws Exception {
        try (Client client = new Client(socket)) {
            client.ask("{'jsonrpc':'2.0','id':'a','method':'explain'}");
            client.ask("{'jsonrpc':'2.0','id':2,'method':'nothing'}");
            client.ask("{");
            release.countDown();
            client.ask("{'jsonrpc':'2.0','id':3,'method':'doctor'}");
        }
        List<JsonObject> lines = logged();
        assertThat(lines).hasSize(4);
        assertThat(lines.get(0).get("method").getAsString()).isEqualTo("explain");
        assertThat(lines.get(0).get("id").getAsString()).isEqualTo("a");
        assertThat(lines.get(0).get("outcome").getAsString()).isEqualTo("ok");
        assertThat(lines.get(0).getAsJsonObject("peer").get("pid").getAsLong())
                .isEqualTo(ProcessHandle.current().pid());
        assertThat(lines.get(1).get("outcome").getAsString()).isEqualTo("-32601");
        assertThat(lines.get(2).get("outcome").getAsString()).isEqualTo("-32700");
        assertThat(lines.get(3).get("status").getAsInt()).isEqualTo(STATUS);
    }

    @Test
    void drainingAnswersWhatWasBegunAndBeginsNothing() throws Exception {
        try (Client idle = new Client(socket);
                Client client = new Client(socket)) {
            idle.ask("{'jsonrpc':'2.0','id':1,'method':'status'}");
            client.say("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"doctor\"}");
            awaitWaiting(1);
            assertThat(server.drain(Duration.ofMillis(50))).isFalse();
            assertThat(idle.line()).isEmpty();
            assertThat(code(client.ask("{'jsonrpc':'2.0','id':2,'method':'doctor'}")))
                    .isEqualTo(-32003);
            assertThat(client.ask("{'jsonrpc':'2.0','id':3,'method':'status'}").has("result"))
                    .isTrue();
            assertThatThrownBy(() -> new Client(socket))
                    .isInstanceOf(KernelException.class)
                    .hasMessageContaining("ECONNREFUSED");
            release.countDown();
            assertThat(client.answer().get("id")).hasToString("1");
            assertThat(client.line()).isEmpty();
            assertThat(server.drain(Duration.ofSeconds(10))).isTrue();
        }
    }
}
