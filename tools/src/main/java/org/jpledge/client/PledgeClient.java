package org.jpledge.client;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jpledge.linux.Kernel;
import org.jpledge.linux.KernelException;
import org.jpledge.linux.UnixSocket;
import org.jpledge.tools.text.Json;
import org.jpledge.tools.text.JsonReading;
import org.jpledge.tools.text.Node;
import org.jpledge.tools.text.RawPath;
import org.jpledge.tools.text.SyntaxException;
import org.jpledge.tools.text.Utf8;
import org.jpledge.tools.text.Words;

/**
 * A connection to {@code pledge serve}, which runs programs under their promises without starting a JVM for each.
 *
 * <pre>{@code
 * try (PledgeClient client = PledgeClient.connect(PledgeClient.defaultSocket())) {
 *     PledgeRequest request = PledgeRequest.of("ls", "/etc").promising("stdio rpath").unveiling(Path.of("/etc"), "r");
 *     PledgeClient.End end = client.run(request, System.out, System.err);
 *     System.out.println(end.status());
 * }
 * }</pre>
 *
 * <p>The programs are the server's children and end with this connection: by SIGHUP, and five seconds later SIGKILL. Thread safe, and for
 * one request at a time: another thread waits. To end a program that another thread waits for, {@link #close} this, or {@link #kill} it
 * over a second connection; connections are cheap. After an {@link IOException} that is no {@link PledgeServerException} this is closed,
 * as nobody could tell what the next answer belongs to. Linux on x86-64 or aarch64; the JVM needs {@code --enable-native-access}.
 */
