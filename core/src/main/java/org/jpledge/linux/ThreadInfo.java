package org.jpledge.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Constants;

/** What /proc says about the threads of this process, Java's and others. */
final class ThreadInfo {
    private static final String DIRECTORY = "/proc/self/task";
    private static final String BLOCKED = "SigBlk:";
    private static final String EFFECTIVE = "CapEff:";
    private static final int CAP_SYS_ADMIN = 21;
    private static final long AT_FDCWD = -100;

    private ThreadInfo() {}

    /** Opens the list of threads, to be read later: a sandbox may keep it from being opened then. */
    static long openDirectory() throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            Constants constants = Constants.of(Arch.host());
            long flags = constants.value("O_DIRECTORY").orElseThrow()
                    | constants.value("O_CLOEXEC").orElseThrow();
            return Kernel.require(
                    "openat", AT_FDCWD, arena.allocateFrom(DIRECTORY).address(), flags);
        }
    }

    /** A thread's name as the kernel has it, at most 15 bytes, and its number; the number alone where that cannot be read. */
    static String name(int id) {
        String name = read(id, "comm").strip();
        return name.isEmpty() ? Integer.toString(id) : '"' + name + "\" (" + id + ')';
    }

    /** Whether a thread is still listed but has ended: a process's first thread is, when it ends before the others. */
    static boolean hasEnded(int id) {
        String stat = read(id, "stat");
        int state = stat.lastIndexOf(')') + 2;
        return !stat.isEmpty() && (stat.charAt(state) == 'Z' || stat.charAt(state) == 'X');
    }

    /** The signals that a thread blocks: bit n-1 is signal n. */
    static long blocked(int id) {
        String status = read(id, "status");
        int field = status.indexOf(BLOCKED);
        if (field < 0) {
            return 0;
        }
        int start = field + BLOCKED.length();
        return Long.parseUnsignedLong(
                status.substring(start, status.indexOf('\n', start)).strip(), 16);
    }

    /** Whether the calling thread has CAP_SYS_ADMIN in its user namespace. */
    static boolean mayAdminister() {
        try {
            String status =
                    new String(Files.readAllBytes(Path.of("/proc/thread-self/status")), StandardCharsets.ISO_8859_1);
            int start = status.indexOf(EFFECTIVE) + EFFECTIVE.length();
            long capabilities = Long.parseUnsignedLong(
                    status.substring(start, status.indexOf('\n', start)).strip(), 16);
            return (capabilities >>> CAP_SYS_ADMIN & 1) != 0;
        } catch (IOException e) {
            return false;
        }
    }

    /** A file about a thread; empty if there is no such thread, or a sandbox keeps it from being read. */
    private static String read(int id, String file) {
        try {
            return new String(
                    Files.readAllBytes(Path.of(DIRECTORY, Integer.toString(id), file)), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return "";
        }
    }
}
