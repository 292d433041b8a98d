package org.jpledge.tools.decode;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import org.jpledge.linux.Kernel;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Errno;
import org.jspecify.annotations.Nullable;

/** Reads symbolic links: readlinkat(2) without exceptions, as most files are none. For one thread. */
final class Links {
    /** What {@link #read} gives for what is there and is no link. */
    static final String NONE = "";

    private static final int LONGEST = 4096;
    private static final long HERE = -100;
    private static final long NO_LINK = -Errno.number(Arch.host(), "EINVAL").orElseThrow();

    private final Arena arena = Arena.ofAuto();
    private final MemorySegment path = arena.allocate(2 * LONGEST);
    private final MemorySegment target = arena.allocate(LONGEST);

    /**
     * Reads a link.
     *
     * @param file its path; bytes as characters
     * @return where it leads; {@link #NONE} if it is no link; null if it is not there or cannot be read
     */
    @Nullable
    String read(String file) {
        if (file.length() >= path.byteSize()) {
            return null;
        }
        byte[] bytes = file.getBytes(StandardCharsets.ISO_8859_1);
        MemorySegment.copy(bytes, 0, path, ValueLayout.JAVA_BYTE, 0, bytes.length);
        path.set(ValueLayout.JAVA_BYTE, bytes.length, (byte) 0);
        long length = Kernel.call("readlinkat", HERE, path.address(), target.address(), LONGEST);
        if (length < 0) {
            return length == NO_LINK ? NONE : null;
        }
        byte[] read = new byte[(int) length];
        MemorySegment.copy(target, ValueLayout.JAVA_BYTE, 0, read, 0, read.length);
        return new String(read, StandardCharsets.ISO_8859_1);
    }
}
