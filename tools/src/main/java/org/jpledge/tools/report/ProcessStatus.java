package org.jpledge.tools.report;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jpledge.bpf.SeccompData;
import org.jpledge.syscall.Arch;

/**
 * What /proc/PID/status says of a process or thread.
 *
 * @param name the name of its program
 * @param process the process, 0 if it is gone
 * @param parent the process that started it
 * @param user its user for files
 * @param groups its group for files, and all others
 * @param capabilities what it may do as root, as bits
 */
record ProcessStatus(String name, int process, int parent, int user, List<Integer> groups, long capabilities) {
    private static final int OF_FILES = 3;

    /** Of the words of /proc/PID/syscall: the number, six arguments, the stack, and this. */
    private static final int POINTER = 8;

    /** Of the words behind the name in /proc/PID/stat. */
    private static final int TERMINAL = 4;

    /** Takes a copy of the list. */
    ProcessStatus {
        groups = List.copyOf(groups);
    }

    /** Asks /proc. */
    static ProcessStatus of(int thread) {
        String text;
        try {
            text = Files.readString(Path.of("/proc/" + thread + "/status"), StandardCharsets.ISO_8859_1);
        } catch (IOException _) {
            return new ProcessStatus("", 0, 0, 0, List.of(), 0); // There is no such process any more.
        }
        List<Integer> groups = new ArrayList<>();
        groups.add(Integer.parseInt(field(text, "Gid:").split("\t", -1)[OF_FILES]));
        for (String group : field(text, "Groups:").split(" ", -1)) {
            if (!group.isEmpty()) {
                groups.add((int) Long.parseLong(group));
            }
        }
        return new ProcessStatus(
                field(text, "Name:"),
                Integer.parseInt(field(text, "Tgid:")),
                Integer.parseInt(field(text, "PPid:")),
                (int) Long.parseLong(field(text, "Uid:").split("\t", -1)[OF_FILES]),
                groups,
                Long.parseUnsignedLong(field(text, "CapEff:"), 16));
    }

    private static String field(String text, String name) {
        int at = text.indexOf('\n' + name);
        int from = at < 0 ? text.indexOf(name) + name.length() : at + 1 + name.length();
        return text.substring(from, text.indexOf('\n', from)).strip();
    }

    boolean isGone() {
        return process == 0;
    }

    /** The system call in which a thread stands still, by /proc/PID/syscall; nothing if it is in none. */
    static Optional<SeccompData> call(int thread) {
        String text;
        try {
            text = Files.readString(Path.of("/proc/" + thread + "/syscall"), StandardCharsets.ISO_8859_1);
        } catch (IOException _) {
            return Optional.empty(); // There is no such thread any more.
        }
        String[] words = text.strip().split(" ", -1);
        if (words.length <= POINTER || words[0].startsWith("-")) {
            return Optional.empty();
        }
        long[] arguments = new long[SeccompData.ARGUMENTS];
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = hex(words[i + 1]);
        }
        SeccompData data =
                SeccompData.of(Integer.parseInt(words[0]), Arch.host().audit(), arguments);
        return Optional.of(data.at(hex(words[POINTER])));
    }

    private static long hex(String word) {
        return Long.parseUnsignedLong(word, 2, word.length(), 16);
    }

    /** Whether this process has a terminal, from which somebody may stop its group. */
    static boolean hasTerminal() {
        try {
            String status = Files.readString(Path.of("/proc/self/stat"), StandardCharsets.ISO_8859_1);
            String[] words = status.substring(status.lastIndexOf(')') + 2).split(" ", -1);
            return !words[TERMINAL].equals("0");
        } catch (IOException _) {
            return false; // Without /proc nothing of this works.
        }
    }
}
