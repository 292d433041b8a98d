package org.jpledge.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.spi.ToolProvider;
import org.jpledge.Sandbox;

/** JVMs that run the examples from jars, as a newcomer's do. */
final class Jvm {
    /** Who runs them. */
    enum User {
        /** Who runs the tests. */
        SELF,
        /** Somebody without any privilege, from whom nothing is hidden that root would hide. */
        NOBODY
    }

    private static final List<String> PRIVILEGES_DROPPED =
            List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all");

    private static final String CLASS_PATH = classPath();

    private Jvm() {}

    static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    /** A directory in which everybody may do everything. */
    static Path directory() throws IOException {
        Path directory = Files.createTempDirectory("jpledge-examples");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
        return directory;
    }

    private static String classPath() {
        try {
            Path directory = directory();
            return String.join(
                    File.pathSeparator,
                    jar(directory, "library", Sandbox.class),
                    jar(directory, "examples", FileServer.class),
                    jar(directory, "tests", Jvm.class));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where a class comes from, as a jar that everybody can read. */
    private static String jar(Path directory, String name, Class<?> of) throws IOException {
        Path source = Path.of(
                URI.create(Objects.requireNonNull(of.getProtectionDomain().getCodeSource())
                        .getLocation()
                        .toString()));
        Path jar = directory.resolve(name + ".jar");
        if (Files.isDirectory(source)) {
            String[] create = {"--create", "--file", jar.toString(), "-C", source.toString(), "."};
            assertThat(ToolProvider.findFirst("jar").orElseThrow().run(System.out, System.err, create))
                    .isZero();
        } else {
            Files.copy(source, jar);
        }
        Files.setPosixFilePermissions(jar, PosixFilePermissions.fromString("rw-r--r--"));
        jar.toFile().deleteOnExit();
        directory.toFile().deleteOnExit();
        return jar.toString();
    }

    /** Starts a class; its standard error is the tests' own. */
    static Process start(User user, Class<?> main, String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        if (user == User.NOBODY) {
            assumeTrue(isRoot(), "only root can run programs as another user");
            command.addAll(PRIVILEGES_DROPPED);
        }
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:-UsePerfData",
                "-cp",
                CLASS_PATH,
                main.getName()));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }
}
