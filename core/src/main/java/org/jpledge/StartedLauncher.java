package org.jpledge;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/** A launcher as a process of its own, which becomes the program. */
final class StartedLauncher {
    private static final int ATTEMPTS = 20;

    private StartedLauncher() {}

    /**
     * Starts it as the builder says.
     *
     * @param builder its command is the same afterwards
     */
    static Process start(ProcessBuilder builder, byte[] launcher) throws IOException {
        List<String> command = List.copyOf(builder.command());
        Path file = Files.createTempFile(
                "pledge", "", PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        try {
            Files.write(file, launcher);
            return start(builder.command(List.of(file.toString())), ATTEMPTS);
        } finally {
            builder.command(command);
            Files.delete(file);
        }
    }

    /**
     * A process that another thread is just starting may hold the file open for writing for a moment; executing it is
     * then ETXTBSY.
     */
    private static Process start(ProcessBuilder builder, int attempts) throws IOException {
        try {
            return builder.start();
        } catch (IOException e) {
            if (attempts == 1 || !String.valueOf(e.getMessage()).contains("Text file busy")) {
                throw e;
            }
            Thread.onSpinWait();
            return start(builder, attempts - 1);
        }
    }
}
