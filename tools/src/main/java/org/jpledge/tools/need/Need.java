package org.jpledge.tools.need;

import java.util.List;

/**
 * What a system call needs to be allowed.
 *
 * @param ways any of these will do, the plainest first; none of them takes all that another one takes, stdio aside, which every
 *     program has. Nothing if no promise gives the call
 * @param ports the ports that have to be listed, if any are listed
 */
public record Need(List<Way> ways, List<PortUse> ports) {
    /** Copies the lists. */
    public Need {
        ways = List.copyOf(ways);
        ports = List.copyOf(ports);
    }

    /**
     * Whether promises can give the call at all.
     *
     * @return false for calls such as ptrace(2)
     */
    public boolean isPossible() {
        return !ways.isEmpty();
    }

    /**
     * The promises of the plainest way, {@code stdio} among them.
     *
     * @return in the promise table's order; empty if none is needed, and if none would do
     */
    public List<String> words() {
        return ways.isEmpty() ? List.of() : ways.getFirst().words();
    }

    /**
     * What the plainest way has to have unveiled, if anything is unveiled.
     *
     * @return an entry for each file or directory
     */
    public List<Access> accesses() {
        return ways.isEmpty() ? List.of() : ways.getFirst().accesses();
    }
}
