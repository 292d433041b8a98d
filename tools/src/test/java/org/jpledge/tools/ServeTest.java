package org.jpledge.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonObject;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jpledge.linux.KernelException;
import org.jpledge.tools.serve.Client;
import org.jpledge.tools.serve.Place;
import org.jpledge.tools.serve.PlaceException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code pledge serve} in a process of its own: its place, who is served, and how it ends. */
@Tag("enforcement")
@Timeout(120)
class ServeTest {
    private static final String DOCTOR = "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"doctor\"}";
    private static final String STATUS = "{'jsonrpc':'2.0','id':1,'method':'status'}";

    /** What systemd does: listens, and executes the service with descriptor 3. */
    private static final String STARTER = """
            import os, socket, sys
            s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM if sys.argv[1] == 'datagram' else socket.SOCK_STREAM)
            s.bind(sys.argv[3])
            if sys.argv[1] == 'listening': s.listen(64)
            os.dup2(s.fileno(), 3)
            os.set_inheritable(3, True)
            os.environ['LISTEN_PID'] = str(os.getpid() if sys.argv[2] == 'mine' else 1)
            os.environ['LISTEN_FDS'] = '1'
            os.execv(sys.argv[4], sys.argv[4:])
            """;

    private static Path home;

    @TempDir
    Path directory;

    @BeforeAll
    static void install() throws Exception {
        home = Installation.shared();
    }

    @Test
    void itListensInTheRuntimeDirectoryAndItsFilesAreItsUsersAlone() throws Exception {
        Path socket = directory.resolve("pledge.sock");
        Path log = directory.resolve("log");
        List<String> words = new ArrayList<>(Served.command(home));
        words.addAll(List.of("serve", "--log", log.toString()));
        try (Served served = Served.start(words, socket, Map.of("XDG_RUNTIME_DIR", directory.toString()));
                Client client = served.client()) {
            JsonObject status = client.ask(STATUS).getAsJsonObject("result");
            assertThat(status.get("pid").getAsLong()).isEqualTo(served.pid());
            assertThat(status.get("socket").getAsString()).isEqualTo(socket.toString());
            for (Path file : List.of(socket, log, directory.resolve("pledge.sock.lock"))) {
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                        .isEqualTo("rw-------");
            }
        }
    }

    @Test
    void whatAKilledServerLeftIsTakenOver() throws Exception {
        Path socket = directory.resolve("s");
        try (Served killed = Served.start(home, socket, User.SELF);
                Client asking = killed.client()) {
            asking.ask(STATUS);
            killed.kill();
            assertThat(asking.line()).isEmpty();
            assertThat(socket).exists();
            try (Served next = Served.start(home, socket, User.SELF);
                    Client client = next.client()) {
                assertThat(client.ask(STATUS)
                                .getAsJsonObject("result")
                                .get("pid")
                                .getAsLong())
                        .isEqualTo(next.pid());
            }
        }
    }

    @Test
    void ofManyThatWouldTakeOverAtOnceOneDoes() throws Exception {
        Path socket = directory.resolve("s");
        try (Served killed = Served.start(home, socket, User.SELF)) {
            killed.kill();
        }
        List<String> words = new ArrayList<>(Served.command(home));
        words.addAll(List.of("serve", "--socket", socket.toString()));
        List<Process> rivals = new ArrayList<>();
        try {
            for (int i = 0; i < 3; i++) {
                rivals.add(new ProcessBuilder(words).start());
            }
            List<Process> lost = new ArrayList<>();
            while (lost.size() < rivals.size() - 1) {
                for (Process rival : rivals) {
                    if (!lost.contains(rival) && rival.waitFor(5, TimeUnit.MILLISECONDS)) {
                        assertThat(rival.exitValue()).isEqualTo(125);
                        assertThat(new String(rival.getErrorStream().readAllBytes(), StandardCharsets.UTF_8))
                                .startsWith("pledge: a server listens on " + socket + " already (");
                        lost.add(rival);
                    }
                }
            }
            rivals.removeAll(lost);
            Optional<Client> connected = Optional.empty();
            while (connected.isEmpty()) {
                connected = connected(socket);
            }
            try (Client client = connected.get()) {
                assertThat(client.ask(STATUS)
                                .getAsJsonObject("result")
                                .get("pid")
                                .getAsLong())
                        .isEqualTo(rivals.getFirst().pid());
            }
        } finally {
            rivals.forEach(Process::destroyForcibly);
        }
    }

