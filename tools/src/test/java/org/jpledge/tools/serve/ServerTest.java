package org.jpledge.tools.serve;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HexFormat;
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
import org.jpledge.tools.text.JsonReading;
import org.jpledge.tools.text.Words;
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
        start(log, Duration.ofSeconds(Limit.IDLE.most()));
    }

    private void start(Path to, Duration idle) throws Exception {
        requests = new RequestLog(FileChannel.open(to, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
        Map<Method, Handler> handlers = new EnumMap<>(Method.class);
        handlers.put(Method.EXPLAIN, this::explain);
        handlers.put(Method.DOCTOR, this::examine);
        server = new Server(place.socket(), "s", "1", requests, handlers, ServerTest::silent, new Parrot(), idle);
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
            assertThat(client.said()).isEqualTo(answer);
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

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            22ff22         | column 55: byte 0xff is not UTF-8
            22c3           | column 55: byte 0xc3 is not UTF-8
            22c0af22       | column 55: byte 0xc0 is not UTF-8
            22eda08022     | column 55: byte 0xed is not UTF-8
            22f490808022   | column 55: byte 0xf4 is not UTF-8
            220022         | column 55: a control character in a text has to be written as an escape; or is there a quote missing?
            """)
    void whatIsNoUtf8IsNoRequest(String hexadecimal, String message) throws Exception {
        try (Client client = new Client(socket)) {
            sayWith(client, hexadecimal);
            JsonObject answer = client.answer();
            assertThat(code(answer)).isEqualTo(-32700);
            assertThat(message(answer)).isEqualTo(message);
            // The same place takes any character, and gives it back.
            sayWith(client, "22c3a9e282acf09f8d8ec3bf7f22");
            JsonObject result = client.answer().getAsJsonObject("result");
            assertThat(Words.text(result.getAsJsonArray("words").get(0).getAsString()))
                    .isEqualTo("\u00e9\u20ac\ud83c\udf4e\u00ff\u007f");
        }
    }

    /** A request to explain a value that is these bytes. */
    private static void sayWith(Client client, String hexadecimal) throws Exception {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        line.writeBytes("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"explain\",\"params\":[".getBytes(UTF_8));
        line.writeBytes(HexFormat.of().parseHex(hexadecimal));
        line.writeBytes("]}\n".getBytes(UTF_8));
        client.send(line.toByteArray());
    }

    @Test
    void whatIsTooDeepOrTooMuchIsNoRequestHoweverItIsMeant() throws Exception {
        try (Client client = new Client(socket)) {
            // An object around it all.
            int most = JsonReading.DEEPEST - 1;
            assertThat(code(client.ask(nested(most)))).isEqualTo(-32602);
            JsonObject deeper = client.ask(nested(most + 1));
            assertThat(code(deeper)).isEqualTo(-32700);
            assertThat(message(deeper)).endsWith("more than 64 objects and lists lie in one another");
            client.say("[".repeat(100_000));
            assertThat(code(client.answer())).isEqualTo(-32700);
            client.say("[" + "0,".repeat(JsonReading.MOST) + "0]");
            assertThat(code(client.answer())).isEqualTo(-32700);
            assertThat(client.ask("{'jsonrpc':'2.0','id':2,'method':'explain'}").has("result"))
                    .isTrue();
        }
    }

    private static String nested(int lists) {
        return "{'jsonrpc':'2.0','id':1,'method':'explain','params':" + "[".repeat(lists) + "]".repeat(lists) + "}";
    }

    @Test
    void aLineIsAsLongAsItMayBeAndNoLonger() throws Exception {
        String request = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"explain\"}";
        String longest = request + " ".repeat(Limit.LINE.most() - request.length() - 1);
        try (Client client = new Client(socket)) {
            client.say(longest);
            assertThat(client.answer().has("result")).isTrue();
            for (int more : new int[] {1, 100, 1000, 3 * Limit.LINE.most()}) {
                client.say(longest + " ".repeat(more));
                JsonObject answer = client.answer();
                assertThat(code(answer)).isEqualTo(-32600);
                assertThat(message(answer)).isEqualTo("the line is longer than 1048576 bytes");
            }
            client.say(longest);
            assertThat(client.answer().has("result")).isTrue();
        }
        assertThat(passed).hasSize(2);
    }

    @Test
    void linesThatDoNotEndHaveOnlySoMuchRoomInAll() throws Exception {
        byte[] half = new byte[Limit.LINE.most() - 1];
        Arrays.fill(half, (byte) '{');
        List<Client> clients = new ArrayList<>();
        try {
            for (int i = 0; i < Limit.ROOM.most() / Limit.LINE.most(); i++) {
                clients.add(new Client(socket));
                clients.getLast().send(half);
            }
            try (Client more = new Client(socket)) {
                sendUntilRefused(more, half);
                JsonObject answer = more.answer();
                assertThat(code(answer)).isEqualTo(-32002);
                assertThat(message(answer))
                        .isEqualTo("the limit is 67108864 bytes of lines that have not ended, of all connections");
            }
            Client first = clients.getFirst();
            try (Client other = new Client(socket)) {
                assertThat(other.ask("{'jsonrpc':'2.0','id':2,'method':'explain'}")
                                .has("result"))
                        .isTrue();
            }
            // Whose line ends gives back what it had.
            first.say("");
            assertThat(code(first.answer())).isEqualTo(-32700);
            assertThat(first.ask("{'jsonrpc':'2.0','id':2,'method':'explain'}").has("result"))
                    .isTrue();
            try (Client next = new Client(socket)) {
                next.send(half);
                next.say("");
                assertThat(code(next.answer())).isEqualTo(-32700);
            }
        } finally {
            clients.forEach(Client::close);
        }
    }

    /** Who is refused cannot send all of it. */
    private static void sendUntilRefused(Client client, byte[] bytes) {
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 10; i++) {
                        client.send(bytes);
                    }
                })
                .isInstanceOf(KernelException.class);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            [1]                                                       | -32600
            [1,2,3]                                                   | -32600 -32600 -32600
            [[]]                                                      | -32600
            [{'foo':'boo'},{'jsonrpc':'2.0','method':'none','id':'5'}] | -32600 -32601
            """)
    void eachRequestOfABatchIsWrongForItself(String batch, String codes) throws Exception {
        try (Client client = new Client(socket)) {
            client.say(batch.replace('\'', '"'));
            List<String> answered = new ArrayList<>();
            client.json().getAsJsonArray().forEach(answer -> answered.add(Integer.toString(code(answer))));
            assertThat(answered).containsExactly(codes.split(" ", -1));
        }
    }

    @Test
    void ofABatchThatIsTooMuchForNowWhatIsEasyIsDone() throws Exception {
        String batch = "[{'jsonrpc':'2.0','id':1,'method':'doctor'},{'jsonrpc':'2.0','id':2,'method':'explain'}]"
                .replace('\'', '"');
        try (Client client = new Client(socket)) {
            for (int i = 0; i < Limit.REQUESTS.most(); i++) {
                client.say("[{\"jsonrpc\":\"2.0\",\"method\":\"doctor\"}]");
            }
            awaitWaiting(Limit.REQUESTS.most());
            client.say(batch);
            JsonArray answers = client.json().getAsJsonArray();
            assertThat(code(answers.get(0))).isEqualTo(-32002);
            assertThat(message(answers.get(0))).isEqualTo("the limit is 64 requests that take long at a time");
            assertThat(answers.get(1).getAsJsonObject().has("result")).isTrue();
            release.countDown();
            awaitWaiting(0);
            client.say(batch);
            assertThat(client.json().getAsJsonArray().get(0).getAsJsonObject().has("result"))
                    .isTrue();
        }
    }

    @Test
    void whoAsksAndNeverReadsIsReadNoMoreAndHoldsNobodyUp() throws Exception {
        byte[] flood = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"doctor\"}\n"
                .repeat(1000)
                .getBytes(UTF_8);
        try (Client client = new Client(socket)) {
            assertThatThrownBy(() -> {
                        for (int i = 0; i < 1000; i++) {
                            client.socket().send(flood, Duration.ofMillis(300));
                        }
                    })
                    .isInstanceOf(KernelException.class)
                    .hasMessageContaining("ETIMEDOUT");
            assertThat(waiting.get()).isEqualTo(Limit.REQUESTS.most());
            try (Client other = new Client(socket)) {
                assertThat(other.ask("{'jsonrpc':'2.0','id':2,'method':'explain'}")
                                .has("result"))
                        .isTrue();
            }
        }
        awaitWaiting(0);
    }

    @Test
    void whoSaysNothingOrOnlyHalfOfItIsSentAwayAndWhoWaitsIsNot() throws Exception {
        server.close();
        assertThat(serving.join(Duration.ofSeconds(10))).isTrue();
        place.close();
        place = Place.take(socket.toString());
        start(log, Duration.ofMillis(700));
        try (Client silent = new Client(socket);
                Client half = new Client(socket);
                Client slow = new Client(socket);
                Client waits = new Client(socket)) {
            waits.say("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"doctor\"}");
            half.send("{\"jsonrpc\"".getBytes(UTF_8));
            // A byte now and then is no request.
            assertThatThrownBy(() -> {
                        for (int i = 0; i < 1000; i++) {
                            slow.send("{".getBytes(UTF_8));
                            Thread.sleep(50);
                        }
                    })
                    .isInstanceOf(KernelException.class)
                    .hasMessageContaining("EPIPE");
            assertThat(silent.line()).isEqualTo("hello");
            assertThat(silent.line()).isEmpty();
            assertThat(half.said()).isEmpty();
            assertThat(waiting.get()).isEqualTo(1);
            release.countDown();
            assertThat(waits.answer().get("id")).hasToString("1");
            assertThat(waits.line()).isEmpty();
        }
        awaitEvents("idle", 4);
    }

    private void awaitEvents(String event, int count) throws Exception {
        long seen = 0;
        while (seen < count) {
            Thread.sleep(5);
            seen = Files.readAllLines(log).stream()
                    .filter(line -> line.contains("\"event\":\"" + event + "\""))
                    .count();
        }
        assertThat(seen).isEqualTo(count);
    }

    @Test
    void moreDescriptorsThanAnyRequestNeedsAreClosedAndSoIsTheConnection() throws Exception {
        Path file = Files.createFile(directory.resolve("file"));
        try (FileChannel channel = FileChannel.open(file)) {
            assertThat(channel.size()).isZero();
            int mine = descriptors(file).getFirst();
            int[] most = new int[Limit.DESCRIPTORS.most()];
            Arrays.fill(most, mine);
            try (Client client = new Client(socket)) {
                client.send("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"explain\"}\n".getBytes(UTF_8), most);
                assertThat(client.answer().has("result")).isTrue();
                // Two messages, one request.
                client.send("{".getBytes(UTF_8), mine);
                client.send(" ".getBytes(UTF_8), most);
                JsonObject answer = client.answer();
                assertThat(code(answer)).isEqualTo(-32600);
                assertThat(message(answer)).isEqualTo("more than 16 descriptors came with a request");
                assertThat(client.line()).isEmpty();
            }
            while (descriptors(file).size() != 1) {
                Thread.sleep(5);
            }
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
