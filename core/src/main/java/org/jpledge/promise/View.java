package org.jpledge.promise;

import java.util.ArrayList;
import java.util.List;
import org.jpledge.landlock.FilePath;
import org.jpledge.unveil.Listing;
import org.jpledge.unveil.Unveil;

/**
 * The files that a program sees. Immutable.
 *
 * @param unveils the paths that it may use, in the order of the calls; without any, all that the promises say
 * @param ignoreMissing whether an unveiled path that does not exist, and that nothing lets be created, is passed over
 * @param listing what happens to directories in which others are hidden
 * @param loaderPaths directories, absolute, in which the dynamic linker may look for libraries, beside the system's
 */
public record View(List<Unveil> unveils, boolean ignoreMissing, Listing listing, List<FilePath> loaderPaths) {
    /** Nothing is veiled. */
    static final View WHOLE = new View(List.of(), false, Listing.KEPT, List.of());

    /**
     * Copies its collections.
     *
     * @throws IllegalArgumentException if a loader's directory is not absolute
     */
    public View {
        unveils = List.copyOf(unveils);
        loaderPaths = List.copyOf(loaderPaths);
        for (FilePath directory : loaderPaths) {
            if (!directory.isAbsolute()) {
                throw new IllegalArgumentException("the loader's directory " + directory + " is not absolute");
            }
        }
    }

    /** Whether anything is unveiled, and so all else closed. */
    boolean isVeiled() {
        return !unveils.isEmpty();
    }

    View unveiling(Unveil unveil) {
        return new View(longer(unveils, unveil), ignoreMissing, listing, loaderPaths);
    }

    View ignoringMissing() {
        return new View(unveils, true, listing, loaderPaths);
    }

    View listing(Listing choice) {
        return new View(unveils, ignoreMissing, choice, loaderPaths);
    }

    View loaderPath(FilePath directory) {
        return new View(unveils, ignoreMissing, listing, longer(loaderPaths, directory));
    }

    private static <T> List<T> longer(List<T> list, T last) {
        List<T> more = new ArrayList<>(list);
        more.add(last);
        return more;
    }
}