    /** Empty while nobody listens. */
    private static Optional<Client> connected(Path socket) {
        try {
            return Optional.of(new Client(socket));
        } catch (KernelException e) {
            assertThat(e.errno()).isIn(2, 111);
            return Optional.empty();
        }
    }

    @Test
    void toldToEndItAnswersWhatWasBegunAndRemovesItsSocket() throws Exception {
        Path socket = directory.resolve("s");
        try (Served served = Served.start(home, socket, User.SELF);
                Client idle = served.client();
                Client client = served.client()) {
            client.say(DOCTOR);
            // The other is who looked whether it listens.
            awaitRequests(idle, 2);
            served.end();
            assertThat(client.answer().has("result")).isTrue();
            assertThat(client.line()).isEmpty();
            assertThat(idle.line()).isEmpty();
            assertThat(served.awaitEnd()).isZero();
            assertThat(socket).doesNotExist();
            assertThat(served.errors())
                    .contains("\"event\":\"ending\"")
                    .contains("\"event\":\"ended\",\"answered\":true");
        }
    }

    /** Until so many requests have been begun besides those that ask for that. */
    private static void awaitRequests(Client client, int count) throws Exception {
        long own = 0;
        long all = 0;
        while (all - own < count) {
            own++;
            all = client.ask(STATUS).getAsJsonObject("result").get("requests").getAsLong();
        }
    }

    @Test
    void whatIsPutInThePlaceOfItsSocketIsNotRemoved() throws Exception {
        Path socket = directory.resolve("s");
        try (Place place = Place.take(socket.toString())) {
            assertThat(place.path()).isEqualTo(socket.toString());
            Files.delete(socket);
            Files.writeString(socket, "mine");
        }
        assertThat(socket).hasContent("mine");
    }

