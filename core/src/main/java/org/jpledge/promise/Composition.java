package org.jpledge.promise;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
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
import org.jpledge.seccomp.Action;
import org.jpledge.syscall.Arch;
import org.jpledge.unveil.FileTree;
import org.jpledge.unveil.HostTree;
import org.jpledge.unveil.Meaning;
import org.jpledge.unveil.Permissions;
import org.jpledge.unveil.Unveil;
import org.jpledge.unveil.Veil;
import org.jspecify.annotations.Nullable;

/**
 * From a policy to the Landlock rulesets that enforce it on one kernel.
 *
 * <p>There is one if something is unveiled or a port is listed, and that needs a kernel that can. Besides, promises alone
 * have one: rights on the root, the paths of their own that the table has, and what they keep from reaching outside.
 */
final class Composition {
    /** From here on, Landlock knows all that open(2) can do, so that promises alone can be left to it. */
    private static final Abi OPENS = FsRight.TRUNCATE.since();

    private static final Abi TCP = NetRight.CONNECT_TCP.since();
    private static final Abi UDP = NetRight.CONNECT_SEND_UDP.since();

    /** Files in which writing is not writing to a file: in /proc/self/mem it undoes the protection of memory. */
    private static final List<FilePath> GUARDED = List.of(FilePath.of("/proc"), FilePath.of("/sys"));

    /** What stands for "no unveil at all". */
    private static final List<Unveil> ALL = List.of(new Unveil(FilePath.ROOT, Permissions.ALL, "/"));

    /** With it, a directory's path ends in a slash. */
    private static final FilePath NO_NAME = FilePath.of("");

    private static final Rights<FsRight> NOTHING = Rights.none();
    private static final Rights<FsRight> READ_FILE = Rights.of(FsRight.READ_FILE);
    private static final Rights<FsRight> DEVICES = Rights.of(FsRight.IOCTL_DEV);
    private static final Rights<NetRight> CONNECT = Rights.of(NetRight.CONNECT_TCP, NetRight.CONNECT_SEND_UDP);
    private static final Rights<NetRight> BIND = Rights.of(NetRight.BIND_TCP, NetRight.BIND_UDP);

    /** Sending by UDP without having bound the socket takes a port that the kernel picks, and that takes this right on port 0. */
    private static final Rights<NetRight> PICKED = Rights.of(NetRight.BIND_UDP);

    private static final int DOMAIN = 53;
    private static final int DOMAIN_TLS = 853;

    private final Policy policy;
    private final Promises promises;
    private final Arch arch;
    private final Abi abi;
    private final Set<Circumstance> circumstances = EnumSet.copyOf(Circumstance.UNRESTRICTED);
    private final List<Shortfall> shortfalls = new ArrayList<>(4);
    private final List<PortRule> portRules = new ArrayList<>(4);
    private Rights<NetRight> handledNet = Rights.none();
    private Veil veil = new Veil(List.of(), List.of(), List.of());

    Composition(Policy policy, Arch arch, Abi abi) {
        this.policy = policy;
        this.promises = policy.promises();
        this.arch = arch;
        this.abi = abi;
    }

    /** The whole; without a program, there is nothing that a loader would need. */
    Enforcement enforcement(@Nullable Executable program, FilePath workingDirectory, FileTree tree) {
        boolean veiled = policy.view().isVeiled();
        boolean promised = policy.amendments().promised();
        boolean implied = promised && isEnforced() && abi.has(OPENS);
        if (veiled) {
            veiled();
        } else if (promised && isEnforced() && !implied) {
            unveiled();
        }
        Rights<FsRight> handled = NOTHING;
        List<PathRule> atEntry = new ArrayList<>();
        List<PathRule> before = new ArrayList<>();
        if (veiled || implied) {
            handled = Ruleset.ALL_FS;
            veil = veil(veiled, workingDirectory, tree);
            if (implied && isRefused() && (veiled || !has("exec") || has("rpath"))) {
                circumstances.add(Circumstance.LANDLOCK);
            }
            paths(program, atEntry, before);
        }
        ports();
        boolean any = !handled.isEmpty() || !handledNet.isEmpty();
        Rights<Scope> scopes = any ? scopes() : Rights.none();
        Ruleset exact = new Ruleset(handled, handledNet, scopes, atEntry, portRules);
        Ruleset loader = new Ruleset(handled, handledNet, scopes, before, portRules);
        Degraded degraded = exact.degrade(abi);
        if (shortfalls.size() > 1) {
            shortfalls.sort((one, other) -> one.severity().compareTo(other.severity()));
        }
        return new Enforcement(
                abi,
                circumstances,
                some(degraded.ruleset()),
                some(loader.degrade(abi).ruleset()),
                degraded.losses(),
                shortfalls,
                veil.differences(),
                veil.listed(),
                isRelative());
    }

