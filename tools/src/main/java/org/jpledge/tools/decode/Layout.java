package org.jpledge.tools.decode;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jpledge.syscall.Arch;
import org.jpledge.tools.event.Argument;
import org.jpledge.tools.text.ByteText;
import org.jpledge.tools.text.Rows;
import org.jspecify.annotations.Nullable;

/**
 * A structure as an architecture has it in memory: a row of structures.table.
 *
 * @param name its name
 * @param size how many bytes it has
 * @param alignment at multiples of what it stands
 * @param parts what is in it
 * @param brief whether some of that is left out where not all is wanted
 */
record Layout(String name, int size, int alignment, List<Part> parts, boolean brief) {
    private static final Map<String, List<List<String>>> ROWS = new HashMap<>();
    private static final Map<Arch, Map<String, Layout>> ALL = new EnumMap<>(Arch.class);

    static {
        for (List<String> row : Rows.of(Layout.class, "structures.table")) {
            String word = row.getFirst();
            int at = word.indexOf('@');
            ROWS.computeIfAbsent(at < 0 ? word : word.substring(0, at), _ -> new ArrayList<>())
                    .add(row);
        }
    }

    /** A part of a structure. */
    sealed interface Part {
        String name();

        int offset();

        /** Whether it is shown even where not all is wanted. */
        boolean important();
    }

    /** A number. */
    record Numeric(String name, int offset, boolean important, int bytes, boolean signed, Scalar how) implements Part {}

    /** A string up to a zero byte, or some bytes in hexadecimal. */
    record Chars(String name, int offset, boolean important, int bytes, boolean text) implements Part {}

    /** Another structure. */
    record Inner(String name, int offset, boolean important, Layout layout) implements Part {}

    /** The structure of a name; null if there is none on this architecture. */
    static synchronized @Nullable Layout of(Arch arch, String name) {
        Map<String, Layout> known = ALL.computeIfAbsent(arch, _ -> new HashMap<>());
        Layout layout = known.get(name);
        if (layout == null) {
            List<String> row = row(arch, name);
            if (row != null) {
                layout = read(arch, name, row);
                known.put(name, layout);
            }
        }
        return layout;
    }

    private static @Nullable List<String> row(Arch arch, String name) {
        List<String> general = null;
        for (List<String> row : ROWS.getOrDefault(name, List.of())) {
            String word = row.getFirst();
            int at = word.indexOf('@');
            if (at < 0) {
                general = row;
            } else if (List.of(word.substring(at + 1).split(",", -1)).contains(arch.label())) {
                return row;
            }
        }
        return general;
    }

    private static Layout read(Arch arch, String name, List<String> row) {
        List<Part> parts = new ArrayList<>();
        int offset = 0;
        int alignment = 1;
        boolean brief = false;
        for (String word : row.subList(1, row.size())) {
            int colon = word.indexOf(':');
            String type = colon < 0 ? word : word.substring(0, colon);
            int how = colon < 0 ? -1 : word.indexOf(':', colon + 1);
            String field = colon < 0 ? "pad" : how < 0 ? word.substring(colon + 1) : word.substring(colon + 1, how);
            boolean important = field.startsWith("*");
            field = important ? field.substring(1) : field;
            brief |= important;
            int open = type.indexOf('(');
            int bytes;
            int align;
            Part part;
            if (open > 0) {
                bytes = Integer.parseInt(type.substring(open + 1, type.length() - 1));
                align = 1;
                part = new Chars(field, offset, important, bytes, type.startsWith("chars"));
            } else {
                Layout inner = of(arch, type);
                if (inner != null) {
                    bytes = inner.size;
                    align = inner.alignment;
                    offset = aligned(offset, align);
                    part = new Inner(field, offset, important, inner);
                } else {
                    bytes = bytes(arch, type);
                    align = bytes == Long.BYTES && arch == Arch.I386 ? Integer.BYTES : bytes;
                    offset = aligned(offset, align);
                    Scalar scalar = how < 0
                            ? type.equals("pointer") ? Scalar.Plain.ADDRESS : Scalar.Plain.INT
                            : Forms.scalar(arch, word.substring(how + 1));
                    boolean signed = type.startsWith("s") || type.equals("long");
                    part = new Numeric(field, offset, important, bytes, signed, scalar);
                }
            }
            alignment = Math.max(alignment, align);
            if (!field.equals("pad")) {
                parts.add(part);
            }
            offset += bytes;
        }
        return new Layout(name, aligned(offset, alignment), alignment, List.copyOf(parts), brief);
    }

    private static int aligned(int offset, int alignment) {
        return (offset + alignment - 1) / alignment * alignment;
    }

    private static int bytes(Arch arch, String type) {
        return switch (type) {
            case "s8", "u8" -> 1;
            case "s16", "u16" -> 2;
            case "s32", "u32" -> 4;
            case "s64", "u64" -> 8;
            case "long", "ulong", "pointer" -> arch.is64Bit() ? 8 : 4;
            default -> throw new IllegalStateException("structures.table: no type " + type);
        };
    }

    /** The fields, each with its text. */
    List<Argument.Field> fields(byte[] memory, int at, boolean big, boolean all) {
        List<Argument.Field> fields = new ArrayList<>(parts.size() + 1);
        boolean less = false;
        for (Part part : parts) {
            if (all || !brief || part.important()) {
                StringBuilder text = new StringBuilder();
                append(text, part, memory, at, big, all);
                fields.add(new Argument.Field(part.name(), text.toString()));
            } else {
                less = true;
            }
        }
        if (less) {
            fields.add(new Argument.Field("", ""));
        }
        return fields;
    }

    /** Appends it as C would have it; a structure of one field as that field. */
    void append(StringBuilder out, byte[] memory, int at, boolean big, boolean all) {
        if (parts.size() == 1) {
            append(out, parts.getFirst(), memory, at, big, all);
            return;
        }
        out.append('{');
        boolean first = true;
        for (Part part : parts) {
            if (all || !brief || part.important()) {
                out.append(first ? "" : ", ").append(part.name()).append('=');
                append(out, part, memory, at, big, all);
                first = false;
            }
        }
        out.append(brief && !all ? ", ...}" : "}");
    }

    private static void append(StringBuilder out, Part part, byte[] memory, int at, boolean big, boolean all) {
        int from = at + part.offset();
        switch (part) {
            case Numeric number -> {
                long value = Numbers.of(memory, from, number.bytes, number.signed, big);
                number.how.append(out, value, number.bytes * Byte.SIZE, number.signed);
            }
            case Chars chars
            when chars.text -> {
                String text = new String(memory, from, chars.bytes, StandardCharsets.ISO_8859_1);
                int end = text.indexOf('\0');
                ByteText.quote(out, end < 0 ? text : text.substring(0, end));
            }
            case Chars chars -> {
                out.append("\"");
                for (int i = 0; i < chars.bytes; i++) {
                    out.append("\\x")
                            .append(Character.forDigit(memory[from + i] >> 4 & 15, 16))
                            .append(Character.forDigit(memory[from + i] & 15, 16));
                }
                out.append('"');
            }
            case Inner inner -> inner.layout.append(out, memory, from, big, all);
        }
    }

    /** The names of all rows. */
    static Iterable<String> rows() {
        return ROWS.keySet();
    }
}
