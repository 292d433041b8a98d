package org.jpledge;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.spi.ToolProvider;

/** A JVM of its own for what confines its process: such a test would confine all that come after it. */
final class ForkedJvm {
    private static final String DIRECTORIES = Path.of("target", "classes").toAbsolutePath()
            + File.pathSeparator
            + Path.of("target", "test-classes").toAbsolutePath();

    /** The same as jars, as programs have them: a jar stays open, so its classes can be loaded in a sandbox. */
    private static final class Jars {
        private static final String CLASS_PATH = jar("classes") + File.pathSeparator + jar("test-classes");

        private static Path jar(String name) {
            try {
                Path jar = NativeProgram.directory().resolve(name + ".jar");
                String[] arguments = {
                    "--create",
                    "--no-compress",
                    "--file",
                    jar.toString(),
                    "-C",
                    Path.of("target", name).toString(),
                    "."
                };
                int status = ToolProvider.findFirst("jar").orElseThrow().run(System.out, System.err, arguments);
                if (status != 0) {
                    throw new IllegalStateException("jar: " + status);
                }
                jar.toFile().deleteOnExit();
                return jar;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** An option with which a JVM lets nobody call the kernel. */
    static final String NO_NATIVE_ACCESS = "--illegal-native-access=deny";

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
        return command(DIRECTORIES, options, main, arguments);
    }

    /** The library and its tests. */
    static List<String> jars() {
        return List.of(Jars.CLASS_PATH.split(File.pathSeparator, -1));
    }

    /** Runs a class from jars. */
    static Run runJars(List<String> options, Class<?> main, String... arguments) throws IOException {
        return Run.of(command(Jars.CLASS_PATH, options, main, arguments));
    }

    /** Runs a class from jars as a user without privileges. */
    static Run runJarsUnprivileged(Class<?> main, String... arguments) throws IOException {
        return Run.of(Run.unprivileged(command(Jars.CLASS_PATH, List.of(), main, arguments)));
    }

    private static String[] command(String classPath, List<String> options, Class<?> main, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                classPath));
        if (!options.contains(NO_NATIVE_ACCESS)) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        command.addAll(options);
        command.add(main.getName());
        command.addAll(Arrays.asList(arguments));
        return command.toArray(new String[0]);
    }
}
