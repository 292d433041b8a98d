package org.jpledge.tools.report;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.jpledge.tools.text.RawPath;

/** The processes of a sandbox, as far as /proc and what they asked show them. For one thread. */
final class Family {
    private static final int MOST_SEEN = 1 << 16;

    private final Set<Integer> seen = new HashSet<>();

    /**
     * A family of one.
     *
     * @param first the process that all others descend from
     */
    Family(int first) {
        seen.add(first);
    }

    /** Notes a process that has the family's filter, and keeps it when its parent ends. */
    void add(int process) {
        if (seen.size() < MOST_SEEN) {
            seen.add(process);
        }
    }

    /** Whether there is such a process or thread, and it is none of the family. */
    boolean isOutside(int process) {
        int at = process;
        while (at > 1) {
            if (seen.contains(at)) {
                return false;
            }
            Subject subject = Subject.of(at);
            if (subject.isGone()) {
                return false;
            }
            if (seen.contains(subject.process())) {
                return false;
            }
            at = subject.parent();
        }
        return true;
    }

    /** Whether there is a socket of that abstract name, and no process of the family has it open. */
    boolean isAbstractSocketOutside(String name) {
        String inode = inode("@" + name);
        return !inode.isEmpty() && !isOpen("socket:[" + inode + "]");
    }

    private static String inode(String name) {
        try {
            for (String line : Files.readString(Path.of("/proc/net/unix"), StandardCharsets.ISO_8859_1)
                    .split("\n", -1)) {
                if (line.endsWith(" " + name)) {
                    String[] fields = line.substring(0, line.length() - name.length())
                            .strip()
                            .split(" +", -1);
                    return fields[fields.length - 1];
                }
            }
        } catch (IOException _) {
            return ""; // Without /proc/net nobody knows.
        }
        return "";
    }

    private boolean isOpen(String socket) {
        for (String number : RawPath.names(Path.of("/proc"))) {
            if (Character.isDigit(number.charAt(0))
                    && !isOutside(Integer.parseInt(number))
                    && hasOpen(Path.of("/proc", number, "fd"), socket)) {
                return true;
            }
        }
        return false;
    }

    private static boolean hasOpen(Path descriptors, String socket) {
        try (DirectoryStream<Path> all = Files.newDirectoryStream(descriptors)) {
            for (Path each : all) {
                if (Files.readSymbolicLink(each).toString().equals(socket)) {
                    return true;
                }
            }
        } catch (IOException _) {
            return false; // It has ended, or closed it meanwhile.
        }
        return false;
    }
}