    private static Optional<Ruleset> some(Ruleset ruleset) {
        return ruleset.isNothing() ? Optional.empty() : Optional.of(ruleset);
    }

    /** Where a filter holds in place of promises, nothing is kept from Landlock for the want of one. */
    private boolean has(String word) {
        return !policy.amendments().promised() || promises.contains(word);
    }

    /** Whether promises are enforced at all, not only watched. */
    private boolean isEnforced() {
        return !(policy.violation() instanceof Action.Log) && !(policy.violation() instanceof Action.Allow);
    }

    /** Whether promises refuse what Landlock cannot. */
    private boolean isRefusing() {
        return policy.amendments().promised() && isEnforced();
    }

    /** Whether a violation is refused as Landlock would: with an error. */
    private boolean isRefused() {
        return policy.violation() instanceof Action.Errno;
    }

    private boolean isRelative() {
        for (int i = 0; i < policy.view().unveils().size(); i++) {
            if (!policy.view().unveils().get(i).path().isAbsolute()) {
                return true;
            }
        }
        return false;
    }

    /** Notes what the kernel cannot do, or refuses to go on without it. */
    private void need(String what, Abi needs, Shortfall.Severity severity, String open) {
        if (abi.has(needs)) {
            return;
        }
        Shortfall shortfall = new Shortfall(what, needs, abi, severity, open);
        boolean refused = switch (severity) {
            case FAILS -> policy.demand() != Demand.BEST_EFFORT;
            case WARNS, STRICT -> policy.demand() == Demand.EVERYTHING;
            case FINE -> false;
        };
        if (refused) {
            throw new UnenforceableException(shortfall);
        }
        shortfalls.add(shortfall);
    }

    /** What unveils need of the kernel. */
    private void veiled() {
        need("unveil", Abi.V1, Shortfall.Severity.FAILS, "no path would be closed");
        if (!abi.has(Abi.V1)) {
            return;
        }
        if (!abi.has(FsRight.TRUNCATE.since())) {
            circumstances.remove(Circumstance.TRUNCATING);
        }
        if (has("unix")) {
            need(
                    "unveil with unix",
                    FsRight.RESOLVE_UNIX.since(),
                    Shortfall.Severity.WARNS,
                    "Unix sockets can be connected to by their paths, unveiled or not");
        }
        need(
                "unveil for devices",
                FsRight.IOCTL_DEV.since(),
                Shortfall.Severity.STRICT,
                "ioctl(2) works on devices that are unveiled without w");
        if (has("wpath")) {
            need(
                    "unveil for truncate(2)",
                    FsRight.TRUNCATE.since(),
                    isRefusing() ? Shortfall.Severity.FINE : Shortfall.Severity.STRICT,
                    isRefusing() ? "the filter refuses it everywhere" : "it works everywhere");
        }
        if (has("cpath")) {
            need(
                    "unveil for rename(2) and link(2)",
                    FsRight.REFER.since(),
                    Shortfall.Severity.FINE,
                    "they fail with EXDEV from one directory to another");
        }
    }

    /** What promises alone lack, where Landlock cannot be asked about paths. */
    private void unveiled() {
        need(
                "what promises open by themselves",
                OPENS,
                Shortfall.Severity.FINE,
                "files as /dev/null and /etc/localtime need rpath or wpath");
        if (has("wpath") && !has("prot_exec")) {
            need(
                    "wpath without prot_exec",
                    OPENS,
                    Shortfall.Severity.STRICT,
                    "code can be written to memory through /proc/self/mem");
        }
    }

