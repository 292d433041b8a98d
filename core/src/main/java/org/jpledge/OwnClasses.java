package org.jpledge;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The classes of this library. Classes in a directory are files, which a sandbox without {@code rpath} does not let a JVM
 * find. A jar stays open, so classes in it can be loaded at any time; but directories that come before it on the class path
 * are asked first, which would look like violations. So those that are used only after a restriction are loaded from there, too.
 */
final class OwnClasses {
    private static final String SUFFIX = ".class";
    private static final String HOUSE = "org/jpledge/";
    private static final String KERNEL = HOUSE + "linux/";

    private OwnClasses() {}

    /** Loads them, all from a directory, and from a jar the public face and what calls the kernel. */
    static void load() {
        @Nullable CodeSource source = OwnClasses.class.getProtectionDomain().getCodeSource();
        if (source == null || !source.getLocation().getProtocol().equals("file")) {
            return;
        }
        try {
            Path root = Path.of(source.getLocation().toURI());
            for (String file : Files.isDirectory(root) ? filesBelow(root) : filesUsedLate(root)) {
                load(file);
            }
        } catch (IOException | URISyntaxException | ClassNotFoundException e) {
            throw new SandboxException("the classes of this library cannot be loaded: " + e.getMessage(), false, e);
        }
    }

    private static List<String> filesBelow(Path root) throws IOException {
        try (Stream<Path> files = Files.walk(root.resolve(HOUSE))) {
            return files.map(file -> root.relativize(file).toString()).toList();
        }
    }

    private static List<String> filesUsedLate(Path jar) throws IOException {
        List<String> late = new ArrayList<>(64);
        try (JarFile file = new JarFile(jar.toFile())) {
            Enumeration<JarEntry> entries = file.entries();
            while (entries.hasMoreElements()) {
                String name = entries.nextElement().getName();
                if (name.startsWith(KERNEL) || (name.startsWith(HOUSE) && name.indexOf('/', HOUSE.length()) < 0)) {
                    late.add(name);
                }
            }
        }
        return late;
    }

    private static void load(String file) throws ClassNotFoundException {
        if (file.endsWith(SUFFIX) && !file.endsWith("package-info.class")) {
            String name = file.substring(0, file.length() - SUFFIX.length()).replace('/', '.');
            Class.forName(name, false, OwnClasses.class.getClassLoader());
        }
    }
}
