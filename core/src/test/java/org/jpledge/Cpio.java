package org.jpledge;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** An initial file system for a kernel: cpio's "newc" format, as the kernel's buffer-format.rst describes it. */
final class Cpio {
    private static final int DIRECTORY = 0040755;
    private static final int FILE = 0100755;
    private static final int LINK = 0120777;
    private static final int ALIGNMENT = 4;
    private static final int FIELDS_BEHIND_MODE = 11;
    private static final int SIZE = 4;
    private static final int NAME_SIZE = 9;
    private static final int LINKS = 2;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final Set<Path> directories = new TreeSet<>();

    /** Adds an executable file, and the directories that lead to it. */
    Cpio file(Path path, byte[] content) {
        return entry(path, FILE, content);
    }

    /** Adds a copy of a file, under the same name or another. */
    Cpio copy(Path path, Path from) throws IOException {
        return file(path, Files.readAllBytes(from));
    }

    /** Adds all that is beneath a directory. */
    Cpio tree(Path path, Path from) throws IOException {
        try (Stream<Path> found = Files.walk(from)) {
            for (Path each : found.sorted().toList()) {
                Path name = path.resolve(from.relativize(each).toString());
                if (Files.isSymbolicLink(each)) {
                    link(name, Files.readSymbolicLink(each));
                } else if (Files.isRegularFile(each)) {
                    copy(name, each);
                }
            }
        }
        return this;
    }

    /** Adds a symbolic link. */
    Cpio link(Path path, Path target) {
        return entry(path, LINK, target.toString().getBytes(StandardCharsets.UTF_8));
    }

    /** The finished archive. */
    byte[] archive() {
        write("TRAILER!!!", 0, new byte[0]);
        return out.toByteArray();
    }

    private Cpio entry(Path path, int mode, byte[] content) {
        Path absolute = path.toAbsolutePath();
        Path root = absolute.getRoot();
        for (int i = 1; i < absolute.getNameCount(); i++) {
            Path directory = root.resolve(absolute.subpath(0, i));
            if (directories.add(directory)) {
                write(root.relativize(directory).toString(), DIRECTORY, new byte[0]);
            }
        }
        write(root.relativize(absolute).toString(), mode, content);
        return this;
    }

    private void write(String name, int mode, byte[] content) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        int[] fields = new int[FIELDS_BEHIND_MODE];
        fields[LINKS] = 1;
        fields[SIZE] = content.length;
        fields[NAME_SIZE] = bytes.length + 1;
        StringBuilder header = new StringBuilder("07070100000000").append(hex(mode));
        for (int field : fields) {
            header.append(hex(field));
        }
        out.writeBytes(header.toString().getBytes(StandardCharsets.US_ASCII));
        out.writeBytes(Arrays.copyOf(bytes, bytes.length + 1));
        pad();
        out.writeBytes(content);
        pad();
    }

    private void pad() {
        while (out.size() % ALIGNMENT != 0) {
            out.write(0);
        }
    }

    private static String hex(int value) {
        return HexFormat.of().toHexDigits(value);
    }
}
