package org.jpledge.tools.serve;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jpledge.linux.Kernel;
import org.jpledge.linux.KernelException;
import org.jpledge.linux.UnixSocket;
import org.jpledge.tools.text.Json;

/**
 * Serves whoever connects to a socket, each connection in a virtual thread of its own, and only its own user, and nobody who is confined
 * more than it is. The first byte tells the language: zero that of our own client, a brace or a bracket JSON-RPC, all else that for
 * people. Thread safe.
 */
public final class Server implements AutoCloseable {
    private static final Duration SILENCE = Duration.ofMillis(300);
    private static final Duration PAUSE = Duration.ofMillis(50);
    private static final Duration QUIET = Duration.ofSeconds(3);
    /** A heap of so many bytes is worth being looked at. */
    private static final long MUCH = 64 << 20;

    private static final int EBADF = 9;

    private final UnixSocket listener;
    private final String place;
    private final String version;
    private final RequestLog log;
    private final JsonRpc requests;
    private final Language frames;
    private final Language people;
    private final Duration idle;
    private final Semaphore room = new Semaphore(Limit.ROOM.most());
    private final int user = (int) Kernel.call("geteuid");
    private final Standing standing = Standing.own();
    private final long begun = System.nanoTime();
    private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean isAboutToRest = new AtomicBoolean();
    private volatile boolean isEnding;

    /**
     * A server that does not serve yet.
     *
     * @param listener its socket, closed with it
     * @param place of the socket, for answers
     * @param version of pledge, for answers
     * @param log what is asked is written there
     * @param handlers what does each method but {@link Method#STATUS}
     * @param frames the language of our own client
     * @param people the language for people
     */
    public Server(
            UnixSocket listener,
            String place,
            String version,
            RequestLog log,
            Map<Method, Handler> handlers,
            Language frames,
            Language people) {
        this(listener, place, version, log, handlers, frames, people, Duration.ofSeconds(Limit.IDLE.most()));
    }

    /** One with less patience than others. */
    Server(
            UnixSocket listener,
            String place,
            String version,
            RequestLog log,
            Map<Method, Handler> handlers,
            Language frames,
            Language people,
            Duration idle) {
        this.idle = idle;
        this.listener = listener;
        this.place = place;
        this.version = version;
        this.log = log;
        this.frames = frames;
        this.people = people;
        Map<Method, Handler> all = new EnumMap<>(Method.class);
        all.putAll(handlers);
        all.put(Method.STATUS, _ -> Handler.Answer.of(status()));
        requests = new JsonRpc(all, log);
    }

    /** Serves until {@link #drain} or {@link #close} is called. */
    public void serve() {
        boolean isTold = false;
        while (!isEnding) {
            try {
                receive(listener.accept());
                isTold = false;
            } catch (KernelException e) {
                if (e.errno() == EBADF) {
                    return;
                }
                // No descriptor or no memory is left: the next who closes something gives some back.
                if (!isTold) {
                    isTold = true;
                    log.event("refused", new Json.Members().with("reason", String.valueOf(e.getMessage())));
                }
                pause(PAUSE);
            }
        }
    }

    private void receive(UnixSocket socket) {
        try {
            Connection connection = new Connection(socket, socket.peer(), idle, room);
            connections.add(connection);
            Thread.ofVirtual().start(() -> attend(connection));
        } catch (KernelException e) {
            // It is gone already.
            socket.close();
        }
    }

    private void attend(Connection connection) {
        try {
            Optional<RequestException> refusal = refusal(connection);
            if (refusal.isPresent()) {
                turnAway(connection, refusal.get());
            } else {
                converse(connection);
            }
        } catch (IOException e) {
            log.event("gone", connection.peer(), String.valueOf(e.getMessage()));
        } finally {
            connection.closeRest();
            connections.remove(connection);
            rest();
        }
    }

    /** After much work and some quiet, memory is given back; nothing else would do that while nothing is asked. */
    private void rest() {
        if (connections.isEmpty()
                && Runtime.getRuntime().totalMemory() > MUCH
                && isAboutToRest.compareAndSet(false, true)) {
            Thread.ofVirtual().start(() -> {
                pause(QUIET);
                isAboutToRest.set(false);
                if (connections.isEmpty()) {
                    System.gc();
                }
            });
        }
    }

