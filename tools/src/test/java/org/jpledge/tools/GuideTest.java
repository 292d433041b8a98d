package org.jpledge.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jpledge.landlock.Scope;
import org.jpledge.linux.KernelException;
import org.jpledge.linux.Landlock;
import org.jpledge.syscall.Arch;
import org.jpledge.tools.serve.Client;
import org.jpledge.tools.serve.Limit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The wizard over a server's socket: by people, a line each, and by JSON-RPC. */
@Tag("enforcement")
@Timeout(120)
class GuideTest {
    private static final int ECONNRESET = 104;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** To all questions, as everywhere, with detours; the file is put in. */
    private static final List<String> ANSWERS = List.of(
            "help",
            "lister",
            "back",
            "listing",
            "stdio rpath inet",
            "r:/etc/passwd",
            "r:notes",
            "",
            "443",
            "none",
            "errno EACCES",
            "y",
            "socket",
            "family",
            "",
            "&",
            "0xff",
            "AF_INET",
            "",
            "kill",
            "n",
            "worker",
            "kill",
            "y",
            "read",
            "",
            "allow",
            "n",
            "",
            "FILE",
            "n");

    /** How questions begin. */
    private static final List<String> QUESTIONS = List.of(
            "Command to confine:",
            "Name of ",
            "Promises [",
            "A path to change",
            "What happens to ",
            "Add a rule ",
            "System call:",
            "Argument to compare",
            "Size of ",
            "Comparison ",
            "Value ",
            "File to write ",
            "Run it now ");

    @TempDir
    private static Path directory;

    private static Path home = Path.of("");
    private static Path log = Path.of("");
    private static Path temporary = Path.of("");
    private static Path socket = Path.of("");
    private static Served server;

    @BeforeAll
    static void serve() throws Exception {
        home = Installation.shared();
        log = directory.resolve("log");
        socket = directory.resolve("s");
        List<String> words = new ArrayList<>(Served.command(home));
        temporary = Files.createDirectory(directory.resolve("tmp"));
        words.add(1, "-Djava.io.tmpdir=" + temporary);
        words.addAll(List.of("serve", "--socket", socket.toString(), "--log", log.toString()));
        server = Served.start(words, socket, Map.of("LC_ALL", "C"));
    }

    @AfterAll
    static void end() throws Exception {
        server.close();
    }

    private static Shell.Result run(String script) throws Exception {
        return Shell.run(script, Installation.environment(home, directory), directory);
    }

    private static List<String> answers(Path file) {
        return ANSWERS.stream()
                .map(each -> each.equals("FILE") ? file.toString() : each)
                .toList();
    }

    /** The command line that was shown, on a terminal after what drives it. */
    private static String line(String shown) {
        return shown.lines()
                .filter(each -> each.contains("pledge -p "))
                .map(each -> each.substring(each.indexOf("pledge -p ")))
                .findFirst()
                .orElseThrow(() -> new AssertionError(shown));
    }

    private static String read(Path file) throws Exception {
        return Files.readString(file, StandardCharsets.UTF_8);
    }

    /** All that a conversation shows, until it is over. */
    private static String conversed(Client client, String text) throws Exception {
        client.send(text.getBytes(StandardCharsets.UTF_8));
        client.socket().shutdown();
        return rest(client);
    }

    private static String rest(Client client) throws Exception {
        StringBuilder all = new StringBuilder();
        byte[] buffer = new byte[1 << 16];
        int length = 1;
        while (length > 0) {
            try {
                length = client.socket().receive(buffer, PATIENCE).orElseThrow().length();
            } catch (KernelException e) {
                // Not all that was sent was wanted.
                assertThat(e.errno()).isEqualTo(ECONNRESET);
                length = 0;
            }
            all.append(new String(buffer, 0, length, StandardCharsets.UTF_8));
        }
        return all.toString();
    }

    private static String begin(String command, String more) {
        return "{'jsonrpc':'2.0','id':1,'method':'wizard','params':{'command':" + command + ",'directory':'" + directory
                + "'" + more + "}}";
    }

