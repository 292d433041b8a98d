package org.jpledge.tools.learn;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jpledge.tools.text.RawPath;
import org.jpledge.unveil.Permissions;
import org.jspecify.annotations.Nullable;

/** Grants by path, each of which holds for all that lies below it. */
final class Grants {
    private final SortedMap<String, Entry> byPath = new TreeMap<>();

    /** What is granted at a path so far. */
    private static final class Entry {
        final Set<Seen> because = new LinkedHashSet<>();
        int bits;
    }

    void add(String path, Permissions letters, Collection<Seen> because) {
        Entry entry = byPath.computeIfAbsent(path, _ -> new Entry());
        entry.bits |= letters.bits();
        entry.because.addAll(because);
    }

    /** What is allowed at a path: what is granted there, and on every directory above it. */
    Permissions at(String path) {
        int bits = 0;
        @Nullable String place = path;
        while (place != null) {
            Entry entry = byPath.get(place);
            bits |= entry == null ? 0 : entry.bits;
            place = place.equals("/") ? null : RawPath.parent(place);
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
        Map<String, Set<String>> inside = new HashMap<>();
        for (String path : byPath.keySet()) {
            for (String place = path; !place.equals("/"); place = RawPath.parent(place)) {
                if (!inside.computeIfAbsent(RawPath.parent(place), _ -> new TreeSet<>())
                        .add(place)) {
                    break;
                }
            }
        }
        List<String> directories = new ArrayList<>(inside.keySet());
        directories.sort(Comparator.comparingInt(Grants::depth).reversed());
        for (String directory : directories) {
            if (places.mayFoldInto(directory)) {
                fold(directory, inside.getOrDefault(directory, Set.of()), most);
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

    private void fold(String directory, Set<String> inside, int most) {
        Map<Integer, List<String>> alike = new HashMap<>();
        for (String path : inside) {
            Entry entry = byPath.get(path);
            if (entry != null) {
                alike.computeIfAbsent(entry.bits, _ -> new ArrayList<>()).add(path);
            }
        }
        alike.forEach((bits, paths) -> {
            if (paths.size() > most) {
                for (String path : paths) {
                    Entry entry = byPath.remove(path);
                    add(directory, new Permissions(bits), entry == null ? Set.of() : entry.because);
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
        byPath.forEach((path, entry) -> {
            Permissions whole = at(path);
            if (path.equals("/") || !at(RawPath.parent(path)).equals(whole)) {
                unveils.add(new Grant(path, whole, new ArrayList<>(entry.because)));
            }
        });
        return unveils;
    }
}
