package org.jpledge.tools;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jpledge.landlock.Abi;
import org.jpledge.landlock.FsRight;
import org.jpledge.landlock.NetRight;
import org.jpledge.landlock.PathRule;
import org.jpledge.landlock.PortRule;
import org.jpledge.landlock.Right;
import org.jpledge.landlock.Rights;
import org.jpledge.landlock.Ruleset;
import org.jpledge.landlock.Scope;
import org.jpledge.tools.text.RawPath;

/** Landlock's rules in words: the kernel's names, in lower case and with dashes. */
final class RulesetText {
    private RulesetText() {}

    /** One right. */
    static String word(Right right) {
        return right.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Rights on files. */
    static List<String> files(Rights<FsRight> rights) {
        return words(rights.list(FsRight.values()));
    }

    /** Rights on ports. */
    static List<String> ports(Rights<NetRight> rights) {
        return words(rights.list(NetRight.values()));
    }

    /** Scopes. */
    static List<String> scopes(Rights<Scope> scopes) {
        return words(scopes.list(Scope.values()));
    }

    private static List<String> words(List<? extends Right> rights) {
        List<String> words = new ArrayList<>();
        for (Right right : rights) {
            words.add(word(right));
        }
        return words;
    }

    /** What a ruleset handles: refused but for its rules. */
    static List<String> handled(Ruleset ruleset) {
        List<String> all = new ArrayList<>(files(ruleset.handledFs()));
        all.addAll(ports(ruleset.handledNet()));
        all.addAll(scopes(ruleset.scoped()));
        return all;
    }

    /** Rights that came later than a version, each with its version. */
    static List<String> unknown(Abi abi) {
        List<Right> all = new ArrayList<>(List.of(FsRight.values()));
        all.addAll(List.of(NetRight.values()));
        all.addAll(List.of(Scope.values()));
        List<String> later = new ArrayList<>();
        for (Right right : all) {
            if (!abi.has(right.since())) {
                later.add(word(right) + " (ABI " + right.since().version() + ")");
            }
        }
        return later;
    }

    /** What a rule on a path says of the path. */
    static String presence(PathRule rule) {
        return switch (rule.presence()) {
            case REQUIRED -> "required";
            case OPTIONAL -> "if there";
            case SYSTEM -> "if there, through links";
        };
    }

    /** The rules of a ruleset but for those of another, a line each. */
    static void append(StringBuilder out, Ruleset ruleset, List<PathRule> knownPaths, List<PortRule> knownPorts) {
        for (PathRule rule : ruleset.paths()) {
            if (!knownPaths.contains(rule)) {
                out.append(RawPath.quoted(rule.path().bytes()))
                        .append(rule.directory() && rule.path().length() > 1 ? "/" : "");
                out.append(": ").append(String.join(" ", files(rule.allowed())));
                out.append(rule.presence() == PathRule.Presence.REQUIRED ? "" : "  # " + presence(rule))
                        .append('\n');
            }
        }
        for (PortRule rule : ruleset.ports()) {
            if (!knownPorts.contains(rule)) {
                out.append("port ").append(rule.port()).append(": ");
                out.append(String.join(" ", ports(rule.allowed()))).append('\n');
            }
        }
    }
}
