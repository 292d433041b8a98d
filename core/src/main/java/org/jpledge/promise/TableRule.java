package org.jpledge.promise;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jpledge.syscall.Arch;

/**
 * A rule of the promise table, as it is written: some calls with the same conditions and the same action.
 *
 * @param calls the names of the calls
 * @param conditions what their arguments must meet, in parentheses; empty for any arguments; may go over several lines
 * @param action what happens then, {@code errno NAME}; empty where the section says it
 * @param architectures where the rule holds; a call that one of them does not have is passed over there
 * @param line where in the table the rule begins, counted from 1
 */
public record TableRule(List<String> calls, String conditions, String action, Set<Arch> architectures, int line) {
    /** Copies the names and the architectures. */
    public TableRule {
        calls = List.copyOf(calls);
        architectures = Set.copyOf(architectures);
    }

    /**
     * The rule as the rule language writes it, on one line.
     *
     * @return such as {@code kill|rt_sigqueueinfo(pid == $pid)}
     */
    public String text() {
        StringBuilder text = new StringBuilder(64);
        appendPlace(text, architectures);
        char between = conditions.isEmpty() && action.isEmpty() ? ' ' : '|';
        for (int i = 0; i < calls.size(); i++) {
            if (i > 0) {
                text.append(between);
            }
            text.append(calls.get(i));
        }
        boolean blank = false;
        for (int i = 0; i < conditions.length(); i++) {
            char c = conditions.charAt(i);
            if (c > ' ') {
                text.append(c);
            } else if (!blank) {
                text.append(' ');
            }
            blank = c <= ' ';
        }
        if (!action.isEmpty()) {
            text.append(" -> ").append(action);
        }
        return text.toString();
    }

    /** Where a line of the table holds, as it says so at its beginning; nothing for one that holds everywhere. */
    static void appendPlace(StringBuilder text, Set<Arch> architectures) {
        if (architectures.size() < Arch.values().length) {
            text.append("on");
            for (Arch arch : EnumSet.copyOf(architectures)) {
                text.append(' ').append(arch.label());
            }
            text.append(": ");
        }
    }
}
