package org.jpledge.tools.policy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jpledge.tools.text.Includes;
import org.jpledge.tools.text.RawPath;
import org.jpledge.tools.text.SyntaxException;
import org.jpledge.tools.text.Utf8;

/** Policies' files on disk, and which of them were read. Names of files are words: a character is a byte. For one thread. */
public final class PolicyFiles implements Includes {
    /** The largest file, in bytes. */
    public static final int LARGEST = 16 << 20;

    private final List<String> files = new ArrayList<>();

    /** Nothing was read so far. */
    public PolicyFiles() {}

    /**
     * Reads a policy, with what it includes.
     *
     * @param file its path
     * @param settings what its meaning depends on; files are included from disk whatever it says
     * @return the policy
     * @throws PolicyException if it is none, or too large, in one line that begins with the file
     * @throws IOException if it cannot be read; the message says why, without the file's name
     */
    public PolicyDocument read(String file, Reading settings) throws PolicyException, IOException {
        return read(content(file), file, settings);
    }

    /**
     * Reads a policy that is not a file, with what it includes.
     *
     * @param in where it comes from; it is not closed
     * @param where what messages call it
     * @param settings what its meaning depends on; files are included from disk whatever it says
     * @return the policy
     * @throws PolicyException if it is none, or too large, in one line that begins with its name
     * @throws IOException if it cannot be read
     */
    public PolicyDocument read(InputStream in, String where, Reading settings) throws PolicyException, IOException {
        return read(decoded(where, in.readNBytes(LARGEST + 1)), where, settings);
    }

    private PolicyDocument read(String text, String where, Reading settings) throws PolicyException {
        return PolicyDocument.read(text, where, new Reading(settings.arch(), settings.variables(), this));
    }

    /**
     * The files that were read.
     *
     * @return their paths, in the order in which they were read
     */
    public List<String> files() {
        return List.copyOf(files);
    }

    @Override
    public String text(String name, String from) throws IOException {
        try {
            return content(name);
        } catch (PolicyException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private String content(String file) throws IOException, PolicyException {
        files.add(file);
        return decoded(file, bytes(file));
    }

    /**
     * The text that a file's bytes are.
     *
     * @param file its name, for messages
     * @param bytes all of it
     * @return its characters
     * @throws PolicyException if it is too large, or not UTF-8
     */
    public static String decoded(String file, byte[] bytes) throws PolicyException {
        if (bytes.length > LARGEST) {
            throw new PolicyException(file + ": more than " + (LARGEST >> 20) + " MiB, which is no policy");
        }
        try {
            return Utf8.decode(bytes);
        } catch (SyntaxException e) {
            throw new PolicyException(file + ":" + e.line() + ":" + e.column() + ": " + e.reason());
        }
    }

    /** A file's bytes; of one that is too large, one more than may be. */
    private static byte[] bytes(String file) throws IOException {
        Path path = RawPath.of(file);
        if (Files.isDirectory(path)) {
            throw new IOException("it is a directory");
        }
        try (InputStream in = Files.newInputStream(path)) {
            return in.readNBytes(LARGEST + 1);
        } catch (NoSuchFileException e) {
            throw new IOException(
                    "no such file"
                            + RawPath.nearest(file, null)
                                    .map(near -> " (did you mean " + near + "?)")
                                    .orElse(""),
                    e);
        } catch (AccessDeniedException e) {
            throw new IOException("permission denied", e);
        } catch (FileSystemException e) {
            throw new IOException(e.getReason(), e);
        }
    }
}
