package org.jpledge.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jpledge.tools.Told.ask;
import static org.jpledge.tools.Told.request;
import static org.jpledge.tools.Told.told;
import static org.jpledge.tools.Told.until;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.jpledge.linux.Pipe;
import org.jpledge.tools.serve.Client;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Programs that a server runs, compiles and watches for its clients. */
@Tag("enforcement")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(90)
class ProgramMethodsTest {
    private static final Duration LONG = Duration.ofSeconds(20);

    private final User user = User.SELF;
    private Path temporary;
    private Path home;
    private Path own;
    private Served server;

    @BeforeAll
    void serve(@TempDir Path directory) throws Exception {
        temporary = directory;
        Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwxr-xr-x"));
        home = Installation.make(temporary.resolve("home"));
        own = user.own(temporary.resolve("own"));
        server = Served.start(home, own.resolve("s"), user);
    }

    @AfterAll
    void stop() throws Exception {
        if (server != null) {
            server.close();
        }
    }

    private Told asked(String method, String params) throws Exception {
        try (Client client = server.client()) {
            return ask(client, method, params);
        }
    }

    @Test
    void whatItWritesAndHowItEndsComesBack() throws Exception {
        Told told =
                asked("run", "{'words':['-p','stdio rpath','--','sh','-c','echo out; echo \\u00e9rr >&2; exit 3']}");
        assertThat(told.text("stdout")).isEqualTo("out\n");
        assertThat(told.text("stderr")).isEqualTo("\u00e9rr\n");
        assertThat(told.status()).isEqualTo(3);
        assertThat(told.result().get("signal").isJsonNull()).isTrue();
        assertThat(told.notifications().getFirst().get("method").getAsString()).isEqualTo("started");
    }

    @Test
    void whatIsNoTextComesAsBase64() throws Exception {
        Told told = asked("run", "{'words':['-p','stdio','--','printf','\\\\377\\\\376']}");
        String base64 = told.notifications()
                .getLast()
                .getAsJsonObject("params")
                .get("base64")
                .getAsString();
        assertThat(Base64.getDecoder().decode(base64)).containsExactly(0xff, 0xfe);
    }

    @Test
    void aSignalHasItsName() throws Exception {
        Told told = asked("run", "{'words':['-p','stdio proc','--','sh','-c','kill -SEGV $$']}");
        assertThat(told.status()).isEqualTo(139);
        assertThat(told.result().get("signal").getAsString()).isEqualTo("SIGSEGV");
    }

    @Test
    void promisesAndUnveilsHold() throws Exception {
        String command = "'command':['cat','/etc/passwd']";
        assertThat(asked("run", "{'promises':'stdio rpath'," + command + "}").status())
                .isZero();
        assertThat(asked("run", "{'promises':'stdio'," + command + "}").status())
                .isEqualTo(1);
        assertThat(asked("run", "{'promises':['stdio','rpath'],'unveil':{'/usr':'r'}," + command + "}")
                        .status())
                .isEqualTo(1);
        assertThat(asked("run", "{'promises':'stdio rpath','unveil':['r:/etc']," + command + "}")
                        .status())
                .isZero();
        // Root itself cannot read it then, either.
        Told killed = asked("run", "{'promises':'stdio','options':{'kill':true}," + command + "}");
        assertThat(killed.result().get("signal").getAsString()).isEqualTo("SIGSYS");
    }

    @Test
    void aPolicyIsAFileOrItsText() throws Exception {
        String text = "'policy':'promises = \\\"stdio rpath\\\"\\ncommand = [\\\"cat\\\", \\\"/etc/passwd\\\"]\\n'";
        assertThat(asked("run", "{" + text.replace("\\\"", "\\u0022") + "}").status())
                .isZero();
        Files.writeString(own.resolve("p.toml"), "promises = \"stdio\"\n");
        assertThat(asked("run", "{'policy':'./p.toml','directory':'" + own + "','command':['true']}")
                        .status())
                .isZero();
        assertThat(asked("run", "{'policy':'{\\u0022promises\\u0022: 1}','command':['true']}")
                        .error())
                .startsWith("-32000 option --policy: policy:1:14: promises:");
    }

