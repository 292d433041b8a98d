package org.jpledge.tools.policy;

import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The only ports that a program may use.
 *
 * @param connect of others
 * @param bind its own; 0 is any that the kernel picks
 */
public record PortList(SortedSet<Integer> connect, SortedSet<Integer> bind) {
    /** Copies the sets. */
    public PortList {
        connect = Collections.unmodifiableSortedSet(new TreeSet<>(connect));
        bind = Collections.unmodifiableSortedSet(new TreeSet<>(bind));
    }

    /**
     * The ports of both.
     *
     * @param other more ports
     * @return the union
     */
    public PortList plus(PortList other) {
        SortedSet<Integer> outward = new TreeSet<>(connect);
        outward.addAll(other.connect);
        SortedSet<Integer> own = new TreeSet<>(bind);
        own.addAll(other.bind);
        return new PortList(outward, own);
    }
}
