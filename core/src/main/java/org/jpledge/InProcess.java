package org.jpledge;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jpledge.landlock.Abi;
import org.jpledge.landlock.FilePath;
import org.jpledge.landlock.FsRight;
import org.jpledge.landlock.PathRule;
import org.jpledge.landlock.Rights;
import org.jpledge.landlock.Ruleset;
import org.jpledge.landlock.Scope;
import org.jpledge.linux.CodeCache;
import org.jpledge.linux.Kernel;
import org.jpledge.linux.KernelException;
import org.jpledge.linux.Landlock;
import org.jpledge.linux.Violations;
import org.jpledge.promise.Circumstance;
import org.jpledge.promise.Enforcement;
import org.jpledge.promise.JvmTable;
import org.jpledge.promise.Lowering;
import org.jpledge.promise.Policy;
import org.jpledge.promise.PromiseException;
import org.jpledge.promise.Promises;
import org.jpledge.promise.Shortfall;
import org.jpledge.promise.UnenforceableException;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Compiler;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Identity;
import org.jpledge.syscall.Arch;
import org.jpledge.unveil.Difference;
import org.jpledge.unveil.HostTree;
import org.jspecify.annotations.Nullable;

/** What this process has promised. It can only become less. */
final class InProcess {
    private static final String UNVEIL = "unveil";
    private static final String RPATH = "rpath";
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final Rights<FsRight> READ = Rights.of(FsRight.READ_FILE, FsRight.READ_DIR);
    private static final Rights<FsRight> READ_FILE = Rights.of(FsRight.READ_FILE);

    /** Changed under this class's lock. */
    private static volatile @Nullable InProcess now;

    private final Promises promises;
    private final Policy policy;
    private final Optional<Ruleset> ruleset;
    private final Set<Circumstance> circumstances;
    private final Action violation;
    private final JvmTable jvm;
    private final List<PathRule> text;
    private final Abi abi;

    /**
     * @param text what the JVM reads by itself, as it was found when nothing was closed yet
     * @param promises what has been kept of all promises
     * @param policy what is wanted now, whose filter comes on top of those there are
     */
    private InProcess(
            Promises promises,
            Policy policy,
            Optional<Ruleset> ruleset,
            Set<Circumstance> circumstances,
            Action violation,
            JvmTable jvm,
            List<PathRule> text,
            Abi abi) {
        this.abi = abi;
        this.text = text;
        this.promises = promises;
        this.policy = policy;
        this.ruleset = ruleset;
        this.circumstances = circumstances;
        this.violation = violation;
        this.jvm = jvm;
    }

    /** Whether this process has promised anything. Waits for nobody: threads ask that do a part of entering. */
    static boolean isEntered() {
        return now != null;
    }

    /** What a child can be held to: a launcher in a sandbox makes no rulesets, as Landlock's calls are closed to who has not promised unveil. */
    static synchronized Abi abiForChildren() {
        return now == null ? Landlock.support().abi() : Abi.NONE;
    }

    /**
     * Restricts this process to a policy, and to what it was restricted to before.
     *
     * @throws PledgeException if that would be more than it has now
     * @throws SandboxException if it cannot be enforced
     */
    static synchronized Report enter(Policy wanted) {
        try {
            InProcess before = now;
            return before == null ? first(wanted) : before.next(before.narrowed(wanted));
        } catch (UnenforceableException e) {
            throw new SandboxException(String.valueOf(e.getMessage()), false, e);
        } catch (KernelException e) {
            throw new SandboxException("this process cannot be restricted: " + e.getMessage(), false, e);
        }
    }

    /**
     * Does all that entering does for the first time, but restricts nothing.
     *
     * @throws SandboxException if the policy cannot be enforced
     */
    static synchronized void prepare(Policy policy) {
        if (now != null) {
            return;
        }
        try {
            Prepared prepared = prepared(policy);
            prepared.state.restriction(prepared.enforcement.exact(), identity());
        } catch (UnenforceableException e) {
            throw new SandboxException(String.valueOf(e.getMessage()), false, e);
        } catch (KernelException e) {
            throw new SandboxException("this process cannot be restricted: " + e.getMessage(), false, e);
        }
    }

