package org.jpledge;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** Programs in C that tests confine and attack with; compiled where a C compiler is installed, skipped elsewhere. */
final class NativeProgram {
    private static final Path SOURCES = Path.of("src/test/c").toAbsolutePath();

    private NativeProgram() {}

    /** A directory that an unprivileged user may look into. */
    static Path directory() throws IOException {
        return Files.createTempDirectory(
                Path.of("/tmp"),
                "jpledge-test",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
    }

    /** Takes the directory away, with all that is in it. */
    static void remove(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    /** Compiles {@code src/test/c/NAME.c} with gcc. */
    static Path compile(Path directory, String output, String source, String... options) throws IOException {
        return compile("gcc", directory, output, source, options);
    }

    /** Compiles with a compiler of that name. */
    static Path compile(String compiler, Path directory, String output, String source, String... options)
            throws IOException {
        Assumptions.assumeTrue(isInstalled(compiler), compiler + " is not installed");
        Path file = directory.resolve(output);
        List<String> command = new ArrayList<>(List.of(
                compiler,
                "-O1",
                "-Wall",
                "-o",
                file.toString(),
                SOURCES.resolve(source).toString()));
        command.addAll(Arrays.asList(options));
        Run run = Run.of(command.toArray(new String[0]));
        if (run.status() != 0) {
            throw new IOException(String.join(" ", command) + ": " + run.err());
        }
        return file;
    }

    /** Whether a command is there. */
    static boolean isInstalled(String command) {
        for (String directory : System.getenv("PATH").split(":", -1)) {
            if (Files.isExecutable(Path.of(directory, command))) {
                return true;
            }
        }
        return false;
    }
}
