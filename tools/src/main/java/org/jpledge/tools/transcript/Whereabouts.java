package org.jpledge.tools.transcript;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Where a process is, and what it has open, as far as its transcript told. Paths hold bytes as characters. */
final class Whereabouts {
    private static final String SELF = "/proc/self";
    private static final String THREAD = "/proc/thread-self";
    private static final String DESCRIPTORS = "/dev/fd/";

    private final Map<Integer, String> open;
    private final int process;
    private String directory;
    private String program = "";

    /**
     * A process of which no more is known.
     *
     * @param process its number
     * @param directory its working directory; empty if that is not known either
     */
    Whereabouts(int process, String directory) {
        this.process = process;
        this.directory = directory;
        this.open = new HashMap<>();
    }

    private Whereabouts(int process, Whereabouts parent) {
        this.process = process;
        directory = parent.directory;
        program = parent.program;
        open = new HashMap<>(parent.open);
    }

    /** What a child inherits, which has a number of its own. */
    Whereabouts inherited(int child) {
        return new Whereabouts(child, this);
    }

    void executed(String path) {
        program = path;
    }

    /**
     * Where the links in /proc lead that mean whoever follows them.
     *
     * @param path from the root
     * @return the file; empty for any other path, which leads to the same for everybody
     */
    String own(String path) {
        String inner = "";
        if (isAtOrIn(path, SELF)) {
            inner = path.substring(SELF.length());
        } else if (isAtOrIn(path, THREAD)) {
            inner = "/task/" + process + path.substring(THREAD.length());
        } else if (path.startsWith(DESCRIPTORS)) {
            inner = path.substring(DESCRIPTORS.length() - "/fd/".length());
        } else if (isAtOrIn(path, "/proc/mounts") || isAtOrIn(path, "/proc/net")) {
            inner = path.substring("/proc".length());
        } else {
            return "";
        }
        if (inner.equals("/exe") && !program.isEmpty()) {
            return program;
        }
        if (inner.startsWith("/fd/")) {
            String what =
                    at((int) Numbers.number(inner.substring("/fd/".length())).orElse(-1));
            if (what.startsWith("/")) {
                return what;
            }
        }
        return "/proc/" + process + inner;
    }

    private static boolean isAtOrIn(String path, String directory) {
        return path.startsWith(directory)
                && (path.length() == directory.length() || path.charAt(directory.length()) == '/');
    }

    /** What is open at a descriptor; empty if that is not known. */
    String at(int descriptor) {
        return open.getOrDefault(descriptor, "");
    }

    void opened(int descriptor, String what) {
        if (what.isEmpty()) {
            open.remove(descriptor);
        } else {
            open.put(descriptor, what);
        }
    }

    void closed(int descriptor) {
        open.remove(descriptor);
    }

    void wentTo(String path) {
        directory = path;
    }

    String directory() {
        return directory;
    }

    /**
     * A path from the root.
     *
     * @param base the directory that it is relative to; empty if that is not known
     * @param written the path
     * @return without {@code .} and {@code ..}; empty where that is not known
     */
    static String absolute(String base, String written) {
        if (written.startsWith("/")) {
            return tidy(written);
        }
        return base.startsWith("/") && !written.isEmpty() ? tidy(base + '/' + written) : "";
    }

    private static String tidy(String path) {
        List<String> names = new ArrayList<>();
        for (String name : path.split("/", -1)) {
            if (name.equals("..")) {
                if (!names.isEmpty()) {
                    names.removeLast();
                }
            } else if (!name.isEmpty() && !name.equals(".")) {
                names.add(name);
            }
        }
        return '/' + String.join("/", names);
    }
}
