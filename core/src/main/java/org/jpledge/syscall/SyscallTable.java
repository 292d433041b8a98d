package org.jpledge.syscall;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The system calls of one architecture: names and numbers. */
public final class SyscallTable {
    private static final Map<Arch, SyscallTable> TABLES = new EnumMap<>(Arch.class);

    private final SortedLines lines;
    /** Number in the upper half and offset of the line in the lower, ascending; made when first needed, because rules only look up names. */
    private volatile long @Nullable [] numbers;

    private volatile @Nullable NavigableMap<Integer, String> byNumber;

    private SyscallTable(SortedLines lines) {
        this.lines = lines;
    }

    /**
     * The table of an architecture.
     *
     * @param arch the architecture
     * @return the same table every time
     */
    public static SyscallTable of(Arch arch) {
        synchronized (TABLES) {
            SyscallTable table = TABLES.get(arch);
            if (table == null) {
                table = new SyscallTable(SortedLines.read(arch.label() + ".calls"));
                TABLES.put(arch, table);
            }
            return table;
        }
    }

    /**
     * The number of a call.
     *
     * @param name the call's name, as in the kernel's table
     * @return empty where the architecture has no such call
     */
    public OptionalInt number(String name) {
        int line = lines.find(name);
        return line < 0 ? OptionalInt.empty() : OptionalInt.of((int) lines.number(line));
    }

    /**
     * The name of a call.
     *
     * @param number the call's number
     * @return empty where there is no such call
     */
    public Optional<String> name(int number) {
        long[] numbers = numbers();
        int i = Arrays.binarySearch(numbers, (long) number << 32);
        int at = i < 0 ? -i - 1 : i;
        return at < numbers.length && numbers[at] >>> 32 == (number & 0xFFFFFFFFL)
                ? Optional.of(lines.key((int) numbers[at]))
                : Optional.empty();
    }

    /**
     * All calls.
     *
     * @return number to name, ascending, not modifiable
     */
    public NavigableMap<Integer, String> byNumber() {
        NavigableMap<Integer, String> map = byNumber;
        if (map == null) {
            NavigableMap<Integer, String> all = new TreeMap<>();
            for (long entry : numbers()) {
                all.put((int) (entry >>> 32), lines.key((int) entry));
            }
            map = Collections.unmodifiableNavigableMap(all);
            byNumber = map;
        }
        return map;
    }

    /**
     * All numbers.
     *
     * @return ascending, for the caller to keep
     */
    public int[] ascending() {
        long[] all = numbers();
        int[] ascending = new int[all.length];
        for (int i = 0; i < all.length; i++) {
            ascending[i] = (int) (all[i] >>> 32);
        }
        return ascending;
    }

    /**
     * The highest number. The numbers have gaps, and on ARM the highest belongs to a private call far above all others, so step through {@link #byNumber()}
     * rather than up to here.
     *
     * @return the number
     */
    public int highest() {
        long[] numbers = numbers();
        return (int) (numbers[numbers.length - 1] >>> 32);
    }

    /**
     * The call whose name is most like a misspelt one.
     *
     * @param name a name that is no call
     * @return empty where nothing is like it
     */
    public Optional<String> nearest(String name) {
        return Nearest.nearest(name, lines.keys());
    }

    private long[] numbers() {
        long[] known = numbers;
        if (known == null) {
            long[] all = new long[lines.size() / "a 0\n".length()];
            int count = 0;
            for (int line = 0; line < lines.size(); line = lines.next(line)) {
                all[count++] = lines.number(line) << 32 | line;
            }
            known = Arrays.copyOf(all, count);
            Ascending.sort(known, count);
            numbers = known;
        }
        return known;
    }

    Optional<Signature> signature(String name) {
        int offset = lines.find(name);
        if (offset < 0) {
            return Optional.empty();
        }
        String line = lines.line(offset);
        List<Parameter> parameters = new ArrayList<>(6);
        int tab = line.indexOf('\t');
        while (tab >= 0) {
            int next = line.indexOf('\t', tab + 1);
            int width = line.indexOf(' ', tab);
            int word = line.indexOf(' ', width + 1);
            parameters.add(new Parameter(
                    line.substring(width + 1, word),
                    next < 0 ? line.substring(word + 1) : line.substring(word + 1, next),
                    Width.parse(line.substring(tab + 1, width))));
            tab = next;
        }
        return Optional.of(new Signature(name, parameters));
    }
}
