package org.jpledge.tools.report;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jpledge.tools.text.RawPath;

/**
 * Where in a program code lies.
 *
 * @param file the file that is mapped there; bytes as characters
 * @param offset from the file's beginning
 * @param symbol the function there and how far into it; empty where the file does not say
 */
record CodePlace(String file, long offset, Optional<String> symbol) {
    /** Symbols of files that were asked for before, by their paths: one report has few files. */
    private static final Map<String, Optional<ElfSymbols>> KNOWN = new HashMap<>();

    private static final int MOST_KNOWN = 64;

    /**
     * Looks an address up in /proc/PID/maps.
     *
     * @param process the process
     * @param address in its memory
     * @return nothing if no file is mapped there: compiled code of a virtual machine, for example
     */
    static Optional<CodePlace> of(int process, long address) {
        try {
            String maps = Files.readString(Path.of("/proc/" + process + "/maps"), StandardCharsets.ISO_8859_1);
            for (String line : maps.split("\n", -1)) {
                int dash = line.indexOf('-');
                int blank = line.indexOf(' ');
                int slash = line.indexOf('/');
                if (dash > 0 && slash > blank && blank > dash) {
                    long start = Long.parseUnsignedLong(line, 0, dash, 16);
                    long end = Long.parseUnsignedLong(line, dash + 1, blank, 16);
                    if (Long.compareUnsigned(address, start) >= 0 && Long.compareUnsigned(address, end) < 0) {
                        long offset = address - start + offset(line, blank);
                        String file = line.substring(slash);
                        return Optional.of(new CodePlace(file, offset, symbol(process, file, offset)));
                    }
                }
            }
        } catch (IOException _) {
            return Optional.empty(); // It has ended meanwhile.
        }
        return Optional.empty();
    }

    /** The third field of a line: where the mapping begins in the file. */
    private static long offset(String line, int blank) {
        int from = line.indexOf(' ', blank + 1) + 1;
        return Long.parseUnsignedLong(line, from, line.indexOf(' ', from), 16);
    }

    private static Optional<String> symbol(int process, String file, long offset) {
        if (KNOWN.size() > MOST_KNOWN) {
            KNOWN.clear();
        }
        Optional<ElfSymbols> symbols = KNOWN.get(file);
        if (symbols == null) {
            symbols = symbols(RawPath.of("/proc/" + process + "/root" + file));
            KNOWN.put(file, symbols);
        }
        return symbols.flatMap(all -> all.at(offset));
    }

    private static Optional<ElfSymbols> symbols(Path file) {
        try {
            return ElfSymbols.of(file);
        } catch (IOException _) {
            return Optional.empty(); // A file that may be executed and not read, or is gone: the offset alone is said.
        }
    }

    /** For people: {@code file+0x12 (function+0x2)}. */
    String text() {
        return file + "+0x" + Long.toHexString(offset)
                + symbol.map(name -> " (" + name + ")").orElse("");
    }
}
