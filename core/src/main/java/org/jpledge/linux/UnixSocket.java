package org.jpledge.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A stream socket of the unix family: one that listens, or a connection, by which descriptors can be passed. See unix(7). The JDK's own
 * channels throw passed descriptors away, and cannot take over a socket that this process was started with.
 *
 * <p>Nothing here blocks a carrier: the descriptor is non-blocking, and whoever waits is parked. Thread safe; {@link #close} wakes all who
 * wait, whose calls then fail with EBADF.
 */
public final class UnixSocket implements AutoCloseable {
    /** As many descriptors come with one message at most; who sends more has an error coming. */
    public static final int MAX_DESCRIPTORS = 16;

    /** As many bytes a path may have. */
    public static final int MAX_PATH = 107;

    private static final int AF_UNIX = 1;
    private static final int SOCK_STREAM = 1;
    private static final int SOCK_NONBLOCK = 0x800;
    private static final int SOCK_CLOEXEC = 0x80000;
    private static final int SOL_SOCKET = 1;
    private static final int SO_TYPE = 3;
    private static final int SO_PEERCRED = 17;
    private static final int SO_ACCEPTCONN = 30;
    private static final int SO_DOMAIN = 39;
    private static final int SO_PEERPIDFD = 77;
    private static final int SCM_RIGHTS = 1;
    private static final int MSG_CTRUNC = 0x8;
    private static final int MSG_DONTWAIT = 0x40;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int MSG_CMSG_CLOEXEC = 0x40000000;
    private static final int SHUT_WR = 1;
    private static final int F_SETFD = 2;
    private static final int F_GETFL = 3;
    private static final int F_SETFL = 4;
    private static final int FD_CLOEXEC = 1;
    private static final int EINTR = 4;
    private static final int EBADF = 9;
    private static final int EAGAIN = 11;
    private static final int EINVAL = 22;
    private static final int ENAMETOOLONG = 36;
    private static final int EMSGSIZE = 90;
    private static final int ENOPROTOOPT = 92;
    private static final int ETIMEDOUT = 110;
    private static final int ECONNABORTED = 103;

    // struct msghdr and struct cmsghdr, on every architecture of 64 bits.
    private static final int IOV = 16;
    private static final int IOV_LENGTH = 24;
    private static final int CONTROL = 32;
    private static final int CONTROL_LENGTH = 40;
    private static final int FLAGS = 48;
    private static final int HEADER_SIZE = 56;
    private static final int CMSG_LEVEL = 8;
    private static final int CMSG_TYPE = 12;
    private static final int CMSG_DATA = 16;
    private static final int CONTROL_SIZE = CMSG_DATA + Integer.BYTES * MAX_DESCRIPTORS;

    private static final int PATH_OFFSET = 2;
    private static final int CHUNK = 1 << 16;
    private static final long CONNECT_PAUSE_MILLISECONDS = 2;

    private final int descriptor;
    private final Readiness readiness;
    private boolean isClosed;

    /**
     * Who is at the other end, as it was when it connected (or began to listen). See SO_PEERCRED in unix(7).
     *
     * @param pid its process
     * @param uid its effective user
     * @param gid its effective group
     */
    public record Peer(int pid, int uid, int gid) {}

    /**
     * What came.
     *
     * @param length bytes; 0 where the other end sends no more
     * @param descriptors those that came with them, each closed when a program is executed; whoever gets them is to close them
     */
    public record Received(int length, List<Integer> descriptors) {
        /** Copies the list. */
        public Received {
            descriptors = List.copyOf(descriptors);
        }
    }

    /** A struct msghdr of one piece. */
    private static final class Message {
        private final MemorySegment vector;
        private final MemorySegment header;

        Message(Arena arena, MemorySegment bytes) {
            vector = arena.allocate(ValueLayout.JAVA_LONG, 2);
            vector.setAtIndex(ValueLayout.JAVA_LONG, 0, bytes.address());
            vector.setAtIndex(ValueLayout.JAVA_LONG, 1, bytes.byteSize());
            header = arena.allocate(HEADER_SIZE, Long.BYTES);
            header.set(ValueLayout.JAVA_LONG, IOV, vector.address());
            header.set(ValueLayout.JAVA_LONG, IOV_LENGTH, 1);
        }

        long address() {
            return header.address();
        }

        void length(long length) {
            vector.setAtIndex(ValueLayout.JAVA_LONG, 1, length);
        }

        void control(MemorySegment control) {
            header.set(ValueLayout.JAVA_LONG, CONTROL, control.address());
            header.set(ValueLayout.JAVA_LONG, CONTROL_LENGTH, control.byteSize());
        }

        long controlLength() {
            return header.get(ValueLayout.JAVA_LONG, CONTROL_LENGTH);
        }

        boolean isTruncated() {
            return (header.get(ValueLayout.JAVA_INT, FLAGS) & MSG_CTRUNC) != 0;
        }
    }

    private UnixSocket(int descriptor) {
        this.descriptor = descriptor;
        readiness = new Readiness(descriptor);
    }

    /**
     * Makes a socket at a path, and listens.
     *
     * @param path where nothing may be yet, at most {@link #MAX_PATH} bytes
     * @param mode permissions of the socket's file from its first moment on, less what the umask takes
     * @param backlog connections that may wait to be accepted
     * @return the socket
     * @throws KernelException EADDRINUSE if there is something at the path; ENAMETOOLONG; and whatever else the kernel says
     */
    public static UnixSocket listen(byte[] path, int mode, int backlog) throws KernelException {
        UnixSocket made = make();
        boolean done = false;
        try (Arena arena = Arena.ofConfined()) {
            // The file that bind(2) makes gets the mode that the socket has.
            Kernel.require("fchmod", made.descriptor, mode);
            Kernel.require("bind", made.descriptor, address(arena, "bind", path), PATH_OFFSET + path.length + 1L);
            Kernel.require("listen", made.descriptor, backlog);
            done = true;
            return made;
        } finally {
            if (!done) {
                made.close();
            }
        }
    }

    /**
     * A socket that this process was started with and that listens already, as systemd passes it. It becomes non-blocking.
     *
     * @param descriptor it; closed when this is
     * @return the socket
     * @throws KernelException ENOTSOCK if it is no socket, EINVAL if it is of another kind or does not listen; it stays open then
     */
    public static UnixSocket inherited(int descriptor) throws KernelException {
        UnixSocket given = new UnixSocket(descriptor);
        if (given.option(SO_DOMAIN) != AF_UNIX
                || given.option(SO_TYPE) != SOCK_STREAM
                || given.option(SO_ACCEPTCONN) == 0) {
            throw KernelException.of("getsockopt", EINVAL);
        }
        Kernel.require("fcntl", descriptor, F_SETFD, FD_CLOEXEC);
        long flags = Kernel.require("fcntl", descriptor, F_GETFL);
        Kernel.require("fcntl", descriptor, F_SETFL, flags | SOCK_NONBLOCK);
        return given;
    }

    /**
     * Connects to a socket.
     *
     * @param path its place, at most {@link #MAX_PATH} bytes
     * @param patience how long to wait where its backlog is full
     * @return the connection
     * @throws KernelException ENOENT if there is nothing, ECONNREFUSED if nobody listens, ETIMEDOUT, and whatever else the kernel says
     */
    public static UnixSocket connect(byte[] path, Duration patience) throws KernelException {
        long deadline = System.nanoTime() + patience.toNanos();
        UnixSocket made = make();
        boolean done = false;
        try (Arena arena = Arena.ofConfined()) {
            long address = address(arena, "connect", path);
            while (true) {
                long result = Kernel.call("connect", made.descriptor, address, PATH_OFFSET + path.length + 1L);
                if (result == 0) {
                    done = true;
                    return made;
                }
                if (result != -EAGAIN && result != -EINTR) {
                    throw KernelException.of("connect", (int) -result);
                }
                if (System.nanoTime() - deadline >= 0) {
                    throw KernelException.of("connect", ETIMEDOUT);
                }
                // A full backlog cannot be waited for without blocking.
                pause();
            }
        } finally {
            if (!done) {
                made.close();
            }
        }
    }

    private static void pause() throws KernelException {
        try {
            Thread.sleep(CONNECT_PAUSE_MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw KernelException.of("connect", EINTR);
        }
    }

    private static UnixSocket make() throws KernelException {
        return new UnixSocket((int) Kernel.require("socket", AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    }

    private static long address(Arena arena, String call, byte[] path) throws KernelException {
        if (path.length > MAX_PATH) {
            throw KernelException.of(call, ENAMETOOLONG);
        }
        // No byte at all would be bound to an abstract name that the kernel chooses; a first byte of zero would be an
        // abstract name.
        if (path.length == 0 || path[0] == 0) {
            throw KernelException.of(call, EINVAL);
        }
        MemorySegment address = arena.allocate(PATH_OFFSET + MAX_PATH + 1L, Long.BYTES);
        address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_UNIX);
        MemorySegment.copy(path, 0, address, ValueLayout.JAVA_BYTE, PATH_OFFSET, path.length);
        return address.address();
    }

    /**
     * Waits for somebody who connects.
     *
     * @return the connection
     * @throws KernelException EBADF if this is closed; EMFILE, ENFILE or ENOMEM if there can be no more for now
     */
    public UnixSocket accept() throws KernelException {
        while (true) {
            long result;
            synchronized (this) {
                result = Kernel.call("accept4", open(), 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC);
            }
            if (result >= 0) {
                return new UnixSocket((int) result);
            }
            if (result == -EAGAIN) {
                readiness.readable(Duration.ofDays(1));
            } else if (result != -EINTR && result != -ECONNABORTED) {
                throw KernelException.of("accept4", (int) -result);
            }
        }
    }

    /**
     * Who is at the other end.
     *
     * @return its credentials, which the kernel vouches for
     * @throws KernelException EBADF if this is closed
     */
    public Peer peer() throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment credentials = arena.allocate(ValueLayout.JAVA_INT, 3);
            MemorySegment length = arena.allocateFrom(ValueLayout.JAVA_INT, 3 * Integer.BYTES);
            synchronized (this) {
                Kernel.require("getsockopt", open(), SOL_SOCKET, SO_PEERCRED, credentials.address(), length.address());
            }
            return new Peer(
                    credentials.getAtIndex(ValueLayout.JAVA_INT, 0),
                    credentials.getAtIndex(ValueLayout.JAVA_INT, 1),
                    credentials.getAtIndex(ValueLayout.JAVA_INT, 2));
        }
    }

    /**
     * A descriptor of the process at the other end: while that lives, no other process has its number. See pidfd_open(2).
     *
     * @return the descriptor, to be closed by the caller; empty before Linux 6.5
     * @throws KernelException EINVAL or ESRCH if the process has ended; EBADF if this is closed
     */
    public OptionalInt peerDescriptor() throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment descriptor = arena.allocate(ValueLayout.JAVA_INT);
            MemorySegment length = arena.allocateFrom(ValueLayout.JAVA_INT, Integer.BYTES);
            long result;
            synchronized (this) {
                result = Kernel.call(
                        "getsockopt", open(), SOL_SOCKET, SO_PEERPIDFD, descriptor.address(), length.address());
            }
            if (result == -ENOPROTOOPT) {
                return OptionalInt.empty();
            }
            if (result < 0) {
                throw KernelException.of("getsockopt", (int) -result);
            }
            return OptionalInt.of(descriptor.get(ValueLayout.JAVA_INT, 0));
        }
    }

    /**
     * Waits for bytes and takes them, and the descriptors that came with them.
     *
     * @param buffer gets the bytes, from its start
     * @param patience how long to wait
     * @return what came, or nothing if nothing did in time
     * @throws KernelException EMSGSIZE if more than {@link #MAX_DESCRIPTORS} descriptors came at once, or more than this process may have
     *     open, all of which are closed again; ECONNRESET; EBADF if this is closed; EINTR if the thread is interrupted
     */
    public Optional<Received> receive(byte[] buffer, Duration patience) throws KernelException {
        if (buffer.length == 0) {
            throw new IllegalArgumentException("no room for bytes");
        }
        long deadline = System.nanoTime() + patience.toNanos();
        try (Arena arena = Arena.ofConfined()) {
            int room = Math.min(buffer.length, CHUNK);
            MemorySegment bytes = arena.allocate(room);
            MemorySegment control = arena.allocate(CONTROL_SIZE, Long.BYTES);
            Message message = new Message(arena, bytes);
            while (true) {
                message.control(control);
                long result;
                synchronized (this) {
                    result = Kernel.call("recvmsg", open(), message.address(), MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
                }
                if (result >= 0) {
                    List<Integer> descriptors = descriptors(message, control);
                    MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, 0, buffer, 0, (int) result);
                    return Optional.of(new Received((int) result, descriptors));
                }
                if (result == -EAGAIN) {
                    Duration left = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
                    if (left.isZero() || !readiness.readable(left)) {
                        return Optional.empty();
                    }
                } else if (result != -EINTR) {
                    throw KernelException.of("recvmsg", (int) -result);
                }
            }
        }
    }

    /** What came by SCM_RIGHTS. */
    private static List<Integer> descriptors(Message message, MemorySegment control) throws KernelException {
        List<Integer> descriptors = new ArrayList<>();
        long end = message.controlLength();
        long at = 0;
        while (at + CMSG_DATA <= end) {
            long length = control.get(ValueLayout.JAVA_LONG, at);
            if (length < CMSG_DATA) {
                break;
            }
            if (control.get(ValueLayout.JAVA_INT, at + CMSG_LEVEL) == SOL_SOCKET
                    && control.get(ValueLayout.JAVA_INT, at + CMSG_TYPE) == SCM_RIGHTS) {
                for (long each = CMSG_DATA; each + Integer.BYTES <= length; each += Integer.BYTES) {
                    descriptors.add(control.get(ValueLayout.JAVA_INT, at + each));
                }
            }
            at += length + Long.BYTES - 1 & -Long.BYTES;
        }
        if (message.isTruncated()) {
            for (int descriptor : descriptors) {
                Kernel.call("close", descriptor);
            }
            throw KernelException.of("recvmsg", EMSGSIZE);
        }
        return descriptors;
    }

    /**
     * Sends bytes, all of them, and descriptors with the first.
     *
     * @param bytes at least one if there are descriptors
     * @param patience how long to wait for the other end to take them
     * @param descriptors at most {@link #MAX_DESCRIPTORS}; they stay open here
     * @throws KernelException EPIPE or ECONNRESET if the other end is gone; ETIMEDOUT if it did not take all in time; EBADF if a
     *     descriptor is not open or this is closed; EINTR if the thread is interrupted
     */
    public void send(byte[] bytes, Duration patience, int... descriptors) throws KernelException {
        if (descriptors.length > MAX_DESCRIPTORS || descriptors.length > 0 && bytes.length == 0) {
            throw new IllegalArgumentException(descriptors.length + " descriptors with " + bytes.length + " bytes");
        }
        long deadline = System.nanoTime() + patience.toNanos();
        try (Arena arena = Arena.ofConfined()) {
            int room = Math.min(bytes.length, CHUNK);
            MemorySegment chunk = arena.allocate(Math.max(1, room));
            Message message = new Message(arena, chunk);
            if (descriptors.length > 0) {
                message.control(rights(arena, descriptors));
            }
            int done = 0;
            while (done < bytes.length) {
                int length = Math.min(room, bytes.length - done);
                MemorySegment.copy(bytes, done, chunk, ValueLayout.JAVA_BYTE, 0, length);
                message.length(length);
                long result;
                synchronized (this) {
                    result = Kernel.call("sendmsg", open(), message.address(), MSG_DONTWAIT | MSG_NOSIGNAL);
                }
                if (result >= 0) {
                    done += (int) result;
                    message.control(MemorySegment.NULL);
                } else if (result == -EAGAIN) {
                    Duration left = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
                    if (left.isZero() || !readiness.writable(left)) {
                        throw KernelException.of("sendmsg", ETIMEDOUT);
                    }
                } else if (result != -EINTR) {
                    throw KernelException.of("sendmsg", (int) -result);
                }
            }
        }
    }

    /** SCM_RIGHTS: descriptors as they go with a message. */
    private static MemorySegment rights(Arena arena, int... descriptors) {
        long length = CMSG_DATA + (long) Integer.BYTES * descriptors.length;
        MemorySegment control = arena.allocate(length + Long.BYTES - 1 & -Long.BYTES, Long.BYTES);
        control.set(ValueLayout.JAVA_LONG, 0, length);
        control.set(ValueLayout.JAVA_INT, CMSG_LEVEL, SOL_SOCKET);
        control.set(ValueLayout.JAVA_INT, CMSG_TYPE, SCM_RIGHTS);
        for (int i = 0; i < descriptors.length; i++) {
            control.set(ValueLayout.JAVA_INT, CMSG_DATA + (long) Integer.BYTES * i, descriptors[i]);
        }
        return control;
    }

    /**
     * Says that nothing more will be sent; the other end can still send.
     *
     * @throws KernelException ENOTCONN if the other end is gone, EBADF if this is closed
     */
    public synchronized void shutdown() throws KernelException {
        Kernel.require("shutdown", open(), SHUT_WR);
    }

    /**
     * Waits until the other end is closed; that it only sends no more is not enough.
     *
     * @param patience how long to wait
     * @return whether it is, or this was closed meanwhile
     * @throws KernelException EINTR if the thread is interrupted
     */
    public boolean isGone(Duration patience) throws KernelException {
        return readiness.gone(patience);
    }

    /**
     * Its descriptor, for what is not done here. It may be another's as soon as this is closed.
     *
     * @return the descriptor
     */
    public int descriptor() {
        return descriptor;
    }

    private int option(int option) throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(ValueLayout.JAVA_INT);
            MemorySegment length = arena.allocateFrom(ValueLayout.JAVA_INT, Integer.BYTES);
            Kernel.require("getsockopt", descriptor, SOL_SOCKET, option, value.address(), length.address());
            return value.get(ValueLayout.JAVA_INT, 0);
        }
    }

    /** To be asked, and used, under the lock: so nobody uses a number that is another's meanwhile. */
    private int open() throws KernelException {
        if (isClosed) {
            throw KernelException.of("socket", EBADF);
        }
        return descriptor;
    }

    /** Closes it; the file of a socket that listens stays. Doing so twice does nothing more. */
    @Override
    public synchronized void close() {
        if (!isClosed) {
            isClosed = true;
            readiness.close();
            Kernel.call("close", descriptor);
        }
    }
}
