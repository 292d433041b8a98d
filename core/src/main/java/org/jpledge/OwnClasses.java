package org.jpledge;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The classes of this library. A jar stays open, so classes in it can be loaded at any time; classes in a directory are files,
 * which a sandbox without {@code rpath} does not let a JVM find.
 */
final class OwnClasses {
    private static final String SUFFIX = ".class";

    private OwnClasses() {}

    /** Loads them all if they are in a directory. */
    static void load() {
        @Nullable CodeSource source = OwnClasses.class.getProtectionDomain().getCodeSource();
        if (source == null || !source.getLocation().getProtocol().equals("file")) {
            return;
        }
        try {
            Path root = Path.of(source.getLocation().toURI());
            if (Files.isDirectory(root)) {
                try (Stream<Path> files = Files.walk(root.resolve("org/jpledge"))) {
                    load(root, files.toList());
                }
            }
        } catch (IOException | URISyntaxException | ClassNotFoundException e) {
            throw new SandboxException("the classes of this library cannot be loaded: " + e.getMessage(), false, e);
        }
    }

    private static void load(Path root, List<Path> files) throws ClassNotFoundException {
        for (Path file : files) {
            String name = root.relativize(file).toString().replace('/', '.');
            if (name.endsWith(SUFFIX) && !name.endsWith("package-info.class")) {
                Class.forName(
                        name.substring(0, name.length() - SUFFIX.length()), false, OwnClasses.class.getClassLoader());
            }
        }
    }
}
