package org.jpledge.tools.need;

import org.jpledge.unveil.Permissions;

/**
 * What has to be unveiled.
 *
 * @param file the file or directory, from the root and without symbolic links as far as that is known; bytes as characters.
 *     To make or remove a name it is the directory that the name lies in
 * @param letters what has to be allowed there
 * @param because what the call does there, such as {@code open}, {@code make}, {@code remove} or {@code execute}
 * @param name the name that is made or removed there, as a path; empty where it is the file itself that is used
 */
public record Access(String file, Permissions letters, String because, String name) {
    /**
     * Whether the call makes a name: what is at this path, and below it, need not have been there before.
     *
     * @return true for {@code open} with O_CREAT, {@code mkdir}, {@code rename} and the like
     */
    public boolean makes() {
        return because.equals(Place.MAKES.meaning());
    }
}
