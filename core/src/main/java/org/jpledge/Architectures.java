package org.jpledge;

import org.jpledge.seccomp.Filter;
import org.jpledge.syscall.Arch;

/** Whether a filter can be used on this machine. */
final class Architectures {
    private Architectures() {}

    /** Throws, if the filter is for other architectures only: every call would be foreign to it. */
    static void require(Filter filter) {
        Arch host = Arch.host();
        StringBuilder names = new StringBuilder();
        for (Filter.Section section : filter.sections()) {
            if (section.arch() == host) {
                return;
            }
            names.append(names.isEmpty() ? "" : ", ").append(section.arch().label());
        }
        throw new IllegalArgumentException("the filter is for " + names + ", and this machine is " + host.label());
    }
}