    @Test
    void theServersOwnFilesAndPipesAreNoPolicies() throws Exception {
        Path directory = Files.createDirectory(own.resolve("named"));
        Files.writeString(directory.resolve("own.toml"), "promises = \"stdio\"\n");
        Files.createSymbolicLink(directory.resolve("link.toml"), Path.of("own.toml"));
        Files.createSymbolicLink(directory.resolve("in.toml"), Path.of("/dev/stdin"));
        Files.createSymbolicLink(directory.resolve("self"), Path.of("/proc/self/exe"));
        assertThat(Shell.run("mkfifo " + directory + "/fifo.toml").status()).isZero();
        String place = "'directory':'" + directory + "',";
        for (String named : List.of(
                "'policy':'-'", "'policy':'/dev/fd/0'", "'policy':'./in.toml'", "'words':['--filter','in.toml']")) {
            assertThat(asked("run", "{" + place + named + ",'command':['true']}")
                            .error())
                    .as(named)
                    .startsWith("-32000 ")
                    .contains("is another file for the server");
        }
        assertThat(asked("run", "{" + place + "'promises':'stdio','command':['./self']}")
                        .error())
                .isEqualTo("-32000 ./self leads through /proc/self, which is another file for the server;"
                        + " name one that is the same for all processes");
        for (String named :
                List.of("'policy':'./fifo.toml'", "'policy':'/dev/zero'", "'words':['--filter','fifo.toml']")) {
            assertThat(asked("run", "{" + place + named + ",'command':['true']}")
                            .error())
                    .as(named)
                    .endsWith("is a pipe, a socket or a device, and a server waits for none");
        }
        assertThat(asked("compile", "{" + place + "'promises':'stdio','output':'fifo.toml','command':['true']}")
                        .error())
                .isEqualTo(
                        "-32000 option --output: fifo.toml: is a pipe, a socket or a device, and a server waits for none");
        assertThat(asked("run", "{" + place + "'policy':'./link.toml','command':['true']}")
                        .status())
                .isZero();
    }

