package org.jpledge.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Constants;
import org.jpledge.syscall.Errno;

/**
 * Two ends of one connection: one for this process, and one for a child, which gets it by being started. Not thread safe but
 * for {@link #close}.
 */
public final class SocketPair implements AutoCloseable {
    private static final int F_SETFD = 2;
    private static final int FD_CLOEXEC = 1;
    private static final long EINTR = -Errno.number(Arch.host(), "EINTR").orElseThrow();

    private final Arena arena = Arena.ofAuto();
    private final MemorySegment buffer = arena.allocate(64, Long.BYTES);
    private final int own;
    private final int others;

    /**
     * Makes both ends. The child's is inherited by everything that this process starts until it is closed.
     *
     * @throws KernelException if there can be none
     */
    public SocketPair() throws KernelException {
        long family = Constants.of(Arch.host()).value("AF_UNIX").orElseThrow();
        long type = Constants.of(Arch.host()).value("SOCK_STREAM").orElseThrow();
        Kernel.require("socketpair", family, type, 0, buffer.address());
        own = buffer.get(ValueLayout.JAVA_INT, 0);
        others = buffer.get(ValueLayout.JAVA_INT, Integer.BYTES);
        Kernel.require("fcntl", own, F_SETFD, FD_CLOEXEC);
    }

    /**
     * The child's end.
     *
     * @return the descriptor
     */
    public int others() {
        return others;
    }

    /** Closes the child's end here, when the child has its own. */
    public void leaveToOthers() {
        Kernel.call("close", others);
    }

    /**
     * Waits for bytes.
     *
     * @param length how many, at most 64
     * @return the bytes; nothing if the other end is closed before they are all there
     * @throws KernelException if they cannot be received
     */
    public Optional<byte[]> read(int length) throws KernelException {
        int done = 0;
        while (done < length) {
            long read = Kernel.call("read", own, buffer.address() + done, length - done);
            if (read == 0) {
                return Optional.empty();
            }
            if (read < 0 && read != EINTR) {
                throw KernelException.of("read", (int) -read);
            }
            done += (int) Math.max(0, read);
        }
        byte[] bytes = new byte[length];
        MemorySegment.copy(buffer, ValueLayout.JAVA_BYTE, 0, bytes, 0, length);
        return Optional.of(bytes);
    }

    /**
     * Sends one byte. If nobody can receive it any more, that is no error: reading says so.
     *
     * @param value the byte
     */
    public void write(int value) {
        buffer.set(ValueLayout.JAVA_BYTE, 0, (byte) value);
        Kernel.call("write", own, buffer.address(), 1);
    }

    @Override
    public void close() {
        Kernel.call("close", own);
    }
}
