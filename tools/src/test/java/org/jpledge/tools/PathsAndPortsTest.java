package org.jpledge.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Unveils and ports as users give them: each command line does its work, and nothing outside. */
@Tag("enforcement")
class PathsAndPortsTest {
    @TempDir
    private static Path shared;

    private static Path home = Path.of("");

    @BeforeAll
    static void install() throws Exception {
        User.SELF.own(shared);
        home = Installation.shared();
    }

    private static Map<String, String> environment(Path directory) {
        Map<String, String> all = new HashMap<>(Installation.environment(home, directory));
        all.put("HOME", directory.toString());
        return all;
    }

    private static Path directory(User user, String name) throws Exception {
        user.assume();
        Path directory = user.own(shared.resolve(user + name));
        user.own(directory.resolve("cache"));
        return directory;
    }

    private static Shell.Result run(User user, Path directory, String script) throws Exception {
        return user.run(script, environment(directory), directory);
    }

    @ParameterizedTest
    @EnumSource(User.class)
    void lsSeesWhatIsUnveiled(User user) throws Exception {
        Path directory = directory(user, "ls");
        String options = "\"$PLEDGE\" -p 'stdio rpath' -v r:/etc -v r:/usr/share -- ";
        assertThat(run(user, directory, options + "ls /etc /usr/share").status())
                .isZero();
        assertThat(run(user, directory, options + "ls /home"))
                .isEqualTo(new Shell.Result(2, "", "ls: cannot open directory '/home': Permission denied\n"));
        assertThat(run(user, directory, "\"$PLEDGE\" -p 'stdio rpath' -- ls /home")
                        .status())
                .isZero();
    }

    @ParameterizedTest
    @EnumSource(User.class)
    void makeStaysInItsDirectory(User user) throws Exception {
        assumeTrue(Files.exists(Path.of("/usr/bin/make")), "make is not installed");
        Path directory = directory(user, "make");
        String makefile = """
                all:
                	echo one >build/one && mkdir build/deep && mv build/one build/deep/two && cat build/deep/two
                	-rm keep
                	-mv keep moved
                	-mv keep build/keep
                	-ln keep build/linked
                	-echo written >keep
                	-echo written >new
                	-cat secret
                """;
        String prepare = "rm -rf project; mkdir -p project/build; cd project; echo kept >keep; echo hidden >../secret;"
                + " ln -s ../secret secret; cp ../Makefile .; ";
        Files.writeString(directory.resolve("Makefile"), makefile);
        String options =
                " -v r:. -v rwc:build -v rx:/usr/bin -- make 2>&1; ls build build/deep; cat keep; ls new moved";
        Shell.Result result = run(
                user, directory, prepare + "\"$PLEDGE\" -p 'stdio rpath wpath cpath proc exec prot_exec id'" + options);
        assertThat(result.out())
                .contains("\none\n", "cannot remove 'keep': Permission denied", "cannot move 'keep' to 'moved'")
                .contains("cannot create keep: Permission denied", "cannot create new: Permission denied")
                .contains("cat: secret: Permission denied")
                .endsWith("build:\ndeep\n\nbuild/deep:\ntwo\nkept\n");
        assertThat(result.err()).contains("cannot access 'new'", "cannot access 'moved'");
        // Just as it was asked for: nothing but build, so not even the Makefile.
        result = run(
                user,
                directory,
                prepare + "\"$PLEDGE\" -p 'stdio rpath wpath cpath' -v rwc:build -- make; ls; ls build; cat keep");
        assertThat(result.err()).contains("no makefile found");
        assertThat(result.out()).isEqualTo("Makefile\nbuild\nkeep\nsecret\nkept\n");
    }

    @ParameterizedTest
    @EnumSource(User.class)
    void anEditorWritesButForWhatIsCarvedOut(User user) throws Exception {
        assumeTrue(Files.exists(Path.of("/usr/bin/ex")), "no ex is installed");
        Path directory = directory(user, "ex");
        String script = "mkdir -p project/.git; cd project; echo old >.git/config; echo old >file; "
                + "for f in file .git/config; do printf '%%s/old/new/\\nw!\\nq!\\n' |"
                + " \"$PLEDGE\" -p 'stdio rpath wpath cpath' -v rw:. -v r:.git -- ex -s -u NONE -n $f; done >/dev/null 2>&1;"
                + " cat file .git/config";
        assertThat(run(user, directory, script).out()).isEqualTo("new\nold\n");
        assertThat(run(user, directory, script.replace("-v r:.git", "")).out()).isEqualTo("new\nnew\n");
    }