    private static Report first(Policy policy) throws KernelException {
        Prepared prepared = prepared(policy);
        return prepared.state.restrict(prepared.enforcement, prepared.enforcement.exact());
    }

    /** What a first restriction is made of. */
    private record Prepared(InProcess state, Enforcement enforcement) {}

    /** Goes on with what needs no kernel, until it has said what it can do; then with what needs no more than that. */
    private static Prepared prepared(Policy policy) throws KernelException {
        Machine.ask();
        Optional<Aside<Boolean>> trust = preloadTrust(policy.promises());
        preload(policy.promises());
        Lowering.prepare(policy.promises(), Arch.host());
        Abi abi = Machine.abi();
        Aside<Optional<CodeCache>> ground = new Aside<>(new Machine.Ground(abi));
        Enforcement enforcement = enforcement(policy, abi);
        JvmTable jvm = jvm(policy.promises(), Machine.get(ground));
        await(trust);
        InProcess state = new InProcess(
                policy.isPromised() ? policy.promises() : Promises.every(),
                policy,
                enforcement.exact(),
                enforcement.circumstances(),
                violation(policy),
                jvm,
                text(policy, enforcement.exact()),
                abi);
        return new Prepared(state, enforcement);
    }

    private Report next(Policy policy) throws KernelException {
        Promises kept = policy.isPromised() ? policy.promises() : promises;
        if (promises.contains(RPATH) && !kept.contains(RPATH)) {
            Optional<Aside<Boolean>> trust = preloadTrust(kept);
            Sandbox.preload(readLate(kept).toArray(new Preload[0]));
            await(trust);
        }
        Enforcement enforcement = enforcement(policy, abi);
        // Landlock's calls are closed to who has not promised unveil.
        boolean landlock = promises.contains(UNVEIL);
        if (landlock) {
            Landlock.prepare(abi);
        }
        Set<Circumstance> circumstances = landlock ? enforcement.circumstances() : circumstances(enforcement.exact());
        Optional<Ruleset> held = landlock ? enforcement.exact() : ruleset;
        InProcess state = new InProcess(kept, policy, held, circumstances, violation(policy), jvm, text, abi);
        if (!landlock && state.hasFilterOf(this)) {
            return report(enforcement, new Restriction.Done(Report.Landlock.NONE, 0, List.of()));
        }
        return state.restrict(enforcement, landlock ? enforcement.exact() : Optional.empty());
    }

    /** Whether the filter would be the same: the kernel takes some fifty of them, so one that holds already is not added again. */
    private boolean hasFilterOf(InProcess other) {
        return promises.equals(other.promises)
                && policy.amendments().equals(other.policy.amendments())
                && circumstances.equals(other.circumstances)
                && violation.encoded() == other.violation.encoded();
    }

    /** Makes this what the process has promised. */
    private Report restrict(Enforcement enforcement, Optional<Ruleset> added) throws KernelException {
        Identity self = identity();
        Restriction restriction = restriction(added, self);
        if (violation instanceof Action.Trap trap && trap.data() != 0) {
            install(self);
        }
        Restriction.Done done = restriction.apply();
        now = this;
        return report(enforcement, done);
    }

    private void install(Identity self) throws KernelException {
        try {
            Reporting.install(self, policy, promises, circumstances);
        } catch (KernelException e) {
            if (now == null) {
                throw e;
            }
            throw new SandboxException(
                    "REPORT and KILL have a signal handler, and this process can make no executable memory any more ("
                            + e.getMessage()
                            + "): choose one of them when it enters a sandbox first, or promise prot_exec until then",
                    false,
                    e);
        }
    }

