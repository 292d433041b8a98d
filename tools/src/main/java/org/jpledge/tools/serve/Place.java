package org.jpledge.tools.serve;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jpledge.linux.Kernel;
import org.jpledge.linux.KernelException;
import org.jpledge.linux.UnixSocket;
import org.jpledge.tools.text.RawPath;
import org.jpledge.tools.text.Words;
import org.jspecify.annotations.Nullable;

/**
 * The place of a server's socket in the file system, which is this server's alone while it serves: it holds a lock on the file beside
 * it, {@code .lock} appended, which stays there. What is left of a server that died is replaced, and nothing else is.
 */
public final class Place implements AutoCloseable {
    private static final int MODE = 0600;
    private static final int OTHERS_WRITE = 0022;
    private static final int STICKY = 01000;
    private static final int ECONNREFUSED = 111;
    private static final Duration PATIENCE = Duration.ofMillis(200);

    private final String path;
    private final FileChannel lockFile;
    private final UnixSocket socket;
    private final Map<String, Object> identity;

    private Place(String path, FileChannel lockFile, UnixSocket socket) throws IOException {
        this.path = path;
        this.lockFile = lockFile;
        this.socket = socket;
        identity = identity(RawPath.of(path));
    }

    /**
     * Takes a place, and listens there.
     *
     * @param name the socket's path, a character for a byte
     * @return the place
     * @throws PlaceException if it cannot be had
     */
    public static Place take(String name) throws PlaceException {
        try {
            int slash = name.lastIndexOf('/');
            String last = name.substring(slash + 1);
            if (last.isEmpty() || last.equals(".") || last.equals("..")) {
                throw new PlaceException(name + ": a socket needs a name of its own");
            }
            String path = parent(name, slash < 0 ? "." : name.substring(0, slash + 1)) + "/" + last;
            if (path.length() > UnixSocket.MAX_PATH) {
                throw new PlaceException(name + ": a socket's path has at most " + UnixSocket.MAX_PATH
                        + " bytes, and this one has " + path.length());
            }
            return locked(name, path);
        } catch (IOException e) {
            throw new PlaceException(name + ": " + reason(e));
        }
    }

    /** Its directory: nobody else may be able to put something there in our socket's stead. */
    private static String parent(String name, String given) throws PlaceException, IOException {
        Path directory;
        try {
            directory = RawPath.of(given).toRealPath();
        } catch (NoSuchFileException e) {
            throw new PlaceException(name + ": its directory does not exist");
        }
        Map<String, Object> facts = Files.readAttributes(directory, "unix:uid,mode");
        int mode = fact(facts, "mode");
        int owner = fact(facts, "uid");
        if (owner != 0 && owner != (int) Kernel.call("geteuid")) {
            throw new PlaceException(name + ": its directory belongs to another user, who could replace the socket");
        }
        if ((mode & OTHERS_WRITE) != 0 && (mode & STICKY) == 0) {
            throw new PlaceException(
                    name + ": others may write to its directory, and could replace the socket; chmod go-w helps");
        }
        String word = RawPath.word(directory);
        return word.endsWith("/") ? word.substring(0, word.length() - 1) : word;
    }

    private static int fact(Map<String, Object> facts, String name) {
        return ((Number) Objects.requireNonNull(facts.get(name), name)).intValue();
    }

    private static Place locked(String name, String path) throws PlaceException, IOException {
        FileChannel lockFile = FileChannel.open(
                RawPath.of(path + ".lock"),
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        boolean done = false;
        try {
            if (lock(lockFile) == null) {
                throw new PlaceException("a server listens on " + name + " already" + process(path));
            }
            clear(name, path);
            Place place =
                    new Place(path, lockFile, UnixSocket.listen(Words.bytes(path), MODE, Limit.CONNECTIONS.most()));
            done = true;
            return place;
        } catch (KernelException e) {
            throw new PlaceException(name + ": " + e.getMessage());
        } finally {
            if (!done) {
                lockFile.close();
            }
        }
    }

    private static @Nullable FileLock lock(FileChannel file) throws IOException {
        try {
            return file.tryLock();
        } catch (OverlappingFileLockException e) {
            // This very process has it.
            return null;
        }
    }

    /** Removes the socket of a server that is dead; whoever has the lock is the only one who may. */
    private static void clear(String name, String word) throws PlaceException, IOException {
        Path path = RawPath.of(word);
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if (!Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                .isOther()) {
            throw new PlaceException(name + ": there is a file that is no socket, and it is not replaced");
        }
        try (UnixSocket other = UnixSocket.connect(Words.bytes(word), PATIENCE)) {
            throw new PlaceException("somebody listens on " + name + " already (process "
                    + other.peer().pid() + ")");
        } catch (KernelException e) {
            if (e.errno() != ECONNREFUSED) {
                throw new PlaceException(name + ": somebody has it already: " + e.getMessage());
            }
        }
        Files.delete(path);
    }

    private static String process(String path) {
        try (UnixSocket other = UnixSocket.connect(Words.bytes(path), PATIENCE)) {
            return " (process " + other.peer().pid() + ")";
        } catch (KernelException e) {
            return " (it is about to begin or to end: " + e.getMessage() + ")";
        }
    }

    private static String reason(IOException problem) {
        return problem instanceof FileSystemException file && file.getReason() != null
                ? String.valueOf(file.getReason())
                : problem.getClass().getSimpleName() + ": " + problem.getMessage();
    }

    private static Map<String, Object> identity(Path path) throws IOException {
        return Files.readAttributes(path, "unix:dev,ino", LinkOption.NOFOLLOW_LINKS);
    }

    /**
     * The socket that listens here.
     *
     * @return the socket; whoever serves closes it
     */
    public UnixSocket socket() {
        return socket;
    }

    /**
     * Where it is.
     *
     * @return the absolute path, a character for a byte
     */
    public String path() {
        return path;
    }

    /**
     * Gives the place up: removes the socket's file, if it is still ours, and then the lock.
     *
     * @throws IOException if the file cannot be removed
     */
    @Override
    public void close() throws IOException {
        socket.close();
        try {
            Path file = RawPath.of(path);
            if (Files.exists(file, LinkOption.NOFOLLOW_LINKS) && identity(file).equals(identity)) {
                Files.delete(file);
            }
        } finally {
            lockFile.close();
        }
    }
}
