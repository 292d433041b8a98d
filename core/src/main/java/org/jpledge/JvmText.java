package org.jpledge;

import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Where the text of the running program lies: the JVM's libraries and settings, the class path and the module path. Distributions
 * put settings and trusted certificates elsewhere (/etc/java-…, /etc/ssl/certs/java), with symbolic links in their places; without
 * what these point to, TLS trusts nobody, and algorithms are missing.
 */
final class JvmText {
    /** How deep links are looked for: lib/security/policy/unlimited is as deep as any. */
    private static final int DEPTH = 4;

    private JvmText() {}

    /**
     * Files, and directories with all that is beneath them; some are symbolic links, whose targets are meant.
     *
     * @param home the JVM's directory
     * @param linked whether what the links in the JVM's directories point to is to be named, too
     */
    static List<Path> paths(Path home, boolean linked) throws IOException {
        List<Path> paths = new ArrayList<>();
        for (String part : List.of("lib", "conf")) {
            Path directory = home.resolve(part);
            paths.add(directory);
            if (linked && Files.isDirectory(directory)) {
                addLinks(paths, directory, DEPTH);
            }
        }
        for (String property : List.of("java.class.path", "jdk.module.path")) {
            for (String entry : System.getProperty(property, "").split(File.pathSeparator, -1)) {
                if (!entry.isEmpty()) {
                    paths.add(Path.of(entry));
                }
            }
        }
        return paths;
    }

    private static void addLinks(List<Path> links, Path directory, int depth) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                if (Files.isSymbolicLink(entry)) {
                    links.add(entry);
                }
                if (depth > 1 && Files.isDirectory(entry) && Files.isReadable(entry)) {
                    addLinks(links, entry, depth - 1);
                }
            }
        }
    }
}
