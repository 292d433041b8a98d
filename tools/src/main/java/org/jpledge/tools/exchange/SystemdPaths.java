package org.jpledge.tools.exchange;

import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jpledge.tools.text.RawPath;
import org.jpledge.unveil.Permissions;
import org.jspecify.annotations.Nullable;

/**
 * What a systemd unit says about paths, as letters for each path that it names. What a setting says of a path holds beneath it,
 * until another says otherwise of a path beneath.
 */
final class SystemdPaths {
    private static final int READ = 1;
    private static final int WRITE = 2;
    private static final int EXECUTE = 4;
    private static final int CREATE = 8;

    private final SortedMap<String, Boolean> visible = new TreeMap<>();
    private final SortedMap<String, Boolean> writable = new TreeMap<>();
    private final SortedMap<String, Boolean> executable = new TreeMap<>();
    private boolean ignoreMissing;

    /** Whether a setting is about paths. */
    static boolean isAbout(String key) {
        return List.of(
                        "ReadOnlyPaths",
                        "ReadOnlyDirectories",
                        "ReadWritePaths",
                        "ReadWriteDirectories",
                        "InaccessiblePaths",
                        "InaccessibleDirectories",
                        "ExecPaths",
                        "NoExecPaths",
                        "BindPaths",
                        "BindReadOnlyPaths",
                        "TemporaryFileSystem")
                .contains(key);
    }

    /** Takes a setting. */
    void take(SystemdUnit.Setting setting) throws ImportException {
        for (SystemdUnit.Word word : setting.words()) {
            String[] parts = word.text().split("(?<!\\\\):", 3);
            String path = parts[0].replace("\\:", ":");
            if (path.startsWith("-") || path.startsWith("+-")) {
                ignoreMissing = true;
            }
            path = path.replaceFirst("^[-+]+", "");
            if (!path.startsWith("/")) {
                throw word.place().wrong("a path begins with /, not \"" + path + "\"");
            }
            path = path.length() > 1 && path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
            if (setting.key().startsWith("Bind") && parts.length > 1 && !parts[1].equals(parts[0])) {
                throw word.place()
                        .wrong("\"" + path + "\" is to be seen at another place, \"" + parts[1]
                                + "\", which no policy can say");
            }
            take(setting.key(), path, parts.length > 1 ? parts[1] : "");
        }
    }

    private void take(String key, String path, String options) {
        switch (key) {
            case "ReadOnlyPaths", "ReadOnlyDirectories" -> writable.put(path, false);
            case "ReadWritePaths", "ReadWriteDirectories" -> writable.put(path, true);
            case "InaccessiblePaths", "InaccessibleDirectories" -> visible.put(path, false);
            case "ExecPaths" -> executable.put(path, true);
            case "NoExecPaths" -> executable.put(path, false);
            case "BindPaths" -> {
                visible.put(path, true);
                writable.put(path, true);
            }
            case "BindReadOnlyPaths" -> {
                visible.put(path, true);
                writable.put(path, false);
            }
            case "TemporaryFileSystem" -> {
                // An empty directory of the unit's own: what it hides is what counts.
                visible.put(path, false);
                if (!List.of(options.split(",", -1)).contains("ro")) {
                    writable.put(path, true);
                }
            }
            default -> throw new IllegalArgumentException(key);
        }
    }

    /** Whether a path that is not there is passed over. */
    boolean ignoresMissing() {
        return ignoreMissing;
    }

    /** Letters for each path; none if no setting named any. */
    SortedMap<String, Permissions> unveils() {
        SortedMap<String, Permissions> unveils = new TreeMap<>();
        if (!visible.isEmpty() || !writable.isEmpty() || !executable.isEmpty()) {
            unveils.put("/", letters("/"));
        }
        for (SortedMap<String, Boolean> aspect : List.of(visible, writable, executable)) {
            for (String path : aspect.keySet()) {
                unveils.put(path, letters(path));
            }
        }
        // What is hidden needs no saying where all around it is.
        unveils.entrySet()
                .removeIf(entry -> entry.getValue().equals(Permissions.NONE) && hidden(entry.getKey(), unveils));
        return unveils;
    }

    private static boolean hidden(String path, SortedMap<String, Permissions> unveils) {
        for (String place = path; !place.equals("/"); ) {
            place = RawPath.parent(place);
            Permissions letters = unveils.get(place);
            if (letters != null) {
                return letters.equals(Permissions.NONE);
            }
        }
        return unveils.size() > 1;
    }

    private Permissions letters(String path) {
        if (!nearest(visible, path)) {
            return Permissions.NONE;
        }
        int letters = READ | (nearest(writable, path) ? WRITE | CREATE : 0) | (nearest(executable, path) ? EXECUTE : 0);
        return new Permissions(letters);
    }

    /** What the nearest setting says; without one, yes. */
    private static boolean nearest(SortedMap<String, Boolean> aspect, String path) {
        for (@Nullable String place = path; ; place = RawPath.parent(place)) {
            Boolean said = aspect.get(place);
            if (said != null) {
                return said;
            }
            if (place.equals("/")) {
                return true;
            }
        }
    }
}