    private static JsonObject go(Client client, JsonObject begun, List<String> answers) throws Exception {
        JsonArray all = new JsonArray();
        answers.forEach(all::add);
        client.say("{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"wizard\",\"params\":{\"wizard\":" + begun.get("wizard")
                + ",\"answers\":" + all + "}}");
        return client.answer();
    }

    private static JsonObject result(JsonObject answer) {
        assertThat(answer.has("result")).as(answer.toString()).isTrue();
        return answer.getAsJsonObject("result");
    }

    private static String error(JsonObject answer) {
        assertThat(answer.has("error")).as(answer.toString()).isTrue();
        return answer.getAsJsonObject("error").get("message").getAsString();
    }

    @Test
    void aTerminalAPipeASocketAndJsonLeadToTheSamePolicyAndCommandLineByteForByte() throws Exception {
        assumeTrue(Shell.run("command -v script").status() == 0, "no script(1)");
        Path piped = directory.resolve("piped.toml");
        Path typed = directory.resolve("typed.toml");
        Path sent = directory.resolve("sent.toml");
        Path called = directory.resolve("called.toml");

        Files.write(directory.resolve("lines"), answers(piped));
        Shell.Result pipe = run("\"$PLEDGE\" wizard -- ls /etc/apt <lines");
        assertThat(pipe.status()).as(pipe.err()).isZero();

        String shown;
        try (Typist typist = Typist.at(
                "rows 24 cols 100",
                "TERM=xterm \"$PLEDGE\" wizard -- ls /etc/apt",
                Installation.environment(home, directory),
                directory)) {
            typist.awaits("Name of the policy").types(String.join("\r", answers(typed)) + "\r");
            assertThat(typist.ends()).as(typist.shown()).isZero();
            shown = typist.shown();
        }

        String heard;
        try (Client client = server.client()) {
            heard = conversed(client, "ls /etc/apt\n" + String.join("\n", answers(sent)) + "\n");
        }

        Path netcat = directory.resolve("netcat.toml");
        Files.writeString(directory.resolve("by-netcat"), "ls /etc/apt\n" + String.join("\n", answers(netcat)) + "\n");
        boolean isNetcat = Shell.run("nc -h 2>&1 | grep -q ^OpenBSD").status() == 0;
        if (isNetcat) {
            assertThat(run("nc -N -U s <by-netcat").out()).contains("Run it now");
        }

        JsonObject outcome;
        try (Client client = server.client()) {
            JsonObject begun = result(client.ask(begin("['ls','/etc/apt']", "")));
            assertThat(begun.getAsJsonObject("question").get("topic").getAsString())
                    .isEqualTo("name");
            assertThat(begun.getAsJsonObject("trial").toString()).contains("getdents64", "\"contained\":true");
            JsonObject end = result(go(client, begun, answers(called)));
            assertThat(end.getAsJsonArray("said").toString()).contains("The words back, help and abort");
            outcome = end.getAsJsonObject("outcome");
            assertThat(outcome.get("name").getAsString()).isEqualTo("listing");
            assertThat(outcome.get("run").getAsBoolean()).isFalse();
            // It has ended, and its number means nothing any more.
            assertThat(error(go(client, begun, List.of("y")))).contains("there is no");
        }

        String expected = read(piped);
        assertThat(expected)
                .contains("promises = \"stdio rpath inet\"")
                .contains("connect = [443]")
                .contains("socket(family & 0xff == AF_INET) -> kill")
                .contains("[filter.worker]");
        assertThat(read(typed)).isEqualTo(expected);
        assertThat(isNetcat ? read(netcat) : expected).isEqualTo(expected);
        assertThat(read(called)).isEqualTo(expected);
        assertThat(outcome.get("policy").getAsString()).isEqualTo(expected);
        String line = line(pipe.err());
        assertThat(line).contains("--deny 'socket(family & 0xff == AF_INET) -> kill'");
        assertThat(line(shown)).isEqualTo(line);
        assertThat(outcome.get("line").getAsString()).isEqualTo(line);
        assertThat(sent).as(heard).exists();
        assertThat(read(sent)).isEqualTo(expected);
        assertThat(line(heard)).isEqualTo(line);
    }

