package org.jpledge.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Constants;

/**
 * The threads of this process, as /proc/self/task lists them: also those that are no Java threads.
 *
 * @param threads in the order in which they were started
 * @param complete whether no thread can be missing that was there when the list ended
 */
record ThreadList(List<Entry> threads, boolean complete) {
    /**
     * A thread.
     *
     * @param id its number
     * @param inode tells it from a later thread that got the same number
     */
    record Entry(int id, long inode) {}

    private static final String DIRECTORY = "/proc/self/task";
    private static final int BUFFER = 1 << 20;
    private static final int ENTRY_LENGTH = 16;
    private static final int ENTRY_NAME = 19;
    private static final int LONGEST_ENTRY = 280;
    private static final String BLOCKED = "SigBlk:";
    private static final long AT_FDCWD = -100;

    /** An open directory: a sandbox may keep it from being opened again. */
    static final class Source {
        private final long descriptor;
        private final MemorySegment buffer;
        private final long process;

        Source() throws KernelException {
            try (Arena arena = Arena.ofConfined()) {
                Constants constants = Constants.of(Arch.host());
                long flags = constants.value("O_DIRECTORY").orElseThrow()
                        | constants.value("O_CLOEXEC").orElseThrow();
                long path = arena.allocateFrom(DIRECTORY).address();
                descriptor = Kernel.require("openat", AT_FDCWD, path, flags);
            }
            buffer = GeneratedCode.memory(BUFFER);
            process = Kernel.require("getpid");
        }

        /** Whether there is no such thread any more. */
        boolean isGone(int thread) {
            return Kernel.call("tgkill", process, thread, 0) == -KernelException.ESRCH;
        }

        /**
         * Reads the list. The kernel walks along the threads in the order of their start and stops where the one it stands at
         * has just ended, with others possibly behind it. If the last one listed is alive afterwards, that did not happen.
         */
        ThreadList read() throws KernelException {
            Kernel.require("lseek", descriptor, 0, 0);
            long end = Kernel.require("getdents64", descriptor, buffer.address(), BUFFER);
            List<Entry> threads = new ArrayList<>();
            for (long at = 0; at < end; ) {
                if (buffer.get(ValueLayout.JAVA_BYTE, at + ENTRY_NAME) != '.') {
                    threads.add(new Entry(number(at + ENTRY_NAME), buffer.get(ValueLayout.JAVA_LONG, at)));
                }
                at += buffer.get(ValueLayout.JAVA_SHORT, at + ENTRY_LENGTH);
            }
            boolean whole = end < BUFFER - LONGEST_ENTRY && !threads.isEmpty();
            boolean complete =
                    whole && !isGone(threads.getLast().id());
            return new ThreadList(threads, complete);
        }

        private int number(long at) {
            int number = 0;
            for (long i = at; buffer.get(ValueLayout.JAVA_BYTE, i) != 0; i++) {
                number = number * 10 + buffer.get(ValueLayout.JAVA_BYTE, i) - '0';
            }
            return number;
        }
    }

    /** A thread's name as the kernel has it, at most 15 bytes; its number where that cannot be read. */
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