    @Test
    void launchersAreWrittenBesideEachOther() throws Exception {
        Path directory = Files.createDirectory(own.resolve("beside"));
        int many = 40;
        try (Client client = server.client()) {
            for (int i = 0; i < many; i++) {
                request(
                        client,
                        "compile",
                        "{'promises':'stdio','directory':'" + directory + "','output':'" + i + "','command':['echo','"
                                + i + "']}");
            }
            for (int i = 0; i < many; i++) {
                told(client).result();
            }
        }
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files).hasSize(many);
        }
        for (int i = 0; i < many; i++) {
            assertThat(Shell.run(directory.resolve(Integer.toString(i)) + "").out())
                    .isEqualTo(i + "\n");
        }
    }

    @Test
    void aServerWithFewDescriptorsRunsProgramsAsLongAsItHasSome() throws Exception {
        List<String> words = new ArrayList<>(List.of("sh", "-c", "ulimit -n 50; exec \"$@\"", "sh"));
        words.addAll(Served.command(home));
        Path socket = own.resolve("few");
        words.addAll(List.of("serve", "--socket", socket.toString()));
        String run = "{'promises':'stdio','command':['echo','few']}";
        try (Served few = Served.start(words, socket, Map.of());
                Client client = few.client()) {
            Told told = ask(client, "run", run);
            assertThat(told.text("stdout")).isEqualTo("few\n");
            List<Client> others = new ArrayList<>();
            try {
                // Each takes a descriptor, at the latest while the next program runs.
                for (int i = 0; i < 100 && told.answer().has("result"); i++) {
                    others.add(few.client());
                    told = ask(client, "run", run);
                }
                assertThat(told.error()).startsWith("-32000 ").contains("EMFILE");
                String refused = "";
                // Who still finds a place is greeted.
                for (int i = 0; i < 50 && !refused.startsWith("{"); i++) {
                    others.add(few.client());
                    refused = others.getLast().line();
                }
                assertThat(refused)
                        .contains("-32002")
                        .contains("the server cannot see who process ")
                        .containsPattern("Too many open files|EMFILE");
            } finally {
                others.forEach(Client::close);
            }
            boolean isRunning = false;
            for (int i = 0; i < 100 && !isRunning; i++) {
                Thread.sleep(20);
                isRunning = ask(client, "run", run).answer().has("result");
            }
            assertThat(isRunning).isTrue();
        }
    }

    @Test
    void whatIsReplacedUnderAServerIsSaidAndRunsGoOn() throws Exception {
        Path place = Installation.make(temporary.resolve("replaced"));
        Path there = user.own(temporary.resolve("there"));
        try (Served old = Served.start(place, there.resolve("s"), Installation.environment(place, there));
                Client client = old.client()) {
            assertThat(ask(client, "trace", "{'command':['true']}").status()).isZero();
            assertThat(Shell.run("rm -r " + place + "/target/pledge/????????????????")
                            .status())
                    .isZero();
            for (String method : List.of("trace", "learn", "wizard")) {
                Told told = ask(client, method, "{'command':['true']}");
                assertThat(told.error())
                        .startsWith(
                                "-32000 the server is older than what is installed, and cannot start what it needs for this (")
                        .endsWith(" is gone): start the server anew");
                assertThat(told.notifications()).isEmpty();
            }
            assertThat(ask(client, "run", "{'promises':'stdio','command':['true']}")
                            .status())
                    .isZero();
            try (Client person = old.client()) {
                person.say("true");
                assertThat(person.everything()).contains("pledge: the server is older than what is installed");
            }
        }
    }

    @Test
    void whatItReadsAndWhereItIs() throws Exception {
        Told told = asked(
                "run",
                "{'promises':'stdio rpath','command':['sh','-c','pwd; cat; echo $NAME'],'input':'read\\n','directory':'"
                        + own + "','environment':{'NAME':'value','PATH':'/usr/bin:/bin'}}");
        // The shell itself starts no other program without proc.
        assertThat(told.text("stdout")).startsWith(own + "\n");
        Told cat = asked("run", "{'promises':'stdio','command':['cat'],'input':'read'}");
        assertThat(cat.text("stdout")).isEqualTo("read");
        Files.writeString(own.resolve("unveiled"), "seen");
        String relative = "{'promises':'stdio rpath','unveil':{'unveiled':'r'},'directory':'" + own + "',";
        assertThat(asked("run", relative + "'command':['cat','unveiled']}").text("stdout"))
                .isEqualTo("seen");
        assertThat(asked("run", relative + "'command':['ls','.']}").status()).isEqualTo(2);
    }

    @Test
    void nothingRunsTwiceOrThroughAShell() throws Exception {
        Path count = own.resolve("count");
        String command = "'command':['sh','-c','echo $0 >>" + count + "','$(id);`id`;~']}";
        asked("run", "{'promises':'stdio rpath wpath cpath'," + command).result();
        asked("trace", "{" + command).result();
        asked("learn", "{" + command).result();
        assertThat(Files.readAllLines(count)).isEqualTo(List.of("$(id);`id`;~", "$(id);`id`;~", "$(id);`id`;~"));
    }

    @Test
    void whatOnlyPrintsRunsNothing() throws Exception {
        JsonObject help = asked("run", "{'words':['--help']}").result();
        assertThat(help.get("run").isJsonNull()).isTrue();
        assertThat(help.get("stdout").getAsString()).startsWith("usage: pledge");
        JsonObject plan = asked("run", "{'promises':'stdio','options':{'print':true,'json':true},'command':['true']}")
                .result();
        assertThat(plan.get("stdout").getAsString()).startsWith("{");
        assertThat(plan.get("status").getAsInt()).isZero();
    }

    @Test
    void passedDescriptorsAreThePrograms() throws Exception {
        try (Client client = server.client();
                Pipe out = Pipe.from();
                Pipe third = Pipe.from()) {
            Told told = ask(
                    client,
                    "run",
                    "{'words':['-p','stdio rpath','--fd','3','--','sh','-c','echo one; echo three >&3'],'descriptors':[0,1,1,2]}",
                    0,
                    out.childs(),
                    third.childs());
            assertThat(told.status()).isZero();
            assertThat(told.notifications()).hasSize(1);
            assertThat(read(out)).isEqualTo("one\n");
            assertThat(read(third)).isEqualTo("three\n");
            Told wrong = ask(client, "run", "{'words':['-p','stdio','--','true'],'descriptors':[0,5]}", 0, 1);
            assertThat(wrong.error())
                    .isEqualTo("-32602 params: \"descriptors\": there is no descriptor 5: 2 came with the request,"
                            + " counted from 0");
        }
    }

    private static String read(Pipe pipe) throws Exception {
        byte[] buffer = new byte[1000];
        int count = pipe.read(buffer, LONG).orElseThrow();
        return new String(buffer, 0, count, StandardCharsets.UTF_8);
    }

    @Test
    void noDescriptorOfTheServerIsThePrograms() throws Exception {
        StringBuilder words = new StringBuilder("'-p','stdio rpath'");
        for (int descriptor = 3; descriptor < 40; descriptor++) {
            words.append(",'--fd','").append(descriptor).append('\'');
        }
        Told told = asked("run", "{'words':[" + words + ",'--','ls','/proc/self/fd']}");
        // The last is the directory that it reads.
        assertThat(told.text("stdout")).isEqualTo("0\n1\n2\n3\n");
    }

    @Test
    void whatRunsIsListedAndCanBeKilled() throws Exception {
        try (Client client = server.client();
                Client other = server.client()) {
            request(client, "run", "{'promises':'stdio','command':['sleep','1000']}");
            JsonObject started = until(client, "started");
            String listed = ask(other, "list", "{}").result().toString();
            assertThat(listed).contains("\"pid\":" + started.get("pid"), "\"command\":[\"sleep\",\"1000\"]");
            assertThat(ask(other, "kill", "{'run':" + started.get("run") + ",'signal':'SIGQUITE'}")
                            .error())
                    .contains("there is no signal SIGQUITE");
            ask(other, "kill", "{'run':" + started.get("run") + ",'signal':'INT'}")
                    .result();
            assertThat(told(client).result().get("signal").getAsString()).isEqualTo("SIGINT");
            assertThat(ask(other, "kill", "{'run':" + started.get("run") + "}").error())
                    .contains("no program runs that has the number");
        }
    }

    @Test
    void aClientThatVanishesTakesItsProgramsAlongButTheDetached() throws Exception {
        long pid;
        long stubborn;
        long detached;
        try (Client client = server.client()) {
            request(client, "run", "{'promises':'stdio','command':['sleep','1000']}");
            pid = until(client, "started").get("pid").getAsLong();
            String deaf = "trap \\u0027\\u0027 HUP; echo ready; sleep 1000";
            request(
                    client,
                    "run",
                    "{'promises':'stdio rpath proc exec prot_exec','command':['sh','-c','" + deaf + "']}");
            stubborn = until(client, "started").get("pid").getAsLong();
            assertThat(until(client, "output").get("data").getAsString()).isEqualTo("ready\n");
            request(client, "run", "{'promises':'stdio','command':['sleep','1000'],'detached':true}");
            detached = told(client).result().get("pid").getAsLong();
        }
        assertThat(isGone(pid, 3)).isTrue();
        assertThat(isGone(stubborn, 1)).isFalse();
        assertThat(isGone(stubborn, 8)).isTrue();
        assertThat(isGone(detached, 1)).isFalse();
        assertThat(asked("list", "{}").result().toString()).contains("\"pid\":" + detached);
        Shell.run("kill " + detached);
        assertThat(isGone(detached, 3)).isTrue();
    }

    /** Whether a process is gone, or goes in some seconds. */
    private static boolean isGone(long pid, int seconds) throws Exception {
        for (int i = 0; i < seconds * 20; i++) {
            if (!Files.exists(Path.of("/proc/" + pid + "/exe"))) {
                return true;
            }
            Thread.sleep(50);
        }
        return false;
    }

    @Test
    void aKilledServerTakesItsProgramsAlongButTheDetachedAndAnotherStarts() throws Exception {
        Path place = user.own(temporary.resolve("killed"));
        long detached;
        try (Served killed = Served.start(home, place.resolve("s"), user);
                Client client = killed.client()) {
            request(client, "run", "{'promises':'stdio','command':['sleep','1000']}");
            final long pid = until(client, "started").get("pid").getAsLong();
            detached = ask(client, "run", "{'promises':'stdio','command':['sleep','1000'],'detached':true}")
                    .result()
                    .get("pid")
                    .getAsLong();
            killed.kill();
            assertThat(isGone(pid, 3)).isTrue();
        }
        try (Served again = Served.start(home, place.resolve("s"), user);
                Client client = again.client()) {
            assertThat(ask(client, "run", "{'promises':'stdio','command':['true']}")
                            .status())
                    .isZero();
            assertThat(isGone(detached, 0)).isFalse();
            Shell.run("kill " + detached);
            assertThat(isGone(detached, 3)).isTrue();
        }
    }

    /** Root may do much that hides what a server cannot do for others. */
    @Test
    void aUserWithoutPrivilegesHasPrograms() throws Exception {
        User.NOBODY.assume();
        Path place = User.NOBODY.own(temporary.resolve("nobody"));
        Files.writeString(place.resolve("ask.py"), """
                import json, os, socket, sys
                server = socket.socket(socket.AF_UNIX)
                server.connect('s')
                lines = server.makefile()
                for line in sys.stdin:
                    server.sendall(line.encode())
                    for answer in lines:
                        answer = json.loads(answer)
                        if 'id' in answer: break
                        if answer['method'] == 'output': print(answer['params']['data'], end='')
                    print(answer.get('error') or answer['result']['status'])
                """);
        try (Served served = Served.start(home, place.resolve("s"), User.NOBODY)) {
            StringBuilder lines = new StringBuilder();
            String cat = "'command':['cat','/etc/hostname']}";
            for (String params : List.of(
                    "run {'promises':'stdio rpath'," + cat,
                    "run {'promises':'stdio'," + cat,
                    "trace {'options':{'expr':'exit_group'},'command':['sh','-c','exit 4']}",
                    "learn {'options':{'contained':true},'command':['touch','made']}")) {
                String[] words = params.split(" ", 2);
                lines.append("{'jsonrpc':'2.0','id':1,'method':'" + words[0] + "','params':" + words[1] + "}\n");
            }
            Files.writeString(place.resolve("lines"), lines.toString().replace('\'', '"'));
            Shell.Result result = User.NOBODY.run("python3 ask.py <lines", Map.of(), place);
            assertThat(result.err()).isEmpty();
            assertThat(served.errors()).contains("listening");
            assertThat(result.out())
                    .startsWith(Files.readString(Path.of("/etc/hostname")) + "0\ncat: /etc/hostname: ")
                    .contains("\n1\n", "exit_group(4)", "\n4\n")
                    .endsWith("\n1\n");
            assertThat(place.resolve("made")).doesNotExist();
        }
    }

    @Test
    void aServerThatEndsDrainsAndThenEndsItsPrograms() throws Exception {
        try (Served ending =
                        Served.start(home, user.own(temporary.resolve("ending")).resolve("s"), user, "--drain", "2");
                Client quick = ending.client()) {
            request(quick, "run", "{'promises':'stdio','command':['sleep','1']}");
            until(quick, "started");
            // Who connects and says nothing is taken for a person, and greeted.
            try (Client slow = ending.client()) {
                request(slow, "run", "{'promises':'stdio','command':['sleep','1000']}");
                long pid = until(slow, "started").get("pid").getAsLong();
                ending.end();
                assertThat(ending.awaitEnd()).isZero();
                assertThat(told(quick).status()).isZero();
                assertThat(isGone(pid, 1)).isTrue();
            }
        }
    }

    @Test
    void aLauncherIsAFileOrBytes() throws Exception {
        Told file = asked(
                "compile",
                "{'promises':'stdio','command':['echo','made'],'output':'launcher','directory':'" + own + "'}");
        assertThat(file.result().get("output").getAsString()).isEqualTo("launcher");
        assertThat(Shell.run(own + "/launcher").out()).isEqualTo("made\n");
        Told bytes = asked("compile", "{'promises':'stdio','command':['echo','made']}");
        assertThat(Base64.getDecoder().decode(bytes.result().get("launcher").getAsString()))
                .isEqualTo(Files.readAllBytes(own.resolve("launcher")));
        assertThat(asked("compile", "{'promises':'stdio','command':['true'],'output':'/nowhere/x'}")
                        .error())
                .isEqualTo("-32000 option --output: /nowhere/x: its directory does not exist");
    }

    @Test
    void aTraceALessonAndAReportAreMadeBesideTheProgram() throws Exception {
        Told trace = asked("trace", "{'words':['-e','chdir','--','sh','-c','cd /usr; exit 4']}");
        assertThat(trace.text("stderr")).contains("chdir(\"/usr\")");
        assertThat(trace.status()).isEqualTo(4);
        Files.writeString(own.resolve("lesson"), "read me\n");
        assertThat(asked("trace", "{'promises':'stdio','command':['true']}").error())
                .startsWith("-32602 params: unknown name \"promises\"; trace takes words");
        Told learnt = asked("learn", "{'command':['cat','lesson'],'directory':'" + own + "'}");
        assertThat(learnt.result().get("learnt").getAsString()).contains("promises = \"stdio rpath\"");
        assertThat(learnt.text("stdout")).isEqualTo("read me\n");
        Told report = asked("run", "{'promises':'stdio','options':{'report':true},'command':['cat','/etc/passwd']}");
        assertThat(report.text("stderr")).contains("needs rpath");
        assertThat(report.status()).isEqualTo(1);
    }

    @Test
    void whatIsWrongIsNamed() throws Exception {
        assertThat(asked("run", "{'promises':'stdoi','command':['true']}").error())
                .isEqualTo("-32000 unknown promise \"stdoi\" (did you mean stdio?)");
        assertThat(asked("run", "{'promises':'stdio','command':['nonesuch']}")
                        .answer()
                        .toString())
                .contains("\"status\":127");
        assertThat(asked("run", "{'options':{'kil':true},'command':['true']}").error())
                .isEqualTo("-32602 params: \"options\": there is no option \"kil\" here (did you mean kill?)");
        assertThat(asked("run", "{'options':{'kill':'yes'},'command':['true']}").error())
                .isEqualTo("-32602 params: \"options\": \"kill\" is true or false, not \"yes\"");
        assertThat(asked("run", "{'promises':'stdio','command':['true'],'directory':'/nowhere'}")
                        .error())
                .isEqualTo("-32602 params: \"directory\": /nowhere: openat: ENOENT");
        assertThat(asked("run", "{'promises':'stdio','command':['true'],'environment':['NAME']}")
                        .error())
                .isEqualTo("-32602 params: \"environment\": \"NAME\" is no NAME=value");
        assertThat(asked("run", "{'words':['-p','stdio','--fdd','3','true']}").error())
                .startsWith("-32000 unknown option --fdd");
        assertThat(asked("run", "{'promises':'stdio'}").error()).startsWith("-32000 no command to run");
    }

    /** What a generator makes of parameters: each is either a result or an error in one line, and none leaves a descriptor open. */
    @Test
    void whateverTheParametersAreTheAnswerIsOneLine() throws Exception {
        long seed = Long.getLong("jpledge.seed", 7);
        Random random = new Random(seed);
        try (Client client = server.client()) {
            ask(client, "list", "{}");
            long before = descriptors();
            for (int i = 0; i < 400; i++) {
                String params = StrangeParams.with(random);
                String method = random.nextBoolean() ? "run" : "compile";
                JsonObject answer = ask(client, method, params).answer();
                if (answer.has("error")) {
                    JsonObject error = answer.getAsJsonObject("error");
                    assertThat(error.get("code").getAsInt())
                            .as("seed %d: %s %s: %s", seed, method, params, error)
                            .isIn(-32000, -32602);
                    assertThat(error.get("message").getAsString())
                            .as("seed %d: %s %s", seed, method, params)
                            .hasLineCount(1);
                }
            }
            for (int i = 0; i < 100 && descriptors() > before; i++) {
                Thread.sleep(20);
            }
            assertThat(descriptors()).as("seed %d", seed).isLessThanOrEqualTo(before);
        }
    }

    @Test
    void manyRunsLeaveNothingBehind() throws Exception {
        for (int i = 0; i < 20; i++) {
            asked("run", "{'promises':'stdio','command':['true']}");
        }
        long before = descriptors();
        try (Client client = server.client()) {
            for (int i = 0; i < 300; i++) {
                assertThat(ask(client, "run", "{'promises':'stdio','command':['true']}")
                                .status())
                        .isZero();
                if (i % 10 == 0) {
                    // Somebody vanishes in the middle of a run.
                    try (Client vanishing = server.client()) {
                        request(vanishing, "run", "{'promises':'stdio','command':['sleep','1000']}");
                        if (i % 20 == 0) {
                            until(vanishing, "started");
                        }
                    }
                }
            }
        }
        for (int i = 0; i < 200 && (children() > 0 || descriptors() > before); i++) {
            Thread.sleep(50);
        }
        assertThat(children()).isZero();
        assertThat(descriptors()).isLessThanOrEqualTo(before);
        assertThat(asked("list", "{}").result().toString()).isEqualTo("{\"runs\":[]}");
    }

    private long descriptors() throws IOException {
        try (Stream<Path> all = Files.list(Path.of("/proc/" + server.pid() + "/fd"))) {
            return all.count();
        }
    }

    private long children() throws IOException {
        long count = 0;
        try (Stream<Path> tasks = Files.list(Path.of("/proc/" + server.pid() + "/task"))) {
            for (Path task : tasks.toList()) {
                String children = Files.readString(task.resolve("children")).strip();
                count += children.isEmpty() ? 0 : children.split(" ", -1).length;
            }
        }
        return count;
    }
}
