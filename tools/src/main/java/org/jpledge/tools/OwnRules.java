package org.jpledge.tools;

import java.util.ArrayList;
import java.util.List;
import org.jpledge.promise.Amendment;
import org.jpledge.promise.Amendments;
import org.jpledge.promise.NamedFilter;
import org.jpledge.promise.Policy;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Implication;
import org.jpledge.seccomp.Rule;
import org.jpledge.seccomp.RuleSyntaxException;
import org.jpledge.syscall.Arch;

/** The options {@code --allow}, {@code --deny} and {@code --filter}, and how what they say is shown. */
final class OwnRules {
    private OwnRules() {}

    /** Adds the user's own rules to a policy, in their order. */
    static Policy applied(Policy policy, CommandLine line) throws Failure {
        Policy amended = policy;
        for (CommandLine.Given given : line.given()) {
            if (given.option() == Option.ALLOW_RULE) {
                amended = amended.amending(new Amendment(Amendment.Kind.ALLOW, given.argument()));
            } else if (given.option() == Option.DENY_RULE) {
                amended = amended.amending(new Amendment(Amendment.Kind.DENY, given.argument()));
            }
        }
        Arch host = Arch.host();
        check(amended, host, "");
        for (NamedFilter named : amended.amendments().filters()) {
            for (Filter.Section section : named.filter().sections()) {
                if (section.arch() != host) {
                    check(amended, section.arch(), ", on " + section.arch().label());
                }
            }
        }
        return amended;
    }

    /** Every rule must be one, and able to match. */
    private static void check(Policy policy, Arch arch, String where) throws Failure {
        List<Rule> before = new ArrayList<>();
        List<Amendment> whose = new ArrayList<>();
        for (Amendment amendment : policy.amendments().rules()) {
            List<Rule> rules;
            try {
                rules = amendment.rules(arch, policy.violation());
            } catch (RuleSyntaxException e) {
                throw Failure.usage("option " + amendment.kind().option() + where + ": " + e.getMessage());
            }
            for (Rule rule : rules) {
                for (int i = 0; i < before.size(); i++) {
                    Rule other = before.get(i);
                    if (other.number() == rule.number()
                            && other.action().encoded() != rule.action().encoded()
                            && Implication.holds(rule, other)) {
                        throw Failure.usage("option " + text(amendment) + where + " comes after " + text(whose.get(i))
                                + ", which decides all of its calls: the first rule that matches counts");
                    }
                }
            }
            for (Rule rule : rules) {
                before.add(rule);
                whose.add(amendment);
            }
        }
    }

    /** A rule as it was given. */
    static String text(Amendment amendment) {
        return amendment.kind().option() + " '" + amendment.text() + "'";
    }

    /** The filters, as comments. */
    static void append(StringBuilder out, Policy policy) {
        Amendments amendments = policy.amendments();
        for (NamedFilter filter : amendments.filters()) {
            out.append("# --filter ").append(filter.name());
            out.append(amendments.promised() ? " holds too: the more severe answer counts\n" : "\n");
        }
        if (!amendments.promised() && policy.ports().isRestricted()) {
            out.append("# as ports are listed, also all that any promise gives and nothing else\n");
        }
    }

    /** For each of the first rules of a section, those of the user, the option that gave it. */
    static List<String> origins(Policy policy, Filter.Section section) {
        List<String> origins = new ArrayList<>();
        int at = 0;
        for (Amendment amendment : policy.amendments().rules()) {
            for (Rule rule : amendment.rules(section.arch(), policy.violation())) {
                if (at < section.rules().size() && section.rules().get(at).equals(rule)) {
                    origins.add(text(amendment));
                    at++;
                }
            }
        }
        return origins;
    }
}
