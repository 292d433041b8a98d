package org.jpledge.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The table of docs/servers.md: servers serve, cannot get out, and need each promise and each path that they have. */
@Tag("enforcement")
class ServersTest {
    private static final String MEMCACHED_ASKS = "set a 0 0 2\r\nhi\r\nget a\r\nquit\r\n";
    private static final int PATIENCE_MILLIS = 20_000;

    @TempDir
    private static Path shared;

    private static Path home = Path.of("");

    /** A row: the options in front, and the command. */
    private record Row(List<String> promises, List<String> options, String command) {
        static Row of(String server) throws IOException {
            for (String line : Files.readAllLines(Path.of("../docs/servers.md"))) {
                String[] cells = line.split("\\|", -1);
                if (cells.length == 5 && cells[1].strip().startsWith(server)) {
                    String options = cells[2].strip().replace("`", "");
                    int end = options.indexOf('\'', 4);
                    assertThat(options).startsWith("-p '");
                    List<String> others = new ArrayList<>();
                    for (String option : options.substring(end + 1).strip().split(" (?=-)", -1)) {
                        others.add(option);
                    }
                    return new Row(
                            List.of(options.substring(4, end).split(" ", -1)),
                            others,
                            cells[3].strip().replace("`", ""));
                }
            }
            throw new IllegalArgumentException(server);
        }

        Row withoutPromise(String word) {
            List<String> fewer = new ArrayList<>(promises);
            fewer.remove(word);
            return new Row(fewer, options, command);
        }

        Row with(String option, String instead) {
            List<String> changed = new ArrayList<>(options);
            changed.set(changed.indexOf(option), instead);
            return new Row(promises, changed, command);
        }
    }

    @BeforeAll
    static void install() throws Exception {
        User.SELF.own(shared);
        home = Installation.shared();
    }

