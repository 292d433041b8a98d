package org.jpledge.seccomp;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Ascending;
import org.jpledge.syscall.Resource;
import org.jpledge.syscall.SyscallTable;

/**
 * How often which system calls are made, in relation to each other. The compiler puts a call that comes often on a shorter way
 * through the program. Frequencies change how fast a program is and never what it answers. Immutable.
 *
 * @param calls how often each call is made; one that is not named hardly ever is
 */
public record Frequencies(SortedMap<String, Integer> calls) {
    /** What {@link #MEASURED} adds up to, about, and what no frequency may be above. */
    public static final int WHOLE = 100_000;

    /** All calls are made equally often. */
    public static final Frequencies EQUAL = new Frequencies(new TreeMap<>());

    /** What was counted in everyday programs on x86-64: so many of 100,000 calls. */
    public static final Frequencies MEASURED = new Frequencies(read());

    private static final Map<Arch, long[]> OF_MEASURED = new EnumMap<>(Arch.class);

    /**
     * Copies the map. A name that an architecture does not have does not count there.
     *
     * @throws IllegalArgumentException if a frequency is not in 0 to {@link #WHOLE}
     */
    public Frequencies {
        calls = Collections.unmodifiableSortedMap(new TreeMap<>(calls));
        for (Map.Entry<String, Integer> call : calls.entrySet()) {
            int frequency = call.getValue();
            if (frequency < 0 || frequency > WHOLE) {
                throw new IllegalArgumentException(
                        "the frequency " + frequency + " of " + call.getKey() + " is not in 0 to " + WHOLE);
            }
        }
    }

    private static void requireCall(String call) {
        for (Arch arch : Arch.values()) {
            if (SyscallTable.of(arch).number(call).isPresent()) {
                return;
            }
        }
        Optional<String> nearest = SyscallTable.of(Arch.X86_64).nearest(call);
        throw new IllegalArgumentException("no architecture has a system call \"" + call + "\""
                + (nearest.isPresent() ? ", the nearest is \"" + nearest.get() + "\"" : ""));
    }

    /**
     * These frequencies but for one call.
     *
     * @param call the call's name
     * @param frequency how often it is made, 0 to {@link #WHOLE}, in relation to the others
     * @return other frequencies
     * @throws IllegalArgumentException if the frequency is not in that range, or no architecture has such a call: the message
     *     names the one that is most like it
     */
    public Frequencies with(String call, int frequency) {
        requireCall(call);
        SortedMap<String, Integer> changed = new TreeMap<>(calls);
        changed.put(call, frequency);
        return new Frequencies(changed);
    }

    /** The calls of one architecture, ascending: the number in the upper half, how often it is made in the lower. Not to be changed. */
    long[] of(Arch arch) {
        if (!isMeasured()) {
            return numbered(arch);
        }
        synchronized (OF_MEASURED) {
            long[] numbers = OF_MEASURED.get(arch);
            if (numbers == null) {
                numbers = numbered(arch);
                OF_MEASURED.put(arch, numbers);
            }
            return numbers;
        }
    }

    @SuppressWarnings("ReferenceEquality") // others that are equal only take longer
    private boolean isMeasured() {
        return this == MEASURED;
    }

    private long[] numbered(Arch arch) {
        SyscallTable table = SyscallTable.of(arch);
        long[] numbered = new long[calls.size()];
        int count = 0;
        for (Map.Entry<String, Integer> call : calls.entrySet()) {
            OptionalInt number = table.number(call.getKey());
            if (number.isPresent()) {
                numbered[count++] = (long) number.getAsInt() << 32 | call.getValue();
            }
        }
        Ascending.sort(numbered, count);
        return Arrays.copyOf(numbered, count);
    }

    /** As a filter's text has them: the measured ones are not told one by one. */
    @Override
    public String toString() {
        return isMeasured() ? "measured" : calls.toString();
    }

    private static SortedMap<String, Integer> read() {
        String table = new String(Resource.read(Frequencies.class, "frequencies.table"), StandardCharsets.US_ASCII);
        SortedMap<String, Integer> calls = new TreeMap<>();
        int line = 0;
        while (line < table.length()) {
            int end = table.indexOf('\n', line);
            if (end > line && table.charAt(line) != '#') {
                int space = table.indexOf(' ', line);
                calls.put(table.substring(line, space), Integer.parseInt(table, space + 1, end, 10));
            }
            line = end + 1;
        }
        return calls;
    }
}
