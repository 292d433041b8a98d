package org.jpledge.tools.policy;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jpledge.syscall.Nearest;
import org.jpledge.tools.text.RawPath;

/**
 * Names for places that differ from user to user and from run to run. In a policy's file a path begins with one of them, or with
 * a slash.
 *
 * @param home what {@code $HOME} stands for; empty if nothing
 * @param directory what {@code $PWD} stands for; empty if nothing
 * @param own what the file's own names stand for, paths from the root by name without the dollar sign
 */
public record Variables(String home, String directory, SortedMap<String, String> own) {
    private static final String HOME = "HOME";
    private static final String PWD = "PWD";

    /** Copies the names. */
    public Variables {
        own = Collections.unmodifiableSortedMap(new TreeMap<>(own));
    }

    /**
     * Without names of a file's own.
     *
     * @param home what {@code $HOME} stands for; empty if nothing
     * @param directory what {@code $PWD} stands for; empty if nothing
     */
    public Variables(String home, String directory) {
        this(home, directory, new TreeMap<>());
    }

    /** The same with another name. */
    Variables with(String name, String path) {
        Map<String, String> more = new TreeMap<>(own);
        more.put(name, path);
        return new Variables(home, directory, new TreeMap<>(more));
    }

    /** Whether a name is one that a file may give. */
    static boolean isName(String name) {
        boolean good = !name.isEmpty() && !name.equals(HOME) && !name.equals(PWD);
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            good &= c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || i > 0 && c >= '0' && c <= '9';
        }
        return good;
    }

    /**
     * Puts names into a path.
     *
     * @param path from the root
     * @return the path, with a name for the longer one of the places that it lies in
     */
    public String named(String path) {
        boolean here = isPlace(directory) && RawPath.isIn(path, directory);
        boolean atHome = isPlace(home) && RawPath.isIn(path, home);
        if (here && (!atHome || directory.length() >= home.length())) {
            return "$" + PWD + path.substring(directory.length());
        }
        return atHome ? "$" + HOME + path.substring(home.length()) : path;
    }

    private static boolean isPlace(String place) {
        return place.length() > 1 && place.startsWith("/");
    }

    /**
     * Takes names out of a path.
     *
     * @param text as {@link #named} gives it
     * @return the path from the root
     * @throws PolicyException if it neither begins with a known name nor with a slash
     */
    public String path(String text) throws PolicyException {
        if (text.startsWith("/")) {
            return text;
        }
        if (!text.startsWith("$")) {
            throw new PolicyException("\"" + text + "\" begins with none of /, $HOME and $PWD");
        }
        int slash = text.indexOf('/');
        String name = text.substring(1, slash < 0 ? text.length() : slash);
        String path = value(name) + (slash < 0 ? "" : text.substring(slash));
        return path.isEmpty() ? "/" : path;
    }

    private String value(String name) throws PolicyException {
        String value;
        if (name.equals(HOME)) {
            value = home;
        } else if (name.equals(PWD)) {
            value = directory;
        } else if (own.containsKey(name)) {
            value = own.get(name);
        } else {
            Map<String, String> known = new TreeMap<>(own);
            known.put(HOME, home);
            known.put(PWD, directory);
            throw new PolicyException("unknown variable \"$" + name + "\""
                    + Nearest.nearest(name, known.keySet())
                            .map(near -> " (did you mean $" + near + "?)")
                            .orElse(" (there are $HOME, $PWD and those of [variables])"));
        }
        if (value.isEmpty()) {
            throw new PolicyException("$" + name + " has no value here");
        }
        return value.equals("/") ? "" : value;
    }
}