    @Test
    void whoConnectsByHandIsAskedForTheCommandAndSeesItRunOnce() throws Exception {
        Path ran = directory.resolve("ran");
        try (Client client = server.client()) {
            // Says nothing, as nc(1) does, and is asked.
            assertThat(client.line()).startsWith("pledge ").contains("JSON-RPC");
            assertThat(client.line()).isEqualTo("Command to confine:");
            for (List<String> each : List.of(
                    List.of("no-such-program", "no-such-program: not found in PATH"),
                    List.of("./no-such-program", "./no-such-program: no such file"),
                    List.of("ls | cat", "| is for a shell, and none is used"),
                    List.of("help", "A program and its arguments."))) {
                client.say(each.getFirst());
                assertThat(client.line()).contains(each.getLast());
                assertThat(client.line()).isEqualTo("Command to confine:");
            }
            client.say("sh -c 'read line; echo got $line; echo once >>" + ran + "; exec <&-; ls /etc/apt'");
            // In the trial there was no such directory: what was learnt does not let it write there.
            String answers = "\nstdio rpath wpath cpath proc exec prot_exec\nrwc:" + directory
                    + "\n\n\n\n\n-\ny\nfor the program\nfor nobody\n";
            assertThat(conversed(client, answers))
                    .contains("trying it: it can read everything, write nothing but to a scratch directory")
                    .contains("Promises [")
                    .contains("Run it now [Y]:\n")
                    .contains("got for the program\n")
                    .containsOnlyOnce("sources.list");
        }
        assertThat(read(ran)).isEqualTo("once\n");
        assertThat(read(log)).contains("\"method\":\"wizard\",\"id\":null");
    }

    @Test
    void byHandItCanBeAbortedAtAnyQuestion() throws Exception {
        try (Client first = server.client();
                Client later = server.client()) {
            assertThat(conversed(first, "abort\n")).endsWith("pledge: aborted: nothing was run, nor written\n");
            assertThat(conversed(later, "true\nback\nname\nabort\n"))
                    .contains("Promises [")
                    .endsWith("pledge: aborted: nothing was written, and nothing run but the trial\n");
        }
        try (Client endless = server.client()) {
            assertThat(conversed(endless, "x".repeat(1 << 17)))
                    .endsWith("an answer is longer than 65536 bytes\npledge: aborted: nothing was run, nor written\n");
        }
    }

    /** By hand, and in JSON: a trial that sleeps, whose client is gone. */
    @Test
    void whoHangsUpEndsWhatRuns() throws Exception {
        for (List<String> each : List.of(
                List.of("sleep 61937.25", "sleep 61937.25"),
                List.of("sleep 61937.75", begin("['sleep','61937.75']", "").replace('\'', '"')))) {
            try (Client client = server.client()) {
                client.say(each.getLast());
                awaitSleep(each.getFirst(), true);
            }
            awaitSleep(each.getFirst(), false);
        }
        try (Client client = server.client()) {
            client.say("true");
            for (String line = client.line(); !line.startsWith("Name of "); line = client.line()) {
                assertThat(line).isNotEmpty();
            }
            assertThat(ProcessHandle.of(server.pid()).orElseThrow().children()).isNotEmpty();
        }
        for (int i = 0;
                i < 500
                        && ProcessHandle.of(server.pid())
                                .orElseThrow()
                                .children()
                                .findAny()
                                .isPresent();
                i++) {
            Thread.sleep(20);
        }
        assertThat(ProcessHandle.of(server.pid()).orElseThrow().children()).isEmpty();
        assertThat(temporary).isEmptyDirectory();
    }

    private static void awaitSleep(String command, boolean wanted) throws Exception {
        for (int i = 0; i < 1500 && sleeps(command) != wanted; i++) {
            Thread.sleep(20);
        }
        assertThat(sleeps(command)).isEqualTo(wanted);
    }

