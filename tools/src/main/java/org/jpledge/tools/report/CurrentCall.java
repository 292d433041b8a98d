package org.jpledge.tools.report;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jpledge.bpf.SeccompData;
import org.jpledge.syscall.Arch;

/** The system call in which a thread stands still. See proc_pid_syscall(5). */
final class CurrentCall {
    /** Of the words: the number, six arguments, the stack, and this. */
    private static final int POINTER = 8;

    private static final int HEX = 16;

    private CurrentCall() {}

    /** Asks /proc; nothing if the thread is in none, or gone. */
    static Optional<SeccompData> of(int thread) {
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
        return Long.parseUnsignedLong(word, 2, word.length(), HEX);
    }
}
