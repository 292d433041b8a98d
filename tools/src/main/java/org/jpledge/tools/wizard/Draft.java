package org.jpledge.tools.wizard;

import java.util.ArrayList;
import java.util.List;
import org.jpledge.tools.policy.PolicyDocument;

/**
 * What has been answered so far.
 *
 * @param name what the policy is called
 * @param policy the policy
 * @param rule the rule that is being made
 * @param filter the filter of its own that rules are for; empty: they are for the promises' one
 * @param file where the policy is to be written; empty: nowhere
 */
record Draft(String name, PolicyDocument policy, Rule rule, String filter, String file) {
    /**
     * A rule for a single call, as far as it goes.
     *
     * @param call the system call
     * @param conditions those that are whole
     * @param argument what is compared next
     * @param size a width that is not the argument's own, as rules write it; empty otherwise
     * @param mask the bits that are compared, as rules write it; empty for all
     * @param operator the comparison
     */
    record Rule(String call, List<String> conditions, String argument, String size, String mask, String operator) {
        static final Rule NONE = about("");

        Rule {
            conditions = List.copyOf(conditions);
        }

        static Rule about(String call) {
            return new Rule(call, List.of(), "", "", "", "");
        }

        Rule comparing(String name) {
            return new Rule(call, conditions, name, "", "", "");
        }

        Rule sized(String width) {
            return new Rule(call, conditions, argument, width, "", "");
        }

        Rule masked(String bits) {
            return new Rule(call, conditions, argument, size, " & " + bits, "==");
        }

        Rule by(String comparison) {
            return new Rule(call, conditions, argument, size, mask, comparison);
        }

        /** The comparison that is being made, with a value. */
        String condition(String value) {
            return argument + size + mask + ' ' + operator + ' ' + value;
        }

        Rule with(String condition) {
            List<String> more = new ArrayList<>(conditions);
            more.add(condition);
            return new Rule(call, more, "", "", "", "");
        }

        /** In the rule language, without an action. */
        String text() {
            return conditions.isEmpty() ? call : call + '(' + String.join(", ", conditions) + ')';
        }
    }

    Draft named(String other) {
        return new Draft(other, policy, rule, filter, file);
    }

    Draft of(PolicyDocument other) {
        return new Draft(name, other, rule, filter, file);
    }

    Draft ruling(Rule other) {
        return new Draft(name, policy, other, filter, file);
    }

    Draft filtering(String other) {
        return new Draft(name, policy, rule, other, file);
    }

    Draft writtenTo(String other) {
        return new Draft(name, policy, rule, filter, other);
    }
}
