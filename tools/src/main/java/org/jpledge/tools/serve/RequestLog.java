package org.jpledge.tools.serve;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.OptionalInt;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jpledge.linux.UnixSocket;
import org.jpledge.tools.text.Json;

/**
 * What the server was asked, an object a line. One thread writes, so that nobody waits for a disk, or for whoever reads standard error. A
 * line that cannot be written is lost: the next one that can says how many were. Thread safe.
 */
public final class RequestLog implements AutoCloseable {
    private static final int WAITING = 4096;
    private static final Duration PATIENCE = Duration.ofSeconds(1);
    private static final String LAST = "";

    private final FileChannel file;
    private final BlockingQueue<String> lines = new ArrayBlockingQueue<>(WAITING);
    private final AtomicLong lost = new AtomicLong();
    private final Thread writer;
    private long told;
    private boolean isMidLine;
    private volatile boolean isStuck;

    /**
     * Begins to write.
     *
     * @param file where to; closed with this
     */
    public RequestLog(FileChannel file) {
        this.file = file;
        writer = Thread.ofPlatform().daemon().name("log").start(this::write);
    }

    /**
     * Something that is no request.
     *
     * @param event one word
     * @param about more of it
     */
    public void event(String event, Json.Members about) {
        Json.Members line = begun().with("event", event);
        about.members().forEach(line::with);
        put(Json.text(line));
    }

    /** Something about somebody who connected. */
    void event(String event, UnixSocket.Peer peer, String reason) {
        event(event, new Json.Members().with("peer", json(peer)).with("reason", reason));
    }

    /** Somebody was waited for long enough. */
    void idle(Connection connection) {
        event("idle", connection.peer(), "nothing came for " + connection.idle().toSeconds() + " seconds");
    }

    /**
     * A request that is answered.
     *
     * @param peer who asked
     * @param method what, as it was written
     * @param id of the request
     * @param nanos how long it took
     * @param outcome {@code ok}, or the code of an error
     * @param status an exit status, where there is one
     */
    public void request(
            UnixSocket.Peer peer, String method, Json.Value id, long nanos, String outcome, OptionalInt status) {
        Json.Members line = begun().with("peer", json(peer))
                .with("method", method)
                .with("id", id)
                .with("milliseconds", new Json.Whole(TimeUnit.NANOSECONDS.toMillis(nanos)))
                .with("outcome", outcome);
        if (status.isPresent()) {
            line.with("status", new Json.Whole(status.getAsInt()));
        }
        put(Json.text(line));
    }

    /**
     * How many lines could not be written.
     *
     * @return since the beginning
     */
    public long lost() {
        return lost.get();
    }

    private static Json.Members begun() {
        return new Json.Members()
                .with("at", Instant.now().truncatedTo(ChronoUnit.MILLIS).toString());
    }

    private static Json.Members json(UnixSocket.Peer peer) {
        return new Json.Members()
                .with("pid", new Json.Whole(peer.pid()))
                .with("uid", new Json.Whole(Integer.toUnsignedLong(peer.uid())));
    }

    private void put(String line) {
        try {
            // Who reads the log slowly slows the server down; who does not read it at all does not stop it.
            if (!lines.offer(line, isStuck ? 0 : PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                isStuck = true;
                lost.incrementAndGet();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            lost.incrementAndGet();
        }
    }

    private void write() {
        try {
            for (String line = lines.take(); !line.equals(LAST); line = lines.take()) {
                long now = lost.get();
                if (now > told) {
                    line = line.substring(0, line.length() - 2) + ",\"lost\":" + (now - told) + "}\n";
                }
                if (written(line)) {
                    told = now;
                    isStuck = false;
                } else {
                    lost.incrementAndGet();
                }
            }
            file.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            // Every line was counted when it was written.
            lost.incrementAndGet();
        }
    }

    private boolean written(String line) {
        ByteBuffer bytes = ByteBuffer.wrap((isMidLine ? "\n" + line : line).getBytes(StandardCharsets.US_ASCII));
        int length = bytes.remaining();
        try {
            while (bytes.hasRemaining()) {
                file.write(bytes);
            }
            isMidLine = false;
            return true;
        } catch (IOException e) {
            isMidLine |= bytes.remaining() < length;
            return false;
        }
    }

    /** Writes what is left, if it can within a second. */
    @Override
    public void close() {
        try {
            if (lines.offer(LAST, PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                writer.join(PATIENCE);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