    private Restriction restriction(Optional<Ruleset> added, Identity self) {
        Filter filter = policy.jvm(Arch.host(), violation, circumstances, jvm);
        Optional<Ruleset> own = added.isPresent() ? Optional.of(forJvm(added.get())) : Optional.empty();
        return new Restriction(own, abi, Compiler.compile(filter).bind(self), LIMIT);
    }

    /** A killed JVM says why: the filter sends a signal, whose handler does. Without the handler the signal kills too. */
    private static Action violation(Policy policy) {
        return policy.violation() instanceof Action.KillProcess
                        && !policy.promises().contains("error")
                ? new Action.Trap(Violations.KILL)
                : policy.violation();
    }

    private static Enforcement enforcement(Policy policy, Abi abi) {
        return policy.enforce(Arch.host(), abi, directory(), new HostTree());
    }

    /** From where paths are taken that are not absolute. */
    static FilePath directory() {
        return HostTree.toFilePath(Path.of("").toAbsolutePath());
    }

    /** What it has when it wants less; with {@code error}, also when it wants more. */
    private Policy narrowed(Policy wanted) {
        boolean paths = !wanted.view().unveils().isEmpty() || wanted.ports().isRestricted();
        if (paths && !promises.contains(UNVEIL)) {
            throw new PledgeException(
                    "EPERM",
                    List.of(UNVEIL),
                    "paths and ports are locked: \"unveil\" was not among the promises \"" + promises + '"');
        }
        try {
            return wanted.promising(promises.narrowedTo(wanted.promises()));
        } catch (PromiseException e) {
            List<String> more = new ArrayList<>(wanted.promises().words());
            more.removeAll(promises.words());
            throw new PledgeException(
                    "EPERM",
                    more,
                    "this process has given up \"" + String.join(" ", more) + "\", it promised \"" + promises + '"');
        }
    }

    /**
     * What holds beside the promises when Landlock cannot be asked again: if it would be told the same, it decides about paths
     * as before; otherwise the filter does, by the flags of open(2).
     */
    private Set<Circumstance> circumstances(Optional<Ruleset> same) {
        if (same.equals(ruleset)) {
            return circumstances;
        }
        Set<Circumstance> fewer = EnumSet.copyOf(circumstances);
        fewer.remove(Circumstance.LANDLOCK);
        return fewer;
    }

    /** What cannot be loaded later: our own classes, and of the Java library what the promises will surely use. */
    private static void preload(Promises promises) {
        OwnClasses.load();
        if (promises.contains(RPATH) && promises.contains("prot_exec")) {
            return;
        }
        Set<Preload> parts = EnumSet.of(Preload.FILES, Preload.ZIP, Preload.LOGGING);
        if (!promises.contains(RPATH)) {
            parts.addAll(readLate(promises));
        }
        if (usesNetwork(promises)) {
            parts.add(Preload.NETWORK);
        } else {
            loadSockets();
        }
        Sandbox.preload(parts.toArray(new Preload[0]));
    }

    /** What is not promised is to fail with an exception: a library that cannot be loaded any more would be an error. */
    private static void loadSockets() {
        try {
            SocketChannel.open().close();
        } catch (IOException _) {
            // Refused already, by a sandbox around this JVM: that is the exception.
            return;
        }
    }

    /** What is in files can be read later as long as rpath is promised; only native code cannot. */
    private static Set<Preload> readLate(Promises promises) {
        Set<Preload> parts = EnumSet.of(Preload.CLASS_PATH, Preload.TIME, Preload.TEXT, Preload.SECURITY);
        if (usesNetwork(promises)) {
            parts.add(Preload.PROXIES);
        }
        return parts;
    }

    private static boolean usesNetwork(Promises promises) {
        for (String word : List.of("inet", "anet", "unix", "dns")) {
            if (promises.contains(word)) {
                return true;
            }
        }
        return false;
    }

