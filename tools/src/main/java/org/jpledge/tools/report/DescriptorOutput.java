package org.jpledge.tools.report;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jpledge.linux.Kernel;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Errno;

/** Writes to a descriptor that this process was given. */
public final class DescriptorOutput extends OutputStream {
    private static final int F_GETFL = 3;
    private static final int ACCESS_MODE = 3;
    private static final long EINTR = -Errno.number(Arch.host(), "EINTR").orElseThrow();

    private final int descriptor;

    /**
     * Writes to a descriptor.
     *
     * @param descriptor its number
     */
    public DescriptorOutput(int descriptor) {
        this.descriptor = descriptor;
    }

    /**
     * Whether a descriptor can be written to.
     *
     * @param descriptor its number
     * @return false if it is not open, or only for reading
     */
    public static boolean isWritable(int descriptor) {
        long flags = Kernel.call("fcntl", descriptor, F_GETFL);
        return flags >= 0 && (flags & ACCESS_MODE) != 0;
    }

    @Override
    public void write(int value) throws IOException {
        write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(Math.max(1, length));
            MemorySegment.copy(bytes, offset, memory, ValueLayout.JAVA_BYTE, 0, length);
            long done = 0;
            while (done < length) {
                long written = Kernel.call("write", descriptor, memory.address() + done, length - done);
                if (written != EINTR) {
                    if (written < 0) {
                        throw new IOException(
                                Errno.name(Arch.host(), (int) -written).orElse("errno " + -written));
                    }
                    done += written;
                }
            }
        }
    }
}
