package org.jpledge.syscall;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Since when the kernel has a system call: a text, {@code since.kernel} beside this class, made of the table in syscalls(2). Thread
 * safe.
 */
public final class Since {
    private static @Nullable SortedLines lines;

    private Since() {}

    /**
     * The first version with a call on any architecture.
     *
     * @param call the call's name, as in the kernel's table
     * @return empty for a name that is no call, or a slot of the table that never was one
     */
    public static Optional<KernelVersion> of(String call) {
        return find(call, "");
    }

    /**
     * The first version with a call on an architecture: i386 got direct calls for sockets later than others.
     *
     * @param call the call's name, as in the kernel's table
     * @param arch the architecture
     * @return empty for a name that is no call, or a slot of the table that never was one; the architecture itself may be
     *     younger than the answer
     */
    public static Optional<KernelVersion> of(String call, Arch arch) {
        return find(call, arch.label());
    }

    private static Optional<KernelVersion> find(String call, String label) {
        SortedLines table = read();
        int line = table.find(call);
        if (line < 0) {
            return Optional.empty();
        }
        // After the name a version for all, then pairs of an architecture and its own.
        String[] words = table.line(line).split(" ", -1);
        String version = words[1];
        for (int i = 2; i + 1 < words.length; i += 2) {
            if (words[i].equals(label)) {
                version = words[i + 1];
            }
        }
        return KernelVersion.of(version);
    }

    private static synchronized SortedLines read() {
        SortedLines table = lines;
        if (table == null) {
            table = SortedLines.read("since.kernel");
            lines = table;
        }
        return table;
    }
}
