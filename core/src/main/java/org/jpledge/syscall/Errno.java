package org.jpledge.syscall;

import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** The names and numbers of errors. */
public final class Errno {
    private static final Map<Arch, SortedLines> ALL = new EnumMap<>(Arch.class);

    private Errno() {}

    /**
     * The name of an error.
     *
     * @param arch the architecture
     * @param number a positive error number
     * @return {@code EPERM} for 1; of several names the kernel's own; empty where there is none
     */
    public static Optional<String> name(Arch arch, int number) {
        SortedLines lines = read(arch);
        for (int line = 0; line < lines.size(); line = lines.next(line)) {
            if (lines.number(line) == number && !lines.line(line).endsWith(" alias")) {
                return Optional.of(lines.key(line));
            }
        }
        return Optional.empty();
    }

    /**
     * The number of an error.
     *
     * @param arch the architecture
     * @param name such as {@code EPERM}
     * @return empty where there is no such error
     */
    public static OptionalInt number(Arch arch, String name) {
        SortedLines lines = read(arch);
        int line = lines.find(name);
        return line < 0 ? OptionalInt.empty() : OptionalInt.of((int) lines.number(line));
    }

    /**
     * The error whose name is most like a misspelt one.
     *
     * @param arch the architecture
     * @param name a name that is no error
     * @return empty where nothing is like it
     */
    public static Optional<String> nearest(Arch arch, String name) {
        return Nearest.nearest(name, read(arch).keys());
    }

    private static SortedLines read(Arch arch) {
        synchronized (ALL) {
            SortedLines lines = ALL.get(arch);
            if (lines == null) {
                lines = SortedLines.read(arch.label() + ".errno");
                ALL.put(arch, lines);
            }
            return lines;
        }
    }
}