    @Test
    void somebodyElsesSocketIsNotTakenOverUntilNobodyListens() throws Exception {
        Path socket = directory.resolve("s");
        Process other = new ProcessBuilder(
                        "python3",
                        "-c",
                        "import socket, sys; s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(1);"
                                + " print(flush=True); sys.stdin.read()",
                        socket.toString())
                .start();
        try {
            assertThat(other.inputReader().readLine()).isEmpty();
            assertThatThrownBy(() -> Place.take(socket.toString()))
                    .isInstanceOf(PlaceException.class)
                    .hasMessage("somebody listens on " + socket + " already (process " + other.pid() + ")");
        } finally {
            other.destroyForcibly().onExit().join();
        }
        assertThat(socket).exists();
        try (Place place = Place.take(socket.toString())) {
            assertThat(place.path()).isEqualTo(socket.toString());
        }
        assertThat(socket).doesNotExist();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            serve                                | 64  | where to listen? There is no XDG_RUNTIME_DIR; write --socket PATH
            serve now                            | 64  | serve takes no "now"; see pledge serve --help
            serve --drain soon                   | 64  | option --drain: "soon" is no number of seconds from 0 to 86400
            serve --drain 86401                  | 64  | option --drain: "86401" is no number of seconds from 0 to 86400
            serve --log D/none/log --socket D/s  | 125 | option --log: D/none/log: its directory does not exist
            serve --log D/link --socket D/s      | 125 | option --log: D/link: it is a symbolic link, and is not followed
            serve --socket D/none/s              | 125 | D/none/s: its directory does not exist
            serve --socket D/file                | 125 | D/file: there is a file that is no socket, and it is not replaced
            serve --socket D/link                | 125 | D/link: there is a file that is no socket, and it is not replaced
            serve --socket D/                    | 125 | D/: a socket needs a name of its own
            serve --socket D/open/s              | 125 | D/open/s: others may write to its directory, and could replace the socket; chmod go-w helps
            """)
    void whatIsWrongIsNamedAndNothingIsLeft(String words, int status, String message) throws Exception {
        Files.writeString(directory.resolve("file"), "mine");
        Files.createSymbolicLink(directory.resolve("link"), Path.of("file"));
        Path open = Files.createDirectory(directory.resolve("open"));
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
        refused(status, message.replace("D/", directory + "/"), words.replace("D/", directory + "/"));
        assertThat(directory.resolve("file")).hasContent("mine");
        assertThat(Files.isSymbolicLink(directory.resolve("link"))).isTrue();
    }

    @Test
    void aPlaceThatIsTooLongIsNamedWithItsLength() {
        String name = directory + "/" + "x".repeat(108 - directory.toString().length() - 1);
        refused(125, name + ": a socket's path has at most 107 bytes, and this one has 108", "serve --socket " + name);
    }

    /** In this process, in which nothing is served. */
    private static void refused(int status, String message, String words) {
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        Start start = Preparation::operands;
        Pledge pledge = new Pledge(List.of(), nowhere, nowhere, "1", RunningKernel::asked, List.of(), start);
        assertThatThrownBy(() -> pledge.perform(List.of(words.split(" ", -1))))
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.status()).isEqualTo(status))
                .hasMessage(message);
    }

    @Test
    void nobodyIsServedButItsUserNotEvenRoot() throws Exception {
        User.NOBODY.assume();
        Path own = User.NOBODY.own(directory.resolve("own"));
        User.SELF.own(directory);
        Path socket = own.resolve("s");
        // Root, who may connect to everything, is told so.
        try (Served served = Served.start(home, socket, User.NOBODY);
                Client client = served.client()) {
            JsonObject error = client.answer().getAsJsonObject("error");
            assertThat(error.get("code").getAsInt()).isEqualTo(-32001);
            assertThat(error.get("message").getAsString())
                    .isEqualTo("this server is user 65534's, and serves nobody else");
            assertThat(client.line()).isEmpty();
            assertThat(served.errors()).contains("\"event\":\"refused\"").contains("\"uid\":0");
            assertThat(asked(User.NOBODY, socket, directory)).startsWith("{\"jsonrpc\":\"2.0\",\"result\":{");
        }
        refused(
                125,
                socket + ": its directory belongs to another user, who could replace the socket",
                "serve --socket " + socket);
    }

    /** What this user gets there, or why nothing. */
    static String asked(User user, Path socket, Path directory) throws Exception {
        Shell.Result result =
                user.run("""
                exec python3 -c '
                import json, socket
                s = socket.socket(socket.AF_UNIX)
                s.connect("%s")
                try: s.sendall(json.dumps(dict(jsonrpc="2.0", id=1, method="status")).encode() + b"\\n")
                except BrokenPipeError: pass  # told so, and closed, before it asked
                print(s.makefile().readline())'
                """.formatted(socket), Map.of("PYTHONDONTWRITEBYTECODE", "1", "HOME", "/"), directory);
        return result.out() + result.err();
    }

    @Test
    void aDiskThatIsFullForTheLogHoldsNobodyUpAndIsToldOf() throws Exception {
        Path socket = directory.resolve("s");
        try (Served served = Served.start(home, socket, User.SELF, "--log", "/dev/full");
                Client client = served.client()) {
            for (int i = 0; i < 100; i++) {
                assertThat(client.ask(STATUS).has("result")).isTrue();
            }
            long lost = 0;
            while (lost < 100) {
                lost = client.ask(STATUS).getAsJsonObject("result").get("lost").getAsLong();
            }
            served.end();
            assertThat(served.awaitEnd()).isZero();
        }
    }

    private List<String> started(String kind, String whose, Path socket, String... words) {
        List<String> all = new ArrayList<>(List.of("python3", "-c", STARTER, kind, whose, socket.toString()));
        all.addAll(Served.command(home));
        all.add("serve");
        all.addAll(List.of(words));
        return all;
    }

    @Test
    void theSocketThatItIsStartedForIsServedAndLeftWhereItIs() throws Exception {
        Path socket = directory.resolve("s");
        try (Served served = Served.start(started("listening", "mine", socket), socket, Map.of());
                Client client = served.client()) {
            JsonObject status = client.ask(STATUS).getAsJsonObject("result");
            assertThat(status.get("socket").getAsString()).isEqualTo("descriptor 3");
            assertThat(directory.resolve("s.lock")).doesNotExist();
            served.end();
            assertThat(served.awaitEnd()).isZero();
            assertThat(Files.exists(socket, LinkOption.NOFOLLOW_LINKS)).isTrue();
        }
    }

    @Test
    void systemdStartsItForItsFirstClient() throws Exception {
        Path program = Path.of("/usr/bin/systemd-socket-activate");
        assumeTrue(Files.isExecutable(program), "no systemd-socket-activate");
        Path socket = directory.resolve("s");
        List<String> words = new ArrayList<>(List.of(program.toString(), "--listen=" + socket));
        words.addAll(Served.command(home));
        words.add("serve");
        try (Served served = Served.start(words, socket, Map.of());
                Client client = served.client()) {
            JsonObject status = client.ask(STATUS).getAsJsonObject("result");
            assertThat(status.get("socket").getAsString()).isEqualTo("descriptor 3");
            assertThat(status.get("pid").getAsLong()).isEqualTo(served.pid());
            assertThat(directory.resolve("s.lock")).doesNotExist();
        }
    }

    @Test
    void whatItIsStartedForHasToBeASocketForIt() throws Exception {
        String none = "descriptor 3 is no unix stream socket that listens, as LISTEN_FDS says: getsockopt: EINVAL";
        List<Executed> executed = List.of(
                executed(
                        "listening",
                        "mine",
                        "--socket=x",
                        64,
                        "option --socket: this process was started for a socket already (LISTEN_FDS)"),
                executed("bound", "mine", "--drain=1", 125, none),
                executed("datagram", "mine", "--drain=1", 125, none),
                // Meant for another process, the variables say nothing to this one.
                executed(
                        "listening",
                        "theirs",
                        "--drain=1",
                        64,
                        "where to listen? There is no XDG_RUNTIME_DIR; write --socket PATH"));
        for (Executed each : executed) {
            assertThat(new String(each.process().getErrorStream().readAllBytes(), StandardCharsets.UTF_8))
                    .isEqualTo("pledge: " + each.message() + "\n");
            assertThat(each.process().waitFor()).isEqualTo(each.status());
        }
    }

    /** A process that ends so; all go on beside each other. */
    private record Executed(Process process, int status, String message) {}

    private Executed executed(String kind, String whose, String option, int status, String message) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(started(kind, whose, directory.resolve(kind + whose), option));
        builder.environment().remove("XDG_RUNTIME_DIR");
        return new Executed(builder.start(), status, message);
    }

    @Test
    void theUnitsAreWhatSystemdUnderstands() throws Exception {
        Shell.Result result = Shell.run("command -v systemd-analyze >/dev/null || exit 77\n"
                + "mkdir -p " + directory + "/bin && cp /bin/true " + directory + "/bin/pledge\n"
                + "for unit in service socket; do sed 's|/usr/bin/pledge|" + directory
                + "/bin/pledge|' ../packaging/pledge.$unit >" + directory + "/pledge.$unit; done\n"
                + "XDG_RUNTIME_DIR=" + directory + " exec systemd-analyze verify --user --man=no --generators=no "
                + directory + "/pledge.service " + directory
                + "/pledge.socket");
        assumeTrue(result.status() != 77, "no systemd-analyze");
        assertThat(result.out() + result.err()).isEmpty();
        assertThat(result.status()).isZero();
    }

    @Test
    void aMistakeInAUnitWouldBeSeen() throws Exception {
        Path unit = directory.resolve("pledge.service");
        Files.writeString(unit, Files.readString(Path.of("../packaging/pledge.service")) + "Typ=simple\n");
        Shell.Result result = Shell.run("command -v systemd-analyze >/dev/null || exit 77\nXDG_RUNTIME_DIR=" + directory
                + " exec systemd-analyze verify --user --man=no " + unit);
        assumeTrue(result.status() != 77, "no systemd-analyze");
        assertThat(result.err()).contains("Typ");
    }
}
