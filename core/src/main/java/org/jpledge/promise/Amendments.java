package org.jpledge.promise;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jpledge.bpf.SeccompData;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Identity;
import org.jpledge.seccomp.Rule;
import org.jpledge.syscall.Arch;
import org.jspecify.annotations.Nullable;

/**
 * What is said of system calls beside promises, or in their place. The rules stand before everything else, in order; what none of
 * them is about is allowed if the promises and every filter allow it. Immutable.
 *
 * @param rules the user's own rules
 * @param filters filters that hold too
 * @param promised whether promises hold at all; otherwise there is at least one filter
 */
public record Amendments(List<Amendment> rules, List<NamedFilter> filters, boolean promised) {
    /** Promises alone. */
    static final Amendments NONE = new Amendments(List.of(), List.of(), true);

    /** Copies the lists. */
    public Amendments {
        rules = List.copyOf(rules);
        filters = List.copyOf(filters);
        if (!promised && filters.isEmpty()) {
            throw new IllegalArgumentException("neither promises nor a filter");
        }
    }

    Amendments with(Amendment rule) {
        List<Amendment> more = new ArrayList<>(rules);
        more.add(rule);
        return new Amendments(more, filters, promised);
    }

    Amendments with(NamedFilter filter) {
        List<NamedFilter> more = new ArrayList<>(filters);
        more.add(filter);
        return new Amendments(rules, more, promised);
    }

    /** Whether there is nothing but promises. */
    boolean isNothing() {
        return promised && rules.isEmpty() && filters.isEmpty();
    }

    /**
     * The whole filter.
     *
     * @param promises the promises' own; null where none hold
     * @param arch the architecture on which the program runs
     * @param violation what happens to a call that is denied, where the rule does not say it
     * @param foremost what stands even before the user's rules on that architecture
     * @throws IllegalArgumentException if a filter says nothing of the architecture
     */
    Filter applied(@Nullable Filter promises, Arch arch, Action violation, List<Rule> foremost) {
        @Nullable Filter all = promises;
        for (int i = 0; i < filters.size(); i++) {
            Filter each = filters.get(i).filter();
            if (!has(each, arch)) {
                throw new IllegalArgumentException(
                        filters.get(i).name() + " says nothing of " + arch.label() + ", so nothing could run");
            }
            all = all == null ? each : all.and(each);
        }
        Filter whole = Objects.requireNonNull(all, "neither promises nor a filter");
        List<Filter.Section> sections = new ArrayList<>();
        for (Filter.Section section : whole.sections()) {
            List<Rule> reached = new ArrayList<>();
            BitSet decided = new BitSet();
            if (section.arch() == arch) {
                add(foremost, decided, reached);
            }
            add(rules(section.arch(), violation), decided, reached);
            add(section.rules(), decided, reached);
            sections.add(new Filter.Section(section.arch(), reached, section.frequencies()));
        }
        return new Filter(sections, whole.otherwise(), whole.unknown(), whole.foreign());
    }

    private static boolean has(Filter filter, Arch arch) {
        for (Filter.Section section : filter.sections()) {
            if (section.arch() == arch) {
                return true;
            }
        }
        return false;
    }

    /** Adds rules that can be reached: none of a call about which one was said that is for any arguments. */
    private static void add(List<Rule> rules, BitSet decided, List<Rule> all) {
        for (int i = 0; i < rules.size(); i++) {
            Rule rule = rules.get(i);
            if (!decided.get(rule.number())) {
                all.add(rule);
                if (rule.conditions().isEmpty()) {
                    decided.set(rule.number());
                }
            }
        }
    }

    /** The user's rules on an architecture. */
    List<Rule> rules(Arch arch, Action violation) {
        List<Rule> all = new ArrayList<>();
        for (int i = 0; i < rules.size(); i++) {
            all.addAll(rules.get(i).rules(arch, violation));
        }
        return all;
    }

    /** The user's own rule that decides a call; empty if none is about it. */
    Optional<Amendment> decisive(SeccompData call, Identity self, Arch arch) {
        for (int i = 0; i < rules.size(); i++) {
            List<Rule> each = rules.get(i).rules(arch, Action.KILL_PROCESS);
            for (int j = 0; j < each.size(); j++) {
                if (each.get(j).matches(call, self)) {
                    return Optional.of(rules.get(i));
                }
            }
        }
        return Optional.empty();
    }

    /** The first filter that does not let a call through; empty if all do. */
    Optional<NamedFilter> refusing(SeccompData call, Identity self) {
        for (int i = 0; i < filters.size(); i++) {
            if (!(filters.get(i).filter().decide(call, self) instanceof Action.Allow)) {
                return Optional.of(filters.get(i));
            }
        }
        return Optional.empty();
    }
}
