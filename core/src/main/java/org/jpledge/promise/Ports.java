package org.jpledge.promise;

import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jpledge.landlock.PortRule;

/**
 * The ports of TCP and UDP that a program may use. As soon as one is named, in either direction, all others are refused in
 * both. Immutable.
 *
 * @param connect ports of others, to connect to and to send to
 * @param bind ports of its own; 0 is any that the kernel picks
 */
public record Ports(SortedSet<Integer> connect, SortedSet<Integer> bind) {
    /** No list: any port, in both directions. */
    public static final Ports ANY = new Ports(new TreeSet<>(), new TreeSet<>());

    /**
     * Copies and checks the ports.
     *
     * @throws IllegalArgumentException if a number is no port
     */
    public Ports {
        for (int port : connect) {
            check(port, 1);
        }
        for (int port : bind) {
            check(port, 0);
        }
        connect = Collections.unmodifiableSortedSet(new TreeSet<>(connect));
        bind = Collections.unmodifiableSortedSet(new TreeSet<>(bind));
    }

    private static void check(int port, int least) {
        if (port < least || port > PortRule.HIGHEST) {
            throw new IllegalArgumentException(
                    port + " is no port: " + least + " to " + PortRule.HIGHEST + " are possible here");
        }
    }

    /**
     * Says whether there is a list.
     *
     * @return whether any port is named
     */
    public boolean isRestricted() {
        return !connect.isEmpty() || !bind.isEmpty();
    }

    /**
     * Adds a port of others.
     *
     * @param port from 1 to 65535
     * @return the longer list
     * @throws IllegalArgumentException if it is no port
     */
    public Ports connecting(int port) {
        SortedSet<Integer> more = new TreeSet<>(connect);
        more.add(port);
        return new Ports(more, bind);
    }

    /**
     * Adds a port of the program's own.
     *
     * @param port from 0 to 65535
     * @return the longer list
     * @throws IllegalArgumentException if it is no port
     */
    public Ports binding(int port) {
        SortedSet<Integer> more = new TreeSet<>(bind);
        more.add(port);
        return new Ports(connect, more);
    }
}
