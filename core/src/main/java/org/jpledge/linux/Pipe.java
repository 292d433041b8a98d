package org.jpledge.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.OptionalInt;

/**
 * A pipe between this process, which does not block at its end, and a child, which does at the other. Whoever waits is parked, see
 * {@link Readiness}. Thread safe; {@link #close} wakes who waits, whose call then fails with EBADF.
 */
public final class Pipe implements AutoCloseable {
    private static final int O_NONBLOCK = 0x800;
    private static final int O_CLOEXEC = 0x80000;
    private static final int F_GETFL = 3;
    private static final int F_SETFL = 4;
    private static final int EINTR = 4;
    private static final int EBADF = 9;
    private static final int EAGAIN = 11;
    private static final int EPIPE = 32;
    private static final int CHUNK = 1 << 16;

    private final int own;
    private final int childs;
    private final Readiness readiness;
    private boolean isChildsOpen = true;
    private boolean isOpen = true;
    private volatile boolean isFinished;

    private Pipe(int own, int childs) throws KernelException {
        this.own = own;
        this.childs = childs;
        readiness = new Readiness(own);
        long flags = Kernel.require("fcntl", own, F_GETFL);
        Kernel.require("fcntl", own, F_SETFL, flags | O_NONBLOCK);
    }

    /**
     * Makes one from a child.
     *
     * @return the pipe, of which this process reads
     * @throws KernelException EMFILE or ENFILE if there are too many descriptors
     */
    public static Pipe from() throws KernelException {
        return make(0, 1);
    }

    /**
     * Makes one to a child.
     *
     * @return the pipe, into which this process writes
     * @throws KernelException EMFILE or ENFILE if there are too many descriptors
     */
    public static Pipe to() throws KernelException {
        return make(1, 0);
    }

    private static Pipe make(int own, int childs) throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment ends = arena.allocate(ValueLayout.JAVA_INT, 2);
            Kernel.require("pipe2", ends.address(), O_CLOEXEC);
            return new Pipe(ends.getAtIndex(ValueLayout.JAVA_INT, own), ends.getAtIndex(ValueLayout.JAVA_INT, childs));
        }
    }

    /**
     * The child's end.
     *
     * @return the descriptor
     */
    public int childs() {
        return childs;
    }

    /** Closes the child's end here, when the child has its own. */
    public synchronized void leave() {
        if (isChildsOpen) {
            isChildsOpen = false;
            Kernel.call("close", childs);
        }
    }

    /**
     * Waits for bytes.
     *
     * @param buffer gets them, from its start
     * @param patience how long to wait
     * @return how many came; -1 if no more can come; empty if none came in time, or none is there after {@link #finish}
     * @throws KernelException EBADF if this is closed
     */
    public OptionalInt read(byte[] buffer, Duration patience) throws KernelException {
        int room = Math.min(buffer.length, CHUNK);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(room);
            long deadline = System.nanoTime() + patience.toNanos();
            while (true) {
                long count = call("read", bytes.address(), room);
                if (count >= 0) {
                    MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, 0, buffer, 0, (int) count);
                    return OptionalInt.of(count == 0 ? -1 : (int) count);
                }
                Duration left = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
                if (count == -EAGAIN && (isFinished || left.isZero() || !readiness.readable(left))) {
                    return OptionalInt.empty();
                }
                if (count != -EAGAIN && count != -EINTR) {
                    throw KernelException.of("read", (int) -count);
                }
            }
        }
    }

    /**
     * Writes all bytes, however long that takes, or until nobody can read them any more.
     *
     * @param content the bytes
     * @throws KernelException EBADF if this is closed
     */
    public void write(byte[] content) throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(Math.max(1, content.length));
            MemorySegment.copy(content, 0, bytes, ValueLayout.JAVA_BYTE, 0, content.length);
            long done = 0;
            while (done < content.length) {
                long count = call("write", bytes.address() + done, content.length - done);
                if (count == -EPIPE) {
                    return;
                }
                if (count >= 0) {
                    done += count;
                } else if (count == -EAGAIN) {
                    readiness.writable(Duration.ofDays(1));
                } else if (count != -EINTR) {
                    throw KernelException.of("write", (int) -count);
                }
            }
        }
    }

    /** What is in the pipe now is the last that anybody waits for, whoever could still write into it; who waits is woken. */
    public void finish() {
        isFinished = true;
        readiness.close();
    }

    /** Under the lock, so that nobody uses a number that is another's meanwhile. */
    private synchronized long call(String name, long address, long length) {
        return isOpen ? Kernel.call(name, own, address, length) : -EBADF;
    }

    /** Closes both ends here. Doing so twice does nothing more. */
    @Override
    public synchronized void close() {
        leave();
        if (isOpen) {
            isOpen = false;
            readiness.close();
            Kernel.call("close", own);
        }
    }
}
