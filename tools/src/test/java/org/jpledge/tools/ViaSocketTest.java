package org.jpledge.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jpledge.launch.ClientFrame;
import org.jpledge.linux.KernelException;
import org.jpledge.linux.MemoryFile;
import org.jpledge.linux.OwnDirectory;
import org.jpledge.linux.UnixSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code pledge run --via-socket}: the program is as it would be without a server. */
@Tag("enforcement")
@Timeout(240)
class ViaSocketTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final int EPIPE = 32;
    private static final int ECONNRESET = 104;

    /** Command lines, as a shell reads them, in a directory of files. */
    private static final String LINES = """
            -p 'stdio rpath' -- ls sub
            -p stdio -- cat file
            -p 'stdio rpath' -- cat missing
            -p 'stdio rpath' file
            -p 'stdio rpath' ./sub
            -p 'stdio rpath' ./missing
            -p 'stdio rpath' nosuchcommand
            -p 'stdio rpath' ''
            -kp stdio -- cat file
            -qkp stdio -- cat file
            -p 'stdio rpath' -v r:sub -- cat sub/file
            -p 'stdio rpath' -v r:sub -- cat file
            -p 'stdio rpath wpath cpath' -v rwc:./sub -- sh -c 'echo x >sub/new; cat sub/new; echo y >new'
            -p 'stdio rpath' -v r:missing -- ls
            -p 'stdio rpath' --ignore-missing -v r:missing -v r:sub -- ls sub
            -p 'stdio rpath' -v "r:$(printf 's\\303\\274b')" -- cat "$(printf 's\\303\\274b/file')"
            -p 'stdio rpath' -v "r:$(printf 's\\377b')" -- cat "$(printf 's\\377b/file')"
            -p 'stdio rpath' -v r:/proc/self -- cat /proc/self/comm
            -p 'stdio rpath exec' -- ./script a 'b c' ''
            -p 'stdio rpath' -- ./relative a b
            -p 'stdio rpath' -- ./unreadable
            -p 'stdio rpath' --chdir sub -- cat file
            -p 'stdio rpath' --chdir sub -- ./own
            -p 'stdio rpath' --chdir nowhere -- cat file
            -p 'stdio rpath' --fd 5 -- cat /dev/fd/5 5<sub/file
            -p 'stdio rpath' -- cat /dev/fd/5 5<sub/file
            -p stdio --user 65534 -- id -u
            -p stdio --user nosuch -- id -u
            -p stdio --env A=1 --clear-env --env PATH -- /usr/bin/env
            --policy own.toml
            --policy own.toml -- cat sub/file
            --policy missing.toml -- ls
            -p 'stdio rpath' --filter rules.txt -- cat file
            --filter rules.txt -- true
            --filter link.txt -- true
            -p 'stdio rpath' --loader-path sub -- true
            -p 'stdio rpath' --loader-path missing -- true
            -p stdio -O 20 -- sh -c 'ulimit -n'
            -p 'stdio inet' --connect 80,x -- true
            -p 'stdio rpath' --on-violation trap -- true
            -p 'stdio rpath' --on-violation tarp -- true
            -p 'stdio rpaht' -- true
            -p stdio --no-such-option -- true
            -p stdio
            --print -p 'stdio rpath' -v r:sub -- ./script
            --print --json -p 'stdio rpath' -v r:sub -- ./relative
            --help
            --version
            -p 'stdio rpath' -- sh -c 'exit 37'
            -p 'stdio rpath proc' -- sh -c 'kill -TERM $$'
            -p 'stdio rpath' -- "$(printf 'a\\033b')"
            -p 'stdio rpath' -- printf '[%s]' '' ' ' "$(printf '\\377\\1\\2x')" '*' -- -p --via-socket
            """;

    @TempDir
    private static Path shared;

    private static Path home = Path.of("");
    private static Path place = Path.of("");
    private static Process server;

    @TempDir
    private Path directory;

    @BeforeAll
    static void serve() throws Exception {
        home = Installation.make(shared.resolve("home"));
        place = shared.resolve("socket");
        Files.createDirectory(shared.resolve("cache"));
        assertThat(Shell.run("\"$PLEDGE\" --version", environment(), shared).status())
                .isZero();
        server = start();
    }

    @AfterAll
    static void end() throws Exception {
        server.destroyForcibly().waitFor();
    }

    /** Starts a server, and waits until it listens. */
    private static Process start() throws Exception {
        ProcessBuilder builder = new ProcessBuilder(home + "/pledge", "serve", "--socket", place.toString())
                .redirectErrorStream(true)
                .redirectOutput(
                        ProcessBuilder.Redirect.appendTo(shared.resolve("log").toFile()));
        builder.environment().putAll(environment());
        Process process = builder.start();
        for (int i = 0; i < 400 && !listens(); i++) {
            assertThat(process.isAlive())
                    .as(Files.readString(shared.resolve("log")))
                    .isTrue();
            Thread.sleep(50);
        }
        return process;
    }

    private static boolean listens() {
        try (UnixSocket socket = connect()) {
            return socket.peer().pid() > 0;
        } catch (KernelException e) {
            return false;
        }
    }

    private static UnixSocket connect() throws KernelException {
        return UnixSocket.connect(place.toString().getBytes(StandardCharsets.UTF_8), LONG);
    }

    private static Map<String, String> environment() {
        Map<String, String> environment = new HashMap<>(Installation.environment(home, shared));
        environment.put("VIA", home + "/pledge run --via-socket --socket " + place);
        environment.put("SOCKET", place.toString());
        return environment;
    }

    /** Runs a script in which {@code $VIA} is a run by the server. */
    private Shell.Result run(String script) throws Exception {
        return Shell.run(script, environment(), directory);
    }

    private static Shell.Result failed(String reason) {
        return new Shell.Result(125, "", "pledge: " + reason + "\n");
    }

    private void files() throws Exception {
        assertThat(Shell.run("""
                                mkdir sub "$(printf 's\\303\\274b')" "$(printf 's\\377b')" && echo f >file && echo s >sub/file &&
                                echo u >"$(printf 's\\303\\274b')/file" && echo b >"$(printf 's\\377b')/file" &&
                                printf '#!/bin/sh\\necho "$0" "$@"\\n' >script && printf '#!./sub/cat\\n' >relative &&
                                printf '#!sub/cat\\n' >sub/own && echo 'secret' >unreadable && cp /bin/cat sub/cat &&
                                chmod 755 script relative sub/own && chmod 711 unreadable &&
                                printf 'promises = "stdio rpath"\\ncommand = ["cat", "sub/file"]\\n[unveil]\\n"${CWD}/sub" = "r"\\n"/usr" = "r"\\n' >own.toml &&
                                printf 'x86_64, aarch64:\\n  default allow\\n  truncate -> errno EIO\\n' >rules.txt && ln -s rules.txt link.txt
                                """, environment(), directory).err()).isEmpty();
    }

    @Test
    void everyCommandLineDoesWhatItDoesWithoutTheServer() throws Exception {
        files();
        List<String> lines = LINES.lines().toList();
        long before = requests();
        for (String line : lines) {
            Shell.Result without = run("\"$PLEDGE\" " + line);
            Files.deleteIfExists(directory.resolve("sub/new"));
            assertThat(run("$VIA " + line)).as(line).isEqualTo(without);
            Files.deleteIfExists(directory.resolve("sub/new"));
        }
        for (int i = 0; i < 100 && requests() < before + lines.size(); i++) {
            Thread.sleep(20);
        }
        assertThat(requests()).isGreaterThanOrEqualTo(before + lines.size());
    }

    /** How many clients the server has served. */
    private static long requests() throws IOException {
        return Files.readString(shared.resolve("log"))
                .lines()
                .filter(line -> line.contains("\"method\":\"run --via-socket\""))
                .count();
    }

    @ParameterizedTest
    @ValueSource(strings = {"dash", "bash", "busybox sh"})
    void theEnvironmentIsTheCallersToTheLastByte(String shell) throws Exception {
        assumeTrue(Shell.run("command -v " + shell.replace(" sh", "")).status() == 0, shell + " is not installed");
        String path = shell.startsWith("busybox") ? "$(command -v busybox) sh" : "$(command -v " + shell + ")";
        String odd = " PWD=/nowhere IFS=, 'no.name=1' 'BASH_FUNC_f%%=() {  :; }' SHLVL=9 via= socket=x environment=3"
                + " \"LINES=$(printf 'a\\nb')\" \"BYTES=$(printf '\\377')\" words=1 XDG_RUNTIME_DIR=/nowhere";
        Shell.Result bare = run("exec env -i " + odd + " /usr/bin/env");
        assertThat(run("exec env -i " + odd + " " + path
                        + " \"$PLEDGE\" run -p 'stdio rpath' --socket=\"$SOCKET\" --via-socket --" + " /usr/bin/env"))
                .isEqualTo(bare);
        // Neither can be a word of a command line.
        for (String large : List.of(
                "\"ODD=$(printf 'a\\1b\\2c')\"",
                "\"LARGE=$(head -c 120000 /dev/zero | tr '\\0' x)\" \"MORE=$(head -c 120000 /dev/zero | tr '\\0' y)\"")) {
            assertThat(run("exec env -i TMPDIR=\"$D\" " + large + " " + path
                            + " $VIA -p 'stdio rpath' -- /usr/bin/env"))
                    .isEqualTo(run("exec env -i TMPDIR=\"$D\" " + large + " /usr/bin/env"));
        }
    }

    @Test
    void theSocketIsThatOfTheRuntimeDirectoryIfNoneIsNamed() throws Exception {
        Files.createSymbolicLink(directory.resolve("pledge.sock"), place);
        String run = "\"$PLEDGE\" run --via-socket -p stdio -- echo hello";
        assertThat(run("XDG_RUNTIME_DIR=\"$PWD\" " + run)).isEqualTo(new Shell.Result(0, "hello\n", ""));
        assertThat(run("XDG_RUNTIME_DIR=/nowhere " + run))
                .isEqualTo(failed("no server listens on /nowhere/pledge.sock: start one with pledge serve"));
        assertThat(run("unset XDG_RUNTIME_DIR; " + run))
                .isEqualTo(failed("where does the server listen? There is no XDG_RUNTIME_DIR; write --socket PATH"));
    }

    @Test
    void whatCannotGoThroughTheServerIsSaidInOneLine() throws Exception {
        Files.writeString(directory.resolve("own.toml"), "promises = \"stdio\"\n");
        Map<String, String> refused = Map.of(
                "-p stdio --report -- true", "--report needs; leave one of them out",
                "-p stdio --report --report-fd 2 -- true", "--report needs; leave one of them out",
                "--policy - -- true <own.toml", "/dev/stdin is another file for the server",
                "--policy /dev/fd/7 -- true 7<own.toml", "/dev/fd is another file for the server",
                "--filter /dev/../dev/stdin -- true <own.toml", "/dev/stdin is another file for the server",
                "-p stdio -- /proc/self/exe", "/proc/self is another file for the server");
        for (Map.Entry<String, String> each : refused.entrySet()) {
            Shell.Result result = run("$VIA " + each.getKey());
            assertThat(result.status()).as(each.getKey()).isEqualTo(64);
            assertThat(result.out()).isEmpty();
            assertThat(result.err())
                    .startsWith("pledge: option --via-socket: ")
                    .contains(each.getValue())
                    .hasLineCount(1);
        }
        for (String command : List.of("trace", "learn", "doctor", "compile", "explain", "wizard")) {
            Shell.Result result = run("\"$PLEDGE\" " + command + " --via-socket -- true");
            assertThat(result.status()).as(command).isEqualTo(64);
            assertThat(result.err())
                    .isEqualTo("pledge: option --via-socket belongs to pledge run, not to pledge " + command + "\n");
        }
        assertThat(run("\"$PLEDGE\" run --report --via-socket -p stdio -- true").status())
                .isEqualTo(64);
        assertThat(run("\"$PLEDGE\" run --socket x -p stdio -- true"))
                .isEqualTo(new Shell.Result(64, "", "pledge: option --socket is for --via-socket\n"));
    }

    @Test
    void aRemovedWorkingDirectoryIsSaidAsWithoutTheServer() throws Exception {
        String removed = "mkdir gone; cd gone; rmdir ../gone; exec 2>&1; ";
        Shell.Result without = run(removed + "\"$PLEDGE\" -p 'rpath stdio' -- ls");
        assertThat(without.out()).endsWith("pledge: the working directory cannot be found: it may be removed\n");
        assertThat(run(removed + "$VIA -p 'rpath stdio' -- ls")).isEqualTo(without);
        // One of the same name is not the same.
        assertThat(run(removed + "mkdir ../gone; $VIA -p 'rpath stdio' -- ls")).isEqualTo(without);
    }

    @Test
    void pipelinesSignalsAndStatusesAreTheCallers() throws Exception {
        assertThat(run("seq 10000 | $VIA -p stdio -- cat | $VIA -p stdio -- wc -l")
                        .out())
                .isEqualTo("10000\n");
        assertThat(
                        run("bash -c '$VIA -p \"stdio rpath\" -- cat /dev/zero | head -c 5 >/dev/null; echo ${PIPESTATUS[0]}'")
                                .out())
                .isEqualTo("141\n");
        assertThat(run("timeout 1 $VIA -p stdio -- sleep 10").status()).isEqualTo(124);
        assertThat(run("$VIA -p 'stdio rpath proc' -- sh -c 'echo $$' & echo $!; wait")
                        .out()
                        .lines()
                        .distinct())
                .hasSize(1);
        assertThat(run("$VIA -p 'stdio rpath proc' -- sh -c 'trap \"echo handled; exit 3\" TERM; while :; do :; done' &"
                        + " sleep 1; kill $!; wait $!"))
                .isEqualTo(new Shell.Result(3, "handled\n", ""));
        assertThat(
                        run("$VIA -p stdio -- sleep 10 & sleep 0.7; kill -STOP $!; sleep 0.1; kill -CONT $!; kill -HUP $!; wait $!")
                                .status())
                .isEqualTo(129);
    }

    /** Runs a script in a terminal of its own, with what somebody types. */
    private void typed(String script, String typing) throws Exception {
        assumeTrue(Shell.run("command -v script bash").status() == 0, "no script(1) or no bash(1)");
        Files.writeString(directory.resolve("typed"), script);
        run("(printf '. ./typed\\n'; " + typing
                + ") | SHELL=/bin/sh TERM=dumb script -qec 'bash --norc --noprofile -i' /dev/null");
    }

    @Test
    void theTerminalAndControlCAreTheProgramsOwn() throws Exception {
        typed(
                """
                tty >bare.terminal
                $VIA -p 'stdio rpath tty' -- tty >via.terminal
                $VIA -p 'stdio rpath wpath cpath proc exec tty' -- sh -c 'trap "echo got >>got; exit 3" INT; echo x >ready; while :; do :; done'
                echo $? >status
                """,
                "until [ -e ready ]; do sleep 0.05; done; sleep 0.2; printf '\\003';"
                        + " until [ -e status ]; do sleep 0.05; done; printf 'exit\\n'");
        assertThat(directory.resolve("via.terminal")).hasSameTextualContentAs(directory.resolve("bare.terminal"));
        assertThat(Files.readString(directory.resolve("via.terminal"))).startsWith("/dev/");
        assertThat(directory.resolve("got")).hasContent("got");
        assertThat(directory.resolve("status")).hasContent("3");
    }

    @Test
    void controlZStopsTheProgramAndTheShellCanGoOnWithIt() throws Exception {
        typed(
                "$VIA -p 'stdio rpath wpath cpath proc exec tty' -- sh -c 'echo x >ready; read a; echo \"$a\" >over; exit 5'\n",
                "until [ -e ready ]; do sleep 0.05; done; printf '\\032'; sleep 0.5; printf 'jobs >jobs\\n';"
                        + " until [ -s jobs ]; do sleep 0.05; done; printf 'fg; echo $? >status; exit\\n'; sleep 0.5; printf 'line\\n';"
                        + " until [ -e status ]; do sleep 0.05; done");
        assertThat(Files.readString(directory.resolve("jobs"))).contains("Stopped");
        assertThat(directory.resolve("over")).hasContent("line");
        assertThat(directory.resolve("status")).hasContent("5");
    }

    @Test
    void aProgramOutlivesTheServer() throws Exception {
        Path own = place;
        place = directory.resolve("mortal");
        try {
            Process mortal = start();
            ProcessBuilder builder = new ProcessBuilder(
                    "sh", "-c", "exec $VIA -p 'stdio rpath' -- sh -c 'echo ready; read a; echo \"$a\"; exit 4'");
            builder.environment().putAll(environment());
            Process program = builder.start();
            var out = program.inputReader();
            assertThat(out.readLine()).isEqualTo("ready");
            mortal.destroyForcibly().waitFor();
            // Its socket is left, and nobody listens there any more.
            assertThat(run("$VIA -p stdio -- true"))
                    .isEqualTo(failed("no server listens on " + place + ": start one with pledge serve"));
            program.getOutputStream().write("still here\n".getBytes(StandardCharsets.UTF_8));
            program.getOutputStream().flush();
            assertThat(out.readLine()).isEqualTo("still here");
            assertThat(program.waitFor()).isEqualTo(4);
            Process next = start();
            assertThat(run("$VIA -p stdio -- echo again").out()).isEqualTo("again\n");
            next.destroyForcibly().waitFor();
        } finally {
            place = own;
        }
    }

    @Test
    void manyAtOnceAreServed() throws Exception {
        Shell.Result result = run("for i in $(seq 40); do $VIA -p 'stdio rpath' -v r:/usr -- echo \"$i\" & done; wait");
        assertThat(result.err()).isEmpty();
        assertThat(result.out().lines().map(Integer::valueOf).sorted().toList())
                .hasSize(40)
                .doesNotHaveDuplicates();
    }

    @Test
    void anotherUserIsSentAway() throws Exception {
        User.NOBODY.assume();
        Path open = shared.resolve("home");
        for (Path each = open; each != null; each = each.getParent()) {
            assumeTrue(Files.getPosixFilePermissions(each)
                            .contains(java.nio.file.attribute.PosixFilePermission.OTHERS_EXECUTE)
                    || Files.isWritable(each));
        }
        for (Path each : List.of(shared, open)) {
            Files.setPosixFilePermissions(each, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        Files.setPosixFilePermissions(place, PosixFilePermissions.fromString("rwxrwxrwx"));
        Path own = User.NOBODY.own(directory.resolve("nobody"));
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        Shell.Result result = User.NOBODY.run("$VIA -p stdio -- id -u", environment(), own);
        Files.setPosixFilePermissions(place, PosixFilePermissions.fromString("rw-------"));
        assertThat(result.status()).isEqualTo(125);
        assertThat(result.out()).isEmpty();
        assertThat(result.err())
                .contains("refuses: {\"jsonrpc\":\"2.0\"")
                .contains("serves nobody else")
                .hasLineCount(1);
        // Where others may not even connect, the kernel says so.
        assertThat(User.NOBODY.run("$VIA -p stdio -- id -u", environment(), own))
                .isEqualTo(failed(place + ": EACCES"));
    }

    /** Sends a request, and gives the numbers and texts of the answer. */
    private static String asked(byte[] bytes, int... descriptors) throws KernelException {
        try (UnixSocket socket = connect()) {
            socket.send(bytes, LONG, descriptors);
            socket.shutdown();
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            byte[] buffer = new byte[1 << 16];
            while (true) {
                UnixSocket.Received some = socket.receive(buffer, LONG).orElseThrow();
                if (some.length() == 0) {
                    break;
                }
                all.write(buffer, 0, some.length());
            }
            if (all.size() == 0) {
                return "";
            }
            ByteBuffer reply = ByteBuffer.wrap(all.toByteArray()).order(ByteOrder.LITTLE_ENDIAN);
            assertThat(reply.getInt()).isEqualTo(ClientFrame.MAGIC);
            return reply.getInt() + " " + all.toString(StandardCharsets.UTF_8).substring(ClientFrame.REPLY);
        } catch (KernelException e) {
            // It may be closed with something of ours unread.
            if (e.errno() == ECONNRESET || e.errno() == EPIPE) {
                return "";
            }
            throw e;
        }
    }

    private static byte[] request(int magic, int words, int environment, String texts) {
        return ByteBuffer.allocate(ClientFrame.REQUEST + texts.length())
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(magic)
                .putInt(words)
                .putInt(environment)
                .putInt(0)
                .put(texts.getBytes(StandardCharsets.ISO_8859_1))
                .array();
    }

    private static byte[] request(String texts) {
        return request(ClientFrame.MAGIC, texts.length(), 0, texts);
    }

    @Test
    void clientsThatSendNonsenseAreToldAndHarmNobody() throws Exception {
        int here = OwnDirectory.open("/usr".getBytes(StandardCharsets.UTF_8));
        int root = OwnDirectory.open("/".getBytes(StandardCharsets.UTF_8));
        String words = "-p\0stdio\0--\0true\0";
        int before = descriptors();
        byte[] good = request(words);
        assertThat(asked(good, here, root)).isEqualTo(ClientFrame.BECOME + " ");
        // Half a frame, and each shorter one.
        for (int length = 1; length < good.length; length += 3) {
            assertThat(asked(Arrays.copyOf(good, length), here, root)).isEmpty();
        }
        for (int[] counts :
                new int[][] {{Integer.MAX_VALUE, 0}, {0, Integer.MAX_VALUE}, {-1, 0}, {0, -1}, {1 << 24, 1 << 24}}) {
            assertThat(asked(request(ClientFrame.MAGIC, counts[0], counts[1], words), here, root))
                    .startsWith("125 pledge: the words and the environment are too long for the server");
        }
        // It says much, and sends little.
        assertThat(asked(request(ClientFrame.MAGIC, 8 << 20, 8 << 20, words), here, root))
                .isEmpty();
        assertThat(asked(request(ClientFrame.MAGIC, 4, 4, "a\0b\0c\0d\0"), here, root))
                .startsWith("64 pledge: no promises");
        for (String unended : List.of("ab", "", "a\0b")) {
            assertThat(asked(request(unended), here, root))
                    .isEqualTo("125 pledge: a word or a variable of the request has no end\n");
        }
        assertThat(asked(request(ClientFrame.MAGIC + (1 << 24), words.length(), 0, words), here, root))
                .isEqualTo("125 pledge: the server is of another version of pledge than the client: start it anew\n");
        assertThat(asked(request(0x01020300, words.length(), 0, words), here, root))
                .isEqualTo("125 pledge: this is no request that the server knows\n");
        for (int[] wrong : new int[][] {{}, {here}, {here, root, root}, new int[16]}) {
            Arrays.fill(wrong, Math.min(1, wrong.length), wrong.length, root);
            if (wrong.length > 0) {
                wrong[0] = here;
            }
            assertThat(asked(good, wrong)).startsWith("125 pledge: the request has " + wrong.length + " descriptors");
        }
        // Descriptors that are no directories, and another root.
        try (MemoryFile file = new MemoryFile(new byte[] {1})) {
            assertThat(asked(good, file.descriptor(), root))
                    .isEqualTo("125 pledge: the working directory cannot be entered by the server: fchdir: ENOTDIR\n");
            for (int other : new int[] {file.descriptor(), here}) {
                assertThat(asked(good, here, other))
                        .startsWith("125 pledge: the server sees other files than this process");
            }
        }
        for (String other :
                List.of("trace\0--\0true\0", "doctor\0", "serve\0", "wizard\0--\0true\0", "filter\0dump\0" + "1\0")) {
            assertThat(asked(request(other), here, root))
                    .as(other)
                    .isEqualTo("64 pledge: option --via-socket: only pledge run goes through the server\n");
        }
        for (int i = 0; i < 100 && descriptors() > before; i++) {
            Thread.sleep(50);
        }
        assertThat(descriptors()).isLessThanOrEqualTo(before);
        assertThat(run("$VIA -p stdio -- echo fine")).isEqualTo(new Shell.Result(0, "fine\n", ""));
        assertThat(server.isAlive()).isTrue();
        assertThat(Files.readString(shared.resolve("log"))).contains("\"method\":\"run --via-socket\"");
    }

    /** How many descriptors the server has. */
    private static int descriptors() throws IOException {
        try (var all = Files.list(Path.of("/proc/" + server.pid() + "/fd"))) {
            return (int) all.count();
        }
    }
}