public final class PledgeClient implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration LONG = Duration.ofDays(1);
    private static final int PIECE = 1 << 16;
    private static final int EPIPE = 32;
    private static final int[] STANDARD = {0, 1, 2};

    private final UnixSocket socket;
    private byte[] rest = new byte[0];
    private int last;

    /**
     * How a program has ended.
     *
     * @param run its number among the server's runs
     * @param pid its process, which is no more
     * @param status its exit status, or 128 and the number of the signal that has ended it
     * @param signal that has ended it, such as {@code SIGSYS}
     */
    public record End(int run, int pid, int status, Optional<String> signal) {}

    /**
     * What a program needed, and how it ended.
     *
     * @param end of the program
     * @param policy the text of a policy file under which it can do the same again; empty if it has written none
     */
    public record Lesson(End end, Optional<String> policy) {}

    /**
     * A program that runs.
     *
     * @param run its number among the server's runs
     * @param pid its process
     * @param command the program and its arguments
     * @param isDetached whether it goes on without who asked for it
     */
    public record Run(int run, int pid, List<String> command, boolean isDetached) {
        /** Copies the list. */
        public Run {
            command = List.copyOf(command);
        }
    }

    private PledgeClient(UnixSocket socket) {
        this.socket = socket;
    }

    /**
     * Where a server listens that was not told another place.
     *
     * @return {@code pledge.sock} in XDG_RUNTIME_DIR
     * @throws IllegalStateException if there is no such variable
     */
    public static Path defaultSocket() {
        String directory = System.getenv("XDG_RUNTIME_DIR");
        if (directory == null || !directory.startsWith("/")) {
            throw new IllegalStateException("XDG_RUNTIME_DIR is not set: name the server's socket");
        }
        return Path.of(directory, "pledge.sock");
    }

    /**
     * Connects to a server.
     *
     * @param path of its socket, at most 107 bytes
     * @return the connection
     * @throws PledgeServerException if the server does not serve this process: it has too many connections, or is another user's
     * @throws IOException if nobody listens there, or somebody who is neither this process's user nor root
     */
    public static PledgeClient connect(Path path) throws IOException {
        try {
            PledgeClient client = new PledgeClient(UnixSocket.connect(Words.bytes(RawPath.word(path)), PATIENCE));
            client.greet(path);
            return client;
        } catch (KernelException e) {
            throw new IOException(path + ": " + e.getMessage(), e);
        }
    }

    /** Looks at who listens, and says something at once: who is silent is taken for a person, and spoken to in words. */
    private void greet(Path path) throws IOException, KernelException {
        int server = socket.peer().uid();
        if (server != 0 && server != (int) Kernel.call("geteuid")) {
            close();
            throw new IOException(path + ": the server is user " + Integer.toUnsignedString(server) + "'s");
        }
        ask("status", new Json.Members());
    }

    /**
     * Runs a program, and waits for its end.
     *
     * @param request the program
     * @param out gets what it writes to standard output, as it does
     * @param err gets what it writes to standard error
     * @return how it ended
     * @throws PledgeServerException if it is not run
     * @throws IOException if the server is gone, or a stream fails, or this thread is interrupted: the program ends then
     */
    public synchronized End run(PledgeRequest request, OutputStream out, OutputStream err) throws IOException {
        return end(ask("run", params(request), out, err));
    }

    /**
     * Runs a program on this process's own standard input, output and error, whatever they are: nothing goes through the server.
     *
     * @param request the program; it reads nothing else
     * @return how it ended
     * @throws PledgeServerException if it is not run
     * @throws IOException if the server is gone
     */
    public synchronized End runHere(PledgeRequest request) throws IOException {
        Json.Members params = params(request).with("descriptors", numbers(STANDARD));
        OutputStream nowhere = OutputStream.nullOutputStream();
        return end(ask("run", params, nowhere, nowhere, STANDARD));
    }

    /**
     * Starts a program that goes on without this connection, and without the server; it writes to nowhere.
     *
     * @param request the program
     * @return the number of its run
     * @throws PledgeServerException if it is not run
     * @throws IOException if the server is gone
     */
    public synchronized int start(PledgeRequest request) throws IOException {
        Json.Members params = params(request).with("detached", new Json.Truth(true));
        return number(ask("run", params), "run");
    }

    /**
     * Makes a launcher, as {@code pledge compile} does: a static executable that needs neither Java nor a server.
     *
     * @param request the program and its first arguments
     * @return the file's bytes
     * @throws PledgeServerException if there can be none
     * @throws IOException if the server is gone
     */
    public synchronized byte[] compile(PledgeRequest request) throws IOException {
        Node.Members result = ask("compile", params(request));
        return Base64.getDecoder().decode(text(result, "launcher"));
    }

    /**
     * Sends a signal to a program of the server, whoever has it run, and to what that has started.
     *
     * @param run its number
     * @param signal such as {@code SIGTERM}
     * @throws PledgeServerException if there is no such program or signal
     * @throws IOException if the server is gone
     */
    public synchronized void kill(int run, String signal) throws IOException {
        ask("kill", new Json.Members().with("run", new Json.Whole(run)).with("signal", signal));
    }

    /**
     * What the server runs at present.
     *
     * @return the programs of all connections, in the order of their numbers
     * @throws IOException if the server is gone
     */
    public synchronized List<Run> runs() throws IOException {
        Node.Members result = ask("list", new Json.Members());
        try {
            List<Run> runs = new ArrayList<>();
            for (Node each : result.get("runs").list()) {
                Node.Members run = each.object();
                runs.add(new Run(
                        number(run, "run"),
                        number(run, "pid"),
                        run.get("command").texts(),
                        run.get("detached") instanceof Node.Truth truth && truth.truth()));
            }
            return runs;
        } catch (SyntaxException e) {
            throw strange(e);
        }
    }

    /**
     * Runs a program as {@code pledge learn} does, once, and finds out what it needs. It is not confined, but
     * {@link PledgeRequest#with with} {@code "--contained"}.
     *
     * @param request the program; what it promises and unveils does not count
     * @param out gets what it writes to standard output
     * @param err gets what it writes to standard error
     * @return what it needed
     * @throws PledgeServerException if it is not run
     * @throws IOException if the server is gone, or a stream fails
     */
    public synchronized Lesson learn(PledgeRequest request, OutputStream out, OutputStream err) throws IOException {
        Node.Members result = ask("learn", unconfined(request), out, err);
        Optional<Node> learnt = result.find("learnt");
        return new Lesson(end(result), learnt.isPresent() ? Optional.of(text(result, "learnt")) : Optional.empty());
    }

    /**
     * What words are about, as {@code pledge explain} says it.
     *
     * @param words promises, calls, phrases, or a line of a log
     * @return lines of text
     * @throws PledgeServerException if there is no such word: the message has the nearest
     * @throws IOException if the server is gone
     */
    public synchronized String explain(String... words) throws IOException {
        Json.Members params = new Json.Members();
        return text(ask("explain", words.length == 0 ? params : params.with("words", List.of(words))), "text");
    }

    /** Closes the connection; what runs for it ends. */
    @Override
    public void close() {
        socket.close();
    }

    private static End end(Node.Members result) throws IOException {
        Optional<Node> signal = result.find("signal");
        return new End(
                number(result, "run"),
                number(result, "pid"),
                number(result, "status"),
                signal.isPresent() ? Optional.of(text(result, "signal")) : Optional.empty());
    }

    private static Json.Members params(PledgeRequest request) {
        Json.Members params = unconfined(request);
        if (!request.promises().isEmpty()) {
            params.with("promises", request.promises());
        }
        return request.unveils().isEmpty() ? params : params.with("unveil", map(request.unveils()));
    }

    private static Json.Members unconfined(PledgeRequest request) {
        Json.Members params = new Json.Members().with("command", request.command());
        if (!request.words().isEmpty()) {
            params.with("words", request.words());
        }
        request.directory().ifPresent(place -> params.with("directory", place));
        request.environment().ifPresent(all -> params.with("environment", map(all)));
        request.input().ifPresent(text -> params.with("input", text));
        return params;
    }

    private static Json.Members map(Map<String, String> map) {
        Json.Members members = new Json.Members();
        map.forEach(members::with);
        return members;
    }

    private static Json.Items numbers(int... numbers) {
        return new Json.Items(
                Arrays.stream(numbers).<Json.Value>mapToObj(Json.Whole::new).toList());
    }

    private Node.Members ask(String method, Json.Members params) throws IOException {
        OutputStream nowhere = OutputStream.nullOutputStream();
        return ask(method, params, nowhere, nowhere);
    }

    /** Sends a request, and waits for its result; what is told meanwhile goes to the streams. */
    private Node.Members ask(String method, Json.Members params, OutputStream out, OutputStream err, int... descriptors)
            throws IOException {
        int id = ++last;
        String line = Json.text(new Json.Members()
                .with("jsonrpc", "2.0")
                .with("id", new Json.Whole(id))
                .with("method", method)
                .with("params", params));
        boolean isWhole = false;
        try {
            send(line, descriptors);
            while (true) {
                Node.Members answer = answer();
                if (answer.find("method").isPresent()) {
                    tell(answer, out, err);
                } else if (answer.find("error").isPresent()) {
                    PledgeServerException refused = refused(answer.get("error").object());
                    isWhole = true;
                    throw refused;
                } else if (answer.get("id").number(0, Integer.MAX_VALUE) == id) {
                    Node.Members result = answer.get("result").object();
                    isWhole = true;
                    return result;
                }
            }
        } catch (KernelException e) {
            throw new IOException(e.getMessage(), e);
        } catch (SyntaxException e) {
            throw strange(e);
        } finally {
            if (!isWhole) {
                close();
            }
        }
    }

    private void send(String line, int... descriptors) throws KernelException {
        try {
            socket.send(line.getBytes(StandardCharsets.UTF_8), PATIENCE, descriptors);
        } catch (KernelException e) {
            // Who is turned away is told why before.
            if (e.errno() != EPIPE) {
                throw e;
            }
        }
    }

    /** The next line that is JSON: if this process was slow, there are some for people before. */
    private Node.Members answer() throws KernelException, IOException, SyntaxException {
        byte[] line = line();
        while (line.length == 0 || line[0] != '{') {
            line = line();
        }
        return JsonReading.read(Utf8.decode(line)).object();
    }

    private static void tell(Node.Members notification, OutputStream out, OutputStream err)
            throws SyntaxException, IOException {
        Node.Members params = notification.get("params").object();
        if (!notification.get("method").string().equals("output")) {
            if (params.find("text").isPresent()) {
                err.write(("pledge: " + params.get("text").string() + "\n").getBytes(StandardCharsets.UTF_8));
            }
            return;
        }
        byte[] bytes = params.find("data").isPresent()
                ? params.get("data").string().getBytes(StandardCharsets.UTF_8)
                : Base64.getDecoder().decode(params.get("base64").string());
        OutputStream stream = params.get("stream").string().equals("stdout") ? out : err;
        stream.write(bytes);
        stream.flush();
    }

    private static PledgeServerException refused(Node.Members error) throws SyntaxException {
        // A code is below zero, which is none of what the reader takes for a number of ours.
        int code = error.get("code") instanceof Node.Digits digits ? Integer.parseInt(digits.digits()) : 0;
        OptionalInt status = OptionalInt.empty();
        Optional<Node> data = error.find("data");
        if (data.isPresent() && data.get().object().find("status").isPresent()) {
            status = OptionalInt.of(data.get().object().get("status").number(0, Short.MAX_VALUE));
        }
        return new PledgeServerException(code, error.get("message").string(), status);
    }

    /** The next line, without its end. */
    private byte[] line() throws KernelException, IOException {
        int searched = 0;
        while (true) {
            for (int i = searched; i < rest.length; i++) {
                if (rest[i] == '\n') {
                    byte[] line = Arrays.copyOf(rest, i);
                    rest = Arrays.copyOfRange(rest, i + 1, rest.length);
                    return line;
                }
            }
            searched = rest.length;
            byte[] buffer = new byte[PIECE];
            Optional<UnixSocket.Received> received = socket.receive(buffer, LONG);
            if (received.isPresent()) {
                if (received.get().length() == 0) {
                    throw new IOException("the server has closed the connection");
                }
                byte[] all = Arrays.copyOf(rest, rest.length + received.get().length());
                System.arraycopy(buffer, 0, all, rest.length, received.get().length());
                rest = all;
            }
        }
    }

    private static String text(Node.Members members, String name) throws IOException {
        try {
            return members.get(name).string();
        } catch (SyntaxException e) {
            throw strange(e);
        }
    }

    private static int number(Node.Members members, String name) throws IOException {
        try {
            return members.get(name).number(0, Integer.MAX_VALUE);
        } catch (SyntaxException e) {
            throw strange(e);
        }
    }

    private static IOException strange(SyntaxException e) {
        return new IOException("the server's answer is not understood: " + e.reason(), e);
    }
}
