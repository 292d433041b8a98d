package org.jpledge.tools.report;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The functions of an ELF file, by address: its {@code .symtab}, or where that is stripped its {@code .dynsym}. Of a hostile
 * file, little is read.
 *
 * <p>Source: elf(5).
 */
final class ElfSymbols {
    private static final int HEADER = 64;
    private static final int SECTION = 64;
    private static final int SYMBOL = 24;
    private static final int SHT_SYMTAB = 2;
    private static final int SHT_DYNSYM = 11;
    private static final int STT_FUNC = 2;
    private static final int STT_IFUNC = 10;
    private static final int PT_LOAD = 1;
    private static final int PROGRAM_HEADER = 56;
    private static final int MOST_SYMBOLS = 1 << 20;
    private static final int MOST_STRINGS = 64 << 20;
    private static final int LONGEST_NAME = 200;

    private final ByteBuffer segments;
    private final NavigableMap<Long, Symbol> functions;

    /** A function: where it ends, and its name. */
    private record Symbol(long end, String name) {}

    private ElfSymbols(ByteBuffer segments, NavigableMap<Long, Symbol> functions) {
        this.segments = segments;
        this.functions = functions;
    }

    /**
     * Reads a file's symbols.
     *
     * @param file the file
     * @return nothing if it is no 64-bit ELF file of this machine's byte order, or contradicts itself
     * @throws IOException if it cannot be read
     */
    static Optional<ElfSymbols> of(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            ByteBuffer header = read(channel, 0, HEADER);
            if (header.limit() < HEADER || header.getInt(0) != 0x464c457f || header.get(4) != 2 || header.get(5) != 1) {
                return Optional.empty();
            }
            ByteBuffer segments =
                    read(channel, header.getLong(32), PROGRAM_HEADER * Short.toUnsignedInt(header.getShort(56)));
            ByteBuffer sections = read(channel, header.getLong(40), SECTION * Short.toUnsignedInt(header.getShort(60)));
            NavigableMap<Long, Symbol> functions = new TreeMap<>();
            for (int type : new int[] {SHT_SYMTAB, SHT_DYNSYM}) {
                for (int at = 0; functions.isEmpty() && at + SECTION <= sections.limit(); at += SECTION) {
                    if (sections.getInt(at + 4) == type) {
                        add(functions, channel, sections, at);
                    }
                }
            }
            return Optional.of(new ElfSymbols(segments, functions));
        } catch (IndexOutOfBoundsException | IllegalArgumentException _) {
            return Optional.empty(); // It says that it is longer than it is.
        }
    }

    private static void add(NavigableMap<Long, Symbol> functions, FileChannel channel, ByteBuffer sections, int section)
            throws IOException {
        long size = Math.min(sections.getLong(section + 32), (long) SYMBOL * MOST_SYMBOLS);
        int names = SECTION * sections.getInt(section + 40);
        if (size < 0 || names < 0 || names + SECTION > sections.limit()) {
            return;
        }
        ByteBuffer symbols = read(channel, sections.getLong(section + 24), (int) size);
        long length = Math.min(sections.getLong(names + 32), MOST_STRINGS);
        ByteBuffer strings = read(channel, sections.getLong(names + 24), (int) Math.max(0, length));
        for (int at = 0; at + SYMBOL <= symbols.limit(); at += SYMBOL) {
            int kind = symbols.get(at + 4) & 15;
            long start = symbols.getLong(at + 8);
            if ((kind == STT_FUNC || kind == STT_IFUNC) && start != 0 && symbols.getShort(at + 6) != 0) {
                String name = name(strings, symbols.getInt(at));
                if (!name.isEmpty()) {
                    functions.putIfAbsent(start, new Symbol(start + Math.max(1, symbols.getLong(at + 16)), name));
                }
            }
        }
    }

    private static String name(ByteBuffer strings, int start) {
        StringBuilder name = new StringBuilder();
        for (int at = start; at >= 0 && at < strings.limit() && name.length() < LONGEST_NAME; at++) {
            byte c = strings.get(at);
            if (c == 0) {
                return name.toString();
            }
            name.append(c > ' ' && c < 0x7f ? (char) c : '?');
        }
        return name.toString();
    }

    private static ByteBuffer read(FileChannel channel, long offset, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.hasRemaining() && channel.read(bytes, offset + bytes.position()) > 0) {}
        return bytes.flip().order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * The function in which a place of the file lies.
     *
     * @param offset from the file's beginning
     * @return the function's name and how far into it, such as {@code main+0x12}; nothing if no function is known there
     */
    Optional<String> at(long offset) {
        for (int at = 0; at + PROGRAM_HEADER <= segments.limit(); at += PROGRAM_HEADER) {
            long into = offset - segments.getLong(at + 8);
            if (segments.getInt(at) == PT_LOAD && into >= 0 && into < segments.getLong(at + 32)) {
                long address = segments.getLong(at + 16) + into;
                Map.Entry<Long, Symbol> below = functions.floorEntry(address);
                return below != null && address < below.getValue().end()
                        ? Optional.of(below.getValue().name() + "+0x" + Long.toHexString(address - below.getKey()))
                        : Optional.empty();
            }
        }
        return Optional.empty();
    }
}
