package org.jpledge.landlock;

import java.util.ArrayList;
import java.util.List;

/**
 * One layer of a Landlock sandbox. What is handled is refused, but for what rules grant; rules along a path add up. What is
 * not handled is free.
 *
 * @param handledFs what is refused on files
 * @param handledNet what is refused on ports
 * @param scoped what cannot reach outside
 * @param paths exceptions for paths
 * @param ports exceptions for ports
 */
public record Ruleset(
        Rights<FsRight> handledFs,
        Rights<NetRight> handledNet,
        Rights<Scope> scoped,
        List<PathRule> paths,
        List<PortRule> ports) {
    /** How many layers a process can have, its parents' counted; restricting it once more is E2BIG. */
    public static final int MOST_LAYERS = 16;

    /** Every right on files of which this table knows. */
    public static final Rights<FsRight> ALL_FS = Rights.known(FsRight.values(), Abi.LATEST);

    /** Every right on ports of which this table knows. */
    public static final Rights<NetRight> ALL_NET = Rights.known(NetRight.values(), Abi.LATEST);

    /** Every scope of which this table knows. */
    public static final Rights<Scope> ALL_SCOPES = Rights.known(Scope.values(), Abi.LATEST);

    /** Restricts nothing. The kernel does not take it. */
    public static final Ruleset NOTHING =
            new Ruleset(Rights.none(), Rights.none(), Rights.none(), List.of(), List.of());

    /** Checks that rules grant what is handled, and nothing else. */
    public Ruleset {
        paths = List.copyOf(paths);
        ports = List.copyOf(ports);
        for (int i = 0; i < paths.size(); i++) {
            if (!handledFs.hasAll(paths.get(i).allowed())) {
                throw new IllegalArgumentException("a rule on " + paths.get(i).path() + " grants what is not handled");
            }
        }
        for (int i = 0; i < ports.size(); i++) {
            if (!handledNet.hasAll(ports.get(i).allowed())) {
                throw new IllegalArgumentException(
                        "a rule on port " + ports.get(i).port() + " grants what is not handled");
            }
        }
    }

    /**
     * Refuses everything on files but what is granted.
     *
     * @param rules the exceptions
     * @return a ruleset that handles every right on files, whatever the rules are about
     */
    public static Ruleset ofPaths(List<PathRule> rules) {
        return NOTHING.withPaths(rules);
    }

    /**
     * Refuses everything on files but what is granted, here and by these rules.
     *
     * @param rules more exceptions
     * @return the ruleset, with every right on files handled
     */
    public Ruleset withPaths(List<PathRule> rules) {
        List<PathRule> all = new ArrayList<>(paths);
        all.addAll(rules);
        return new Ruleset(ALL_FS, handledNet, scoped, all, ports);
    }

    /**
     * Refuses all TCP and UDP ports but what is granted, here and by these rules.
     *
     * @param rules more exceptions
     * @return the ruleset, with every right on ports handled
     */
    public Ruleset withPorts(List<PortRule> rules) {
        List<PortRule> all = new ArrayList<>(ports);
        all.addAll(rules);
        return new Ruleset(handledFs, ALL_NET, scoped, paths, all);
    }

    /**
     * Keeps more from reaching outside.
     *
     * @param scopes what is to end at the sandbox
     * @return the ruleset
     */
    public Ruleset withScopes(Rights<Scope> scopes) {
        return new Ruleset(handledFs, handledNet, scoped.plus(scopes), paths, ports);
    }

    /**
     * Says whether there is anything to enforce.
     *
     * @return whether nothing is restricted; the kernel refuses to make such a ruleset (ENOMSG)
     */
    public boolean isNothing() {
        return handledFs.isEmpty() && handledNet.isEmpty() && scoped.isEmpty();
    }

    /**
     * What a version of Landlock can have of this ruleset. Only the rights that it does not know are dropped, each from
     * where it stands; the rest of the rule, and of the ruleset, stays.
     *
     * @param abi the version
     * @return the ruleset for that version, with what it cannot express
     */
    public Degraded degrade(Abi abi) {
        List<Loss> losses = new ArrayList<>();
        Rights<FsRight> fs = handledFs.and(Rights.known(FsRight.values(), abi));
        Rights<NetRight> net = handledNet.and(Rights.known(NetRight.values(), abi));
        Rights<Scope> scopes = scoped.and(Rights.known(Scope.values(), abi));

        boolean restrictsFiles = !fs.isEmpty();
        for (FsRight right : handledFs.minus(fs).list(FsRight.values())) {
            if (right == FsRight.REFER && restrictsFiles) {
                // A kernel that does not know the right refuses what it is about, always.
                if (grantsSomewhere(right)) {
                    losses.add(new Loss.Ungrantable(right));
                }
            } else if (!grantsEverywhere(right)) {
                losses.add(new Loss.Unenforced(right));
            }
        }
        for (NetRight right : handledNet.minus(net).list(NetRight.values())) {
            losses.add(new Loss.Unenforced(right));
        }
        for (Scope scope : scoped.minus(scopes).list(Scope.values())) {
            losses.add(new Loss.Unenforced(scope));
        }

        List<PathRule> keptPaths = new ArrayList<>(paths.size());
        for (int i = 0; i < paths.size(); i++) {
            PathRule rule = paths.get(i);
            Rights<FsRight> allowed = rule.allowed();
            if (fs.hasAll(allowed)) {
                keptPaths.add(rule);
            } else if (!allowed.and(fs).isEmpty()) {
                keptPaths.add(new PathRule(rule.path(), rule.directory(), allowed.and(fs), rule.presence()));
            }
        }
        List<PortRule> keptPorts = new ArrayList<>(ports.size());
        for (PortRule rule : ports) {
            Rights<NetRight> kept = rule.allowed().and(net);
            if (!kept.isEmpty()) {
                keptPorts.add(new PortRule(rule.port(), kept));
            }
        }
        return new Degraded(abi, new Ruleset(fs, net, scopes, keptPaths, keptPorts), losses);
    }

    private boolean grantsSomewhere(FsRight right) {
        for (PathRule rule : paths) {
            if (rule.allowed().has(right)) {
                return true;
            }
        }
        return false;
    }

    private boolean grantsEverywhere(FsRight right) {
        for (PathRule rule : paths) {
            if (rule.path().equals(FilePath.ROOT) && rule.allowed().has(right)) {
                return true;
            }
        }
        return false;
    }
}
