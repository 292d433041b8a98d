package org.jpledge.launch;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jpledge.syscall.Arch;

/**
 * A program in the ELF format, of which no more is read than how it is started. Whatever a hostile file says, little is
 * read of it.
 *
 * <p>Source: elf(5), ld.so(8).
 */
final class ElfFile {
    private static final int HEADER = 64;
    private static final int PROGRAM_HEADER = 56;
    private static final int PT_LOAD = 1;
    private static final int PT_DYNAMIC = 2;
    private static final int PT_INTERP = 3;
    private static final int ET_EXEC = 2;
    private static final int ET_DYN = 3;
    private static final int MAX_PATH = 4096;

    private static final int DYNAMIC_ENTRY = 16;
    private static final int MAX_DYNAMIC = 4096 * DYNAMIC_ENTRY;
    private static final int DT_STRTAB = 5;
    private static final int DT_RPATH = 15;
    private static final int DT_RUNPATH = 29;
    private static final int MAX_RUNPATH = 64 * 1024;
    private static final int MAX_DIRECTORIES = 64;

    private final Path file;
    private final String context;
    private final ByteBuffer segments;

    private ElfFile(Path file, String context, ByteBuffer segments) {
        this.file = file;
        this.context = context;
        this.segments = segments;
    }

    /**
     * Reads what is at the beginning of a program.
     *
     * @param file the file
     * @param start its first bytes
     * @param context how errors name it
     * @param arch the machine that is to run it
     * @throws ExecutableException if it is no program for that machine
     */
    static ElfFile of(Path file, byte[] start, String context, Arch arch) throws IOException, ExecutableException {
        if (start.length < 4 || start[0] != 0x7f || start[1] != 'E' || start[2] != 'L' || start[3] != 'F') {
            throw new ExecutableException(context + ": no program (neither ELF nor a script with a #! line)", false);
        }
        if (start.length < HEADER) {
            throw truncated(context);
        }
        ByteBuffer header = ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN);
        if (start[4] != 2 || start[5] != 1 || header.getShort(18) != machine(arch)) {
            throw new ExecutableException(
                    context + ": " + describe(start) + " program; only " + arch.label()
                            + " programs can be confined here",
                    false);
        }
        int type = header.getShort(16);
        if (type != ET_EXEC && type != ET_DYN) {
            throw new ExecutableException(context + ": an ELF file, but no program (type " + type + ")", false);
        }
        int size = Short.toUnsignedInt(header.getShort(54));
        int count = Short.toUnsignedInt(header.getShort(56));
        if (size != PROGRAM_HEADER || count == 0) {
            throw truncated(context);
        }
        byte[] segments = read(file, header.getLong(32), size * count);
        if (segments.length < size * count) {
            throw truncated(context);
        }
        return new ElfFile(file, context, ByteBuffer.wrap(segments).order(ByteOrder.LITTLE_ENDIAN));
    }

    /** The bytes of the interpreter's path. */
    Optional<byte[]> interpreter() throws IOException, ExecutableException {
        int segment = segment(PT_INTERP);
        if (segment < 0) {
            return Optional.empty();
        }
        long length = segments.getLong(segment + 32);
        if (length < 2 || length > MAX_PATH) {
            throw new ExecutableException(context + ": its dynamic linker has no proper name", false);
        }
        byte[] name = read(file, segments.getLong(segment + 8), (int) length);
        if (name.length < length || name[name.length - 1] != 0) {
            throw truncated(context);
        }
        return Optional.of(string(name));
    }

    /**
     * The bytes of DT_RUNPATH, or else of DT_RPATH: what the dynamic linker splits at colons. Empty if there is none,
     * and where a file contradicts itself, whose libraries the dynamic linker does not find either.
     */
    byte[] runpath() throws IOException {
        int segment = segment(PT_DYNAMIC);
        if (segment < 0) {
            return new byte[0];
        }
        long length = Math.min(segments.getLong(segment + 32), MAX_DYNAMIC);
        if (length < DYNAMIC_ENTRY) {
            return new byte[0];
        }
        byte[] section = read(file, segments.getLong(segment + 8), (int) length);
        ByteBuffer dynamic = ByteBuffer.wrap(section).order(ByteOrder.LITTLE_ENDIAN);
        long strings = value(dynamic, DT_STRTAB);
        long runpath = value(dynamic, DT_RUNPATH);
        long at = runpath >= 0 ? runpath : value(dynamic, DT_RPATH);
        if (strings < 0 || at < 0) {
            return new byte[0];
        }
        long offset = offset(strings + at);
        return offset < 0 ? new byte[0] : string(read(file, offset, MAX_RUNPATH));
    }

    /** Where a segment's header is, or -1. */
    private int segment(int type) {
        for (int at = 0; at < segments.capacity(); at += PROGRAM_HEADER) {
            if (segments.getInt(at) == type) {
                return at;
            }
        }
        return -1;
    }

    /** The value of the first entry with a tag, or -1. */
    private static long value(ByteBuffer dynamic, int tag) {
        for (int at = 0; at + DYNAMIC_ENTRY <= dynamic.capacity(); at += DYNAMIC_ENTRY) {
            long found = dynamic.getLong(at);
            if (found == tag) {
                return Math.max(-1, dynamic.getLong(at + 8));
            }
            if (found == 0) {
                return -1;
            }
        }
        return -1;
    }

    /** Where in the file is what will be at an address, or -1. */
    private long offset(long address) {
        for (int at = 0; at < segments.capacity(); at += PROGRAM_HEADER) {
            long into = address - segments.getLong(at + 16);
            if (segments.getInt(at) == PT_LOAD && into >= 0 && into < segments.getLong(at + 32)) {
                return Math.max(-1, segments.getLong(at + 8) + into);
            }
        }
        return -1;
    }

    /** Up to the first NUL; nothing if there is none. */
    private static byte[] string(byte[] bytes) {
        for (int end = 0; end < bytes.length; end++) {
            if (bytes[end] == 0) {
                return Arrays.copyOf(bytes, end);
            }
        }
        return new byte[0];
    }

    /**
     * The directories of a runpath, the first 64. An entry that is not absolute, or has another token than {@code $ORIGIN}, is left out:
     * where it leads depends on what only the dynamic linker knows.
     *
     * @param runpath entries separated by colons
     * @param origin the directory of the program
     */
    static List<Path> directories(byte[] runpath, Path origin) throws ExecutableException {
        List<Path> directories = new ArrayList<>();
        // One character for each byte: cutting at colons and '/' is safe whatever the encoding of names.
        String text = new String(runpath, StandardCharsets.ISO_8859_1);
        String start = new String(origin.toString().getBytes(Executable.NAMES), StandardCharsets.ISO_8859_1);
        for (String entry : text.split(":", -1)) {
            String expanded = entry.replace("${ORIGIN}", start).replace("$ORIGIN", start);
            if (expanded.startsWith("/") && expanded.indexOf('$') < 0 && expanded.length() < MAX_PATH) {
                Path directory =
                        Executable.path(expanded.getBytes(StandardCharsets.ISO_8859_1), "a directory of its RUNPATH");
                if (!directories.contains(directory) && directories.size() < MAX_DIRECTORIES) {
                    directories.add(directory);
                }
            }
        }
        return directories;
    }

    /** As many bytes as there are, at most {@code length}. */
    static byte[] read(Path file, long offset, int length) throws IOException {
        try (SeekableByteChannel channel = Files.newByteChannel(file)) {
            channel.position(Math.max(0, offset));
            ByteBuffer bytes = ByteBuffer.allocate(length);
            while (bytes.hasRemaining() && channel.read(bytes) > 0) {}
            byte[] read = new byte[bytes.position()];
            bytes.flip().get(read);
            return read;
        }
    }

    private static ExecutableException truncated(String context) {
        return new ExecutableException(context + ": truncated ELF file", false);
    }

    private static short machine(Arch arch) {
        return switch (arch) {
            case X86_64 -> 62;
            case AARCH64 -> 183;
            default -> throw new IllegalArgumentException("no launchers for " + arch.label());
        };
    }

    private static String describe(byte[] header) {
        String width = header[4] == 1 ? "a 32-bit" : "a 64-bit";
        ByteOrder order = header[5] == 2 ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        int machine = Short.toUnsignedInt(ByteBuffer.wrap(header).order(order).getShort(18));
        return switch (machine) {
            case 3 -> "an i386";
            case 8 -> "a MIPS";
            case 20, 21 -> "a PowerPC";
            case 22 -> "an s390";
            case 40 -> "an arm";
            case 62 -> width.equals("a 32-bit") ? "an x32" : "an x86-64";
            case 183 -> "an aarch64";
            case 243 -> "a RISC-V";
            default -> width + " foreign (machine " + machine + ")";
        };
    }
}
