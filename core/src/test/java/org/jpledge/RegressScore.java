package org.jpledge;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** How many answers are as on OpenBSD, and why the others are not. */
final class RegressScore {
    private record Reason(int answers, Set<String> cases) {}

    private static final Reason NONE = new Reason(0, Set.of());

    private final Map<String, Reason> reasons = new TreeMap<>();
    private int same;
    private int all;

    /**
     * Counts an answer.
     *
     * @param name the case's name
     * @param asOnOpenBsd whether this kernel answered as OpenBSD does
     * @param why what makes the difference, if there is one
     */
    void add(String name, boolean asOnOpenBsd, String why) {
        all++;
        if (asOnOpenBsd) {
            same++;
            return;
        }
        Reason reason = reasons.getOrDefault(why, new Reason(0, new LinkedHashSet<>()));
        reason.cases().add(name);
        reasons.put(why, new Reason(reason.answers() + 1, reason.cases()));
    }

    /** {@code N of M as on OpenBSD}. */
    String summary() {
        return same + " of " + all + " as on OpenBSD";
    }

    /** {@code N of M as on OpenBSD, K differ: WHY (answers): cases; …}, what makes the most of them first. */
    @Override
    public String toString() {
        StringBuilder line = new StringBuilder(summary());
        line.append(", ").append(all - same).append(" differ");
        List<String> causes = new ArrayList<>(reasons.keySet());
        causes.sort(Comparator.comparingInt(cause -> -answers(cause)));
        String before = ": ";
        for (String cause : causes) {
            line.append(before)
                    .append(cause)
                    .append(" (")
                    .append(answers(cause))
                    .append("): ");
            line.append(String.join(" ", cases(cause)));
            before = "; ";
        }
        return line.toString();
    }

    private int answers(String why) {
        return reasons.getOrDefault(why, NONE).answers();
    }

    private Set<String> cases(String why) {
        return reasons.getOrDefault(why, NONE).cases();
    }
}
