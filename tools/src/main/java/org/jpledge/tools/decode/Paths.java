package org.jpledge.tools.decode;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * From paths as programs write them to files. It never reads more than links, and not too many. Where directories lead is
 * remembered for a moment, if every call is seen that could change it.
 */
final class Paths {
    /** As many as the kernel follows. */
    private static final int MOST_LINKS = 40;

    private static final int MOST_STEPS = 1000;

    private static final String PROC = "/proc";

    /** Others may change names, too. */
    private static final long MOMENT_NANOS = 100_000_000;

    private static final int MOST_REMEMBERED = 1000;

    private final Links links;
    private final Map<String, String> directories = new HashMap<>();
    private long since;
    private int generation;

    Paths(Links links) {
        this.links = links;
    }

    /**
     * A call begins.
     *
     * @param at when
     * @param forgets whether calls may have been missed
     */
    void begin(long at, boolean forgets) {
        if (forgets || at - since > MOMENT_NANOS || at < since || directories.size() > MOST_REMEMBERED) {
            forget();
            since = at;
        }
    }

    /** Names have been changed. */
    void forget() {
        directories.clear();
        generation++;
    }

    /** Another number where names may have been changed. */
    int generation() {
        return generation;
    }

    /**
     * Where a path leads.
     *
     * @param absolute from the root, without {@code .} and {@code ..}
     * @param file without symbolic links, too
     */
    record Place(String absolute, String file) {
        static final Place UNKNOWN = new Place("", "");
    }

    /**
     * Finds out where a path leads.
     *
     * @param root which root the process has
     * @param process its number, for /proc/self
     * @param thread likewise
     * @param directory where a relative path starts, without links; empty if that is not known
     * @param written the path
     * @param follow whether the last link is followed
     */
    Place place(Root root, int process, int thread, String directory, String written, boolean follow) {
        boolean relative = !written.startsWith("/");
        if (relative && directory.isEmpty()) {
            return Place.UNKNOWN;
        }
        String start = relative && directory.length() > 1 ? directory : "";
        String absolute = tidy(start, written);
        int name = written.lastIndexOf('/') + 1;
        if (name < 2 || name == written.length() || absolute.startsWith(PROC)) {
            return new Place(absolute, file(root, process, thread, start, written, follow));
        }
        String key = root.prefix() + '\0' + start + '\0' + written.substring(0, name);
        String parent = directories.get(key);
        if (parent == null) {
            parent = file(root, process, thread, start, written.substring(0, name), true);
            directories.put(key, parent);
        }
        String above = parent.equals("/") ? "" : parent;
        return new Place(
                absolute, parent.isEmpty() ? "" : file(root, process, thread, above, written.substring(name), follow));
    }

    /** The text of a path without dots. */
    private static String tidy(String start, String written) {
        StringBuilder out = new StringBuilder(start);
        int at = 0;
        while (at < written.length()) {
            int end = written.indexOf('/', at);
            end = end < 0 ? written.length() : end;
            step(out, written, at, end);
            at = end + 1;
        }
        return out.isEmpty() ? "/" : out.toString();
    }

    private static void step(StringBuilder out, String path, int from, int to) {
        int length = to - from;
        if (length == 2 && path.charAt(from) == '.' && path.charAt(from + 1) == '.') {
            out.setLength(Math.max(0, out.lastIndexOf("/")));
        } else if (length > 0 && !(length == 1 && path.charAt(from) == '.')) {
            out.append('/').append(path, from, to);
        }
    }

    private String file(Root root, int process, int thread, String start, String written, boolean follow) {
        StringBuilder done = new StringBuilder(start);
        String rest = written;
        boolean missing = false;
        int at = 0;
        int followed = 0;
        for (int steps = 0; at < rest.length(); steps++) {
            if (steps > MOST_STEPS) {
                return "";
            }
            int end = rest.indexOf('/', at);
            boolean last = end < 0;
            end = last ? rest.length() : end;
            int before = done.length();
            step(done, rest, at, end);
            boolean name = done.length() > before;
            at = end + 1;
            if (!name || missing || last && !follow) {
                continue;
            }
            String link = link(root, process, thread, done, before);
            if (link == null) {
                missing = true;
            } else if (!link.isEmpty()) {
                if (++followed > MOST_LINKS) {
                    return "";
                }
                done.setLength(link.startsWith("/") ? 0 : before);
                rest = last ? link : link + '/' + rest.substring(Math.min(at, rest.length()));
                at = 0;
            }
        }
        return done.isEmpty() ? "/" : done.toString();
    }

    private @Nullable String link(Root root, int process, int thread, StringBuilder path, int parent) {
        if (parent == PROC.length() && path.indexOf(PROC) == 0) {
            if (path.indexOf("/self", parent) == parent && path.length() == parent + "/self".length()) {
                return Integer.toString(process);
            }
            if (path.indexOf("/thread-self", parent) == parent && path.length() == parent + "/thread-self".length()) {
                return process + "/task/" + thread;
            }
        }
        String link = links.read(root.prefix() + path);
        if (link != null && path.indexOf(PROC + "/") == 0) {
            // What is open and has no path, and what somebody else has open.
            return link.startsWith("/") ? root.inside(link) : link.indexOf(":[") > 0 ? Links.NONE : link;
        }
        return link;
    }

    /**
     * The root directory of a process.
     *
     * @param prefix what makes a path of its our own
     * @param path where it lies for us; empty: where ours does
     */
    record Root(String prefix, String path) {
        static final Root OURS = new Root("", "");

        /** A path of ours, as it is below this root; empty if it is not. */
        String inside(String ours) {
            if (path.isEmpty()) {
                return ours;
            }
            if (ours.equals(path)) {
                return "/";
            }
            return ours.startsWith(path) && ours.charAt(path.length()) == '/' ? ours.substring(path.length()) : "";
        }
    }
}
