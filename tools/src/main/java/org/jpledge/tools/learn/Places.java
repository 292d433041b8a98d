package org.jpledge.tools.learn;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jpledge.tools.text.RawPath;
import org.jpledge.tools.text.Resource;
import org.jpledge.unveil.Permission;
import org.jpledge.unveil.Permissions;

/**
 * What is where on a machine, as far as it decides what may be unveiled unasked.
 *
 * @param home the user's home directory; empty if he has none
 * @param directory the working directory
 * @param exists whether a path is there
 * @param allowed places that the user has said yes to
 */
public record Places(String home, String directory, Predicate<String> exists, List<String> allowed) {
    private static final String RESOURCE = "private.places";

    private static final String TEMPORARY = "/tmp";

    /** Copies the list. */
    public Places {
        allowed = List.copyOf(allowed);
    }

    /** Whether it belongs to one process: its number is another one the next time. */
    static boolean isOfProcess(String path) {
        return path.length() > 6 && path.startsWith("/proc/") && Character.isDigit(path.charAt(6));
    }

    /** Whether everybody's temporary files lie directly there. */
    static boolean isTemporary(String directory) {
        return directory.equals(TEMPORARY);
    }

    /** The root, what lies directly in it, the home directory and what it lies in: never unveiled for the sake of files in it. */
    boolean isBroad(String path) {
        return path.equals("/") || path.lastIndexOf('/') == 0 || !home.isEmpty() && RawPath.isIn(home, path);
    }

    /** Whether a user has to be asked before anything there is unveiled. */
    boolean isPrivate(String path) {
        for (String place : privatePlaces()) {
            if (RawPath.isIn(path, place)) {
                return true;
            }
        }
        return false;
    }

    /** Whether a directory may be unveiled because many files in it are: nothing that has to be asked about lies in it. */
    boolean mayFoldInto(String directory) {
        if (isBroad(directory) && !allowed.contains(directory)
                || RawPath.isIn(directory, "/proc")
                || RawPath.isIn(directory, "/sys")
                || RawPath.isIn(directory, "/dev")) {
            return false;
        }
        for (String place : privatePlaces()) {
            if (RawPath.isIn(place, directory) && !isAllowed(place)) {
                return false;
            }
        }
        return true;
    }

    /** Whether a user has to be asked before letters are unveiled at a path, although the program used them there. */
    boolean isHeldBack(String path, Permissions letters) {
        if (isAllowed(path)) {
            return false;
        }
        boolean changes = letters.has(Permission.CREATE) || letters.has(Permission.WRITE);
        return isPrivate(path) || path.equals("/") || changes && isCloseToAll(path);
    }

    /** Whether too much lies there to be unveiled for the sake of one file, if the user has not said so, or stands there. */
    boolean isCloseToAll(String path) {
        boolean here = path.equals(directory) && !path.equals("/") && !path.equals(home);
        return isBroad(path) && !here && !isAllowed(path);
    }

    boolean isAllowed(String path) {
        for (String place : allowed) {
            if (RawPath.isIn(path, place)) {
                return true;
            }
        }
        return false;
    }

    /** The user's private places. */
    List<String> privatePlaces() {
        List<String> places = new ArrayList<>();
        if (!home.isEmpty() && !home.equals("/")) {
            for (String line : Private.LINES) {
                places.add(home + "/" + line);
            }
        }
        return places;
    }

    /** Reads the list when it is first asked for. */
    private static final class Private {
        private static final List<String> LINES = read();

        private static List<String> read() {
            List<String> lines = new ArrayList<>();
            for (String line : Resource.text(Places.class, RESOURCE).split("\n", -1)) {
                if (!line.isBlank() && !line.startsWith("#")) {
                    lines.add(line.strip());
                }
            }
            return List.copyOf(lines);
        }
    }
}
