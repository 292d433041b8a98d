package org.jpledge.tools.text;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Files that are read as a whole. Their names are words: a character is a byte. */
public final class WholeFile {
    /** The longest file that is read, in bytes. */
    public static final int LARGEST = 16 << 20;

    private WholeFile() {}

    /**
     * The bytes of a file.
     *
     * @param file its name
     * @return all of it
     * @throws IOException if it cannot be read, is longer than {@link #LARGEST}, or is none to be read on an {@link Errand}; the message, a
     *     word, says why, without the name
     */
    public static byte[] bytes(String file) throws IOException {
        Path path = RawPath.of(file);
        if (Files.isDirectory(path)) {
            throw new IOException("is a directory");
        }
        Errand.check(file);
        try (InputStream in = Files.newInputStream(path)) {
            return bytes(in);
        } catch (FileSystemException e) {
            throw new IOException(reason(file, e), e);
        }
    }

    /**
     * The bytes of a stream.
     *
     * @param in the stream; it is not closed
     * @return all of it
     * @throws IOException if it cannot be read or is longer than {@link #LARGEST}; the message says so
     */
    public static byte[] bytes(InputStream in) throws IOException {
        byte[] bytes = in.readNBytes(LARGEST + 1);
        if (bytes.length > LARGEST) {
            throw new IOException("more than 16 MiB, which is too much");
        }
        return bytes;
    }

    private static String reason(String file, FileSystemException error) {
        if (error instanceof NoSuchFileException) {
            return "no such file"
                    + RawPath.nearest(file, null)
                            .map(near -> " (did you mean " + near + "?)")
                            .orElse("");
        }
        return error instanceof AccessDeniedException ? "permission denied" : String.valueOf(error.getReason());
    }
}
