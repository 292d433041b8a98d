package org.jpledge.promise;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jpledge.landlock.Abi;
import org.jpledge.landlock.Degraded;
import org.jpledge.landlock.FilePath;
import org.jpledge.landlock.FsRight;
import org.jpledge.landlock.NetRight;
import org.jpledge.landlock.PathRule;
import org.jpledge.landlock.PortRule;
import org.jpledge.landlock.Rights;
import org.jpledge.landlock.Ruleset;
import org.jpledge.landlock.Scope;
import org.jpledge.launch.Executable;
import org.jpledge.unveil.FileTree;
import org.jpledge.unveil.Meaning;
import org.jpledge.unveil.Veil;
import org.jspecify.annotations.Nullable;

/** From a policy to the Landlock rulesets that enforce it on one kernel. */
final class Composition {
    private static final Rights<FsRight> NOTHING = Rights.none();
    private static final Rights<FsRight> READ_FILE = Rights.of(FsRight.READ_FILE);
    private static final Rights<NetRight> CONNECT = Rights.of(NetRight.CONNECT_TCP, NetRight.CONNECT_SEND_UDP);
    private static final Rights<NetRight> BIND = Rights.of(NetRight.BIND_TCP, NetRight.BIND_UDP);

    private final Policy policy;
    private final Promises promises;
    private final Abi abi;
    private final List<Shortfall> shortfalls = new ArrayList<>(4);

    Composition(Policy policy, Abi abi) {
        this.policy = policy;
        this.promises = policy.promises();
        this.abi = abi;
    }

    /** The whole; without a program, there is nothing that a loader would need. */
    Enforcement enforcement(@Nullable Executable program, FilePath workingDirectory, FileTree tree) {
        boolean veiled = !policy.unveils().isEmpty();
        Veil veil = new Veil(List.of(), List.of());
        Ruleset exact = Ruleset.NOTHING;
        if (veiled) {
            Veil.Reading reading =
                    new Veil.Reading(meaning(promises), workingDirectory, policy.ignoreMissing(), policy.listing());
            veil = Veil.of(policy.unveils(), reading, tree);
            exact = exact.withPaths(veil.rules());
            need("unveil", Abi.V1, Shortfall.Severity.FAILS, "no path is hidden");
        }
        if (policy.ports().isRestricted()) {
            exact = exact.withPorts(ports(policy.ports()));
            need(
                    policy.ports().connect().isEmpty() ? "--bind" : "--connect",
                    Abi.V4,
                    Shortfall.Severity.FAILS,
                    "every TCP port is open");
        }
        if (!exact.isNothing()) {
            exact = exact.withScopes(scopes());
        }
        Ruleset loader = veiled && program != null ? exact.withPaths(started(program)) : exact;
        Degraded degraded = exact.degrade(abi);
        return new Enforcement(
                abi,
                Paths.BY_FLAGS,
                some(degraded.ruleset()),
                some(loader.degrade(abi).ruleset()),
                degraded.losses(),
                shortfalls,
                veil.differences(),
                List.of(),
                relative());
    }

    private static Optional<Ruleset> some(Ruleset ruleset) {
        return ruleset.isNothing() ? Optional.empty() : Optional.of(ruleset);
    }

    private void need(String what, Abi needs, Shortfall.Severity severity, String open) {
        if (abi.has(needs)) {
            return;
        }
        Shortfall shortfall = new Shortfall(what, needs, abi, severity, open);
        boolean refused = switch (severity) {
            case FAILS -> !policy.lenient();
            case WARNS, STRICT -> policy.strict();
            case FINE -> false;
        };
        if (refused) {
            throw new UnenforceableException(shortfall);
        }
        shortfalls.add(shortfall);
    }

    private boolean relative() {
        for (int i = 0; i < policy.unveils().size(); i++) {
            if (!policy.unveils().get(i).path().isAbsolute()) {
                return true;
            }
        }
        return false;
    }

    /** What the letters of unveil(2) are worth under promises. */
    static Meaning meaning(Promises promises) {
        Rights<FsRight> write = promises.contains("wpath") ? Meaning.WPATH : NOTHING;
        Rights<FsRight> create = promises.contains("cpath") ? Meaning.CPATH : NOTHING;
        if (promises.contains("dpath")) {
            create = create.plus(Meaning.DPATH);
        }
        if (promises.contains("unix")) {
            write = write.plus(Meaning.UNIX_CONNECT);
            create = create.plus(Meaning.UNIX_BIND);
        }
        return new Meaning(
                promises.contains("rpath") ? Meaning.RPATH : NOTHING,
                write,
                promises.contains("exec") ? Meaning.EXEC : NOTHING,
                create);
    }

    private static List<PortRule> ports(Ports ports) {
        List<PortRule> rules = new ArrayList<>();
        for (int port : ports.connect()) {
            rules.add(new PortRule(port, CONNECT));
        }
        for (int port : ports.bind()) {
            rules.add(new PortRule(port, BIND));
        }
        return rules;
    }

    private Rights<Scope> scopes() {
        Rights<Scope> scopes = Rights.none();
        if (!promises.contains("proc")) {
            scopes = scopes.plus(Scope.SIGNAL);
        }
        return promises.contains("unix") ? scopes : scopes.plus(Scope.ABSTRACT_UNIX_SOCKET);
    }

    /** What execve(2) and the dynamic linker need to start a program. */
    private List<PathRule> started(Executable program) {
        List<PathRule> rules = new ArrayList<>();
        for (int i = 0; i < program.chain().size(); i++) {
            rules.add(system(path(program.chain().get(i)), false, Meaning.EXEC));
        }
        for (int i = 0; i < program.runpath().size(); i++) {
            rules.add(system(path(program.runpath().get(i)), true, READ_FILE));
        }
        for (int i = 0; i < policy.loaderPaths().size(); i++) {
            rules.add(system(policy.loaderPaths().get(i), true, READ_FILE));
        }
        return rules;
    }

    private static PathRule system(FilePath path, boolean directory, Rights<FsRight> rights) {
        return new PathRule(path, directory, rights, PathRule.Presence.SYSTEM);
    }

    private static FilePath path(Path path) {
        return FilePath.of(path.toString().getBytes(Executable.NAMES));
    }
}
