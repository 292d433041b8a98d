package org.jpledge.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names are resolved under dns, by glibc and a name server of our own, and nothing else is reached. */
@Tag("enforcement")
class ResolvingTest {
    @TempDir
    private static Path shared;

    private static Path home = Path.of("");
    private static @Nullable NameServer server;

    @BeforeAll
    static void install() throws Exception {
        assumeTrue(Shell.run("id -u").out().equals("0\n"), "only root can give a process its own /etc/resolv.conf");
        assumeTrue(Shell.run("unshare -m true && command -v getent").status() == 0, "no unshare, or no getent");
        try {
            server = new NameServer();
        } catch (IOException e) {
            assumeTrue(false, "port 53 of " + NameServer.ADDRESS + " cannot be had: " + e.getMessage());
        }
        home = Installation.shared();
        Files.writeString(shared.resolve("resolv.conf"), "nameserver " + NameServer.ADDRESS + "\n");
        Files.writeString(shared.resolve("nsswitch.conf"), "hosts: files dns\npasswd: files\n");
    }

    @AfterAll
    static void stop() throws IOException {
        if (server != null) {
            server.close();
        }
    }

    private static List<String> asked() {
        return Objects.requireNonNull(server).asked();
    }

    /** With a view of /etc in which the name server is the test's. */
    private static Shell.Result run(String command) throws Exception {
        String script =
                "for f in resolv.conf nsswitch.conf; do mount --bind \"$PWD/$f\" \"$(readlink -f /etc/$f)\" || exit 99; done; "
                        + command;
        return Shell.run(
                "exec unshare -m sh -c '" + script.replace("'", "'\\''") + "'",
                Installation.environment(home, shared),
                shared);
    }

    @Test
    void aNameIsAskedForUnderDnsAlone() throws Exception {
        assertThat(run("\"$PLEDGE\" -p 'stdio dns' -- getent ahostsv4 some.test")
                        .out())
                .contains(NameServer.ANSWER);
        assertThat(asked()).contains("udp");
        // The twin: with sockets, but without the files that say whom to ask.
        assertThat(run("\"$PLEDGE\" -p 'stdio inet' -- getent ahostsv4 some.test")
                        .out())
                .isEmpty();
        assertThat(asked()).isEmpty();
    }

    @Test
    void hostsAreKnownAndPasswordsAreNot() throws Exception {
        assertThat(run("\"$PLEDGE\" -p 'stdio dns' -- getent hosts localhost").out())
                .contains("localhost");
        assertThat(run("\"$PLEDGE\" -p stdio -- getent hosts localhost").out()).isEmpty();
        assertThat(run("\"$PLEDGE\" -p 'stdio dns' -- cat /etc/passwd").err()).contains("Permission denied");
    }

    @Test
    void withAListOfPortsItIsAskedOverTcpWhereUdpCannotBeHeld() throws Exception {
        Shell.Result result = run("\"$PLEDGE\" -p 'stdio inet dns' --connect 443 -- getent ahostsv4 some.test");
        assertThat(result.out()).contains(NameServer.ANSWER);
        boolean overTcp = run("\"$PLEDGE\" -p 'stdio inet dns' --connect 443 --print -- true")
                .out()
                .contains("RES_OPTIONS=use-vc");
        assertThat(asked()).containsOnly(overTcp ? "tcp" : "udp");
    }

    @Test
    void otherPortsAreNotReached() throws Exception {
        assumeTrue(Files.exists(Path.of("/usr/bin/curl")), "curl is not installed");
        try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            String asks = "' -- curl -q -s --noproxy '*' --max-time 2 http://127.0.0.1:" + silent.getLocalPort() + "/";
            int connectionRefused = 7;
            int noAnswerInTime = 28;
            assertThat(run("\"$PLEDGE\" -p 'stdio rpath dns" + asks).status()).isEqualTo(connectionRefused);
            assertThat(run("\"$PLEDGE\" -p 'stdio rpath dns inet" + asks).status())
                    .isEqualTo(noAnswerInTime);
        }
    }
}
