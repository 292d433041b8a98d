package org.jpledge.tools.exchange;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Condition;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.FilterText;
import org.jpledge.seccomp.Operator;
import org.jpledge.seccomp.Rule;
import org.jpledge.seccomp.Value;
import org.jspecify.annotations.Nullable;

/**
 * Rules for formats that know no numbers of the process that will be confined. What such a number would have allowed is not
 * allowed, and what would have been refused for it alone is refused for all, so that less is allowed and never more.
 */
public final class WithoutVariables {
    private WithoutVariables() {}

    /**
     * The section's rules without variables.
     *
     * @param section the section
     * @param losses where to add what is lost, for each rule that had one
     * @return the rules
     */
    public static List<Rule> of(Filter.Section section, Collection<String> losses) {
        List<Rule> kept = new ArrayList<>();
        for (Rule rule : section.rules()) {
            if (!hasVariable(rule)) {
                kept.add(rule);
                continue;
            }
            String text = FilterText.of(rule, section.arch());
            if (isPermissive(rule.action())) {
                losses.add(text + ": the number is known in the process alone, so this is not allowed");
                permitted(rule, kept);
            } else {
                losses.add(text + ": the number is known in the process alone, so this holds for any");
                List<Condition> others = new ArrayList<>(rule.conditions());
                others.removeIf(condition -> !isConstant(condition));
                kept.add(new Rule(rule.number(), others, rule.action()));
            }
        }
        return kept;
    }

    /** Keeps what a rule allows for constants. */
    private static void permitted(Rule rule, List<Rule> kept) {
        List<Condition> conditions = new ArrayList<>();
        for (Condition condition : rule.conditions()) {
            Condition constant = isConstant(condition) ? condition : constants(condition);
            if (constant == null) {
                return;
            }
            conditions.add(constant);
        }
        kept.add(new Rule(rule.number(), conditions, rule.action()));
    }

    private static @Nullable Condition constants(Condition condition) {
        List<Value> values = new ArrayList<>(condition.values());
        values.removeIf(value -> value instanceof Value.Own);
        return values.isEmpty()
                ? null
                : new Condition(condition.argument(), condition.word(), condition.mask(), Operator.IN, values);
    }

    private static boolean hasVariable(Rule rule) {
        return !rule.conditions().stream().allMatch(WithoutVariables::isConstant);
    }

    private static boolean isConstant(Condition condition) {
        return condition.values().stream().allMatch(value -> value instanceof Value.Constant);
    }

    /** Whether a call is made, or may be. */
    static boolean isPermissive(Action action) {
        return switch (action) {
            case Action.Allow _, Action.Log _, Action.Notify _, Action.Trace _ -> true;
            case Action.Errno _, Action.KillProcess _, Action.KillThread _, Action.Trap _ -> false;
        };
    }
}
