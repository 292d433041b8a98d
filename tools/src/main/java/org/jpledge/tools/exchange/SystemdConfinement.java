package org.jpledge.tools.exchange;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jpledge.tools.policy.Limit;
import org.jpledge.tools.policy.PolicyDocument;
import org.jpledge.tools.policy.PortList;
import org.jpledge.unveil.Permissions;

/**
 * What a systemd unit can say of a policy besides system calls: paths by mounts, ports of the unit's own, limits. The paths that
 * are unveiled are mounted into an empty file system, together with what every program needs to be started.
 */
final class SystemdConfinement {
    private static final int READ = 1;
    private static final int WRITE = 2;
    private static final int EXECUTE = 4;
    private static final int CREATE = 8;

    /** What a program needs besides what is unveiled: the dynamic linker and its libraries, and devices that libc opens. */
    private static final String NEEDED =
            "-/lib -/lib64 -/usr/lib -/usr/lib64 -/etc/ld.so.cache -/dev/null -/dev/zero -/dev/urandom";

    private static final String NEEDED_TO_EXECUTE = "-/lib -/lib64 -/usr/lib -/usr/lib64";

    private final PolicyDocument policy;
    private final Collection<String> losses;
    private final Collection<String> remarks;
    private final List<String> lines = new ArrayList<>();

    SystemdConfinement(PolicyDocument policy, Collection<String> losses, Collection<String> remarks) {
        this.policy = policy;
        this.losses = losses;
        this.remarks = remarks;
    }

    List<String> lines() {
        if (!policy.unveil().isEmpty()) {
            paths();
        }
        policy.ports().ifPresent(this::ports);
        for (Map.Entry<Limit, Long> limit : policy.limits().entrySet()) {
            lines.add(SystemdLimits.key(limit.getKey()) + "=" + limit.getValue());
        }
        return lines;
    }

    private void paths() {
        Permissions root = policy.unveil().getOrDefault("/", Permissions.NONE);
        boolean closed = root.equals(Permissions.NONE);
        if (closed) {
            lines.add("TemporaryFileSystem=/:ro");
            lines.add("BindReadOnlyPaths=" + NEEDED);
            remarks.add(
                    "libraries, /dev/null, /dev/zero and /dev/urandom are mounted besides what is unveiled, which the program itself must be part of");
        } else {
            aspects("/", root, Permissions.ALL, false);
        }
        lines.add("NoExecPaths=/");
        lines.add("ExecPaths=" + NEEDED_TO_EXECUTE);
        for (Map.Entry<String, Permissions> unveil : policy.unveil().entrySet()) {
            String path = unveil.getKey();
            if (!path.equals("/")) {
                aspects(path, unveil.getValue(), above(path), closed);
            } else if ((root.bits() & EXECUTE) != 0) {
                lines.add("ExecPaths=/");
            }
        }
    }

    /** What the nearest path above says. */
    private Permissions above(String path) {
        String place = path;
        while (!place.equals("/")) {
            place = place.substring(0, Math.max(1, place.lastIndexOf('/')));
            Permissions letters = policy.unveil().get(place);
            if (letters != null) {
                return letters;
            }
        }
        return Permissions.NONE;
    }

    private void aspects(String path, Permissions letters, Permissions above, boolean mounted) {
        String word = word(path);
        int bits = letters.bits();
        if (bits == 0) {
            if (above.bits() != 0) {
                lines.add("InaccessiblePaths=" + word);
            }
            return;
        }
        boolean writable = (bits & (WRITE | CREATE)) != 0;
        if ((bits & READ) == 0) {
            losses.add(path + ": can be read too");
        }
        if (writable && (bits & (WRITE | CREATE)) != (WRITE | CREATE)) {
            losses.add(path + ": files can be " + ((bits & WRITE) == 0 ? "written" : "created and removed") + " too");
        }
        if (mounted) {
            lines.add((writable ? "BindPaths=" : "BindReadOnlyPaths=") + word);
        } else {
            lines.add((writable ? "ReadWritePaths=" : "ReadOnlyPaths=") + word);
        }
        if (!path.equals("/")) {
            lines.add(((bits & EXECUTE) != 0 ? "ExecPaths=" : "NoExecPaths=") + word);
        }
    }

    /** A path as a word of a setting. */
    private String word(String path) {
        String escaped = path.replace("\\", "\\\\").replace(":", "\\:").replace("%", "%%");
        String word = (policy.ignoreMissing() ? "-" : "") + escaped;
        boolean plain = word.chars().noneMatch(c -> c <= ' ' || c == '"' || c == '\'');
        return plain ? word : '"' + word.replace("\"", "\\\"").replace("\t", "\\t") + '"';
    }

    private void ports(PortList ports) {
        for (int port : ports.bind()) {
            if (port == 0) {
                losses.add("a port that the kernel picks: systemd refuses to bind it");
            } else {
                lines.add("SocketBindAllow=" + port);
            }
        }
        lines.add("SocketBindDeny=any");
        if (!ports.connect().isEmpty()) {
            losses.add("connections to port" + (ports.connect().size() == 1 ? " " : "s ")
                    + String.join(
                            ", ", ports.connect().stream().map(String::valueOf).toList())
                    + ": systemd knows no ports of others, so all can be reached");
        } else if (ports.bind().isEmpty()) {
            lines.add("IPAddressDeny=any");
        } else {
            losses.add("connections: systemd knows no ports of others, so all can be reached");
        }
    }
}