    @ParameterizedTest
    @EnumSource(User.class)
    void aSearchDoesNotSeeWhatIsHidden(User user) throws Exception {
        Path directory = directory(user, "grep");
        String script = "mkdir -p project/secrets; cd project; echo TODO a >a; echo TODO b >secrets/b;"
                + " \"$PLEDGE\" -p 'stdio rpath' -v r:. %s -- grep -r TODO . | sort";
        Shell.Result hidden = run(user, directory, script.formatted("-v :secrets"));
        assertThat(hidden.out()).isEqualTo("./a:TODO a\n");
        assertThat(hidden.err())
                .contains("secrets: names in it can be listed", "grep: ./secrets/b: Permission denied\n");
        Shell.Result closed = run(user, directory, script.formatted("-v :secrets --close-listing"));
        assertThat(closed.out()).isEmpty();
        assertThat(closed.err()).contains("Permission denied").doesNotContain("secrets");
        assertThat(run(user, directory, script.formatted("")).out()).isEqualTo("./a:TODO a\n./secrets/b:TODO b\n");
    }

    @ParameterizedTest
    @EnumSource(User.class)
    void aSandboxInASandboxIsTheNarrowerOfBoth(User user) throws Exception {
        Path directory = directory(user, "nested");
        String outer =
                "\"$PLEDGE\" -p 'stdio rpath wpath cpath fattr proc exec prot_exec flock inet tty getpw unveil' -- ";
        String inner = outer + "\"$PLEDGE\" -p 'stdio rpath' -v /etc -- ls -d /etc /home/.";
        for (int i = 0; i < 2; i++) {
            Shell.Result result = run(user, directory, inner.replace("/home/.", ""));
            assertThat(result.out()).isEqualTo("/etc\n");
            // The outer one does not let anybody be traced.
            assertThat(result.err())
                    .isEqualTo("pledge: ptrace: EPERM: the program stays in its loader's sandbox, which is wider"
                            + " (--strict refuses this)\n");
            assertThat(run(user, directory, inner.replace("-d /etc /home/.", "/home"))
                            .err())
                    .contains("ls: cannot open directory '/home': Permission denied\n");
        }
    }

    /** Answers every connection with a page. */
    private static ServerSocket serve() throws IOException {
        ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofPlatform().daemon().start(() -> {
            while (!server.isClosed()) {
                try (Socket client = server.accept()) {
                    client.setSoTimeout(1000);
                    client.getOutputStream()
                            .write("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\npage\n"
                                    .getBytes(StandardCharsets.US_ASCII));
                    client.shutdownOutput();
                    client.getInputStream().readAllBytes();
                } catch (IOException ignored) {
                    // A client that may not go on gives up half-way; the next one is served all the same.
                }
            }
        });
        return server;
    }

    @ParameterizedTest
    @EnumSource(User.class)
    void aClientReachesThePortsThatAreNamed(User user) throws Exception {
        assumeTrue(Files.exists(Path.of("/usr/bin/curl")), "curl is not installed");
        Path directory = directory(user, "curl");
        try (ServerSocket one = serve();
                ServerSocket other = serve()) {
            String curl = " -- curl -q -sS --noproxy '*' http://localhost:";
            String options = "\"$PLEDGE\" -p 'stdio rpath inet dns' --connect " + one.getLocalPort() + curl;
            assertThat(run(user, directory, options + one.getLocalPort() + "/"))
                    .isEqualTo(new Shell.Result(0, "page\n", ""));
            Shell.Result refused = run(user, directory, options + other.getLocalPort() + "/");
            assertThat(refused.status()).isEqualTo(7);
            assertThat(refused.out()).isEmpty();
            assertThat(run(
                                    user,
                                    directory,
                                    "\"$PLEDGE\" -p 'stdio rpath inet dns' --connect " + one.getLocalPort() + ","
                                            + other.getLocalPort() + curl + other.getLocalPort())
                            .out())
                    .isEqualTo("page\n");
        }
    }

