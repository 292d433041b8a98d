package org.jpledge.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a JVM changes of its own process, as it was before.
 *
 * @param blocked signal mask: bit n-1 is signal n
 * @param ignored ignored signals: bit n-1 is signal n
 * @param softDescriptorLimit RLIMIT_NOFILE, soft, which a JVM raises to the hard limit
 * @param descriptors what was open
 */
public record ProcessState(long blocked, long ignored, long softDescriptorLimit, List<Integer> descriptors) {
    /** SIGQUIT, by which a JVM is asked for a thread dump, is blocked in nearly all its threads. */
    private static final long SIGQUIT = 1L << 2;

    /** Copies the list. */
    public ProcessState {
        descriptors = List.copyOf(descriptors);
    }

    /**
     * The state to restore when nobody wrote it down before the JVM started: this process's own signals, without what
     * every JVM does, the limits of the parent process, and the descriptors that are open now but for the JVM's own.
     *
     * @return the state, as well as it can be known
     * @throws IOException if /proc cannot be read
     */
    public static ProcessState guessed() throws IOException {
        Path self = Path.of("/proc/thread-self/status");
        long parent = ProcessHandle.current()
                .parent()
                .map(ProcessHandle::pid)
                .orElse(ProcessHandle.current().pid());
        String limits = read(Path.of("/proc/" + parent + "/limits"));
        String status = read(self);
        return new ProcessState(
                hex(status, "SigBlk:") & ~SIGQUIT,
                hex(status, "SigIgn:"),
                softLimit(limits, "Max open files"),
                OpenDescriptors.given());
    }

    /**
     * The same with one descriptor more.
     *
     * @param descriptor what somebody is to have, too
     * @return the state
     */
    public ProcessState giving(int descriptor) {
        List<Integer> more = new ArrayList<>(descriptors);
        more.add(descriptor);
        return new ProcessState(blocked, ignored, softDescriptorLimit, more);
    }

    private static String read(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
    }

    private static long hex(String status, String field) {
        String value = field(status, field);
        return Long.parseUnsignedLong(value.trim(), 16);
    }

    private static long softLimit(String limits, String field) {
        String value = field(limits, field).trim();
        String soft = value.substring(0, value.indexOf(' '));
        return soft.equals("unlimited") ? -1 : Long.parseLong(soft);
    }

    private static String field(String text, String field) {
        int start = text.indexOf(field) + field.length();
        return text.substring(start, text.indexOf('\n', start));
    }
}
