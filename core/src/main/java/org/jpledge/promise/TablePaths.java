package org.jpledge.promise;

import java.util.List;
import java.util.Set;
import org.jpledge.landlock.FilePath;
import org.jpledge.landlock.FsRight;
import org.jpledge.landlock.Rights;
import org.jpledge.syscall.Arch;
import org.jpledge.unveil.Meaning;
import org.jpledge.unveil.Permissions;

/**
 * Files and directories of the system that a section of the promise table opens, as it is written: unveiled or not, and
 * whatever paths are promised.
 *
 * @param permissions what is allowed there, in unveil(2)'s letters at their full worth
 * @param paths absolute; a directory, and all below it, ends in a slash; symbolic links are followed
 * @param architectures where the line holds
 * @param line where in the table it stands, counted from 1
 */
public record TablePaths(Permissions permissions, List<FilePath> paths, Set<Arch> architectures, int line) {
    private static final Meaning WORTH = new Meaning(Meaning.RPATH, Meaning.WPATH, Meaning.EXEC, Meaning.CPATH);

    /** Copies the paths and the architectures. */
    public TablePaths {
        paths = List.copyOf(paths);
        architectures = Set.copyOf(architectures);
    }

    /** What Landlock grants on the directories; on the files, as much of it as files can have. */
    Rights<FsRight> rights() {
        return WORTH.of(permissions);
    }

    /** Whether a path as it is written is a directory's. */
    static boolean isDirectory(FilePath written) {
        return written.at(written.length() - 1) == '/';
    }

    /**
     * The line as the table has it.
     *
     * @return such as {@code path r /etc/hosts /etc/services}
     */
    public String text() {
        StringBuilder text = new StringBuilder(64);
        TableRule.appendPlace(text, architectures);
        text.append("path ").append(permissions);
        for (int i = 0; i < paths.size(); i++) {
            text.append(' ').append(paths.get(i));
        }
        return text.toString();
    }
}
