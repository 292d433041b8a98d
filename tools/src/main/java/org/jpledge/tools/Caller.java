package org.jpledge.tools;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jpledge.linux.Kernel;
import org.jpledge.linux.OpenDescriptors;
import org.jpledge.linux.ProcessState;
import org.jpledge.tools.text.Words;
import org.jspecify.annotations.Nullable;

/**
 * What a program is to start with as if this JVM had never been.
 *
 * @param environment entries {@code NAME=value}
 * @param state signals and limits
 */
record Caller(List<String> environment, ProcessState state) {
    /**
     * How the shell front tells: the descriptor from which the environment can be read, in hexadecimal; blocked signals, ignored
     * signals, both in hexadecimal; the soft limit of descriptors. With colons in between.
     */
    static final String PROPERTY = "org.jpledge.caller";

    private static @Nullable Caller known;

    /** As the front has told, or else as well as this process can find out. */
    static synchronized Caller known() throws IOException {
        Caller caller = known;
        if (caller == null) {
            String told = System.getProperty(PROPERTY);
            caller = told == null
                    ? new Caller(Words.environment("self"), ProcessState.guessed())
                    : told(told.split(":", -1));
            known = caller;
        }
        return caller;
    }

    private static Caller told(String[] fields) throws IOException {
        List<String> environment;
        try (InputStream in = new FileInputStream("/proc/self/fd/" + fields[0])) {
            environment = entries(new String(in.readAllBytes(), StandardCharsets.ISO_8859_1));
        }
        Kernel.call("close", Long.parseLong(fields[0]));
        long limit = fields[3].equals("unlimited") ? -1 : Long.parseLong(fields[3]);
        return new Caller(
                environment,
                new ProcessState(
                        Long.parseUnsignedLong(fields[1], 16),
                        Long.parseUnsignedLong(fields[2], 16),
                        limit,
                        OpenDescriptors.given()));
    }

    /** Entries from hexadecimal digits with white space in between; each entry ends in a zero byte. */
    private static List<String> entries(String digits) {
        List<String> entries = new ArrayList<>();
        StringBuilder entry = new StringBuilder();
        int high = -1;
        for (int i = 0; i < digits.length(); i++) {
            int digit = Character.digit(digits.charAt(i), 16);
            if (digit >= 0 && high < 0) {
                high = digit;
            } else if (digit >= 0) {
                int value = high << 4 | digit;
                high = -1;
                if (value == 0) {
                    entries.add(entry.toString());
                    entry.setLength(0);
                } else {
                    entry.append((char) value);
                }
            }
        }
        return entries;
    }
}