    /** Whom TLS trusts, if it may be used and could not be read later. On a thread beside: it takes as long as all else. */
    private static Optional<Aside<Boolean>> preloadTrust(Promises promises) {
        if (promises.contains(RPATH) || !promises.contains("inet")) {
            return Optional.empty();
        }
        return Optional.of(new Aside<>(() -> {
            Preload.TLS.run();
            return true;
        }));
    }

    private static void await(Optional<Aside<Boolean>> trust) throws KernelException {
        if (trust.isPresent()) {
            Machine.get(trust.get());
        }
    }

    /** The JVM's own files and the class path can be read where Landlock decides about paths: it is the program's text. */
    private Ruleset forJvm(Ruleset exact) {
        Rights<Scope> scoped = exact.scoped();
        if (!abi.has(Abi.V8) && !Landlock.letsThreadsSignalEachOther()) {
            // Each thread has a sandbox of its own, and could not signal the others.
            scoped = scoped.minus(Rights.of(Scope.SIGNAL));
        }
        List<PathRule> paths = new ArrayList<>(exact.paths());
        if (!exact.handledFs().isEmpty() && circumstances.contains(Circumstance.LANDLOCK)) {
            paths.addAll(text);
        }
        return new Ruleset(exact.handledFs(), exact.handledNet(), scoped, paths, exact.ports());
    }

    /** The JVM's own files and the class path: what a ruleset adds to a policy's own paths, now or later. */
    private static List<PathRule> text(Policy policy, Optional<Ruleset> exact) {
        boolean closed = policy.promises().contains(UNVEIL) || (exact.isPresent() && !isReadable(exact.get()));
        List<PathRule> rules = new ArrayList<>();
        try {
            for (Path path : JvmText.paths(Path.of(System.getProperty("java.home")), closed)) {
                boolean directory = Files.isDirectory(path);
                FilePath absolute = HostTree.toFilePath(path.toAbsolutePath());
                rules.add(new PathRule(absolute, directory, directory ? READ : READ_FILE, PathRule.Presence.SYSTEM));
            }
        } catch (IOException e) {
            throw new SandboxException("the JVM's own files cannot be looked at: " + e.getMessage(), false, e);
        }
        return rules;
    }

    /** Whether every file can be read. */
    private static boolean isReadable(Ruleset exact) {
        for (PathRule rule : exact.paths()) {
            if (rule.path().equals(FilePath.ROOT) && rule.allowed().hasAll(READ)) {
                return true;
            }
        }
        return exact.handledFs().isEmpty();
    }

    /** What this JVM needs. */
    static JvmTable jvm(Promises promises, Optional<CodeCache> cache) {
        if (cache.isEmpty() && !promises.contains("prot_exec")) {
            throw new UnsupportedOperationException(
                    "this JVM does not say where it puts compiled code, and would die when it"
                            + " needs more room for it: promise prot_exec");
        }
        return cache.isPresent() ? JvmTable.of(cache.get().low(), cache.get().high()) : JvmTable.of(0, 0);
    }

    /** Who this process is. */
    static Identity identity() throws KernelException {
        return new Identity(
                (int) Kernel.require("getpid"), (int) Kernel.require("getuid"), (int) Kernel.require("getgid"));
    }

    private Report report(Enforcement enforcement, Restriction.Done done) {
        Set<Promise> kept = EnumSet.noneOf(Promise.class);
        for (Promise promise : Promise.values()) {
            if (promises.contains(promise.word())) {
                kept.add(promise);
            }
        }
        List<String> shortfalls = new ArrayList<>();
        for (Shortfall shortfall : enforcement.shortfalls()) {
            shortfalls.add(shortfall.text());
        }
        List<String> differences = new ArrayList<>();
        for (Difference difference : enforcement.differences()) {
            differences.add(difference.text());
        }
        List<String> skipped = new ArrayList<>();
        for (FilePath path : done.skipped()) {
            skipped.add(path.toString());
        }
        return new Report(kept, done.instructions(), abi.version(), done.landlock(), shortfalls, differences, skipped);
    }
}
