package org.jpledge.tools.report;

import java.util.ArrayList;
import java.util.List;
import org.jpledge.tools.trace.ProcessStatus;

/**
 * Who asks: what decides on a process's access to files, and where it comes from.
 *
 * @param name the name of its program
 * @param process the process, 0 if it is gone
 * @param parent the process that started it
 * @param user its user for files
 * @param groups its group for files, and all others
 * @param capabilities what it may do as root, as bits
 */
record Subject(String name, int process, int parent, int user, List<Integer> groups, long capabilities) {
    /** Of four numbers: real, effective, saved, and this. */
    private static final int OF_FILES = 3;

    private static final String TAB = "\t";
    private static final int HEX = 16;

    /** Takes a copy of the list. */
    Subject {
        groups = List.copyOf(groups);
    }

    /** Asks /proc about a thread. */
    static Subject of(int thread) {
        ProcessStatus status = ProcessStatus.of(thread);
        if (status.isGone()) {
            return new Subject("", 0, 0, 0, List.of(), 0);
        }
        List<Integer> groups = new ArrayList<>();
        groups.add((int) Long.parseLong(status.field("Gid").split(TAB, -1)[OF_FILES]));
        for (String group : status.field("Groups").split(" ", -1)) {
            if (!group.isEmpty()) {
                groups.add((int) Long.parseLong(group));
            }
        }
        return new Subject(
                status.field("Name"),
                status.number("Tgid").orElseThrow(),
                status.number("PPid").orElseThrow(),
                (int) Long.parseLong(status.field("Uid").split(TAB, -1)[OF_FILES]),
                groups,
                Long.parseUnsignedLong(status.field("CapEff"), HEX));
    }

    boolean isGone() {
        return process == 0;
    }
}
