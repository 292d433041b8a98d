package org.jpledge.tools.policy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.FilterText;
import org.jpledge.seccomp.Frequencies;
import org.jpledge.seccomp.Rule;
import org.jpledge.syscall.Arch;

/**
 * A filter as a file writes it.
 *
 * @param arches the architectures
 * @param otherwise an action
 * @param unknown an action
 * @param foreign an action
 * @param common what is the same on all architectures
 * @param parts what only one architecture has, in their order
 */
record FilterForm(
        List<Arch> arches,
        String otherwise,
        String unknown,
        String foreign,
        Part common,
        SequencedMap<Arch, Part> parts) {
    /**
     * Rules, and how often calls are made.
     *
     * @param rules a line each
     * @param frequencies empty where they are the measured ones
     */
    record Part(List<String> rules, Optional<Frequencies> frequencies) {
        private static final Part NONE = new Part(List.of(), Optional.empty());

        private static Part of(Filter.Section section) {
            List<String> rules = new ArrayList<>();
            for (Rule rule : section.rules()) {
                rules.add(FilterText.of(rule, section.arch()));
            }
            Frequencies frequencies = section.frequencies();
            return new Part(
                    rules, frequencies.equals(Frequencies.MEASURED) ? Optional.empty() : Optional.of(frequencies));
        }
    }

    static FilterForm of(Filter filter) {
        List<Arch> arches = new ArrayList<>();
        SequencedMap<Arch, Part> parts = new LinkedHashMap<>();
        for (Filter.Section section : filter.sections()) {
            arches.add(section.arch());
            parts.put(section.arch(), Part.of(section));
        }
        Part common = Part.NONE;
        Part first = parts.firstEntry().getValue();
        if (parts.values().stream().allMatch(first::equals)) {
            common = first;
            parts.clear();
        }
        return new FilterForm(
                arches, text(filter.otherwise()), text(filter.unknown()), text(filter.foreign()), common, parts);
    }

    /** An action; errors have the names that they have nearly everywhere. */
    static String text(Action action) {
        return FilterText.of(action, Arch.X86_64);
    }
}
