package org.jpledge.tools;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.jpledge.tools.text.RawPath;
import org.jspecify.annotations.Nullable;

/** Files that are either there as a whole or not at all. */
final class OutputFile {
    private static final Set<PosixFilePermission> EXECUTABLE = PosixFilePermissions.fromString("rwxr-xr-x");
    private static final Set<PosixFilePermission> READABLE = PosixFilePermissions.fromString("rw-r--r--");

    private OutputFile() {}

    /** Writes an executable for everybody, as far as the umask lets. */
    static void writeExecutable(String name, byte[] bytes) throws Failure {
        write(name, bytes, EXECUTABLE);
    }

    /** Writes text that everybody may read, as far as the umask lets. */
    static void writeText(String name, byte[] bytes) throws Failure {
        write(name, bytes, READABLE);
    }

    private static void write(String name, byte[] bytes, Set<PosixFilePermission> permissions) throws Failure {
        Path file = RawPath.of(name);
        if (Files.isDirectory(file)) {
            throw new Failure(Failure.OURS, "option --output: " + name + ": is a directory");
        }
        try {
            write(file, bytes, permissions, null);
        } catch (NoSuchFileException e) {
            throw new Failure(Failure.OURS, "option --output: " + name + ": its directory does not exist");
        } catch (AccessDeniedException e) {
            throw new Failure(Failure.OURS, "option --output: " + name + ": permission denied");
        } catch (FileSystemException e) {
            throw new Failure(Failure.OURS, "option --output: " + name + ": " + e.getReason());
        } catch (IOException e) {
            throw new Failure(Failure.OURS, "option --output: " + name + ": " + e.getMessage());
        }
    }

    /**
     * Writes a file beside its place and moves it there.
     *
     * @param file its place; what was there is replaced
     * @param bytes all it will hold
     * @param permissions its mode
     * @param modified its time of modification, or null for now
     */
    static void write(Path file, byte[] bytes, Set<PosixFilePermission> permissions, @Nullable FileTime modified)
            throws IOException {
        Path beside = file.resolveSibling(Path.of("." + ProcessHandle.current().pid() + ".pledge-new"));
        Files.deleteIfExists(beside);
        try {
            try (SeekableByteChannel channel = Files.newByteChannel(
                    beside,
                    Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                    PosixFilePermissions.asFileAttribute(permissions))) {
                ByteBuffer buffer = ByteBuffer.wrap(bytes);
                while (buffer.hasRemaining()) {
                    channel.write(buffer);
                }
            }
            if (modified != null) {
                Files.setLastModifiedTime(beside, modified);
            }
            Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(beside);
        }
    }
}
