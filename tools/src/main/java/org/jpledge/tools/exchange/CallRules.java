package org.jpledge.tools.exchange;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jpledge.seccomp.Rule;

/**
 * What happens to one call: rules in order, of which only the last can be without conditions.
 *
 * @param number the call
 * @param rules at least one
 */
record CallRules(int number, List<Rule> rules) {
    /** Copies the rules. */
    CallRules {
        rules = List.copyOf(rules);
    }

    /** Whether the last rule is for all arguments that are left. */
    boolean isComplete() {
        return rules.getLast().conditions().isEmpty();
    }

    /** Puts the rules of each call together, in the order in which the calls come first, without those that can never match. */
    static List<CallRules> of(List<Rule> rules) {
        Map<Integer, List<Rule>> byNumber = new LinkedHashMap<>();
        for (Rule rule : rules) {
            List<Rule> before = byNumber.computeIfAbsent(rule.number(), _ -> new ArrayList<>());
            if (before.isEmpty() || !before.getLast().conditions().isEmpty()) {
                before.add(rule);
            }
        }
        List<CallRules> calls = new ArrayList<>(byNumber.size());
        byNumber.forEach((number, all) -> calls.add(new CallRules(number, all)));
        return calls;
    }
}
