package org.jpledge.tools.text;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * Work that this process does for another, as a server does for its clients. It must not open what is another file in each process,
 * whatever the links are called that lead there, and must not wait for what may never come. What is bound holds for the calling thread.
 */
public final class Errand {
    private static final ScopedValue<Boolean> UNDER_WAY = ScopedValue.newInstance();
    private static final int MOST_LINKS = 40;

    private Errand() {}

    /**
     * Does something for another process.
     *
     * @param <T> what comes of it
     * @param <E> why it may fail
     * @param work what is done, in the calling thread
     * @return what came of it
     * @throws E if it fails
     */
    public static <T, E extends Throwable> T run(ScopedValue.CallableOp<T, E> work) throws E {
        return ScopedValue.where(UNDER_WAY, true).call(work);
    }

    /**
     * Whether the calling thread works for another process.
     *
     * @return true within {@link #run}
     */
    public static boolean isUnderWay() {
        return UNDER_WAY.isBound();
    }

    /**
     * Refuses, for another process, a file that it could not mean. For this process itself everything is let through.
     *
     * @param file its name, a word
     * @throws IOException if it is another file for the other process, or no regular file; the message says so, without the name
     */
    public static void check(String file) throws IOException {
        if (!isUnderWay()) {
            return;
        }
        Optional<Path> own = own(file);
        if (own.isPresent()) {
            throw new IOException("leads through " + own.get() + ", which is another file for the server");
        }
        Path path = RawPath.of(file);
        if (Files.exists(path) && !Files.isRegularFile(path)) {
            throw new IOException("is a pipe, a socket or a device, and a server waits for none");
        }
    }

    /**
     * Follows a path to where each process finds something of its own.
     *
     * @param file a name, a word; a relative one starts in the calling thread's directory
     * @return {@code /proc/self} or {@code /proc/thread-self}, if the path leads through it
     */
    public static Optional<Path> own(String file) {
        boolean isRelative = !file.startsWith("/");
        try {
            Path root = Path.of("/");
            Path at = isRelative ? RawPath.here() : root;
            Deque<Path> rest = new ArrayDeque<>();
            push(rest, RawPath.of(isRelative ? "/" + file : file));
            for (int links = 0; !rest.isEmpty() && links <= MOST_LINKS; ) {
                Path name = rest.pop();
                Path next = name.toString().equals("..")
                        ? Optional.ofNullable(at.getParent()).orElse(root)
                        : at.resolve(name).normalize();
                if (next.equals(Path.of("/proc/self")) || next.equals(Path.of("/proc/thread-self"))) {
                    return Optional.of(next);
                }
                if (Files.isSymbolicLink(next)) {
                    links++;
                    Path target = Files.readSymbolicLink(next);
                    push(rest, target);
                    at = target.isAbsolute() ? root : at;
                } else {
                    at = next;
                }
            }
        } catch (IOException _) {
            // It leads nowhere, or where nobody may look: whoever opens it says so.
            return Optional.empty();
        }
        return Optional.empty();
    }

    private static void push(Deque<Path> rest, Path path) {
        for (int i = path.getNameCount() - 1; i >= 0; i--) {
            rest.push(path.getName(i));
        }
    }
}
