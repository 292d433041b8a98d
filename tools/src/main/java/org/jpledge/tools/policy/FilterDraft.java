package org.jpledge.tools.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Frequencies;
import org.jpledge.seccomp.Rule;
import org.jpledge.seccomp.RuleParser;
import org.jpledge.seccomp.RuleSyntaxException;
import org.jpledge.syscall.Arch;
import org.jpledge.tools.text.Node;

/**
 * A filter as far as a file says it.
 *
 * @param source the file
 * @param at where it says so
 * @param actions by key
 * @param arches the architectures that it is for; empty if it does not say
 * @param rules in order
 * @param frequencies how often calls are made, where it says so
 */
record FilterDraft(
        Source source,
        Node at,
        SortedMap<Key, Action> actions,
        List<Arch> arches,
        List<Fragment> rules,
        List<Counts> frequencies) {
    private static final Action ENOSYS = new Action.Errno(38);

    /**
     * Some rules.
     *
     * @param arch the only architecture that they are for; empty: all of the filter's
     * @param source the file
     * @param text the rules
     */
    record Fragment(Optional<Arch> arch, Source source, Node.Text text) {
        private boolean isFor(Arch other) {
            return arch.isEmpty() || arch.get() == other;
        }
    }

    /**
     * How often calls are made.
     *
     * @param arch the only architecture that this is for; empty: all of the filter's
     * @param frequencies how often
     */
    record Counts(Optional<Arch> arch, Frequencies frequencies) {}

    /** This one, with what another says besides. */
    FilterDraft over(FilterDraft other) {
        SortedMap<Key, Action> all = new TreeMap<>(other.actions);
        all.putAll(actions);
        List<Fragment> more = new ArrayList<>(rules);
        more.addAll(other.rules);
        List<Counts> counts = new ArrayList<>(frequencies);
        counts.addAll(other.frequencies);
        return new FilterDraft(source, at, all, arches.isEmpty() ? other.arches : arches, more, counts);
    }

    /** The filter. */
    Filter filter(String name, Arch arch) throws PolicyException {
        Action otherwise = actions.get(Key.OTHERWISE);
        if (otherwise == null) {
            throw source.error(
                    at,
                    "the filter \"" + name
                            + "\" does not say what happens to all other calls: otherwise = \"errno EPERM\""
                            + " or another action is expected");
        }
        Action action = actions.getOrDefault(Key.ACTION, Action.ALLOW);
        List<Filter.Section> sections = new ArrayList<>();
        List<Arch> all = arches.isEmpty() ? List.of(arch) : arches;
        for (Arch each : Arch.values()) {
            if (!all.contains(each)) {
                check(each, action);
            }
        }
        for (Arch each : all) {
            List<Rule> own = new ArrayList<>();
            List<Rule> common = new ArrayList<>();
            for (Fragment fragment : rules) {
                if (fragment.isFor(each)) {
                    (fragment.arch().isPresent() ? own : common).addAll(parsed(fragment, each, action));
                }
            }
            own.addAll(common);
            sections.add(new Filter.Section(each, own, frequencies(each)));
        }
        return new Filter(
                sections,
                otherwise,
                actions.getOrDefault(Key.UNKNOWN, ENOSYS),
                actions.getOrDefault(Key.FOREIGN, Action.KILL_PROCESS));
    }

    /** Reads rules of an architecture that the filter is not for. */
    private void check(Arch arch, Action action) throws PolicyException {
        for (Fragment fragment : rules) {
            if (fragment.arch().isPresent() && fragment.arch().get() == arch) {
                List<Rule> _ = parsed(fragment, arch, action);
            }
        }
    }

    private static List<Rule> parsed(Fragment fragment, Arch arch, Action action) throws PolicyException {
        try {
            return new RuleParser(arch).parse(fragment.text().text(), action);
        } catch (RuleSyntaxException e) {
            throw fragment.source().error(fragment.text(), e);
        }
    }

    private Frequencies frequencies(Arch arch) {
        Frequencies common = Frequencies.MEASURED;
        for (Counts counts : frequencies.reversed()) {
            if (counts.arch().isEmpty()) {
                common = counts.frequencies();
            }
        }
        for (Counts counts : frequencies) {
            if (counts.arch().isPresent() && counts.arch().get() == arch) {
                return counts.frequencies();
            }
        }
        return common;
    }
}
