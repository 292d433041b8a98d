package org.jpledge.syscall;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The named constants of one architecture: {@code O_RDONLY}, {@code TIOCGWINSZ}, {@code ENOENT} and whatever else the argument of a system call can be made of,
 * with the values that the kernel knows.
 */
public final class Constants {
    private static final Map<Arch, Constants> ALL = new EnumMap<>(Arch.class);
    private static @Nullable SortedLines shared;

    /** What is the same on all architectures. */
    private final SortedLines common;
    /** What is not. */
    private final SortedLines own;

    private Constants(SortedLines common, SortedLines own) {
        this.common = common;
        this.own = own;
    }

    /**
     * The constants of an architecture.
     *
     * @param arch the architecture
     * @return the same object every time
     */
    public static Constants of(Arch arch) {
        synchronized (ALL) {
            Constants constants = ALL.get(arch);
            if (constants == null) {
                SortedLines common = shared;
                if (common == null) {
                    common = SortedLines.read("common.constants");
                    shared = common;
                }
                constants = new Constants(common, SortedLines.read(arch.label() + ".constants"));
                ALL.put(arch, constants);
            }
            return constants;
        }
    }

    /**
     * The value of a constant. It is what C has when it converts the constant to {@code long long}: an unsigned one, such as an ioctl request, is never negative;
     * {@code AT_FDCWD} is -100.
     *
     * @param name the constant's name
     * @return empty where the architecture has no such constant
     */
    public OptionalLong value(String name) {
        int line = common.find(name);
        if (line >= 0) {
            return OptionalLong.of(common.number(line));
        }
        line = own.find(name);
        return line < 0 ? OptionalLong.empty() : OptionalLong.of(own.number(line));
    }

    /**
     * The constant whose name is most like a misspelt one.
     *
     * @param name a name that is no constant
     * @return empty where nothing is like it
     */
    public Optional<String> nearest(String name) {
        return Nearest.nearest(name, names());
    }

    /**
     * All names.
     *
     * @return in no particular order
     */
    public List<String> names() {
        List<String> names = common.keys();
        names.addAll(own.keys());
        return names;
    }
}
