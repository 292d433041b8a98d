package org.jpledge.junit;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.opentest4j.AssertionFailedError;
import org.opentest4j.TestAbortedException;

/** Runs one test in a JVM of its own. */
final class Fork {
    /** Properties of this JVM that are not those of another one. */
    private static final List<String> OWN_PROPERTIES = List.of(
            "java.",
            "jdk.",
            "sun.",
            "os.",
            "user.",
            "file.",
            "line.",
            "path.",
            "native.",
            "std",
            "surefire",
            "basedir.");

    private Fork() {}

    /**
     * Runs a test to its end, passes on what it prints, and throws what it has thrown.
     *
     * @throws Throwable what the test failed with
     */
    static void run(Pledged pledged, String test) throws Throwable {
        // For the outcome, for temporary files of the test, and gone afterwards.
        Path directory = Files.createTempDirectory("pledged");
        try {
            Path file = Files.createFile(directory.resolve("outcome"));
            int status = execute(command(pledged, directory, test, file));
            switch (outcome(file, status, pledged)) {
                case Outcome.Passed _ -> {}
                case Outcome.Aborted aborted -> throw new TestAbortedException(aborted.reason());
                case Outcome.Failed failed -> throw failed.failure().toThrowable();
            }
        } finally {
            delete(directory);
        }
    }

    private static List<String> command(Pledged pledged, Path directory, String test, Path outcome) throws IOException {
        // Without files to read, classes come from what is open already: jars.
        boolean packed = !List.of(pledged.value().split(" ", -1)).contains("rpath") || pledged.unveil().length > 0;
        ClassPath path = ClassPath.ofThisJvm();
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-ea",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                // Otherwise it has a file in /tmp, which it could not remove in the end.
                "-XX:-UsePerfData",
                "-Djava.io.tmpdir=" + directory));
        for (String option : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
            if (option.startsWith("--add-") && option.endsWith("=ALL-UNNAMED")) {
                command.add(option);
            }
        }
        for (String name : System.getProperties().stringPropertyNames()) {
            if (OWN_PROPERTIES.stream().noneMatch(name::startsWith)) {
                command.add("-D" + name + '=' + System.getProperty(name));
            }
        }
        command.addAll(List.of("-cp", packed ? path.packed() : path.plain(), ForkedTest.class.getName(), test));
        command.add(outcome.toString());
        return command;
    }

    private static int execute(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).start();
        try {
            process.getOutputStream().close();
            Thread out = Thread.ofVirtual().start(() -> pass(process.getInputStream(), System.out));
            Thread err = Thread.ofVirtual().start(() -> pass(process.getErrorStream(), System.err));
            int status = process.waitFor();
            out.join();
            err.join();
            return status;
        } finally {
            process.destroyForcibly();
        }
    }

    private static void pass(InputStream from, PrintStream to) {
        try {
            from.transferTo(to);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        to.flush();
    }

    private static Outcome outcome(Path file, int status, Pledged pledged) throws IOException {
        try (DataInputStream in = new DataInputStream(Files.newInputStream(file))) {
            return Outcome.read(in);
        } catch (EOFException e) {
            throw new AssertionFailedError(
                    "the JVM of this test ended with status " + status + " under @Pledged(\"" + pledged.value() + "\")",
                    e);
        }
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
