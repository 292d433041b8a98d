package org.jpledge;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A JVM of its own for what confines its process: such a test would confine all that come after it. */
final class ForkedJvm {
    private static final String CLASS_PATH = Path.of("target", "classes").toAbsolutePath()
            + File.pathSeparator
            + Path.of("target", "test-classes").toAbsolutePath();

    private ForkedJvm() {}

    /** Runs a class to its end. */
    static Run run(Class<?> main, String... arguments) throws IOException {
        return Run.of(command(List.of(), main, arguments));
    }

    /** Runs a class as a user without privileges. */
    static Run runUnprivileged(Class<?> main, String... arguments) throws IOException {
        return Run.of(Run.unprivileged(command(List.of(), main, arguments)));
    }

    /** The command that runs a class, with more options for the JVM. */
    static String[] command(List<String> options, Class<?> main, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                CLASS_PATH));
        command.addAll(options);
        command.add(main.getName());
        command.addAll(Arrays.asList(arguments));
        return command.toArray(new String[0]);
    }
}
