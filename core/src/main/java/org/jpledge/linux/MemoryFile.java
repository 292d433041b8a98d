package org.jpledge.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A file that is nowhere but in memory, may be executed, and is sealed: nobody who gets its descriptor can change it. See memfd_create(2) and
 * F_ADD_SEALS in fcntl(2), Linux 3.17. Thread safe but for {@link #close}.
 */
public final class MemoryFile implements AutoCloseable {
    private static final int EINVAL = 22;
    private static final int MFD_CLOEXEC = 1;
    private static final int MFD_ALLOW_SEALING = 2;
    private static final int MFD_EXEC = 0x10;
    private static final int F_ADD_SEALS = 1033;
    private static final int F_SEAL_SEAL = 1;
    private static final int F_SEAL_SHRINK = 2;
    private static final int F_SEAL_GROW = 4;
    private static final int F_SEAL_WRITE = 8;

    private final int descriptor;

    /**
     * Makes a file; its descriptor is closed when a program is executed.
     *
     * @param content all its bytes
     * @throws KernelException if there can be none; EACCES where vm.memfd_noexec forbids files that may be executed
     */
    public MemoryFile(byte[] content) throws KernelException {
        long made = make();
        if (made < 0) {
            throw KernelException.of("memfd_create", (int) -made);
        }
        descriptor = (int) made;
        boolean done = false;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(Math.max(1, content.length));
            MemorySegment.copy(content, 0, bytes, ValueLayout.JAVA_BYTE, 0, content.length);
            long written = 0;
            while (written < content.length) {
                written += Kernel.require("write", descriptor, bytes.address() + written, content.length - written);
            }
            long all = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
            Kernel.require("fcntl", descriptor, F_ADD_SEALS, all);
            done = true;
        } finally {
            if (!done) {
                close();
            }
        }
    }

    /**
     * Makes an empty file in memory that may be executed, and is not yet sealed. See memfd_create(2).
     *
     * @return its descriptor; an error number below zero where vm.memfd_noexec forbids it
     */
    public static long make() {
        try (Arena arena = Arena.ofConfined()) {
            long name = arena.allocateFrom("pledge").address();
            long flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
            long made = Kernel.call("memfd_create", name, flags | MFD_EXEC);
            // Linux before 6.3 does not know the flag, and makes every such file so.
            return made == -EINVAL ? Kernel.call("memfd_create", name, flags) : made;
        }
    }

    /**
     * Where it is open.
     *
     * @return the descriptor, whose offset is at the file's end
     */
    public int descriptor() {
        return descriptor;
    }

    @Override
    public void close() {
        Kernel.call("close", descriptor);
    }
}
