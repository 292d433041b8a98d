package org.jpledge.unveil;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jpledge.landlock.FilePath;

/** The file system of this machine, as this process sees it. Paths of any bytes are kept, whatever the locale is. */
public final class HostTree implements FileTree {
    private static final char[] HEX = "0123456789ABCDEF".toCharArray();

    /** This machine's files. */
    public HostTree() {}

    @Override
    public FileKind kind(FilePath path) throws IOException {
        BasicFileAttributes attributes;
        try {
            attributes = Files.readAttributes(toPath(path), BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException e) {
            return FileKind.MISSING;
        }
        if (attributes.isDirectory()) {
            return FileKind.DIRECTORY;
        }
        return attributes.isSymbolicLink() ? FileKind.SYMLINK : FileKind.OTHER;
    }

    @Override
    public FilePath target(FilePath link) throws IOException {
        Path target = Files.readSymbolicLink(toPath(link));
        if (target.isAbsolute()) {
            return toFilePath(target);
        }
        FilePath rooted = toFilePath(Path.of("/").resolve(target));
        return rooted.part(1, rooted.length());
    }

    @Override
    public List<FilePath> names(FilePath directory) throws IOException {
        List<FilePath> names = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(toPath(directory))) {
            for (Path entry : entries) {
                names.add(toFilePath(entry).name());
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return names;
    }

    /** A path in Java is text, and becomes bytes in the locale's encoding; a URI has the bytes themselves. */
    static Path toPath(FilePath path) {
        boolean ascii = true;
        for (int i = 0; ascii && i < path.length(); i++) {
            ascii = path.at(i) < 0x80;
        }
        if (ascii) {
            return Path.of(new String(path.bytes(), StandardCharsets.US_ASCII));
        }
        StringBuilder uri = new StringBuilder("file://");
        for (int i = 0; i < path.length(); i++) {
            char octet = path.at(i);
            if (octet == '/' || isLetterOrDigit(octet)) {
                uri.append(octet);
            } else {
                uri.append('%').append(HEX[octet >> 4]).append(HEX[octet & 15]);
            }
        }
        return Path.of(URI.create(uri.toString()));
    }

    private static boolean isLetterOrDigit(char octet) {
        return (octet >= '0' && octet <= '9') || (octet >= 'A' && octet <= 'Z') || (octet >= 'a' && octet <= 'z');
    }

    /**
     * The bytes of a path, whatever the locale is.
     *
     * @param path a path of the default file system
     * @return what the kernel is given for it; for one with other characters than ASCII, made absolute
     */
    public static FilePath toFilePath(Path path) {
        // What cannot be text is U+FFFD here, which is no ASCII.
        String text = path.toString();
        boolean ascii = true;
        for (int i = 0; ascii && i < text.length(); i++) {
            ascii = text.charAt(i) < 0x80;
        }
        return ascii ? FilePath.of(text) : FilePath.of(decoded(path.toUri().getRawPath(), text.endsWith("/")));
    }

    private static byte[] decoded(String raw, boolean slash) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(raw.length());
        for (int i = 0; i < raw.length(); i++) {
            char character = raw.charAt(i);
            if (character == '%') {
                bytes.write(Character.digit(raw.charAt(i + 1), 16) << 4 | Character.digit(raw.charAt(i + 2), 16));
                i += 2;
            } else {
                bytes.write(character);
            }
        }
        byte[] path = bytes.toByteArray();
        // The URI of a directory ends in a slash.
        boolean added = path.length > 1 && path[path.length - 1] == '/' && !slash;
        return added ? Arrays.copyOf(path, path.length - 1) : path;
    }
}
