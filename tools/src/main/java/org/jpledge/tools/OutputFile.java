package org.jpledge.tools;

import java.io.IOException;
import java.io.OutputStream;
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
import org.jpledge.tools.text.Errand;
import org.jpledge.tools.text.RawPath;
import org.jspecify.annotations.Nullable;

/** Files that are either there as a whole or not at all. */
final class OutputFile {
    private static final Set<PosixFilePermission> EXECUTABLE = PosixFilePermissions.fromString("rwxr-xr-x");
    private static final Set<PosixFilePermission> READABLE = PosixFilePermissions.fromString("rw-r--r--");

    private OutputFile() {}

    /** Writes an executable for everybody, as far as the umask lets. */
    static void writeExecutable(String name, byte[] bytes) throws Failure {
        write(Option.OUTPUT, name, bytes, EXECUTABLE);
    }

    /**
     * Writes text that everybody may read, as far as the umask lets.
     *
     * @param option by which the file was named
     * @param name the file
     * @param bytes all it will hold
     */
    static void writeText(Option option, String name, byte[] bytes) throws Failure {
        write(option, name, bytes, READABLE);
    }

    private static void write(Option option, String name, byte[] bytes, Set<PosixFilePermission> permissions)
            throws Failure {
        Path file = RawPath.of(name);
        named(option, name, file, () -> {
            Errand.check(name);
            // A device such as /dev/null is written to, and never replaced; nor is a link such as /dev/stdout.
            if (Files.exists(file) && !Files.isRegularFile(file)) {
                Files.write(file, bytes, StandardOpenOption.WRITE);
            } else {
                write(Files.exists(file) ? file.toRealPath() : file, bytes, permissions, null);
            }
            return file;
        });
    }

    /** Opens a file that is written bit by bit; what was in it is gone. */
    static OutputStream open(String name) throws Failure {
        Path file = RawPath.of(name);
        return named(Option.OUTPUT, name, file, () -> Files.newOutputStream(file));
    }

    /** What may fail for a reason that the file system has. */
    private interface Work<T> {
        T run() throws IOException;
    }

    private static <T> T named(Option option, String name, Path file, Work<T> work) throws Failure {
        String reason;
        if (Files.isDirectory(file)) {
            reason = "is a directory";
        } else {
            try {
                return work.run();
            } catch (NoSuchFileException e) {
                reason = "its directory does not exist";
            } catch (AccessDeniedException e) {
                reason = "permission denied";
            } catch (FileSystemException e) {
                reason = e.getReason();
            } catch (IOException e) {
                reason = e.getMessage();
            }
        }
        throw new Failure(Failure.OURS, "option --" + option.word() + ": " + name + ": " + reason);
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
        // A server's threads write at the same time.
        String unique =
                ProcessHandle.current().pid() + "." + Thread.currentThread().threadId();
        Path beside = file.resolveSibling(Path.of("." + unique + ".pledge-new"));
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