    private Veil veil(boolean veiled, FilePath workingDirectory, FileTree tree) {
        Meaning meaning = meaning(veiled);
        List<FilePath> guarded = has("wpath") && !has("prot_exec") ? GUARDED : List.of();
        Veil.Reading reading = new Veil.Reading(
                meaning,
                workingDirectory,
                policy.view().ignoreMissing(),
                policy.view().listing(),
                guarded);
        return Veil.of(veiled ? policy.view().unveils() : ALL, reading, tree);
    }

    /** What the letters of unveil(2) are worth under the promises. Without a veil, ioctl(2) on devices is the filter's alone. */
    private Meaning meaning(boolean veiled) {
        Rights<FsRight> read = has("rpath") ? Meaning.RPATH : NOTHING;
        Rights<FsRight> write = has("wpath") ? Meaning.WPATH : NOTHING;
        Rights<FsRight> create = has("cpath") ? Meaning.CPATH : NOTHING;
        if (has("rpath") && !veiled) {
            read = read.plus(DEVICES);
        }
        if (has("dpath")) {
            create = create.plus(Meaning.DPATH);
        }
        if (has("unix")) {
            write = write.plus(Meaning.UNIX_CONNECT);
            create = create.plus(Meaning.UNIX_BIND);
        }
        return new Meaning(read, write, has("exec") ? Meaning.EXEC : NOTHING, create);
    }

    /** What the veil grants on the root, and so everywhere. */
    private static Rights<FsRight> everywhere(Veil veil) {
        for (int i = 0; i < veil.rules().size(); i++) {
            if (veil.rules().get(i).path().equals(FilePath.ROOT)) {
                return veil.rules().get(i).allowed();
            }
        }
        return NOTHING;
    }

    /** Collects the rules from the entry point on, and those before it, where nothing is granted less. */
    private void paths(@Nullable Executable program, List<PathRule> atEntry, List<PathRule> before) {
        Map<FilePath, PathRule> system = new LinkedHashMap<>();
        add(system, false);
        if (program != null) {
            files(system, program.scripts(), READ_FILE);
        }
        Rights<FsRight> everywhere = everywhere(veil);
        atEntry.addAll(veil.rules());
        addBeyond(everywhere, system, atEntry);
        if (program != null) {
            started(system, program);
        }
        before.addAll(veil.rules());
        addBeyond(everywhere, system, before);
    }

    /** Adds the rules that grant something that is not granted everywhere. */
    private static void addBeyond(Rights<FsRight> everywhere, Map<FilePath, PathRule> system, List<PathRule> rules) {
        for (PathRule rule : system.values()) {
            if (!everywhere.hasAll(rule.allowed())) {
                rules.add(rule);
            }
        }
    }

    /** Adds the paths of the table's sections that hold: of the loader's section alone, or of the others. */
    private void add(Map<FilePath, PathRule> system, boolean ofLoader) {
        List<Section> sections = PromiseTable.standard().sections();
        for (int i = 0; i < sections.size(); i++) {
            Section section = sections.get(i);
            boolean loaders = section.kind() == Section.Kind.LOADER;
            if (loaders != ofLoader || !Lowering.holds(section, promises, ofLoader, circumstances)) {
                continue;
            }
            List<Group> groups = section.groups();
            for (int j = 0; j < groups.size(); j++) {
                List<TablePaths> lines = groups.get(j).paths();
                for (int k = 0; k < lines.size(); k++) {
                    if (lines.get(k).architectures().contains(arch)) {
                        add(system, lines.get(k));
                    }
                }
            }
        }
    }

    private static void add(Map<FilePath, PathRule> system, TablePaths line) {
        for (int i = 0; i < line.paths().size(); i++) {
            FilePath written = line.paths().get(i);
            if (TablePaths.isDirectory(written)) {
                add(system, written.part(0, written.length() - 1), true, line.rights());
            } else {
                add(system, written, false, line.rights().and(FsRight.ON_FILES));
            }
        }
    }

