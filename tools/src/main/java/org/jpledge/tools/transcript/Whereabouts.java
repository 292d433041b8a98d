package org.jpledge.tools.transcript;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Where a process is, and what it has open, as far as its transcript told. Paths hold bytes as characters. */
final class Whereabouts {
    private final Map<Integer, String> open;
    private String directory;

    /**
     * A process of which no more is known.
     *
     * @param directory its working directory; empty if that is not known either
     */
    Whereabouts(String directory) {
        this.directory = directory;
        this.open = new HashMap<>();
    }

    private Whereabouts(Whereabouts parent) {
        directory = parent.directory;
        open = new HashMap<>(parent.open);
    }

    /** What a child inherits. */
    Whereabouts inherited() {
        return new Whereabouts(this);
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
