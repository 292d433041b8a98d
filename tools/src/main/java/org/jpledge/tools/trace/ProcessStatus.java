package org.jpledge.tools.trace;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** What /proc says about other processes. See proc_pid_status(5). */
final class ProcessStatus {
    private ProcessStatus() {}

    /** The threads of a process, as far as they can be read. */
    static List<Integer> threads(int process) {
        List<Integer> threads = new ArrayList<>();
        String[] names = new File("/proc/" + process + "/task").list();
        if (names != null) {
            for (String name : names) {
                threads.add(Integer.valueOf(name));
            }
        }
        return threads;
    }

    /** Whether a process is but an entry that its parent has not asked for. */
    static boolean hasEnded(int process) {
        String status = read(process);
        return status.contains("\nState:\tZ");
    }

    /** A number in a thread's status, such as {@code PPid:}; empty if there is no such thread. */
    static OptionalInt of(int thread, String field) {
        String status = read(thread);
        int start = status.indexOf("\n" + field);
        if (start < 0) {
            return OptionalInt.empty();
        }
        int end = start + 1 + field.length();
        while (Character.isWhitespace(status.charAt(end))) {
            end++;
        }
        int number = 0;
        while (end < status.length() && Character.isDigit(status.charAt(end))) {
            number = number * 10 + status.charAt(end++) - '0';
        }
        return OptionalInt.of(number);
    }

    private static String read(int thread) {
        try {
            return new String(Files.readAllBytes(Path.of("/proc/" + thread + "/status")), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return "";
        }
    }
}
