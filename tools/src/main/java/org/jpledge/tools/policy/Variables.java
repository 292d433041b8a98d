package org.jpledge.tools.policy;

import org.jpledge.tools.text.RawPath;

/**
 * Names for places that differ from user to user and from run to run. In a policy's file a path begins with one of them, or with
 * a slash.
 *
 * @param home what {@code $HOME} stands for; empty if nothing
 * @param directory what {@code $PWD} stands for; empty if nothing
 */
public record Variables(String home, String directory) {
    private static final String HOME = "$HOME";
    private static final String PWD = "$PWD";

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
            return PWD + path.substring(directory.length());
        }
        return atHome ? HOME + path.substring(home.length()) : path;
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
        String path = text;
        if (text.equals(HOME) || text.startsWith(HOME + "/")) {
            path = known(HOME, home) + text.substring(HOME.length());
        } else if (text.equals(PWD) || text.startsWith(PWD + "/")) {
            path = known(PWD, directory) + text.substring(PWD.length());
        }
        if (!path.startsWith("/")) {
            throw new PolicyException("\"" + text + "\" begins with none of /, $HOME and $PWD");
        }
        return path;
    }

    private static String known(String name, String value) throws PolicyException {
        if (value.isEmpty()) {
            throw new PolicyException(name + " has no value here");
        }
        return value.equals("/") ? "" : value;
    }
}
