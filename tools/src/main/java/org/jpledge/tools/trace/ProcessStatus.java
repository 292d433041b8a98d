package org.jpledge.tools.trace;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.jpledge.tools.text.RawPath;

/**
 * What the kernel says of a process or thread at one moment. See proc_pid_status(5).
 *
 * @param text the lines of its status, with bytes as characters; empty if there is no such thread
 */
public record ProcessStatus(String text) {
    /**
     * Asks /proc.
     *
     * @param thread the number of a process or thread
     * @return what is said of it now
     */
    public static ProcessStatus of(int thread) {
        try {
            return read(thread);
        } catch (IOException _) {
            return new ProcessStatus("");
        }
    }

    /**
     * Asks /proc.
     *
     * @param thread the number of a process or thread
     * @return what is said of it now
     * @throws FileSystemException if it cannot be asked: no descriptor or no memory is left
     */
    public static ProcessStatus read(int thread) throws FileSystemException {
        try {
            return new ProcessStatus(new String(
                    Files.readAllBytes(Path.of("/proc/" + thread + "/status")), StandardCharsets.ISO_8859_1));
        } catch (NoSuchFileException _) {
            return new ProcessStatus("");
        } catch (FileSystemException e) {
            throw e;
        } catch (IOException _) {
            return new ProcessStatus(""); // It ended since it was opened.
        }
    }

    /** The threads of a process, as far as they can be read. */
    static List<Integer> threads(int process) {
        List<Integer> threads = new ArrayList<>();
        for (String name : RawPath.names(Path.of("/proc/" + process + "/task"))) {
            threads.add(Integer.valueOf(name));
        }
        return threads;
    }

    /**
     * Whether there is no such thread.
     *
     * @return whether nothing was said of it
     */
    public boolean isGone() {
        return text.isEmpty();
    }

    /** Whether a process is but an entry that its parent has not asked for. */
    boolean hasEnded() {
        return field("State").startsWith("Z");
    }

    /**
     * One line.
     *
     * @param name what stands before its colon, such as {@code PPid}
     * @return what stands behind it, without white space at its ends; empty if there is no such line
     */
    public String field(String name) {
        int start = text.startsWith(name + ":") ? 0 : text.indexOf("\n" + name + ":") + 1;
        if (start == 0 && !text.startsWith(name + ":")) {
            return "";
        }
        int from = start + name.length() + 1;
        int end = text.indexOf('\n', from);
        return text.substring(from, end < 0 ? text.length() : end).strip();
    }

    /**
     * The first number of a line.
     *
     * @param name what stands before its colon, such as {@code Uid}
     * @return the number; user numbers above 2^31-1 come as negative ones. Empty if there is no such line or thread
     */
    public OptionalInt number(String name) {
        String field = field(name);
        int end = 0;
        while (end < field.length() && Character.isDigit(field.charAt(end))) {
            end++;
        }
        return end == 0 ? OptionalInt.empty() : OptionalInt.of((int) Long.parseLong(field, 0, end, 10));
    }
}
