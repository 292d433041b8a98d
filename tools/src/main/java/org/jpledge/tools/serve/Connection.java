package org.jpledge.tools.serve;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantLock;
import org.jpledge.linux.Kernel;
import org.jpledge.linux.KernelException;
import org.jpledge.linux.UnixSocket;

/**
 * One client. One thread reads; any thread may {@link #send}, and each send is whole. Descriptors that come belong to the line in which
 * the message ends that they came with.
 */
public final class Connection {
    /** What {@link #peek} says where the other end sends no more. */
    public static final int END = -1;

    private static final int FIRST_SIZE = 4096;
    private static final int EMSGSIZE = 90;
    private static final Duration ANSWER = Duration.ofSeconds(Limit.ANSWER.most());

    private final UnixSocket socket;
    private final UnixSocket.Peer peer;
    private final Duration idle;
    private final Semaphore room;
    private final ReentrantLock sending = new ReentrantLock();

    private byte[] buffer = new byte[FIRST_SIZE];
    private int start;
    private int end;
    private int searched;
    private boolean isOver;
    private boolean isFlooded;
    private boolean isCrowded;
    /** How many bytes came before those in the buffer. */
    private long before;

    private final List<Arrived> arrived = new ArrayList<>();

    // Guarded by this.
    private final List<Runnable> farewells = new ArrayList<>();
    private int pending;
    private boolean isLast;
    private boolean isClosed;

    /** A descriptor, and which byte of the stream was the last of its message. */
    private record Arrived(int descriptor, long at) {}

    /** One of a server, whose connections share the room for long lines: a permit is a byte. */
    Connection(UnixSocket socket, UnixSocket.Peer peer, Duration idle, Semaphore room) {
        this.socket = socket;
        this.peer = peer;
        this.idle = idle;
        this.room = room;
    }

    /**
     * Who it is.
     *
     * @return the process, user and group that connected
     */
    public UnixSocket.Peer peer() {
        return peer;
    }

    /**
     * How far the process that connected is confined.
     *
     * @return empty if it is gone
     * @throws KernelException if that cannot be asked: no descriptor or no memory is left
     * @throws FileSystemException if that cannot be asked
     */
    Optional<Standing> standing() throws KernelException, FileSystemException {
        return Standing.of(socket, peer.pid());
    }

    /**
     * How long to wait for somebody who says nothing.
     *
     * @return {@link Limit#IDLE}, but for tests
     */
    public Duration idle() {
        return idle;
    }

    /**
     * The next byte, which stays to be read.
     *
     * @param patience how long to wait
     * @return empty if nothing came; {@link #END} if nothing will
     * @throws IOException if the other end is gone
     */
    public OptionalInt peek(Duration patience) throws IOException {
        while (start == end && !isOver) {
            if (!fill(patience)) {
                return OptionalInt.empty();
            }
        }
        return OptionalInt.of(start < end ? buffer[start] & 0xff : END);
    }

    /**
     * Waits for a line.
     *
     * @param patience how long to wait for all of it: who sends a byte now and then is not waited for longer
     * @return what came
     * @throws IOException if the other end is gone, or sends a line that is too long and has no end
     */
    public Incoming line(Duration patience) throws IOException {
        long deadline = System.nanoTime() + patience.toNanos();
        boolean isTooLong = false;
        while (true) {
            for (; searched < end; searched++) {
                if (buffer[searched] == '\n') {
                    return isTooLong ? skipped(searched + 1) : taken(searched, searched + 1);
                }
            }
            if (end - start >= Limit.LINE.most()) {
                isTooLong = true;
                take(end).forEach(Connection::closeDescriptor);
            }
            if (isFlooded) {
                return new Incoming.TooMany();
            }
            if (isCrowded) {
                return new Incoming.NoRoom();
            }
            if (isOver) {
                return isTooLong ? skipped(end) : end > start ? taken(end, end) : new Incoming.End();
            }
            Duration left = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
            if (!left.isZero() && fill(left)) {
                continue;
            }
            if (isTooLong) {
                // What comes of it later must not be taken for a line.
                throw new IOException("a line longer than " + Limit.LINE.most() + " bytes has no end");
            }
            return new Incoming.Silence();
        }
    }

    private Incoming skipped(int to) {
        take(to).forEach(Connection::closeDescriptor);
        return new Incoming.TooLong();
    }

    private Incoming taken(int to, int next) {
        byte[] bytes = Arrays.copyOfRange(buffer, start, to);
        return new Incoming.Line(bytes, take(next));
    }

    /** Goes on to this place in the buffer, and gives the descriptors that came until there. */
    private List<Integer> take(int to) {
        start = to;
        searched = to;
        List<Integer> taken = new ArrayList<>();
        arrived.removeIf(each -> each.at() < before + to && taken.add(each.descriptor()));
        return taken;
    }

    /** Reads some; false if nothing came in time. */
    private boolean fill(Duration patience) throws IOException {
        if (start > 0) {
            System.arraycopy(buffer, start, buffer, 0, end - start);
            before += start;
            searched -= start;
            end -= start;
            start = 0;
        }
        if (end == buffer.length) {
            // Never longer than a line may be: one that fills so much is skipped.
            if (!room.tryAcquire(buffer.length)) {
                isCrowded = true;
                isOver = true;
                return true;
            }
            buffer = Arrays.copyOf(buffer, 2 * buffer.length);
        } else if (end == 0 && buffer.length > FIRST_SIZE) {
            // Who waits for a next line needs no room for the last one.
            room.release(buffer.length - FIRST_SIZE);
            buffer = new byte[FIRST_SIZE];
        }
        boolean isDirect = end == 0;
        byte[] room = isDirect ? buffer : new byte[buffer.length - end];
        Optional<UnixSocket.Received> received;
        try {
            received = socket.receive(room, patience);
        } catch (KernelException e) {
            if (e.errno() == EMSGSIZE) {
                flooded();
                return true;
            }
            throw new IOException(e.getMessage(), e);
        }
        if (received.isEmpty()) {
            return false;
        }
        int length = received.get().length();
        if (!isDirect) {
            System.arraycopy(room, 0, buffer, end, length);
        }
        end += length;
        isOver = length == 0;
        for (int descriptor : received.get().descriptors()) {
            arrived.add(new Arrived(descriptor, before + end - 1));
        }
        if (arrived.size() > Limit.DESCRIPTORS.most()) {
            flooded();
        }
        return true;
    }

