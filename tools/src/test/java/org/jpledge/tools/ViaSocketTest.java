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
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jpledge.launch.ClientFrame;
import org.jpledge.linux.KernelException;
import org.jpledge.linux.MemoryFile;
import org.jpledge.linux.OwnDirectory;
import org.jpledge.linux.UnixSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
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
            -p 'stdio rpath' ./missing
            -p 'stdio rpath' nosuchcommand
            -p 'stdio rpath' ''
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
            -p 'stdio rpath' -- cat /dev/fd/5 5<sub/file
            -p stdio --user 65534 -- id -u
            -p stdio --env A=1 --clear-env --env PATH -- /usr/bin/env
            --policy own.toml
            --policy own.toml -- cat sub/file
            --policy missing.toml -- ls
            -p 'stdio rpath' --filter rules.txt -- cat file
            --filter rules.txt -- true
            -p 'stdio rpath' --loader-path missing -- true
            -p 'stdio inet' --connect 80,x -- true
            -p 'stdio rpath' --on-violation trap -- true
            -p 'stdio rpath' --on-violation tarp -- true
            -p 'stdio rpaht' -- true
            -p stdio --no-such-option -- true
            -p stdio
            --print -p 'stdio rpath' -v r:sub -- ./script
            --print --json -p 'stdio rpath' -v r:sub -- ./relative
            --help
            -p 'stdio rpath proc' -- sh -c 'kill -TERM $$'
            -p 'stdio rpath' -- "$(printf 'a\\033b')"
            -p 'stdio rpath' -- printf '[%s]' '' ' ' "$(printf '\\377\\1\\2x')" '*' -- -p --via-socket
            """;

    /** Of these, one is allowed what root is allowed, and another is not. */
    private static final String LINES_OF_NOBODY = """
            -p stdio -- id -u
            -p 'stdio rpath' -- ls sub
            -p 'stdio rpath' -- cat secret
            -p 'stdio rpath' -v r:closed/file -- cat closed/file
            -p 'stdio rpath' -v r:sub -- cat sub/file
            -p 'stdio rpath' -v r:sub -- cat file
            -p 'stdio rpath wpath cpath' -v rwc:./sub -- sh -c 'echo x >sub/new; cat sub/new; echo y >new'
            -p 'stdio rpath wpath cpath' -v rwc:./sub -- sh -c 'echo x >closed/new'
            -p stdio --user 0 -- id -u
            -p stdio -O 20 -- sh -c 'ulimit -n'
            -p 'stdio rpath exec' -- ./script a 'b c'
            -p 'stdio rpath' -- ./unreadable
            --policy own.toml
            --policy secret -- true
            --filter rules.txt -- cat sub/file
            """;

    /** What a process has of its own, if SHOWN is how it is run. */
    private static final String SURROUNDINGS = """
            ulimit -S -n 100; ulimit -S -c 0; umask 027; SHOWN -p 'stdio rpath' -- sh -c 'umask; ulimit -S -a; ulimit -H -n'
            trap '' HUP QUIT USR1 PIPE; SHOWN -p 'stdio rpath' -- grep 'Sig[BI]' /proc/self/status
            SHOWN -p 'stdio rpath' -- sh -c 'for i in 0 1 2; do [ -e /proc/self/fd/$i ] && x=$x$i; done; exit 1$x' <&-
            SHOWN -p 'stdio rpath' -- sh -c 'for i in 0 1 2; do [ -e /proc/self/fd/$i ] && x=$x$i; done; exit 1$x' <&- >&- 2>&-
            SHOWN -p 'stdio rpath' -- cat <&-
            SHOWN -p 'stdio rpath' --fd 9 -- sh -c 'for i in 3 4 5 6 7 8 9; do [ -e /proc/self/fd/$i ] && echo $i; done' 5<. 9<. 3<.
            nice -n 5 SHOWN -p stdio -- nice
            echo input | SHOWN -p stdio -- cat
            SHOWN -p stdio --env A=1 --env HOME -- printenv A HOME LARGE; LARGE=x SHOWN -p stdio -- printenv LARGE
            cd sub && SHOWN -p 'stdio rpath' -v r:../file -- cat ../file file
            cd sub && SHOWN -p 'stdio rpath exec' -- ../script x
            cd sub && PATH=..:$PATH SHOWN -p 'stdio rpath exec' -- script x
            """;

    @TempDir
    private static Path shared;

    private static final Map<User, Site> SITES = new EnumMap<>(User.class);
    private static Path home = Path.of("");

    @TempDir
    private Path directory;

    private Site site;

    /** A server of a user, and where it listens and logs. */
    private record Site(User user, Path own, Path place, Path log, Process server) {
        /** That of a script in which {@code $VIA} is a run by this server. */
        Map<String, String> environment() {
            return ViaSocketTest.environment(own, place);
        }

        UnixSocket connect() throws KernelException {
            return UnixSocket.connect(place.toString().getBytes(StandardCharsets.UTF_8), LONG);
        }

        boolean listens() {
            try (UnixSocket socket = connect()) {
                return socket.peer().pid() > 0;
            } catch (KernelException e) {
                return false;
            }
        }

        void await() throws Exception {
            for (int i = 0; i < 400 && !listens(); i++) {
                assertThat(server.isAlive()).as(Files.readString(log)).isTrue();
                Thread.sleep(50);
            }
        }

        void kill() throws InterruptedException {
            server.destroyForcibly().waitFor();
        }
    }

    @BeforeAll
    static void serve() throws Exception {
        home = Installation.make(shared.resolve("home"));
        for (Path each : List.of(shared, home)) {
            Files.setPosixFilePermissions(each, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        boolean isRoot = Shell.run("id -u").out().equals("0\n");
        for (User user : isRoot ? User.values() : new User[] {User.SELF}) {
            SITES.put(user, start(user, user.own(shared.resolve(user.name()))));
        }
        for (Site each : SITES.values()) {
            each.await();
        }
    }

    @AfterAll
    static void end() throws Exception {
        for (Site each : SITES.values()) {
            each.kill();
        }
    }

    @BeforeEach
    void beSelf() {
        site = Objects.requireNonNull(SITES.get(User.SELF));
    }

    /** From here on all is done as this user, by that user's server. */
    private void become(User user) throws Exception {
        user.assume();
        site = Objects.requireNonNull(SITES.get(user));
        user.own(directory);
        assumeTrue(
                run("test -x \"$PLEDGE\" && test -w .").status() == 0,
                "the way to " + directory + " is closed to others");
    }

    /** Starts a server whose socket, log and cache are in a directory. */
    private static Site start(User user, Path own) throws Exception {
        user.own(own.resolve("cache"));
        Path place = own.resolve("socket");
        Path log = own.resolve("log");
        ProcessBuilder builder = new ProcessBuilder(
                        user.become(List.of(home + "/pledge", "serve", "--socket", place.toString())))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().putAll(environment(own, place));
        return new Site(user, own, place, log, builder.start());
    }

    private static Map<String, String> environment(Path own, Path place) {
        Map<String, String> environment = new HashMap<>(Installation.environment(home, own));
        environment.put("VIA", home + "/pledge run --via-socket --socket " + place);
        environment.put("SOCKET", place.toString());
        return environment;
    }

    /** Runs a script in which {@code $VIA} is a run by the server. */
    private Shell.Result run(String script) throws Exception {
        return site.user().run(script, site.environment(), directory);
    }

    private static Shell.Result failed(String reason) {
        return new Shell.Result(125, "", "pledge: " + reason + "\n");
    }

    private void files() throws Exception {
        assertThat(run("""
                                mkdir sub "$(printf 's\\303\\274b')" "$(printf 's\\377b')" && echo f >file && echo s >sub/file &&
                                echo u >"$(printf 's\\303\\274b')/file" && echo b >"$(printf 's\\377b')/file" &&
                                printf '#!/bin/sh\\necho "$0" "$@"\\n' >script && printf '#!./sub/cat\\n' >relative &&
                                printf '#!sub/cat\\n' >sub/own && echo 'secret' >unreadable && cp /bin/cat sub/cat &&
                                chmod 755 script relative sub/own && chmod 711 unreadable &&
                                printf 'promises = "stdio rpath"\\ncommand = ["cat", "sub/file"]\\n[unveil]\\n"${CWD}/sub" = "r"\\n"/usr" = "r"\\n' >own.toml &&
                                printf 'x86_64, aarch64:\\n  default allow\\n  truncate -> errno EIO\\n' >rules.txt && ln -s rules.txt link.txt
                                """).err()).isEmpty();
        // Whoever runs the tests may read these, and nobody else.
        Path closed = Files.createDirectory(directory.resolve("closed"));
        Files.writeString(closed.resolve("file"), "c\n");
        Files.writeString(directory.resolve("secret"), "promises = \"stdio\"\n");
        Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("rwx------"));
        Files.setPosixFilePermissions(directory.resolve("secret"), PosixFilePermissions.fromString("rw-------"));
    }

    @ParameterizedTest
    @EnumSource
    void everyCommandLineDoesWhatItDoesWithoutTheServer(User user) throws Exception {
        become(user);
        files();
        List<String> lines =
                (user == User.SELF ? LINES : LINES_OF_NOBODY).lines().toList();
        long before = requests();
        for (String line : lines) {
            Shell.Result without = run("\"$PLEDGE\" " + line);
            Files.deleteIfExists(directory.resolve("sub/new"));
            assertThat(run("$VIA " + line)).as(line).isEqualTo(without);
            Files.deleteIfExists(directory.resolve("sub/new"));
        }
        // Who says that a violation killed the program may outlive it for a moment.
        String killed = "said=$(exec %s -kp stdio -- cat file 2>&1); echo \"$? $said\"";
        Shell.Result without = run(killed.formatted("\"$PLEDGE\""));
        assertThat(without.out()).startsWith("159 pledge: cat: killed by SIGSYS");
        assertThat(run(killed.formatted("$VIA"))).isEqualTo(without);
        for (int i = 0; i < 100 && requests() < before + lines.size(); i++) {
            Thread.sleep(20);
        }
        assertThat(requests()).isGreaterThanOrEqualTo(before + lines.size());
    }

    @ParameterizedTest
    @EnumSource
    void whatAProcessHasIsTheCallers(User user) throws Exception {
        become(user);
        files();
        for (String line : SURROUNDINGS.lines().toList()) {
            Shell.Result without = run(line.replace("SHOWN", "\"$PLEDGE\""));
            assertThat(run(line.replace("SHOWN", "$VIA"))).as(line).isEqualTo(without);
        }
        assertThat(run("umask 027; ulimit -S -n 100; $VIA -p 'stdio rpath' -- sh -c 'umask; ulimit -n'")
                        .out())
                .isEqualTo("0027\n100\n");
    }

    /** How many clients the server has served. */
    private long requests() throws IOException {
        return Files.readString(site.log())
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
        Files.createSymbolicLink(directory.resolve("pledge.sock"), site.place());
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
    void noOtherNameMakesTheServerReadItsOwnDescriptorsOrWaitForAPipe() throws Exception {
        assertThat(run("""
                echo 'promises = "stdio"' >own.toml && ln -s own.toml link.toml && mkfifo fifo.toml &&
                ln -s /dev/stdin in.toml && ln -s in.toml over.toml && ln -s ../../../../../../../../dev/fd up &&
                ln -s /proc/self/exe program && ln -s fifo.toml fifo.link &&
                printf 'include = ["in.toml"]\npromises = "stdio"\n' >includes.toml &&
                printf 'include = ["/dev/stdin"]\npromises = "stdio"\n' >includes.stdin.toml &&
                printf 'include = ["fifo.toml"]\npromises = "stdio"\n' >waits.toml
                """).err()).isEmpty();
        String same = "which is another file for the server";
        for (String line : List.of(
                "--policy in.toml -- true <own.toml",
                "--policy ./over.toml -- true <own.toml",
                "--policy up/7 -- true 7<own.toml",
                "--filter in.toml -- true <own.toml",
                "-p stdio -- ./program",
                "--policy includes.toml -- true <own.toml",
                "--policy includes.stdin.toml -- true <own.toml")) {
            Shell.Result result = run("timeout 20 $VIA " + line);
            assertThat(result.status()).as(line).isIn(64, 125);
            assertThat(result.out()).isEmpty();
            assertThat(result.err())
                    .as(line)
                    .startsWith("pledge: option --")
                    .contains(same)
                    .hasLineCount(1);
        }
        for (String line : List.of(
                "--policy fifo.toml -- true",
                "--policy ./fifo.link -- true",
                "--filter fifo.toml -- true",
                "--policy waits.toml -- true",
                "--policy /dev/zero -- true")) {
            Shell.Result result = run("timeout 20 $VIA " + line);
            assertThat(result.status()).as(line).isEqualTo(125);
            assertThat(result.err())
                    .startsWith("pledge: option --")
                    .contains("is a pipe, a socket or a device, and a server waits for none")
                    .hasLineCount(1);
        }
        assertThat(run("$VIA --policy link.toml -- echo fine")).isEqualTo(new Shell.Result(0, "fine\n", ""));
        assertThat(run("ln -s /dev/fd/7 seven.toml; \"$PLEDGE\" --policy seven.toml -- echo fine 7<own.toml")
                        .out())
                .isEqualTo("fine\n");
        assertThat(run("cat own.toml >fifo.toml & \"$PLEDGE\" --policy fifo.toml -- echo fine")
                        .out())
                .isEqualTo("fine\n");
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

    @ParameterizedTest
    @EnumSource
    void pipelinesSignalsAndStatusesAreTheCallers(User user) throws Exception {
        become(user);
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
        assertThat(run("$VIA -p 'stdio rpath' -- sh -c 'echo $PPID' & wait; echo $$")
                        .out()
                        .lines()
                        .distinct())
                .hasSize(1);
        assertThat(run("$VIA -p 'stdio rpath wpath cpath proc' -- sh -c"
                        + " 'trap \"echo handled; exit 3\" TERM; echo >ready; while :; do :; done' &"
                        + " until [ -e ready ]; do sleep 0.02; done; kill $!; wait $!"))
                .isEqualTo(new Shell.Result(3, "handled\n", ""));
        assertThat(
                        run("$VIA -p stdio -- sleep 10 & sleep 0.3; kill -STOP $!; sleep 0.1; kill -CONT $!; kill -HUP $!; wait $!")
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

    @ParameterizedTest
    @EnumSource
    void theTerminalAndControlCAreTheProgramsOwn(User user) throws Exception {
        become(user);
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

    @ParameterizedTest
    @EnumSource
    void controlZStopsTheProgramAndTheShellCanGoOnWithIt(User user) throws Exception {
        become(user);
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
        site = start(User.SELF, directory.resolve("mortal"));
        site.await();
        Process program = begin("exec $VIA -p 'stdio rpath' -- sh -c 'echo ready; read a; echo \"$a\"; exit 4'");
        try (var out = program.inputReader();
                var in = program.outputWriter()) {
            assertThat(out.readLine()).isEqualTo("ready");
            site.kill();
            // Its socket is left, and nobody listens there any more.
            assertThat(run("$VIA -p stdio -- true"))
                    .isEqualTo(failed("no server listens on " + site.place() + ": start one with pledge serve"));
            in.write("still here\n");
            in.flush();
            assertThat(out.readLine()).isEqualTo("still here");
            assertThat(program.waitFor()).isEqualTo(4);
            site = start(User.SELF, site.own());
            site.await();
            assertThat(run("$VIA -p stdio -- echo again").out()).isEqualTo("again\n");
        } finally {
            site.kill();
        }
    }

    /** Starts a script, whose standard output and input are pipes. */
    private Process begin(String script) throws IOException {
        ProcessBuilder builder = new ProcessBuilder("sh", "-c", script);
        builder.environment().putAll(site.environment());
        return builder.start();
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
    void usersAndTheServersOfOthersHaveNothingToDoWithEachOther() throws Exception {
        Site roots = site;
        become(User.NOBODY);
        String asked = "\"$PLEDGE\" run --via-socket --socket " + roots.place() + " -p stdio -- id -u";
        // The kernel says so.
        assertThat(run(asked)).isEqualTo(failed(roots.place() + ": EACCES"));
        // So does the server.
        Files.setPosixFilePermissions(roots.place(), PosixFilePermissions.fromString("rwxrwxrwx"));
        Shell.Result result = run(asked);
        Files.setPosixFilePermissions(roots.place(), PosixFilePermissions.fromString("rw-------"));
        assertThat(result.status()).isEqualTo(125);
        assertThat(result.out()).isEmpty();
        assertThat(result.err())
                .contains("refuses: {\"jsonrpc\":\"2.0\"")
                .contains("serves nobody else")
                .hasLineCount(1);
        assertThat(run("$VIA -p stdio -- id -u").out()).isEqualTo("65534\n");
        // And so does the client, which root's may not make do what another user wants.
        Site nobodys = site;
        site = roots;
        assertThat(run("\"$PLEDGE\" run --via-socket --socket " + nobodys.place() + " -p stdio -- id -u"))
                .isEqualTo(failed(nobodys.place() + ": the server is another user's"));
        assertThat(run("$VIA -p stdio -- id -u").out()).isEqualTo("0\n");
    }

    @Test
    void whoIsConfinedHasNoServerWorkForHim() throws Exception {
        Shell.Result result = run("setpriv --no-new-privs $VIA -p 'stdio rpath' -- cat /dev/null");
        assertThat(result.status()).isEqualTo(125);
        assertThat(result.out()).isEmpty();
        assertThat(result.err())
                .contains("is confined, and may not have a server work for it")
                .hasLineCount(1);
    }

    /** Sends a request, and gives the numbers and texts of the answer. */
    private String asked(byte[] bytes, int... descriptors) throws KernelException {
        try (UnixSocket socket = site.connect()) {
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
        assertThat(site.server().isAlive()).isTrue();
        assertThat(Files.readString(site.log())).contains("\"method\":\"run --via-socket\"");
    }

    /** How many descriptors the server has. */
    private int descriptors() throws IOException {
        try (var all = Files.list(Path.of("/proc/" + site.server().pid() + "/fd"))) {
            return (int) all.count();
        }
    }
}
