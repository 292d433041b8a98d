package org.jpledge.tools;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;

/** Who runs a script: root may do much that others may not, and so hides what a sandbox lets through. */
enum User {
    /** Whoever runs the tests. */
    SELF,
    /** A user without any privilege. */
    NOBODY;

    private static final int NUMBER = 65534;

    /** A directory of this user, in which everybody may look around. */
    Path own(Path directory) throws IOException {
        Files.createDirectories(directory);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        if (this == NOBODY) {
            Files.setAttribute(directory, "unix:uid", NUMBER);
            Files.setAttribute(directory, "unix:gid", NUMBER);
        }
        return directory;
    }

    /** Skips a test that only root can make. */
    void assume() throws Exception {
        Assumptions.assumeTrue(
                this == SELF || Shell.run("id -u").out().equals("0\n"), "only root can become somebody else");
    }

    /** The command line that becomes this user and then another command. */
    List<String> become(List<String> command) {
        List<String> all = new ArrayList<>();
        if (this == NOBODY) {
            String number = Integer.toString(NUMBER);
            all.addAll(List.of("setpriv", "--reuid", number, "--regid", number, "--clear-groups"));
        }
        all.addAll(command);
        return all;
    }

    /** Runs a script as this user. */
    Shell.Result run(String script, Map<String, String> environment, Path directory) throws Exception {
        Path file = Files.createTempFile(directory, "script", "");
        Files.writeString(file, script);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        try {
            return Shell.run(
                    "exec " + String.join(" ", become(List.of("sh", file.toString()))), environment, directory);
        } finally {
            Files.delete(file);
        }
    }
}
