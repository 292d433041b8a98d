package org.jpledge.tools;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jpledge.syscall.Nearest;

/** Users and groups of /etc/passwd and /etc/group. Those of other sources are known by their numbers. */
final class Accounts {
    private static final Path USERS = Path.of("/etc/passwd");
    private static final Path GROUPS = Path.of("/etc/group");

    private Accounts() {}

    /**
     * A user.
     *
     * @param uid number
     * @param gid number of its own group, or -1 where nothing is known but the number
     */
    record User(int uid, int gid) {}

    static User user(String word) throws Failure {
        List<String> names = new ArrayList<>();
        for (String[] fields : read(USERS)) {
            if (fields.length > 3 && (fields[0].equals(word) || fields[2].equals(word))) {
                return new User(number(fields[2]), number(fields[3]));
            }
            names.add(fields[0]);
        }
        int number = number(word);
        if (number >= 0) {
            return new User(number, -1);
        }
        throw Failure.usage("option --user: no user \"" + word + "\" in " + USERS, Nearest.nearest(word, names));
    }

    static int group(String word) throws Failure {
        List<String> names = new ArrayList<>();
        for (String[] fields : read(GROUPS)) {
            if (fields.length > 2 && fields[0].equals(word)) {
                return number(fields[2]);
            }
            names.add(fields[0]);
        }
        int number = number(word);
        if (number >= 0) {
            return number;
        }
        throw Failure.usage("option --group: no group \"" + word + "\" in " + GROUPS, Nearest.nearest(word, names));
    }

    private static int number(String word) {
        try {
            return word.startsWith("+") ? -1 : Integer.parseInt(word);
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    private static List<String[]> read(Path file) throws Failure {
        try {
            List<String[]> lines = new ArrayList<>();
            for (String line : Files.readAllLines(file, StandardCharsets.ISO_8859_1)) {
                lines.add(line.split(":", -1));
            }
            return lines;
        } catch (IOException e) {
            throw new Failure(Failure.OURS, file + ": cannot be read: " + e.getMessage());
        }
    }
}
