package org.jpledge.tools.need;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jpledge.landlock.FilePath;
import org.jpledge.promise.Circumstance;
import org.jpledge.promise.Group;
import org.jpledge.promise.PromiseTable;
import org.jpledge.promise.Section;
import org.jpledge.promise.TablePaths;
import org.jpledge.syscall.Arch;
import org.jpledge.tools.text.RawPath;
import org.jpledge.unveil.Permissions;

/** The files that promises open by themselves, where they lie on this machine. */
final class OwnPaths {
    private final List<Line> lines = new ArrayList<>();

    /** A path of the promise table. */
    private record Line(List<List<String>> alternatives, Permissions letters, String path, boolean directory) {
        boolean speaksOf(String file) {
            return file.equals(path) || directory && file.length() > path.length() && file.startsWith(path + '/');
        }
    }

    OwnPaths(Arch arch) {
        Map<String, String> resolved = new HashMap<>();
        for (Section section : PromiseTable.standard().sections()) {
            List<List<String>> alternatives = alternatives(section);
            if (!alternatives.isEmpty()) {
                for (Group group : section.groups()) {
                    for (TablePaths paths : group.paths()) {
                        if (paths.architectures().contains(arch)) {
                            add(alternatives, paths, resolved);
                        }
                    }
                }
            }
        }
    }

    /** The promises any of which makes a section's paths hold. */
    private static List<List<String>> alternatives(Section section) {
        for (String word : section.words()) {
            if (Circumstance.of(word).isPresent()) {
                return List.of();
            }
        }
        return switch (section.kind()) {
            case PROMISE, ALL -> List.of(section.words());
            case ANY -> section.words().stream().map(List::of).toList();
            case ALWAYS, LOADER, ENOSYS, NEVER -> List.of();
        };
    }

    private void add(List<List<String>> alternatives, TablePaths paths, Map<String, String> resolved) {
        for (FilePath each : paths.paths()) {
            String text = each.toString();
            boolean directory = text.endsWith("/");
            String written = directory ? text.substring(0, text.length() - 1) : text;
            lines.add(new Line(alternatives, paths.permissions(), written, directory));
            String real = resolved.computeIfAbsent(written, OwnPaths::real);
            if (!real.equals(written)) {
                lines.add(new Line(alternatives, paths.permissions(), real, directory));
            }
        }
    }

    private static String real(String path) {
        try {
            return RawPath.word(Path.of(path).toRealPath());
        } catch (IOException _) {
            return path; // What a system does not have is passed over.
        }
    }

    /**
     * The promises that open a file by themselves.
     *
     * @param file a path without symbolic links
     * @param letters what is to be done there
     * @return sets of words, any of which will do
     */
    List<List<String>> opening(String file, Permissions letters) {
        List<List<String>> all = new ArrayList<>();
        for (Line line : lines) {
            if (line.letters().hasAll(letters) && line.speaksOf(file)) {
                for (List<String> words : line.alternatives()) {
                    if (!all.contains(words)) {
                        all.add(words);
                    }
                }
            }
        }
        return all;
    }
}
