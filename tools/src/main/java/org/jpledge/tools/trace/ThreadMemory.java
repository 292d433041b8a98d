package org.jpledge.tools.trace;

import java.util.Optional;
import org.jpledge.linux.Ptrace;

/** The memory of a thread, read when it is asked for. For one thread, that of the tracer or another one that may read there. */
public final class ThreadMemory implements Memory {
    /** Most strings are shorter. */
    private static final int FIRST = 256;

    private final Ptrace ptrace;
    private final int thread;

    /**
     * The memory of a thread that stands still.
     *
     * @param ptrace who reads
     * @param thread the thread
     */
    public ThreadMemory(Ptrace ptrace, int thread) {
        this.ptrace = ptrace;
        this.thread = thread;
    }

    @Override
    public Optional<byte[]> bytes(long address, int length) {
        return ptrace.read(thread, address, length) == length ? Optional.of(ptrace.taken(length)) : Optional.empty();
    }

    @Override
    public Optional<byte[]> string(long address, int most) {
        // Most strings are short and lie in one page.
        int length = Math.min(most, Math.min(FIRST, Ptrace.toPageEnd(address)));
        while (true) {
            int read = ptrace.read(thread, address, length);
            int zero = ptrace.zero();
            if (zero >= 0) {
                return Optional.of(ptrace.taken(zero));
            }
            if (read < length || length == most) {
                return read == 0 && most > 0 ? Optional.empty() : Optional.of(ptrace.taken(read));
            }
            length = (int) Math.min(most, (long) length + Ptrace.toPageEnd(address + length));
        }
    }
}
