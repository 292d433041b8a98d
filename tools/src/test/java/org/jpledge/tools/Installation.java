package org.jpledge.tools;

import com.google.gson.Gson;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.jline.reader.LineReader;
import org.jline.terminal.Terminal;
import org.jpledge.Promise;
import org.jspecify.annotations.Nullable;

/**
 * A checkout of our own, with the front and the jars of what is being tested, but without sources to build. Its first use takes seconds,
 * in which JVMs write down what they have loaded. So one is made for all tests, as long as what is tested is the same, and these get copies.
 */
final class Installation {
    private static final List<String> SCRIPTS = List.of("pledge", "bin/start.sh", "bin/jdk.sh");
    private static final Path MASTER = Path.of("target", "installation");
    private static final Path LOCK = Path.of("target", "installation.lock");
    private static final String SAID = "said";

    private static @Nullable Path shared;

    private Installation() {}

    /** One that is ready for use, for all tests in this JVM. Whoever changes it makes one of his own. */
    static synchronized Path shared() throws IOException {
        Path home = shared;
        if (home == null) {
            home = make(User.SELF.own(Files.createTempDirectory("pledge-home")));
            Path made = home;
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                try {
                    delete(made);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }));
            shared = home;
        }
        return home;
    }

    /** Makes one that has been used, so that nothing is built any more. */
    static Path make(Path home) throws IOException {
        try (FileChannel channel = lock();
                FileLock _ = channel.lock()) {
            copy(master().resolve("home"), home);
        }
        return home;
    }

    /** What the first use said on standard error, of one that said hello. */
    static String firstUse() throws IOException {
        try (FileChannel channel = lock();
                FileLock _ = channel.lock()) {
            return Files.readString(master().resolve(SAID));
        }
    }

    /** Makes one that nobody has used yet. */
    static Path unused(Path home) throws IOException {
        Path root = Path.of("..").toRealPath();
        for (String file : SCRIPTS) {
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

    private static FileChannel lock() throws IOException {
        return FileChannel.open(LOCK, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }

    /** The one that all are copies of. */
    private static Path master() throws IOException {
        Path master = MASTER.toAbsolutePath();
        Path stamp = master.resolve("of");
        String now = fingerprint();
        if (Files.exists(stamp) && Files.readString(stamp).equals(now)) {
            return master;
        }
        delete(master);
        Path home = unused(master.resolve("home"));
        Path scratch = Files.createDirectory(master.resolve("scratch"));
        Files.createDirectory(scratch.resolve("cache"));
        Shell.Result used;
        try {
            used = Shell.run("\"$PLEDGE\" -p stdio -- echo hello", environment(home, scratch), scratch);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
        if (used.status() != 0 || !used.out().equals("hello\n")) {
            throw new IOException("its first use failed: " + used);
        }
        Files.writeString(master.resolve(SAID), used.err());
        Files.writeString(stamp, now);
        return master;
    }

    /** What is the same as long as what is tested is the same. */
    private static String fingerprint() throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            Path root = Path.of("..").toRealPath();
            for (String file : SCRIPTS) {
                digest.update(Files.readAllBytes(root.resolve(file)));
            }
            digest.update(Files.readAllBytes(Path.of(System.getProperty("java.home"), "release")));
            for (Class<?> member : List.of(Promise.class, Main.class, Gson.class, LineReader.class, Terminal.class)) {
                for (Path file : files(source(member))) {
                    digest.update(file.toString().getBytes(StandardCharsets.UTF_8));
                    digest.update(Files.readAllBytes(file));
                }
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** With times and modes, which say that a build is not stale. */
    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        for (Path file : files(from)) {
            Path copy = to.resolve(from.relativize(file));
            Files.createDirectories(copy.getParent());
            Files.copy(file, copy, StandardCopyOption.COPY_ATTRIBUTES, LinkOption.NOFOLLOW_LINKS);
        }
    }

    private static void delete(Path directory) throws IOException {
        if (Files.exists(directory)) {
            try (Stream<Path> all = Files.walk(directory)) {
                for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(each);
                }
            }
        }
    }

    private static List<Path> files(Path source) throws IOException {
        try (Stream<Path> all = Files.walk(source)) {
            return all.filter(Files::isRegularFile).sorted().toList();
        }
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

    private static Path source(Class<?> member) {
        try {
            return Path.of(
                    member.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void jar(Class<?> member, Path jar) throws IOException {
        Files.createDirectories(jar.getParent());
        Path source = source(member);
        if (Files.isRegularFile(source)) {
            Files.copy(source, jar);
            return;
        }
        try (OutputStream out = Files.newOutputStream(jar);
                JarOutputStream entries = new JarOutputStream(out)) {
            for (Path file : files(source)) {
                entries.putNextEntry(new JarEntry(source.relativize(file).toString()));
                Files.copy(file, entries);
            }
        }
    }
}
