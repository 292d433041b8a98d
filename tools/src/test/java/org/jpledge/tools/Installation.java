package org.jpledge.tools;

import com.google.gson.Gson;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.jline.reader.LineReader;
import org.jline.terminal.Terminal;
import org.jpledge.Promise;
import org.jspecify.annotations.Nullable;

/** A checkout of our own, with the front and the jars of what is being tested, but without sources to build. */
final class Installation {
    private static @Nullable Path shared;

    private Installation() {}

    /** One that is ready for use, for all tests in this JVM. Whoever changes it, or has it build, makes one of his own. */
    static synchronized Path shared() throws IOException, InterruptedException {
        Path home = shared;
        if (home == null) {
            home = make(User.SELF.own(Files.createTempDirectory("pledge-home")));
            String made = home.toString();
            Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(made)));
            Shell.Result first = Shell.run("\"$PLEDGE\" --version", environment(home, home), home);
            if (first.status() != 0) {
                throw new IllegalStateException(first.err());
            }
            shared = home;
        }
        return home;
    }

    private static void delete(String directory) {
        try {
            Shell.run("rm -rf " + directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Makes one. */
    static Path make(Path home) throws IOException {
        Path root = Path.of("..").toRealPath();
        for (String file : List.of("pledge", "bin/start.sh", "bin/jdk.sh")) {
            Files.createDirectories(home.resolve(file).getParent());
            Files.copy(root.resolve(file), home.resolve(file), StandardCopyOption.COPY_ATTRIBUTES);
        }
        jar(Promise.class, home.resolve("core/target/jpledge-0.jar"));
        jar(Main.class, home.resolve("tools/target/jpledge-tools-0.jar"));
        jar(Gson.class, home.resolve("tools/target/lib/gson-0.jar"));
        jar(LineReader.class, home.resolve("tools/target/lib/jline-reader-0.jar"));
        jar(Terminal.class, home.resolve("tools/target/lib/jline-terminal-0.jar"));
        // Our module does not read this one: it is a provider.
        jar(
                named("org.jline.terminal.impl.ffm.FfmTerminalProvider"),
                home.resolve("tools/target/lib/jline-terminal-ffm-0.jar"));
        return home;
    }

    /** What scripts need to use one: the front is {@code "$PLEDGE"}, its cache lies in a directory of the test. */
    static Map<String, String> environment(Path home, Path directory) {
        return Map.of(
                "XDG_CACHE_HOME",
                directory + "/cache",
                "JAVA_HOME",
                System.getProperty("java.home"),
                "PLEDGE",
                home + "/pledge",
                "D",
                directory.toString());
    }

    private static Class<?> named(String name) {
        try {
            return Class.forName(name, false, Installation.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void jar(Class<?> member, Path jar) throws IOException {
        Files.createDirectories(jar.getParent());
        Path source;
        try {
            source = Path.of(
                    member.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
        if (Files.isRegularFile(source)) {
            Files.copy(source, jar);
            return;
        }
        try (OutputStream out = Files.newOutputStream(jar);
                JarOutputStream entries = new JarOutputStream(out);
                Stream<Path> files = Files.walk(source)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                entries.putNextEntry(new JarEntry(source.relativize(file).toString()));
                Files.copy(file, entries);
            }
        }
    }
}