    /** Whether it runs, whoever its parent is now. */
    private static boolean sleeps(String command) {
        List<String> words = List.of(command.split(" ", -1));
        return ProcessHandle.allProcesses()
                .map(ProcessHandle::info)
                .anyMatch(info -> info.command().orElse("").endsWith("sleep")
                        && List.of(info.arguments().orElse(new String[0])).equals(words.subList(1, 2)));
    }

    @Test
    void aWizardOverJsonIsOneConnectionsAndItsMistakesAreNamed() throws Exception {
        try (Client client = server.client();
                Client other = server.client()) {
            JsonObject begun = result(client.ask(begin("['true']", ",'answers':['']")));
            assertThat(begun.getAsJsonObject("question").get("topic").getAsString())
                    .isEqualTo("promises");
            // Who hesitates is greeted as a person, and may be a program all the same.
            assertThat(other.line()).startsWith("pledge ");
            assertThat(other.line()).isEqualTo("Command to confine:");
            assertThat(error(go(other, begun, List.of("")))).contains("on this connection");
            assertThat(error(go(client, begun, List.of("a\nb")))).contains("an answer is one line");
            JsonObject wrong = result(go(client, begun, List.of("stdio rpth")));
            assertThat(wrong.getAsJsonArray("said").get(0).getAsString()).contains("did you mean rpath?");
            assertThat(wrong.getAsJsonObject("question").get("topic").getAsString())
                    .isEqualTo("promises");
            assertThat(error(go(client, begun, List.of("abort")))).startsWith("aborted: nothing was written");
            assertThat(error(client.ask(begin("['no-such']", "")))).contains("no-such: not found in PATH");
            assertThat(error(client.ask(begin("[]", "")))).contains("a program is needed");
            assertThat(error(client.ask("{'jsonrpc':'2.0','id':4,'method':'wizard'}")))
                    .contains("which begins a wizard");
        }
    }

    @Test
    void thereAreSoManyWizardsAndNoMoreUntilOneEnds() throws Exception {
        String wizard = "{'jsonrpc':'2.0','id':%d,'method':'wizard','params':{'command':['true']}}";
        try (Client client = server.client()) {
            for (int i = 1; i <= Limit.WIZARDS.most(); i++) {
                client.say(wizard.formatted(i).replace('\'', '"'));
            }
            // Whether it is begun is said at once, before anything is tried.
            client.say(wizard.formatted(17).replace('\'', '"'));
            JsonObject refused = client.answer();
            while (refused.get("id").getAsInt() != 17) {
                refused = client.answer();
            }
            assertThat(refused.getAsJsonObject("error").get("code").getAsInt()).isEqualTo(-32002);
            assertThat(refused.getAsJsonObject("error").get("message").getAsString())
                    .isEqualTo("the server has 16 wizards already");
            try (Client person = server.client()) {
                person.say("true");
                assertThat(person.everything()).contains("pledge: the server has 16 wizards already");
            }
        }
        // All are gone with their connection.
        boolean isBegun = false;
        for (int i = 0; i < 600 && !isBegun; i++) {
            try (Client client = server.client()) {
                isBegun = client.ask(wizard.formatted(1)).has("result");
            }
            Thread.sleep(isBegun ? 0 : 50);
        }
        assertThat(isBegun).isTrue();
    }

    @Test
    void whatIsAgreedOnOverJsonIsNotRun() throws Exception {
        Path ran = directory.resolve("ran-over-json");
        try (Client client = server.client()) {
            String command = "['sh','-c','echo once >>" + ran + "']";
            String answers = ",'answers':['','stdio rpath wpath cpath','rwc:" + directory + "','','','','','-','y']";
            JsonObject end = result(client.ask(begin(command, answers)));
            JsonObject outcome = end.getAsJsonObject("outcome");
            assertThat(outcome.get("run").getAsBoolean()).isTrue();
            assertThat(ran).doesNotExist();
            // It is what the method run takes.
            client.say("{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"run\",\"params\":{\"words\":" + outcome.get("words")
                    + "}}");
            String ended = client.line();
            while (!ended.contains("\"id\":3")) {
                ended = client.line();
            }
            assertThat(ended).contains("\"status\":0");
        }
        assertThat(read(ran)).isEqualTo("once\n");
    }

