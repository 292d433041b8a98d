package org.jpledge.tools.decode;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What is known of a process: its root, and what its descriptors are. */
final class TracedProcess {
    private static final String DELETED = " (deleted)";
    private static final String ROOT_LINK = "/root";

    private final Links links;
    private final @Nullable String ownNamespace;
    private final boolean remembers;
    private final Map<String, String> sockets;
    private final Map<Integer, String> descriptors = new HashMap<>();
    private final Set<Integer> threads = new HashSet<>();
    private Paths.@Nullable Root root;
    private @Nullable String directory;
    private int directoryGeneration;

    /**
     * A process.
     *
     * @param links reads links
     * @param ownNamespace the tracer's own mount namespace
     * @param remembers whether every call of it is seen, so that what it has open needs to be looked up only once
     * @param sockets what is known of sockets, by what the kernel calls them
     */
    TracedProcess(Links links, @Nullable String ownNamespace, boolean remembers, Map<String, String> sockets) {
        this.links = links;
        this.ownNamespace = ownNamespace;
        this.remembers = remembers;
        this.sockets = sockets;
    }

    /** Its threads. */
    Set<Integer> threads() {
        return threads;
    }

    /** Its root directory, as a thread of it has it. */
    Paths.Root root(int thread) {
        Paths.Root known = root;
        if (known == null || !remembers) {
            known = find(thread);
            root = known;
        }
        return known;
    }

    private Paths.Root find(int thread) {
        String base = "/proc/" + thread;
        String link = links.read(base + ROOT_LINK);
        String namespace = links.read(base + "/ns/mnt");
        boolean ours = namespace == null || ownNamespace == null || namespace.equals(ownNamespace);
        if (link == null || link.equals("/")) {
            return ours ? Paths.Root.OURS : new Paths.Root(base + ROOT_LINK, "");
        }
        return new Paths.Root(base + ROOT_LINK, link);
    }

    /** Its working directory; empty if that is not below its root. */
    String directory(int thread, int generation) {
        if (directory == null || generation != directoryGeneration) {
            directory = findDirectory(thread);
            directoryGeneration = generation;
        }
        return directory;
    }

    private String findDirectory(int thread) {
        String path = links.read("/proc/" + thread + "/cwd");
        return path == null || !path.startsWith("/") || path.endsWith(DELETED)
                ? ""
                : root(thread).inside(path);
    }

    /** What a descriptor is: a path below its root, or something like {@code pipe:[123]}; empty if it is not open. */
    String descriptor(int thread, int number) {
        String known = remembers ? descriptors.get(number) : null;
        if (known == null) {
            known = opened(thread, number);
            if (remembers && !known.isEmpty()) {
                descriptors.put(number, known);
            }
        }
        return known;
    }

    private String opened(int thread, int number) {
        if (number < 0) {
            return "";
        }
        String link = links.read("/proc/" + thread + "/fd/" + number);
        if (link == null) {
            return "";
        }
        if (link.startsWith("/")) {
            String inside = root(thread).inside(link);
            return inside.isEmpty() ? link : inside;
        }
        return sockets.getOrDefault(link, link);
    }

    /** What a descriptor has become. */
    void open(int number, String what) {
        if (remembers) {
            descriptors.put(number, what);
        }
    }

    /** Forgets a descriptor. */
    void close(int number) {
        descriptors.remove(number);
    }

    /** Forgets all descriptors. */
    void closeAll() {
        descriptors.clear();
    }

    /** Forgets where its root and its working directory are. */
    void move() {
        root = null;
        directory = null;
    }
}
