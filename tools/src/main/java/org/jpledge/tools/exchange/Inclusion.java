package org.jpledge.tools.exchange;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jpledge.tools.text.Words;

/** Files that include others. */
final class Inclusion {
    private Inclusion() {}

    /**
     * The path of an included file, from where the first one is.
     *
     * @param name as it is named
     * @param from the path of the file that names it
     */
    static String resolve(String name, String from) {
        if (name.startsWith("/")) {
            return name;
        }
        List<String> parts = new ArrayList<>();
        for (String part : (from.substring(0, from.lastIndexOf('/') + 1) + name).split("/", -1)) {
            boolean up =
                    part.equals("..") && !parts.isEmpty() && !List.of("..", "").contains(parts.getLast());
            if (up) {
                parts.removeLast();
            } else if (!part.equals(".")) {
                parts.add(part);
            }
        }
        return String.join("/", parts);
    }

    /**
     * Checks that a file may be included.
     *
     * @param name its path
     * @param within the files that are being read, the first one first
     * @param deepest how many may be inside each other
     * @param place where it is included
     */
    static void check(String name, Deque<String> within, int deepest, Place place) throws ImportException {
        if (within.contains(name)) {
            List<String> circle = new ArrayList<>(within);
            circle.removeFirst();
            circle.add(name);
            throw place.wrong("a file includes itself: " + String.join(" includes ", circle));
        }
        if (within.size() >= deepest) {
            throw place.wrong("more than " + deepest + " files are inside each other");
        }
    }

    /** What is in a file, by its name from {@link #resolve}. */
    static String text(String name, ImportSettings settings, Place place) throws ImportException {
        try {
            return settings.includes().text(Words.ofText(name), "");
        } catch (IOException e) {
            throw place.wrong("cannot include " + name + ": " + Words.text(String.valueOf(e.getMessage())));
        }
    }
}