    private static boolean isQuestion(String line) {
        return QUESTIONS.stream().anyMatch(line::startsWith);
    }

    /** The sessions of docs/wizard.md: lines that are indented. */
    private static List<List<String>> sessions() throws Exception {
        List<List<String>> sessions = new ArrayList<>();
        List<String> session = new ArrayList<>();
        for (String line : Files.readAllLines(Path.of("..", "docs", "wizard.md"))) {
            if (line.startsWith("    ") || line.isEmpty() && !session.isEmpty()) {
                session.add(line.isEmpty() ? line : line.substring(4));
            } else if (!session.isEmpty()) {
                while (session.getLast().isEmpty()) {
                    session.removeLast();
                }
                sessions.add(session);
                session = new ArrayList<>();
            }
        }
        assertThat(sessions).hasSize(3);
        return sessions;
    }

    /** What is said here as it is where Landlock is as new as on the page. */
    private static List<String> asOnThePage(String said) {
        boolean isAsNew = Landlock.support().abi().has(Scope.SIGNAL.since());
        String signals = "; it could send signals to any process of its user (Linux 6.12 refuses that)";
        assertThat(said.contains(signals)).isNotEqualTo(isAsNew);
        return said.replace(signals, "").lines().toList();
    }

    @Test
    void theFirstSessionOfThePageIsWhatHappens() throws Exception {
        Path ada = Files.createDirectory(directory.resolve("ada"));
        Files.writeString(ada.resolve("notes.txt"), "one line\n");
        List<String> session = sessions().getFirst();
        List<String> answers = new ArrayList<>();
        List<String> shown = new ArrayList<>();
        for (String line : session.subList(1, session.size())) {
            int end = line.endsWith(":") ? line.length() : line.lastIndexOf(": ") + 1;
            if (isQuestion(line)) {
                answers.add(line.substring(Math.min(end + 1, line.length())));
            }
            shown.add(isQuestion(line) ? line.substring(0, end) : line);
        }
        Files.write(directory.resolve("typed"), answers);
        String command = session.getFirst().replace("$ pledge ", "\"$PLEDGE\" ");
        String happened =
                run("cd ada && LC_ALL=C " + command + " <../typed 2>&1").out();
        assertThat(asOnThePage(happened.replace(ada.toRealPath().toString(), "/home/ada")
                        .replace(Arch.host().label(), "x86-64")))
                .isEqualTo(shown);
        assertThat(ada.resolve("notes.toml")).exists();
    }

    @Test
    void theSessionByHandOfThePageIsWhatHappens() throws Exception {
        List<String> answers = new ArrayList<>();
        List<String> shown = new ArrayList<>();
        boolean isAsked = false;
        for (String line : sessions().get(1)) {
            (isAsked ? answers : shown).add(line);
            isAsked = !isAsked && isQuestion(line);
        }
        try (Client client = server.client()) {
            assertThat(asOnThePage(conversed(client, String.join("\n", answers) + "\n")
                            .replaceFirst("pledge [^ ]*:", "pledge VERSION:")))
                    .isEqualTo(shown);
        }
    }

    @Test
    void theRequestsOfThePageAreAnsweredSo() throws Exception {
        try (Client client = server.client()) {
            String answer = "";
            String number = "";
            for (String line : sessions().get(2)) {
                if (line.startsWith("> ")) {
                    client.say(line.substring(2).replace("\"wizard\":1,", number));
                    answer = client.line();
                    int start = answer.indexOf("\"wizard\":");
                    number = answer.substring(start, answer.indexOf(',', start) + 1);
                } else {
                    // Three dots stand for what is left out.
                    String[] pieces =
                            line.substring(2).replace("\"wizard\":1,", number).split("\\.\\.\\.", -1);
                    assertThat(answer).startsWith(pieces[0]).endsWith(pieces[pieces.length - 1]);
                    assertThat(answer).containsSubsequence(pieces);
                }
            }
        }
    }
}
