package org.jpledge.promise;

import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Rule;

/**
 * A filter that a program is held to, besides its promises or in their place.
 *
 * @param name what reports call it, such as the file that it was read from
 * @param filter the filter; it may not ask anybody
 */
public record NamedFilter(String name, Filter filter) {
    /**
     * Checks that nobody is asked.
     *
     * @throws IllegalArgumentException if the filter has an action that needs somebody who answers
     */
    public NamedFilter {
        check(filter.otherwise());
        check(filter.unknown());
        check(filter.foreign());
        for (Filter.Section section : filter.sections()) {
            for (Rule rule : section.rules()) {
                check(rule.action());
            }
        }
    }

    private static void check(Action action) {
        if (action instanceof Action.Trace || action instanceof Action.Notify) {
            throw new IllegalArgumentException(
                    "it has the action " + (action instanceof Action.Trace ? "trace" : "notify")
                            + ", which needs somebody who answers, and nothing runs beside the program");
        }
    }
}
