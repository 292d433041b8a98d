package org.jpledge.tools.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jpledge.tools.need.Access;
import org.jpledge.tools.text.RawPath;
import org.jpledge.unveil.Permission;

/**
 * What owners and modes of files leave to a process. The kernel looks at them before it asks Landlock, so that what they refuse
 * is nobody else's refusal. Lists of access are passed over.
 */
final class Discretion {
    private static final int READ = 4;
    private static final int WRITE = 2;
    private static final int SEARCH = 1;

    /** CAP_DAC_OVERRIDE, and CAP_DAC_READ_SEARCH, which is less. */
    private static final long OVERRIDE = 1 << 1;

    private Discretion() {}

    /**
     * Whether nothing but a sandbox keeps a process from its accesses.
     *
     * @param process who
     * @param accesses to what
     */
    static boolean allows(Subject process, List<Access> accesses) {
        if ((process.capabilities() & OVERRIDE) != 0) {
            return true;
        }
        for (Access access : accesses) {
            int wanted = (access.letters().has(Permission.READ) ? READ : 0)
                    | (access.letters().has(Permission.WRITE) ? WRITE : 0)
                    | (access.letters().has(Permission.EXECUTE) ? SEARCH : 0)
                    | (access.letters().has(Permission.CREATE) ? WRITE | SEARCH : 0);
            if (!allows(process, access.file(), wanted)) {
                return false;
            }
            String path = access.file();
            for (int slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
                if (!allows(process, path.substring(0, slash), SEARCH)) {
                    return false;
                }
            }
        }
        return true;
    }

    /** A file that is not there yet is in nobody's way. */
    private static boolean allows(Subject process, String path, int wanted) {
        Path file = RawPath.of(path);
        int bits;
        try {
            bits = (int) Files.getAttribute(file, "unix:mode");
            if ((int) Files.getAttribute(file, "unix:uid") == process.user()) {
                bits >>= 6;
            } else if (process.groups().contains((int) Files.getAttribute(file, "unix:gid"))) {
                bits >>= 3;
            }
        } catch (IOException _) {
            return true;
        }
        return (bits & wanted) == wanted;
    }
}
