package org.jpledge.promise;

import java.util.List;

/**
 * Rules and paths of one section that are there for one reason.
 *
 * @param why the reason, as the comment above them gives it; may be empty
 * @param rules the rules
 * @param paths the files and directories that can be opened
 */
public record Group(String why, List<TableRule> rules, List<TablePaths> paths) {
    /** Copies the lists. */
    public Group {
        rules = List.copyOf(rules);
        paths = List.copyOf(paths);
    }
}
