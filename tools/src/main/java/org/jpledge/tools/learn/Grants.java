package org.jpledge.tools.learn;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jpledge.unveil.Permissions;
import org.jspecify.annotations.Nullable;

/** Grants by path, each of which holds for all that lies below it. */
final class Grants {
    private final Map<String, Grant> byPath = new TreeMap<>();

    void add(String path, Permissions letters, List<Seen> because) {
        byPath.merge(path, new Grant(path, letters, because), (old, more) -> old.plus(more.letters(), more.because()));
    }

    Collection<Grant> all() {
        return byPath.values();
    }

    /** What is allowed at a path: what is granted there, and on every directory above it. */
    Permissions at(String path) {
        int bits = 0;
        @Nullable String place = path;
        while (place != null) {
            Grant grant = byPath.get(place);
            bits |= grant == null ? 0 : grant.letters().bits();
            place = place.equals("/") ? null : Places.parent(place);
        }
        return new Permissions(bits);
    }

    /**
     * Grants to a directory what more than so many files and directories in it have alike, and so on upwards.
     *
     * @param most how many may stand side by side
     * @param places where that is not to be done
     */
    void fold(int most, Places places) {
        List<String> directories = new ArrayList<>();
        for (String path : byPath.keySet()) {
            for (String place = path; !place.equals("/"); ) {
                place = Places.parent(place);
                if (!directories.contains(place)) {
                    directories.add(place);
                }
            }
        }
        directories.sort(Comparator.comparingInt(Grants::depth).reversed());
        for (String directory : directories) {
            if (places.mayFoldInto(directory)) {
                fold(directory, most);
            }
        }
    }

    private static int depth(String path) {
        int depth = 0;
        for (int i = 0; i < path.length(); i++) {
            depth += path.charAt(i) == '/' ? 1 : 0;
        }
        return path.equals("/") ? 0 : depth;
    }

    private void fold(String directory, int most) {
        Map<Permissions, List<Grant>> alike = new HashMap<>();
        for (Grant grant : byPath.values()) {
            if (Places.parent(grant.path()).equals(directory) && !grant.path().equals("/")) {
                alike.computeIfAbsent(grant.letters(), _ -> new ArrayList<>()).add(grant);
            }
        }
        alike.forEach((letters, grants) -> {
            if (grants.size() > most) {
                for (Grant grant : grants) {
                    byPath.remove(grant.path());
                    add(directory, letters, grant.because());
                }
            }
        });
    }

    /**
     * The grants as unveils, of which the nearest counts: each has what the directories above it have too, and one that
     * has no more than they have is left out.
     */
    List<Grant> unveils() {
        List<Grant> unveils = new ArrayList<>();
        for (Grant grant : byPath.values()) {
            Permissions whole = at(grant.path());
            if (grant.path().equals("/") || !at(Places.parent(grant.path())).equals(whole)) {
                unveils.add(new Grant(grant.path(), whole, grant.because()));
            }
        }
        return unveils;
    }
}
