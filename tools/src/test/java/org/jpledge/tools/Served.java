package org.jpledge.tools;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jpledge.linux.KernelException;
import org.jpledge.tools.serve.Client;

/** A server in a process of its own. */
final class Served implements AutoCloseable {
    private static final int PATIENCE_SECONDS = 60;

    private final Process process;
    private final Path socket;
    private final Path errors;

    private Served(Process process, Path socket, Path errors) {
        this.process = process;
        this.socket = socket;
        this.errors = errors;
    }

    /** The words that start the command, but for its own. */
    static List<String> command(Path home) {
        return List.of(
                System.getProperty("java.home") + "/bin/java",
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xshare:auto",
                "-cp",
                home + "/core/target/jpledge-0.jar:" + home + "/tools/target/jpledge-tools-0.jar",
                "org.jpledge.tools.Main");
    }

    /** Starts one, and waits until it listens. */
    static Served start(List<String> words, Path socket, Map<String, String> environment) throws Exception {
        Path errors = Files.createTempFile("served", "");
        ProcessBuilder builder = new ProcessBuilder(words)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(Path.of("/dev/null").toFile())
                .redirectError(errors.toFile());
        builder.environment().remove("XDG_RUNTIME_DIR");
        builder.environment().putAll(environment);
        Served served = new Served(builder.start(), socket, errors);
        served.await();
        return served;
    }

    /** As this user, at a socket. */
    static Served start(Path home, Path socket, User user, String... more) throws Exception {
        List<String> words = new ArrayList<>();
        if (user == User.NOBODY) {
            words.addAll(List.of("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"));
        }
        words.addAll(command(home));
        words.addAll(List.of("serve", "--socket", socket.toString()));
        words.addAll(List.of(more));
        return start(words, socket, Map.of());
    }

    private void await() throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (System.nanoTime() - deadline < 0 && process.isAlive()) {
            try (Client client = client()) {
                client.ask("{'jsonrpc':'2.0','id':0,'method':'status'}");
                return;
            } catch (KernelException e) {
                Thread.sleep(20);
            }
        }
        throw new IllegalStateException("does not listen: " + errors());
    }

    /** The front of an installation, at a socket; what the front needs is in this environment. */
    static Served start(Path home, Path socket, Map<String, String> environment) throws Exception {
        return start(List.of(home + "/pledge", "serve", "--socket", socket.toString()), socket, environment);
    }

    Client client() throws KernelException {
        return new Client(socket);
    }

    String errors() throws IOException {
        return Files.readString(errors, StandardCharsets.UTF_8);
    }

    /** How many descriptors it has open. */
    int descriptors() throws IOException {
        try (Stream<Path> all = Files.list(Path.of("/proc/" + process.pid() + "/fd"))) {
            return Math.toIntExact(all.count());
        }
    }

    /** KiB of its memory that are in use. */
    long memory() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("[^0-9]", ""));
            }
        }
        throw new IOException("it is dead");
    }

    long pid() {
        return process.pid();
    }

    /** Asks it to end. */
    void end() throws IOException {
        // Unlike destroy(), for any JDK the signal TERM.
        new ProcessBuilder("kill", "-TERM", Long.toString(process.pid()))
                .inheritIO()
                .start();
    }

    int awaitEnd() throws InterruptedException {
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new IllegalStateException("does not end");
        }
        return process.exitValue();
    }

    void kill() {
        process.destroyForcibly().onExit().join();
    }

    @Override
    public void close() throws IOException {
        kill();
        Files.delete(errors);
    }
}