    private static void add(Map<FilePath, PathRule> system, FilePath path, boolean directory, Rights<FsRight> rights) {
        FilePath key = directory ? path.child(NO_NAME) : path;
        @Nullable PathRule known = system.get(key);
        Rights<FsRight> all = known == null ? rights : known.allowed().plus(rights);
        system.put(key, new PathRule(path, directory, all, PathRule.Presence.SYSTEM));
    }

    /** What execve(2) and the dynamic linker need to start a program. */
    private void started(Map<FilePath, PathRule> system, Executable program) {
        add(system, true);
        files(system, program.chain(), Meaning.EXEC);
        for (int i = 0; i < program.runpath().size(); i++) {
            add(system, HostTree.toFilePath(program.runpath().get(i)), true, Meaning.RPATH);
        }
        for (int i = 0; i < policy.view().loaderPaths().size(); i++) {
            add(system, policy.view().loaderPaths().get(i), true, Meaning.RPATH);
        }
    }

    private static void files(Map<FilePath, PathRule> system, List<Path> files, Rights<FsRight> rights) {
        for (int i = 0; i < files.size(); i++) {
            add(system, HostTree.toFilePath(files.get(i)), false, rights);
        }
    }

    /** Makes the rules on ports: those that are listed, or those that dns means where nothing else speaks of ports. */
    private void ports() {
        if (policy.ports().isRestricted()) {
            listedPorts(policy.ports());
        } else if (isEnforced() && has("dns") && !has("inet")) {
            need("dns over TCP", TCP, Shortfall.Severity.STRICT, "it reaches every TCP port");
            need("dns over UDP", UDP, Shortfall.Severity.STRICT, "it reaches every UDP port");
            // With anet, connections are taken at ports of which nobody has spoken.
            handledNet = has("anet") ? CONNECT.plus(PICKED) : Ruleset.ALL_NET;
            portRules.add(new PortRule(0, PICKED));
            portRules.add(new PortRule(DOMAIN, CONNECT));
            portRules.add(new PortRule(DOMAIN_TLS, CONNECT));
        }
    }

    private void listedPorts(Ports ports) {
        circumstances.remove(Circumstance.ANYPORT);
        boolean tcp = has("inet") || has("anet") || has("dns");
        if (tcp && ports.bind().isEmpty()) {
            circumstances.remove(Circumstance.LISTENING);
        }
        need(
                ports.connect().isEmpty() ? "--bind" : "--connect",
                TCP,
                Shortfall.Severity.FAILS,
                "every TCP port would be open");
        if (!abi.has(UDP)) {
            circumstances.remove(Circumstance.ANYUDP);
        }
        if (isEnforced()) {
            need(
                    "a list of ports for UDP",
                    UDP,
                    Shortfall.Severity.FINE,
                    "UDP sockets cannot be made" + (promises.contains("dns") ? ", names are asked for over TCP" : ""));
        } else {
            need(
                    "a list of ports for UDP where violations are only watched",
                    UDP,
                    Shortfall.Severity.FAILS,
                    "every UDP port would be open");
        }
        handledNet = Ruleset.ALL_NET;
        SortedSet<Integer> connect = new TreeSet<>(ports.connect());
        if (promises.contains("dns")) {
            connect.add(DOMAIN);
            connect.add(DOMAIN_TLS);
        }
        for (int port : connect) {
            portRules.add(new PortRule(port, CONNECT));
        }
        for (int port : ports.bind()) {
            portRules.add(new PortRule(port, BIND));
        }
        if (!connect.isEmpty()) {
            portRules.add(new PortRule(0, PICKED));
        }
    }

    private Rights<Scope> scopes() {
        Rights<Scope> scopes = Rights.none();
        if (!has("proc")) {
            scopes = scopes.plus(Scope.SIGNAL);
        }
        return has("unix") ? scopes : scopes.plus(Scope.ABSTRACT_UNIX_SOCKET);
    }
}
