package org.jpledge.tools.exchange;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** Files that others made, which are no part of the project. */
final class SharedData {
    private SharedData() {}

    /** The text of a file, in the directory that JPLEDGE_DATA names or beside the repository; without it the test is skipped. */
    static String text(String name) throws IOException {
        String named = System.getenv("JPLEDGE_DATA");
        Path directory = named != null ? Path.of(named) : Path.of("..", "..", "shared", "data");
        Path file = directory.resolve(name);
        Assumptions.assumeTrue(
                Files.isReadable(file), file + " is not there: set JPLEDGE_DATA to the directory that holds " + name);
        return Files.readString(file);
    }
}
