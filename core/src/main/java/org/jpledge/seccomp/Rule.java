package org.jpledge.seccomp;

import java.util.List;
import org.jpledge.bpf.SeccompData;

/**
 * What happens to a system call whose arguments meet all of some conditions.
 *
 * @param number the system call, in its architecture's numbering
 * @param conditions all must hold; none means any arguments
 * @param action what happens then
 */
public record Rule(int number, List<Condition> conditions, Action action) {
    /** Copies the conditions. */
    public Rule {
        conditions = List.copyOf(conditions);
    }

    /**
     * Answers the rule directly.
     *
     * @param call a call of this rule's architecture
     * @param self the process that makes it
     * @return whether the rule speaks about the call
     */
    public boolean matches(SeccompData call, Identity self) {
        if (call.nr() != number) {
            return false;
        }
        for (int i = 0; i < conditions.size(); i++) {
            Condition condition = conditions.get(i);
            if (!condition.holds(call.arg(condition.argument()), self)) {
                return false;
            }
        }
        return true;
    }
}