    /** More descriptors came than a request may have: nothing that is read from now on can be relied on. */
    private void flooded() {
        isFlooded = true;
        isOver = true;
        arrived.forEach(each -> closeDescriptor(each.descriptor()));
        arrived.clear();
        take(end);
    }

    /** Whether more descriptors came than may come with a request. */
    boolean isFlooded() {
        return isFlooded;
    }

    /**
     * Takes the descriptors that have come with what was read until now by {@link #input}.
     *
     * @return the descriptors, to be closed by the caller
     */
    public List<Integer> takeDescriptors() {
        return take(start);
    }

    /**
     * What the client sends, for one thread, and never more of it than is read. To wait longer than {@link #idle} is an error.
     *
     * @return a stream, which need not be closed
     */
    public InputStream input() {
        return new InputStream() {
            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                Objects.checkFromIndexSize(offset, length, bytes.length);
                if (length == 0) {
                    return 0;
                }
                OptionalInt next = peek(idle);
                if (next.isEmpty()) {
                    throw new IOException("nothing came for " + idle.toSeconds() + " seconds");
                }
                if (next.getAsInt() == END) {
                    return -1;
                }
                int count = Math.min(length, end - start);
                System.arraycopy(buffer, start, bytes, offset, count);
                start += count;
                searched = Math.max(searched, start);
                return count;
            }
        };
    }

    /**
     * To the client.
     *
     * @return a stream, which need not be closed; each write is sent at once
     */
    public OutputStream output() {
        return new OutputStream() {
            @Override
            public void write(int one) throws IOException {
                send(new byte[] {(byte) one});
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                send(Arrays.copyOfRange(bytes, offset, offset + length));
            }
        };
    }

    /**
     * Sends text.
     *
     * @param text in ASCII or not
     * @throws IOException if the client is gone, or does not read for too long
     */
    public void send(String text) throws IOException {
        send(text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Sends bytes, and descriptors with them.
     *
     * @param bytes what
     * @param descriptors which stay open here
     * @throws IOException if the client is gone, or does not read for too long; it is closed then
     */
    public void send(byte[] bytes, int... descriptors) throws IOException {
        sending.lock();
        try {
            socket.send(bytes, ANSWER, descriptors);
        } catch (KernelException e) {
            // Half of it may be sent; nobody could make sense of what follows.
            close();
            throw new IOException(e.getMessage(), e);
        } finally {
            sending.unlock();
        }
    }

    /**
     * Has something done when the client is gone: whatever goes on for it may end.
     *
     * @param farewell is run once, by whatever thread finds out, and must not wait; at once if the client is gone already
     */
    public void whenGone(Runnable farewell) {
        synchronized (this) {
            if (!isClosed) {
                farewells.add(farewell);
                return;
            }
        }
        farewell.run();
    }

    /**
     * Nothing is to be done any more when the client is gone.
     *
     * @param farewell what would have been done
     */
    public synchronized void forget(Runnable farewell) {
        farewells.remove(farewell);
    }

    /** A request is begun, which will be answered: until then a server that is about to end does not close this. */
    public synchronized void begin() {
        pending++;
    }

    /** A request is answered. */
    public void finish() {
        boolean isDone;
        synchronized (this) {
            pending--;
            isDone = pending == 0 && isLast;
        }
        if (isDone) {
            close();
        }
    }

    /** Whether somebody waits for an answer. */
    synchronized boolean isPending() {
        return pending > 0;
    }

    /** Nothing more is to be begun: closes it, now or when all is answered. */
    void finishAll() {
        boolean isDone;
        synchronized (this) {
            isLast = true;
            isDone = pending == 0;
        }
        if (isDone) {
            close();
        }
    }

    /** Waits until all is answered or the client is gone. */
    void awaitEnd() throws IOException {
        finishAll();
        awaitGone();
    }

    /**
     * Waits until the client is gone; that it only sends no more is not enough.
     *
     * @throws IOException if that cannot be waited for
     */
    public void awaitGone() throws IOException {
        try {
            boolean isGone = false;
            while (!isGone) {
                isGone = socket.isGone(idle);
            }
        } catch (KernelException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /** Closes it; and does what is to be done when the client is gone. */
    public void close() {
        List<Runnable> last;
        synchronized (this) {
            if (isClosed) {
                return;
            }
            isClosed = true;
            last = List.copyOf(farewells);
            farewells.clear();
            socket.close();
        }
        last.forEach(Runnable::run);
    }

    /** By the thread that reads, at its end. */
    void closeRest() {
        close();
        arrived.forEach(each -> closeDescriptor(each.descriptor()));
        arrived.clear();
        room.release(buffer.length - FIRST_SIZE);
        buffer = new byte[FIRST_SIZE];
    }

    static void closeDescriptor(int descriptor) {
        Kernel.call("close", descriptor);
    }
}
