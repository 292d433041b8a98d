package org.jpledge.tools.report;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jpledge.tools.text.RawPath;
import org.jpledge.unveil.Permissions;
import org.jpledge.unveil.Unveil;

/**
 * What paths are unveiled with.
 *
 * @param letters by path, absolute and without symbolic links; bytes as characters
 */
record Unveiled(Map<String, Permissions> letters) {
    /** Copies the map. */
    Unveiled {
        letters = new LinkedHashMap<>(letters);
    }

    /**
     * Finds the files that unveils name.
     *
     * @param unveils in the order of the calls: of several for one path, the last counts
     * @param here from where they are taken that are not absolute
     */
    static Unveiled of(List<Unveil> unveils, String here) {
        Map<String, Permissions> letters = new LinkedHashMap<>();
        for (Unveil unveil : unveils) {
            String word = new String(unveil.path().bytes(), StandardCharsets.ISO_8859_1);
            letters.put(real(word.startsWith("/") ? word : here + "/" + word), unveil.permissions());
        }
        return new Unveiled(letters);
    }

    private static String real(String path) {
        try {
            return RawPath.word(RawPath.of(path).toRealPath());
        } catch (IOException _) {
            // It is not there yet: what it is in may be a link, though.
            int slash = path.lastIndexOf('/');
            return slash <= 0 ? path : real(path.substring(0, slash)) + path.substring(slash);
        }
    }

    /** Whether anything is unveiled, and so all else hidden. */
    boolean isVeiled() {
        return !letters.isEmpty();
    }

    /** The letters of the most specific path that a file is at or below. */
    Permissions at(String file) {
        String at = file;
        while (true) {
            Permissions found = letters.get(at.isEmpty() ? "/" : at);
            if (found != null) {
                return found;
            }
            if (at.isEmpty() || at.equals("/")) {
                return Permissions.NONE;
            }
            at = at.substring(0, at.lastIndexOf('/'));
        }
    }
}
