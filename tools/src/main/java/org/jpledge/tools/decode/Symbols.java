package org.jpledge.tools.decode;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Constants;
import org.jpledge.tools.text.Rows;
import org.jspecify.annotations.Nullable;

/** The constants that an argument may be made of, with an architecture's values: a row of symbols.table. */
final class Symbols implements Scalar {
    private static final Map<String, List<String>> ROWS = new HashMap<>();
    private static final Map<Arch, Map<String, Symbols>> ALL = new EnumMap<>(Arch.class);
    private static final long WORD = 0xffffffffL;

    static {
        for (List<String> row : Rows.of(Symbols.class, "symbols.table")) {
            ROWS.put(row.get(1), row);
        }
    }

    private final boolean flags;
    private final String[] names;
    private final long[] values;
    /** Where it is not 0, the bits of which all values with this mask are values. */
    private final long[] masks;
    /** Such bits that have a name themselves. */
    private final Map<Long, String> fields = new TreeMap<>();

    private Symbols(Arch arch, List<String> row) {
        Constants constants = Constants.of(arch);
        flags = row.getFirst().equals("flags");
        List<String> known = new ArrayList<>();
        List<Long> numbers = new ArrayList<>();
        List<Long> groups = new ArrayList<>();
        long mask = 0;
        for (String word : row.subList(2, row.size())) {
            if (word.equals("]")) {
                mask = 0;
            } else if (word.endsWith("[")) {
                String field = word.substring(0, word.length() - 1);
                mask = number(constants, field);
                if (!Character.isDigit(field.charAt(0))) {
                    fields.put(mask, field);
                }
            } else {
                boolean optional = word.startsWith("?");
                int equals = word.indexOf('=');
                String name = word.substring(optional ? 1 : 0, equals < 0 ? word.length() : equals);
                if (!optional || constants.value(name).isPresent()) {
                    long value = number(constants, equals < 0 ? name : word.substring(equals + 1));
                    known.add(name);
                    numbers.add(flags && value < 0 ? value & WORD : value);
                    groups.add(mask);
                }
            }
        }
        names = known.toArray(new String[0]);
        values = numbers.stream().mapToLong(Long::longValue).toArray();
        masks = groups.stream().mapToLong(Long::longValue).toArray();
    }

    private static long number(Constants constants, String word) {
        if (Character.isDigit(word.charAt(0))) {
            return Long.decode(word);
        }
        OptionalLong value = constants.value(word);
        if (value.isEmpty()) {
            throw new IllegalStateException("symbols.table: no constant " + word);
        }
        return value.getAsLong();
    }

    /** Those of a name; null if the table has no such row. */
    static synchronized @Nullable Symbols of(Arch arch, String name) {
        List<String> row = ROWS.get(name);
        return row == null
                ? null
                : ALL.computeIfAbsent(arch, _ -> new HashMap<>()).computeIfAbsent(name, _ -> new Symbols(arch, row));
    }

    /** The name of one value; null if there is none. */
    @Nullable
    String name(long value) {
        for (int i = 0; i < values.length; i++) {
            if (values[i] == value || (int) values[i] == (int) value && isWord(value)) {
                return names[i];
            }
        }
        return null;
    }

    /** Whether a number has no more than 32 bits, and perhaps the sign of one that has. */
    private static boolean isWord(long value) {
        return value >>> 32 == 0 || value == (int) value;
    }

    @Override
    public void append(StringBuilder out, long value, int bits, boolean signed) {
        if (flags) {
            appendFlags(out, bits == 64 ? value : value & (1L << bits) - 1);
        } else {
            String name = name(value);
            if (name != null) {
                out.append(name);
            } else if (signed || value >= 0 && value < 256) {
                out.append(value);
            } else {
                Scalar.hex(out, value);
            }
        }
    }

    /** The names of bits, with a bar between them; a number stands for those that have none. */
    String bits(long value) {
        StringBuilder out = new StringBuilder();
        long rest = value;
        for (Map.Entry<Long, String> field : fields.entrySet()) {
            if ((rest & field.getKey()) == field.getKey()) {
                bar(out, 0);
                out.append(field.getValue());
                rest &= ~field.getKey();
            }
        }
        for (int i = 0; i < values.length && flags; i++) {
            if (masks[i] == 0 && values[i] != 0 && (rest & values[i]) == values[i]) {
                bar(out, 0);
                out.append(names[i]);
                rest &= ~values[i];
            }
        }
        if (rest != 0 || out.isEmpty()) {
            bar(out, 0);
            Scalar.hex(out, rest);
        }
        return out.toString();
    }

    private void appendFlags(StringBuilder out, long value) {
        int start = out.length();
        long rest = value;
        long done = 0;
        String zero = "";
        for (int i = 0; i < values.length; i++) {
            long mask = masks[i];
            boolean fits;
            if (mask != 0) {
                fits = mask != done && (rest & mask) == values[i];
                done = fits ? mask : done;
            } else {
                fits = values[i] != 0 && (rest & values[i]) == values[i];
                zero = values[i] == 0 ? names[i] : zero;
            }
            if (fits) {
                bar(out, start);
                out.append(names[i]);
                rest &= ~values[i];
            }
        }
        if (rest != 0) {
            bar(out, start);
            Scalar.hex(out, rest);
        } else if (out.length() == start) {
            out.append(zero.isEmpty() ? "0" : zero);
        }
    }

    private static void bar(StringBuilder out, int start) {
        if (out.length() > start) {
            out.append('|');
        }
    }

    /** The names of all rows. */
    static Iterable<String> rows() {
        return ROWS.keySet();
    }
}
