package org.jpledge.tools.serve;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jpledge.linux.Kernel;
import org.jpledge.linux.KernelException;

/**
 * What a process has as its root directory. Two processes with the same one see the same files by the same paths, in the same mount
 * namespace. See statx(2); before Linux 5.8 the mount is not known, and zero.
 *
 * @param mount number of the mount, which no other namespace has
 * @param device number of the file system
 * @param file number of the directory in it
 */
record Root(long mount, long device, long file) {
    private static final int AT_FDCWD = -100;
    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int STATX_INO = 0x100;
    private static final int STATX_MNT_ID = 0x1000;

    // struct statx
    private static final int SIZE = 256;
    private static final int INO = 32;
    private static final int DEVICE = 136;
    private static final int MOUNT = 144;

    /** That of an open directory. */
    static Root of(int directory) throws KernelException {
        return of(directory, "", AT_EMPTY_PATH);
    }

    /** This process's own. */
    static Root own() throws KernelException {
        return of(AT_FDCWD, "/", 0);
    }

    private static Root of(int directory, String path, int flags) throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment found = arena.allocate(SIZE, Long.BYTES);
            Kernel.require(
                    "statx",
                    directory,
                    arena.allocateFrom(path).address(),
                    flags,
                    STATX_INO | STATX_MNT_ID,
                    found.address());
            return new Root(
                    found.get(ValueLayout.JAVA_LONG, MOUNT),
                    found.get(ValueLayout.JAVA_LONG, DEVICE),
                    found.get(ValueLayout.JAVA_LONG, INO));
        }
    }
}