    /** Why somebody is not served, whatever is asked. */
    private Optional<RequestException> refusal(Connection connection) {
        UnixSocket.Peer peer = connection.peer();
        if (peer.uid() != user) {
            return notYours("this server is user " + Integer.toUnsignedString(user) + "'s, and serves nobody else");
        }
        Optional<Standing> other;
        try {
            other = connection.standing();
        } catch (KernelException | FileSystemException e) {
            return busy("the server cannot see who process " + peer.pid() + " is: " + e.getMessage());
        }
        if (other.isEmpty()) {
            return notYours("process " + peer.pid() + ", which connected, is not to be seen any more");
        }
        Optional<String> confined = standing.refusal(other.get());
        if (confined.isPresent()) {
            return notYours(
                    "process " + peer.pid() + " is confined, and may not have a server work for it: " + confined.get());
        }
        if (connections.size() > Limit.CONNECTIONS.most()) {
            return busy("the server has " + Limit.CONNECTIONS.most() + " connections already");
        }
        return Optional.empty();
    }

    private static Optional<RequestException> notYours(String reason) {
        return Optional.of(new RequestException(ErrorCode.NOT_YOURS, reason));
    }

    private static Optional<RequestException> busy(String reason) {
        return Optional.of(new RequestException(ErrorCode.BUSY, reason));
    }

    private void turnAway(Connection connection, RequestException problem) throws IOException {
        log.event("refused", connection.peer(), String.valueOf(problem.getMessage()));
        connection.send(Json.text(new Json.Members()
                .with("jsonrpc", "2.0")
                .with("error", problem.toJson())
                .with("id", new Json.Nothing())));
    }

    private void converse(Connection connection) throws IOException {
        OptionalInt first = connection.peek(SILENCE);
        boolean isGreeted = false;
        if (first.isEmpty()) {
            // Programs speak at once; who connects by hand waits to be asked.
            people.greet(connection);
            isGreeted = true;
            first = connection.peek(idle);
        }
        if (first.isEmpty()) {
            log.idle(connection);
            return;
        }
        switch (first.getAsInt()) {
            case Connection.END -> {
                if (connection.isFlooded()) {
                    // Whatever language it was to be, this one can say what was wrong.
                    requests.speak(connection);
                }
            }
            case 0 -> frames.speak(connection);
            case '{', '[' -> requests.speak(connection);
            default -> {
                if (!isGreeted) {
                    people.greet(connection);
                }
                people.speak(connection);
            }
        }
    }

    private static void pause(Duration duration) {
        try {
            Thread.sleep(duration);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Takes no more connections and begins nothing that takes long, and waits until what was begun is answered.
     *
     * @param patience how long to wait
     * @return whether all is answered
     */
    public boolean drain(Duration patience) {
        isEnding = true;
        requests.end();
        listener.close();
        long deadline = System.nanoTime() + patience.toNanos();
        connections.forEach(Connection::finishAll);
        while (!connections.isEmpty() && System.nanoTime() - deadline < 0) {
            pause(PAUSE);
        }
        return connections.isEmpty();
    }

    /** Ends at once: closes the socket and every connection. The log is the caller's to close. */
    @Override
    public void close() {
        isEnding = true;
        requests.end();
        listener.close();
        connections.forEach(Connection::close);
    }

    private Json.Members status() {
        Json.Members limits = new Json.Members();
        for (Limit limit : Limit.values()) {
            limits.with(limit.word(), new Json.Whole(limit.most()));
        }
        return new Json.Members()
                .with("version", version)
                .with("pid", new Json.Whole(ProcessHandle.current().pid()))
                .with("uid", new Json.Whole(Integer.toUnsignedLong(user)))
                .with("socket", place)
                .with("seconds", new Json.Seconds(System.nanoTime() - begun))
                .with("connections", new Json.Whole(connections.size()))
                .with("requests", new Json.Whole(requests.requests()))
                .with("busy", new Json.Whole(requests.busy()))
                .with("lost", new Json.Whole(log.lost()))
                .with("limits", limits);
    }
}