    /** A port that nobody has now. */
    static int freePort() throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return free.getLocalPort();
        }
    }

    /** A server while a test talks to it. */
    private static final class Server implements AutoCloseable {
        private final Process process;
        private final int port;

        /** Starts a row, bare if it is told so. */
        Server(Row row, Path directory, int port, boolean bare) throws Exception {
            this.port = port;
            String user = Shell.run("id -u").out().equals("0\n")
                    ? bare ? "setpriv --reuid 65534 --regid 65534 --clear-groups " : "-u 65534 "
                    : "";
            String options = bare
                    ? user
                    : "\"$PLEDGE\" -p '" + String.join(" ", row.promises()) + "' " + String.join(" ", row.options())
                            + " " + user + "-- ";
            String script = ("exec " + options + row.command())
                    .replace("DIR", directory.toString())
                    .replace("PORT", Integer.toString(port));
            ProcessBuilder builder = new ProcessBuilder("sh", "-c", script)
                    .directory(directory.toFile())
                    .redirectInput(Path.of("/dev/null").toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(directory.resolve("log").toFile());
            builder.environment().putAll(Installation.environment(home, shared));
            builder.environment().put("PATH", System.getenv("PATH") + ":/usr/sbin");
            process = builder.start();
        }

        /** What it answers; nothing if it ends before it does. */
        String answer(String question) throws Exception {
            long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS);
            while (System.nanoTime() < end) {
                try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                    socket.setSoTimeout(2000);
                    OutputStream out = socket.getOutputStream();
                    out.write(question.getBytes(StandardCharsets.US_ASCII));
                    out.flush();
                    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
                } catch (ConnectException e) {
                    if (process.waitFor(100, TimeUnit.MILLISECONDS)) {
                        return "";
                    }
                } catch (SocketTimeoutException | SocketException e) {
                    return "";
                }
            }
            return "";
        }

        /** Lets it end its workers, which would otherwise go on to answer. */
        @Override
        public void close() {
            List<ProcessHandle> workers = process.descendants().toList();
            process.destroy();
            process.onExit()
                    .completeOnTimeout(process, PATIENCE_MILLIS, TimeUnit.MILLISECONDS)
                    .join();
            process.destroyForcibly().onExit().join();
            for (ProcessHandle worker : workers) {
                worker.destroyForcibly();
                worker.onExit().join();
            }
        }
    }

    private static String ask(Row row, Path directory, int port, boolean bare, String question) throws Exception {
        try (Server server = new Server(row, directory, port, bare)) {
            return server.answer(question);
        }
    }

    private static String get(String path) {
        return "GET " + path + " HTTP/1.0\r\n\r\n";
    }

    private static void eachIsNeeded(Row row, Path directory, int port, String question, String answer)
            throws Exception {
        assertThat(ask(row, directory, port, false, question)).contains(answer);
        for (String promise : row.promises()) {
            assertThat(ask(row.withoutPromise(promise), directory, port, false, question))
                    .as("without " + promise)
                    .doesNotContain(answer);
        }
        for (String option : row.options()) {
            String instead = option.startsWith("--bind") ? "--bind " + (port == 1 ? 2 : 1) : "-v r:/usr/share";
            assertThat(ask(row.with(option, instead), directory, port, false, question))
                    .as("without " + option)
                    .doesNotContain(answer);
        }
    }

    private static void executesNothing(Row row, Path directory) throws Exception {
        String script = ("\"$PLEDGE\" --print -p '" + String.join(" ", row.promises()) + "' "
                        + String.join(" ", row.options()) + " -- true")
                .replace("DIR", directory.toString())
                .replace("PORT", "1");
        String printed = Shell.run(script, Installation.environment(home, shared), directory)
                .out();
        assertThat(printed.substring(
                        0, printed.indexOf("# Before the entry point, for the dynamic linker, also\nexecve")))
                .contains("\nread -> allow\n")
                .doesNotContain("\nexecve -> allow", "\nexecveat -> allow");
    }

    private static boolean isInstalled(String program) {
        return Files.isExecutable(Path.of("/usr/sbin", program)) || Files.isExecutable(Path.of("/usr/bin", program));
    }

    @Test
    void nginxServesItsDirectoryAndNothingElse() throws Exception {
        assumeTrue(isInstalled("nginx"), "nginx is not installed");
        Path directory = own("nginx");
        int port = freePort();
        Files.writeString(directory.resolve("page"), "a page\n");
        try (ServerSocket elsewhere = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            Thread.ofPlatform().daemon().start(() -> answerOnce(elsewhere));
            Files.writeString(directory.resolve("nginx.conf"), """
                    daemon off; worker_processes 2;
                    pid DIR/run/pid; error_log stderr;
                    events { worker_connections 64; }
                    http {
                        access_log off;
                        client_body_temp_path DIR/run/body; proxy_temp_path DIR/run/proxy;
                        fastcgi_temp_path DIR/run/fastcgi; uwsgi_temp_path DIR/run/uwsgi; scgi_temp_path DIR/run/scgi;
                        server {
                            listen 127.0.0.1:PORT; root DIR;
                            location /etc/ { alias /etc/; }
                            location /elsewhere { proxy_pass http://127.0.0.1:OTHER; }
                        }
                    }
                    """.replace("DIR", directory.toString())
                    .replace("PORT", Integer.toString(port))
                    .replace("OTHER", Integer.toString(elsewhere.getLocalPort())));
            Row row = Row.of("nginx");
            eachIsNeeded(row, directory, port, get("/page"), "a page");
            executesNothing(row, directory);
            try (Server server = new Server(row, directory, port, false)) {
                assertThat(server.answer(get("/page"))).startsWith("HTTP/1.1 200");
                assertThat(server.answer(get("/etc/passwd"))).startsWith("HTTP/1.1 403");
                assertThat(server.answer(get("/elsewhere"))).startsWith("HTTP/1.1 502");
                assertThat(server.answer(get("/page"))).startsWith("HTTP/1.1 200");
            }
            try (Server server = new Server(row, directory, port, true)) {
                assertThat(server.answer(get("/etc/passwd"))).startsWith("HTTP/1.1 200");
                assertThat(server.answer(get("/elsewhere"))).contains("from elsewhere");
            }
        }
    }

    private static void answerOnce(ServerSocket server) {
        try (Socket client = server.accept()) {
            client.getOutputStream()
                    .write("HTTP/1.0 200 OK\r\nContent-Length: 15\r\n\r\nfrom elsewhere\n"
                            .getBytes(StandardCharsets.US_ASCII));
            client.shutdownOutput();
            client.getInputStream().readAllBytes();
        } catch (IOException ignored) {
            // Nobody has come, which the test sees from the other side.
        }
    }

    @Test
    void memcachedRemembersAndOpensNothing() throws Exception {
        assumeTrue(isInstalled("memcached"), "memcached is not installed");
        Path directory = own("memcached");
        Row row = Row.of("memcached");
        int port = freePort();
        eachIsNeeded(row, directory, port, MEMCACHED_ASKS, "VALUE a 0 2\r\nhi");
        executesNothing(row, directory);
    }

    private static Path own(String name) throws Exception {
        User user = Shell.run("id -u").out().equals("0\n") ? User.NOBODY : User.SELF;
        Path directory = user.own(shared.resolve(name));
        user.own(directory.resolve("run"));
        return directory;
    }
}
