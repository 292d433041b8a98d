package org.jpledge.junit;

import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;

/**
 * Where another JVM finds the classes that this one has. There they are on a class path, also those that are modules here.
 *
 * @param entries jars and directories
 */
record ClassPath(List<String> entries) {
    private static final String PATCH = "--patch-module=";
    private static final Map<Path, String> PACKED = new ConcurrentHashMap<>();

    ClassPath {
        entries = List.copyOf(entries);
    }

    static ClassPath ofThisJvm() {
        return of(
                System.getProperty("java.class.path", ""),
                System.getProperty("jdk.module.path", ""),
                ManagementFactory.getRuntimeMXBean().getInputArguments());
    }

    /** What patches a module comes before it: a build patches the module that it tests with the tests. */
    static ClassPath of(String classPath, String modulePath, List<String> options) {
        List<String> entries = new ArrayList<>();
        for (String option : options) {
            if (option.startsWith(PATCH)) {
                add(entries, option.substring(option.indexOf('=', PATCH.length()) + 1));
            }
        }
        add(entries, modulePath);
        add(entries, classPath);
        return new ClassPath(entries);
    }

    private static void add(List<String> entries, String path) {
        for (String entry : path.split(File.pathSeparator, -1)) {
            if (!entry.isEmpty() && !entries.contains(entry)) {
                entries.add(entry);
            }
        }
    }

    /** As it is. */
    String plain() {
        return String.join(File.pathSeparator, entries);
    }

    /** With jars for directories. A jar can be kept open; what is in a directory is opened one by one. */
    String packed() throws IOException {
        List<String> jars = new ArrayList<>();
        for (String entry : entries) {
            Path path = Path.of(entry).toAbsolutePath();
            jars.add(Files.isDirectory(path) ? packed(path) : entry);
        }
        return String.join(File.pathSeparator, jars);
    }

    /** The same jar for all tests of this JVM. */
    private static synchronized String packed(Path directory) throws IOException {
        String known = PACKED.get(directory);
        if (known != null) {
            return known;
        }
        Path jar = Files.createTempFile("pledged", ".jar");
        jar.toFile().deleteOnExit();
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar));
                Stream<Path> files = Files.walk(directory)) {
            out.setLevel(Deflater.NO_COMPRESSION);
            for (Path file : files.toList()) {
                if (Files.isRegularFile(file)) {
                    out.putNextEntry(new ZipEntry(directory.relativize(file).toString()));
                    Files.copy(file, out);
                    out.closeEntry();
                }
            }
        }
        PACKED.put(directory, jar.toString());
        return jar.toString();
    }
}
