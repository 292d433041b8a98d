package org.jpledge.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jpledge.tools.text.JsonTest;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code pledge trace} with real programs, as whoever runs the tests and as a user without privileges. */
class TraceTest {
    private static final Path PYTHON = Path.of("/usr/bin/python3");

    @TempDir
    private static Path home;

    @TempDir
    private Path directory;

    @BeforeAll
    static void install() throws Exception {
        Installation.make(home);
        Shell.run("chmod -R go+rX " + home);
    }

    /** Runs a script in which "$T" traces; without a build, a cache and a front. */
    private Shell.Result run(User user, String script) throws Exception {
        user.assume();
        Path own = user.own(directory);
        Map<String, String> environment = new HashMap<>();
        environment.put("T", home + "/trace");
        environment.put("D", own.toString());
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        Path front = home.resolve("trace");
        if (!Files.exists(front)) {
            Files.writeString(
                    front,
                    "#!/bin/sh\nexec " + java + " -Xshare:auto -XX:TieredStopAtLevel=1"
                            + " --enable-native-access=ALL-UNNAMED -cp " + home + "/core/target/jpledge-0.jar:" + home
                            + "/tools/target/jpledge-tools-0.jar org.jpledge.tools.Main trace \"$@\"\n");
            Shell.run("chmod a+rx " + front);
        }
        return user.run(script, environment, own);
    }

    private String file(String name) throws Exception {
        return Files.readString(directory.resolve(name), StandardCharsets.ISO_8859_1);
    }

    @ParameterizedTest
    @EnumSource(User.class)
    void aProgramKeepsItsOutputAndItsStatus(User user) throws Exception {
        Shell.Result result = run(user, "echo in | \"$T\" -o \"$D/t\" -- sh -c 'cat; echo err >&2; exit 7'");
        assertThat(result.status()).isEqualTo(7);
        assertThat(result.out()).isEqualTo("in\n");
        assertThat(result.err()).isEqualTo("err\n");
        assertThat(file("t")).contains("+++ exited with 7 +++");
    }

    @ParameterizedTest
    @EnumSource(User.class)
    void theTraceGoesToStandardErrorAndSaysWhatACallNeeds(User user) throws Exception {
        Shell.Result result = run(user, "\"$T\" -e openat -- ls /etc");
        assertThat(result.status()).isZero();
        assertThat(result.out()).contains("passwd\n").doesNotContain("openat");
        String line = result.err()
                .lines()
                .filter(each -> each.contains("O_DIRECTORY"))
                .findFirst()
                .orElseThrow();
        assertThat(line)
                .matches(
                        "openat\\(AT_FDCWD, \"/etc\", O_RDONLY\\|O_NONBLOCK\\|O_CLOEXEC\\|O_DIRECTORY\\) = \\d +rpath +r:/etc");
    }

