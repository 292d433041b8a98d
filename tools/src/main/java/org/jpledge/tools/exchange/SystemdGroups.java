package org.jpledge.tools.exchange;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jpledge.syscall.Nearest;
import org.jpledge.tools.text.Rows;

/** The groups of system calls that systemd has names for. */
final class SystemdGroups {
    /** What every allow list allows besides what it lists. */
    static final String DEFAULT = "@default";

    private static final Map<String, List<String>> MEMBERS = new LinkedHashMap<>();

    private static final Set<String> CALLS = new HashSet<>();

    static {
        for (List<String> row : Rows.of(SystemdGroups.class, "systemd.groups")) {
            MEMBERS.put(row.getFirst(), List.copyOf(row.subList(1, row.size())));
            CALLS.addAll(row);
        }
    }

    private SystemdGroups() {}

    /** Whether systemd knows a call, on whatever architecture. */
    static boolean isCall(String name) {
        return CALLS.contains(name) && !name.startsWith("@");
    }

    /** The calls of a group and of the groups in it; empty if there is no such group. */
    static Optional<Set<String>> calls(String group) {
        if (!MEMBERS.containsKey(group)) {
            return Optional.empty();
        }
        Set<String> calls = new LinkedHashSet<>();
        for (String member : MEMBERS.get(group)) {
            if (member.startsWith("@")) {
                calls.addAll(calls(member).orElse(Set.of()));
            } else {
                calls.add(member);
            }
        }
        return Optional.of(calls);
    }

    /** The group whose name is most like one that is none. */
    static Optional<String> nearest(String group) {
        return Nearest.nearest(group, MEMBERS.keySet());
    }
}