    @ParameterizedTest
    @EnumSource(User.class)
    void thereIsNoWayRoundTheListOfPorts(User user) throws Exception {
        Path directory = directory(user, "ports");
        Path fixture = Path.of("src/test/c/ports.c").toAbsolutePath();
        assumeTrue(Shell.run("gcc -O -o " + directory + "/ports " + fixture).status() == 0, "gcc is not installed");
        try (ServerSocket one = serve();
                ServerSocket other = serve()) {
            int free = ServersTest.freePort();
            String attempts = "./ports connect " + one.getLocalPort() + " connect " + other.getLocalPort()
                    + " udp 0 mptcp 0 bind " + free + " bind " + one.getLocalPort() + " serve " + free
                    + " listen 0 sendto " + other.getLocalPort() + " sendmsg " + other.getLocalPort() + " sendmmsg "
                    + other.getLocalPort() + " high " + other.getLocalPort() + " | tr '\\n' ' '";
            String bare = "connect ok connect ok udp ok mptcp ok bind ok bind EADDRINUSE serve EADDRINUSE listen ok"
                    + " sendto ok sendmsg ok sendmmsg ok high ok ";
            // The port that was bound first is in use when it is to be served.
            assertThat(run(user, directory, attempts).out().replace("EPROTONOSUPPORT", "ok"))
                    .isEqualTo(bare);
            assertThat(run(
                                    user,
                                    directory,
                                    "\"$PLEDGE\" -p 'stdio inet' --connect " + one.getLocalPort() + " -- " + attempts)
                            .out())
                    .isEqualTo("connect ok connect EACCES udp EPERM mptcp EPERM bind EACCES bind EACCES serve EACCES"
                            + " listen EPERM sendto EPERM sendmsg EPERM sendmmsg EPERM high EPERM ");
            assertThat(run(user, directory, "\"$PLEDGE\" -p 'stdio inet' --bind " + free + " -- " + attempts)
                            .out())
                    .isEqualTo("connect EACCES connect EACCES udp EPERM mptcp EPERM bind ok bind EACCES"
                            + " serve EADDRINUSE listen ok sendto EPERM sendmsg EPERM sendmmsg EPERM high EPERM ");
        }
    }

    @ParameterizedTest
    @EnumSource(User.class)
    void whatIsWrongIsSaidAndNothingRuns(User user) throws Exception {
        Path directory = directory(user, "wrong");
        run(user, directory, "mkdir closed; touch closed/file; ln -s nowhere dangling");
        Shell.run("chmod 0 " + directory + "/closed");
        String many = "-v /etc ".repeat(5000);
        String[][] wrong = {
            {"64", "-v rz:/etc", "unveil rz:/etc: 'z' is no permission; there are r (read), w (write), x (execute)"},
            {"64", "-v ''", "unveil with an empty path"},
            {"64", "-v r:", "unveil r:: the path is empty"},
            {"64", "-v /$(head -c 5000 /dev/zero | tr '\\0' a)", "the path has 5001 bytes, and 4095 are the most"},
            {"64", many, "5000 unveils, and 1024 are the most: /etc is one too many"},
            {"64", "--connect 0", "option --connect: \"0\" is no port; there are 1 to 65535"},
            {"64", "--bind 65536", "option --bind: \"65536\" is no port; there are 1 to 65535"},
            {"64", "--connect https", "option --connect: \"https\" is no port; there are 1 to 65535"},
            {"125", "-v missing", "does not exist, and Landlock cannot grant rights on a name"},
            {"125", "-v missing", "; --ignore-missing goes on without it"},
            {"125", "-v missing/deep", "there is no directory " + directory + "/missing"},
            {"125", "-v dangling", "the symbolic link " + directory + "/dangling points to " + directory + "/nowhere"},
            {"125", "-v /etc/passwd/x", "/etc/passwd is not a directory"},
            {"125", "--loader-path missing", "option --loader-path: missing: no such directory"},
        };
        for (String[] each : wrong) {
            Shell.Result result =
                    run(user, directory, "\"$PLEDGE\" -p 'stdio rpath wpath cpath inet' " + each[1] + " -- touch ran");
            assertThat(result.err()).startsWith("pledge: ").contains(each[2]).hasLineCount(1);
            assertThat(result.status()).as(each[1]).isEqualTo(Integer.parseInt(each[0]));
            assertThat(directory.resolve("ran")).doesNotExist();
        }
        if (user == User.NOBODY) {
            Shell.Result result = run(user, directory, "\"$PLEDGE\" -p 'stdio rpath' -v closed/file -- touch ran");
            assertThat(result)
                    .isEqualTo(new Shell.Result(
                            125,
                            "",
                            "pledge: unveil closed/file: cannot look at " + directory
                                    + "/closed/file: permission denied\n"));
        }
    }
}