    @Test
    void aFileThatIsMissingIsAnError() throws Exception {
        Shell.Result result = run(User.NOBODY, "\"$T\" -Z -e %file -- cat /nonexistent/file");
        assertThat(result.status()).isEqualTo(1);
        assertThat(result.err())
                .containsPattern(
                        "openat\\(AT_FDCWD, \"/nonexistent/file\", O_RDONLY\\) = -1 ENOENT +rpath +r:/nonexistent/file\n")
                .doesNotContain("= 0\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ls -l /etc/passwd",
                "cat /etc/passwd /nonexistent",
                "touch -d yesterday \"$D/made\"",
                "ln -sf nowhere \"$D/link\"",
                "find /etc/apt -newer /etc/passwd",
                "dd if=/etc/passwd of=\"$D/copy\" bs=100 count=2",
                "stat -f /tmp"
            })
    void aProgramOfOneThreadHasTheCallsThatStraceShowsInTheirOrder(String command) throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/strace")), "strace is not installed");
        String clean = "rm -f \"$D/made\" \"$D/link\" \"$D/copy\"\n";
        Shell.Result result = run(
                User.NOBODY,
                "strace -f -o \"$D/theirs\" " + command + " >/dev/null 2>&1\n" + clean + "\"$T\" -o \"$D/ours\" -- "
                        + command + " >/dev/null 2>&1\n" + clean);
        assertThat(result.err()).isEmpty();
        List<String> theirs = calls(file("theirs"));
        List<String> ours = calls(file("ours"));
        assertThat(ours).isEqualTo(theirs);
        assertThat(symbols(file("ours"))).isEqualTo(symbols(file("theirs")));
    }

    private static final Pattern CALL = Pattern.compile("^(?:\\d+ +)?(\\w+)\\(");

    private static List<String> calls(String trace) {
        List<String> calls = new ArrayList<>();
        for (String line : trace.lines().toList()) {
            Matcher call = CALL.matcher(line);
            if (call.find()) {
                calls.add(call.group(1));
            }
        }
        return calls;
    }

    private static final Pattern SYMBOL =
            Pattern.compile("\\b(?:O|AT|PROT|MAP|S|F|STATX|SIG|SA|CLONE|E|AF|SOCK|SEEK|UTIME)_?[A-Z_]{2,}\\b");
    private static final Pattern TEXT = Pattern.compile("\"(?:[^\"\\\\]|\\\\.)*\"|/\\*.*?\\*/");

    /** The names of constants in each line, but for those that this strace does not know or does not show in full. */
    private static List<String> symbols(String trace) {
        List<String> all = new ArrayList<>();
        for (String line : trace.lines().toList()) {
            Matcher call = CALL.matcher(line);
            String rest = TEXT.matcher(line).replaceAll("").replaceAll(" \\(.*\\)$", "");
            if (call.find()
                    && !Set.of("statx", "statfs", "fstatfs", "fadvise64").contains(call.group(1))) {
                StringBuilder names = new StringBuilder(call.group(1));
                Matcher symbol = SYMBOL.matcher(rest);
                while (symbol.find()) {
                    names.append(' ').append(symbol.group());
                }
                all.add(names.toString());
            }
        }
        return all;
    }

    @ParameterizedTest
    @EnumSource(User.class)
    void eachProcessOfAPipelineHasItsCalls(User user) throws Exception {
        Shell.Result result =
                run(user, "\"$T\" -e execve,pipe,pipe2,dup2,exit_group -- sh -c 'echo a | tr a b | cat; (exit 3)'");
        assertThat(result.out()).isEqualTo("b\n");
        assertThat(result.status()).isEqualTo(3);
        assertThat(result.err())
                .containsPattern(
                        "\\[pid \\d+\\] execve\\(\"/usr/bin/tr\", \\[\"tr\", \"a\", \"b\"\\], 0x\\w+ /\\* \\d+ vars \\*/\\) = 0")
                .containsPattern("\\[pid \\d+\\] execve\\(\"/usr/bin/cat\", \\[\"cat\"\\]")
                .containsPattern("pipe2?\\(\\[\\d, \\d\\](, 0)?\\) += 0");
        assertThat(result.err().lines())
                .allMatch(line -> line.matches("(\\[pid \\d+\\] )?(\\w+\\(.*|\\+\\+\\+ .*|--- .*)"));
    }

    @ParameterizedTest
    @EnumSource(User.class)
    void socketsAndWhatIsPassedThroughThem(User user) throws Exception {
        assumeTrue(Files.isExecutable(PYTHON), "python3 is not installed");
        Files.writeString(directory.resolve("p.py"), """
                import socket, os
                a, b = socket.socketpair()
                socket.send_fds(a, [b'hello'], [0, 1])
                socket.recv_fds(b, 100, 2)
                t = socket.socket(); t.bind(('127.0.0.1', 0)); t.listen()
                c = socket.create_connection(t.getsockname()); x, _ = t.accept(); c.send(b'q')
                s = socket.socket(socket.AF_INET6)
                try: s.connect(('::1', 1))
                except OSError: pass
                u = socket.socket(socket.AF_UNIX)
                try: u.connect('nosuch')
                except OSError: pass
                u.bind('\\0name' + str(os.getpid()))
                """);
        Shell.Result result = run(user, "cd \"$D\" && \"$T\" -y -e %network -- " + PYTHON + " p.py");
        assertThat(result.status()).isZero();
        assertThat(result.err())
                .containsPattern("sendmsg\\(\\d+<UNIX:\\[\\d+\\]>, \\{msg_name=NULL.*iov_base=\"hello\", iov_len=5.*"
                        + "cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, fds=\\[0, 1\\]")
                .containsPattern("recvmsg\\(\\d+<UNIX:\\[\\d+\\]>, .*cmsg_type=SCM_RIGHTS, fds=\\[\\d+, \\d+\\].* = 5")
                .containsPattern("accept4?\\(\\d+<TCP:\\[\\d+\\]>, \\{sa_family=AF_INET, sin_port=htons\\(\\d+\\),"
                        + " sin_addr=\"127.0.0.1\"\\}, \\[16\\].* = \\d+<TCP:\\[\\d+\\]>")
                .containsPattern("socket\\(AF_INET6, SOCK_STREAM\\|SOCK_CLOEXEC, IPPROTO_IP\\) += \\d+<TCPv6:")
                .containsPattern("connect\\(\\d+<TCPv6:\\[\\d+\\]>, \\{sa_family=AF_INET6, sin6_port=htons\\(1\\),"
                        + " sin6_addr=\"::1\"\\}, 28\\) = -1 ECONNREFUSED +inet +connect:1")
                .contains("{sa_family=AF_UNIX, sun_path=\"nosuch\"}")
                .containsPattern("bind\\(.*sun_path=@\"name\\d+\"\\}");
    }

    @Test
    void descriptorsAreFollowedThroughDupAndFork() throws Exception {
        assumeTrue(Files.isExecutable(PYTHON), "python3 is not installed");
        Files.writeString(directory.resolve("p.py"), """
                import os
                f = os.open('/etc/passwd', os.O_RDONLY)
                g = os.dup(f)
                os.close(f)
                h = os.open('/etc/group', os.O_RDONLY)
                if os.fork() == 0:
                    os.read(g, 1); os.read(h, 1)
                    os._exit(0)
                os.wait()
                os.dup2(h, g)
                os.read(g, 2)
                """);
        Shell.Result result = run(User.NOBODY, "\"$T\" -y -o \"$D/t\" -- " + PYTHON + " $D/p.py");
        assertThat(result.status()).isZero();
        String trace = file("t");
        assertThat(trace)
                .containsPattern("read\\(\\d+</etc/passwd>, \".\", 1\\) += 1")
                .containsPattern("read\\(\\d+</etc/group>, \".\", 1\\) += 1")
                .containsPattern("dup[23]\\(\\d+</etc/group>, \\d+</etc/passwd>.*= \\d+</etc/group>")
                .containsPattern("read\\(\\d+</etc/group>, \"..\", 2\\) += 2");
    }

    /** The documented schema is what really is written: every member, and no other. */
    @Test
    void jsonIsAsDocumented() throws Exception {
        assumeTrue(Files.isExecutable(PYTHON), "python3 is not installed");
        Schema schema = Schema.read();
        Files.writeString(directory.resolve("p.py"), """
                import socket, os, signal
                a, b = socket.socketpair()
                socket.send_fds(a, [b'hello'], [0, 1])
                d = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); d.sendto(b'x', ('127.0.0.1', 9))
                u = socket.socket(socket.AF_UNIX)
                try: u.connect('/nosuch')
                except OSError: pass
                n = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0); n.bind((0, 0))
                try: os.rmdir(b'/\\xff\\x80"\\n')
                except OSError: pass
                signal.signal(signal.SIGUSR1, lambda *_: None)
                os.kill(os.getpid(), signal.SIGUSR1)
                os.execv('/bin/sh', ['sh', '-c', 'ls /nosuch\\xff\\xfe; exit 3'])
                """);
        run(User.NOBODY, "\"$T\" --json -C -o \"$D/t\" -- " + PYTHON + " \"$D/p.py\" >/dev/null 2>&1");
        Set<String> seen = new TreeSet<>();
        for (String line : file("t").lines().toList()) {
            JsonObject object = JsonTest.parse(line).getAsJsonObject();
            schema.check(object, seen);
        }
        assertThat(seen)
                .contains(
                        "executed",
                        "started",
                        "ended",
                        "signalled",
                        "syscall",
                        "summary",
                        "number",
                        "symbols",
                        "address",
                        "descriptor",
                        "path",
                        "data",
                        "socket",
                        "structure",
                        "strings",
                        "returned",
                        "failed",
                        "unfinished",
                        "AF_INET",
                        "AF_UNIX",
                        "AF_NETLINK");
        assertThat(file("t")).contains("\"written_hex\":\"2fff80220a\"");
    }

    /** The tables of docs/trace-json.md: first cell of a row to the names in its second one, or for the first table its own. */
    private record Schema(Map<String, Map<String, Set<String>>> sections) {
        private static final Pattern NAME = Pattern.compile("`(\\w+)`");

        static Schema read() throws Exception {
            Map<String, Map<String, Set<String>>> sections = new LinkedHashMap<>();
            String section = "";
            for (String line : Files.readAllLines(Path.of("..", "docs", "trace-json.md"))) {
                if (line.startsWith("#")) {
                    section = line.replaceAll("^#+ *", "").replace("`", "");
                } else if (line.startsWith("| ") && !line.startsWith("| member") && !line.startsWith("|--")) {
                    String[] cells = line.split("\\|", -1);
                    Matcher keys = NAME.matcher(cells[1]);
                    Set<String> members = new HashSet<>();
                    // A member is what is named with a type behind it.
                    Matcher member = Pattern.compile("`(\\w+)` (integer|string|bytes|boolean|object|array|number)")
                            .matcher(cells[2]);
                    while (member.find()) {
                        members.add(member.group(1));
                    }
                    while (keys.find()) {
                        sections.computeIfAbsent(section, _ -> new LinkedHashMap<>())
                                .put(keys.group(1), members);
                    }
                }
            }
            return new Schema(sections);
        }

        private Map<String, Set<String>> section(String name) {
            return Objects.requireNonNull(sections.get(name), name);
        }

        private static Set<String> of(Map<String, Set<String>> section, String key) {
            return Objects.requireNonNull(section.get(key), key);
        }

        void check(JsonObject line, Set<String> seen) {
            String event = line.get("event").getAsString();
            seen.add(event);
            Set<String> members = new HashSet<>(section("All lines").keySet());
            if (event.equals("summary")) {
                members.removeAll(Set.of("at", "process", "thread"));
            }
            if (event.equals("syscall")) {
                members.addAll(section("syscall").keySet());
                if (!line.has("needs")) {
                    members.remove("needs");
                }
            } else {
                members.addAll(of(section("The others"), event));
            }
            same(line, members);
            if (event.equals("syscall")) {
                for (JsonElement each : line.getAsJsonArray("arguments")) {
                    argument(each.getAsJsonObject(), seen);
                }
                JsonObject result = line.getAsJsonObject("result");
                String outcome = result.get("outcome").getAsString();
                seen.add(outcome);
                Set<String> its = new HashSet<>(of(section("Result"), outcome));
                its.add("outcome");
                same(result, its);
                if (line.has("needs")) {
                    same(line.getAsJsonObject("needs"), section("Needs").keySet());
                }
            }
        }

        private void argument(JsonObject argument, Set<String> seen) {
            String kind = argument.get("kind").getAsString();
            seen.add(kind);
            Set<String> members = new HashSet<>(of(section("Arguments"), kind));
            members.addAll(Set.of("name", "raw", "kind"));
            members.removeAll(
                    switch (kind) {
                        case "structure" -> Set.of("name", "text");
                        case "strings" -> Set.of("items_hex");
                        default -> Set.of();
                    });
            members.add("name");
            same(argument, members);
            if (kind.equals("socket")) {
                endpoint(argument.getAsJsonObject("endpoint"), seen);
            }
            if (kind.equals("structure")) {
                argument.getAsJsonArray("peers").forEach(peer -> endpoint(peer.getAsJsonObject(), seen));
                argument.getAsJsonArray("fields")
                        .forEach(field -> same(field.getAsJsonObject(), Set.of("name", "text")));
            }
        }

        private void endpoint(JsonObject endpoint, Set<String> seen) {
            String family = endpoint.get("family").getAsString();
            seen.add(family);
            Set<String> members = new HashSet<>(section("Endpoints").getOrDefault(family, Set.of()));
            members.add("family");
            same(endpoint, members);
        }

        private static void same(JsonObject object, Set<String> documented) {
            Set<String> members = new TreeSet<>(object.keySet());
            members.removeIf(name -> name.endsWith("_hex") && members.contains(name.substring(0, name.length() - 4)));
            assertThat(members).as(object.toString()).isEqualTo(new TreeSet<>(documented));
        }
    }

    @Test
    void theTableCountsCallsAndErrors() throws Exception {
        Shell.Result result = run(User.NOBODY, "\"$T\" -c -S calls -- cat /nonexistent /etc/passwd 2>&1 >/dev/null");
        assertThat(result.out())
                .startsWith("cat: /nonexistent")
                .contains("% time     seconds  usecs/call     calls    errors syscall\n");
        assertThat(result.out()).containsPattern("\n +[\\d.]+ +[\\d.]+ +\\d+ +\\d+ +\\d+ openat\n");
        assertThat(result.out()).containsPattern("\n100\\.00 +[\\d.]+ +\\d+ +\\d+ +\\d+ total\n$");
        Shell.Result both = run(User.NOBODY, "\"$T\" -C -e openat -- cat /etc/passwd 2>&1 >/dev/null");
        assertThat(both.out()).contains("openat(AT_FDCWD, \"/etc/passwd\"").contains("calls    errors syscall");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "-e opne -- touch made        | 64 | \"opne\" is no system call; ?opne passes over it (did you mean open?)",
                "-e %flie -- touch made       | 64 | (did you mean %file?)",
                "-o /nonexistent/t -- touch made | 125 | pledge: option --output: /nonexistent/t: its directory does not exist",
                "-o /etc -- touch made        | 125 | pledge: option --output: /etc: is a directory",
                "-z -Z -- touch made          | 64 | leave nothing",
                "-s many -- touch made        | 64 | \"many\" is no number",
                "-S clals -c -- touch made    | 64 | (did you mean calls?)",
                "-S calls -- touch made       | 64 | --sort is for",
                "-u nobdoy -- touch made      | 64 | (did you mean nobody?)",
                "-E =x -- touch made          | 64 | has no name",
                "-p 1 -- touch made           | 64 | \"touch\" is one too many",
                "-p 1x                        | 64 | \"1x\" is no number",
                "-p 999999999                 | 125 | 999999999",
                "--                           | 64 | no command to trace",
                "-- nosuchprogram             | 127 | not found",
                "-- /usr/bin/nosuch           | 127 | no such file",
                "-- /etc/passwd               | 126 | /etc/passwd"
            })
    void whatCannotBeDoneIsSaidInOneLineAndNothingRuns(String words, int status, String said) throws Exception {
        Shell.Result result = run(User.NOBODY, "cd \"$D\"; \"$T\" " + words);
        assertThat(result.err().lines().filter(line -> line.startsWith("pledge: ")))
                .singleElement()
                .asString()
                .contains(said);
        assertThat(result.status()).isEqualTo(status);
        assertThat(Files.exists(directory.resolve("made"))).isFalse();
    }

    @Test
    void anOutputThatIsFullIsSaidAndTheProgramGoesOn() throws Exception {
        Shell.Result result = run(User.NOBODY, "\"$T\" -o /dev/full -- sh -c 'echo done'");
        assertThat(result.out()).isEqualTo("done\n");
        assertThat(result.err())
                .isEqualTo("pledge: the trace is not whole: cannot write to /dev/full: No space left on device\n");
        assertThat(result.status()).isEqualTo(125);
    }

    @Test
    void variablesAndUsersAreSet() throws Exception {
        Shell.Result result =
                run(User.SELF, "X=1 Y=2 \"$T\" -E X -E Y=3 -E Z=4 -o /dev/null -- sh -c 'echo \"$X,$Y,$Z\"'");
        assertThat(result.out()).isEqualTo(",3,4\n");
        User.NOBODY.assume();
        assertThat(run(User.SELF, "\"$T\" -u nobody -o /dev/null -- id -u").out())
                .isEqualTo("65534\n");
    }

    @Test
    void numbersTimesAndStringsAreShownAsAsked() throws Exception {
        Shell.Result result = run(User.NOBODY, "\"$T\" -n -T -s 4 -e write -- echo hello");
        assertThat(result.err()).containsPattern("^\\[  1\\] write\\(1, \"hell\"\\.\\.\\., 6\\) += 6 <\\d\\.\\d{6}>\n");
        Shell.Result whole = run(User.NOBODY, "\"$T\" -v -e execve -E ONLY=this -- true");
        assertThat(whole.err()).contains("\"ONLY=this\"").doesNotContain("vars */");
    }

    @Test
    void noColoursButOnATerminal() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/script")), "script is not installed");
        String traced = "'\"$T\" -e openat -- cat /nonexistent'";
        assertThat(run(User.NOBODY, "eval " + traced).err()).doesNotContain("\u001b");
        String terminal = "script -qec " + traced + " /dev/null";
        assertThat(run(User.NOBODY, "TERM=xterm NO_COLOR= " + terminal).out()).contains("\u001b[");
        assertThat(run(User.NOBODY, "TERM=xterm NO_COLOR=1 " + terminal).out()).doesNotContain("\u001b[3");
        assertThat(run(User.NOBODY, "TERM=dumb NO_COLOR= " + terminal).out()).doesNotContain("\u001b[3");
    }

    @Test
    void linesOfManyThreadsStayWhole() throws Exception {
        assumeTrue(Files.isExecutable(PYTHON), "python3 is not installed");
        Files.writeString(directory.resolve("p.py"), """
                import os, threading
                def work():
                    for i in range(50):
                        os.stat('/etc/passwd'); os.getppid()
                threads = [threading.Thread(target=work) for _ in range(20)]
                for t in threads: t.start()
                for t in threads: t.join()
                """);
        Shell.Result result = run(User.NOBODY, "\"$T\" -e %stat,%fstat,getppid -- " + PYTHON + " $D/p.py");
        List<String> lines = result.err()
                .lines()
                .filter(line -> line.contains("/etc/passwd"))
                .toList();
        assertThat(lines).hasSize(1000);
        assertThat(lines)
                .allMatch(
                        line -> line.matches(
                                "\\[pid \\d+\\] \\w+\\((AT_FDCWD, )?\"/etc/passwd\", \\{st_mode=S_IFREG\\|0\\d+, st_size=\\d+, \\.\\.\\.\\}(, 0)?\\) = 0 .*"));
        assertThat(result.err().lines().filter(line -> line.contains("getppid()")))
                .hasSize(1000);
    }

    @Test
    void pathsOfAnyBytesAreEscaped() throws Exception {
        Shell.Result result =
                run(User.NOBODY, "\"$T\" -e /^open -- cat \"$(printf '/nosuch\\377\\033[2J\\n\"\\\\\\303\\251')\"");
        assertThat(result.err()).contains("\"/nosuch\\xff\\x1b[2J\\n\\\"\\\\\u00c3\u00a9\"");
        assertThat(result.err().lines().filter(line -> line.contains("\u001b") && line.contains("openat")))
                .isEmpty();
    }

    @ParameterizedTest
    @EnumSource(User.class)
    void aProgramOf32BitsHasItsOwnNumbersAndStructures(User user) throws Exception {
        Path program = directory.resolve("narrow");
        Files.write(program, narrow());
        Shell.run("chmod a+rx " + program + " " + directory);
        assumeTrue(Shell.run(program.toString()).status() == 7, "this kernel runs no programs of 32 bits");
        Shell.Result result = run(user, "\"$T\" -n -y -- \"$D/narrow\"");
        assertThat(result.status()).isEqualTo(7);
        assertThat(result.err())
                .containsPattern("\\n\\[  5\\] open\\(\"/etc/passwd\", O_RDONLY\\) += \\d+</etc/passwd>")
                .containsPattern("\\n\\[102\\] socket\\(AF_UNIX, SOCK_STREAM, 0\\) += \\d+<UNIX:\\[\\d+\\]>")
                .containsPattern("\\n\\[  1\\] exit\\(7\\) += \\? +no promise\n");
    }

    /** An executable for i386 that opens /etc/passwd, makes a socket and exits with 7. */
    private static byte[] narrow() {
        int base = 0x08048000;
        int code = 52 + 32;
        int data = code + 64;
        ByteBuffer elf = ByteBuffer.allocate(data + 32).order(ByteOrder.LITTLE_ENDIAN);
        elf.put(HexFormat.of().parseHex("7f454c46010101000000000000000000"));
        elf.putShort((short) 2)
                .putShort((short) 3)
                .putInt(1)
                .putInt(base + code)
                .putInt(52)
                .putInt(0)
                .putInt(0);
        elf.putShort((short) 52).putShort((short) 32).putShort((short) 1);
        elf.position(52).putInt(1).putInt(0).putInt(base).putInt(base);
        elf.putInt(elf.capacity()).putInt(elf.capacity()).putInt(5).putInt(0x1000);
        elf.position(code);
        for (int[] call : new int[][] {{5, base + data, 0}, {102, 1, base + data + 12}, {1, 7, 0}}) {
            elf.put((byte) 0xb8).putInt(call[0]); // mov eax
            elf.put((byte) 0xbb).putInt(call[1]); // mov ebx
            elf.put((byte) 0xb9).putInt(call[2]); // mov ecx
            elf.put((byte) 0xcd).put((byte) 0x80); // int 0x80
        }
        elf.position(data).put("/etc/passwd\0".getBytes(StandardCharsets.US_ASCII));
        elf.putInt(1).putInt(1).putInt(0);
        return elf.array();
    }

    @Test
    void aRunningProcessIsTracedAndItsDescriptorsAreKnown() throws Exception {
        assumeTrue(Files.isExecutable(PYTHON), "python3 is not installed");
        Files.writeString(directory.resolve("p.py"), """
                import os, time
                f = os.open('/etc/passwd', os.O_RDONLY)
                while not os.path.exists(os.environ['D'] + '/stop'):
                    os.lseek(f, 0, 0); time.sleep(0.02)
                """);
        Shell.Result result = run(User.SELF, PYTHON + """
                 "$D/p.py" &
                "$T" -y -e lseek -o "$D/t" -p $! &
                trace=$!
                i=0; until grep -q lseek "$D/t" 2>/dev/null || [ $((i += 1)) -gt 200 ]; do sleep 0.1; done
                touch "$D/stop"; wait $trace
                """);
        assertThat(result.status()).isZero();
        assertThat(file("t"))
                .containsPattern("lseek\\(\\d+</etc/passwd>, 0, SEEK_SET\\) += 0\n")
                .contains("+++ exited with 0 +++")
                .doesNotContain("nanosleep");
    }
}
