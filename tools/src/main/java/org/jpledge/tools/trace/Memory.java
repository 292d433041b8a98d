package org.jpledge.tools.trace;

import java.util.Optional;

/** The memory of a stopped thread. Good until the tracer is given back the thread; for the tracer's own thread only. */
public interface Memory {
    /**
     * Reads bytes.
     *
     * @param address where
     * @param length how many
     * @return all of them, or nothing if any of them cannot be read
     */
    Optional<byte[]> bytes(long address, int length);

    /**
     * Reads up to a zero byte.
     *
     * @param address where
     * @param most how many at most
     * @return what comes before the zero byte, or as much as may be read; nothing if there is no memory at the address
     */
    Optional<byte[]> string(long address, int most);
}
