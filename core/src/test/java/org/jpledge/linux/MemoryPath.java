package org.jpledge.linux;

import java.lang.foreign.Arena;
import java.nio.file.Path;

/** A path as system calls get it. */
final class MemoryPath implements AutoCloseable {
    private final Arena arena = Arena.ofConfined();
    private final long address;

    MemoryPath(Path path) {
        address = arena.allocateFrom(path.toString()).address();
    }

    long address() {
        return address;
    }

    @Override
    public void close() {
        arena.close();
    }
}
