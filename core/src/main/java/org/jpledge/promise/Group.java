package org.jpledge.promise;

import java.util.List;

/**
 * Rules of one section that are there for one reason.
 *
 * @param why the reason, as the comment above the rules gives it; may be empty
 * @param rules the rules
 */
public record Group(String why, List<TableRule> rules) {
    /** Copies the rules. */
    public Group {
        rules = List.copyOf(rules);
    }
}
