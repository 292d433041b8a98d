package org.jpledge.tools.learn;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jpledge.tools.need.Need;

/**
 * What was seen of a program, and of all that it started.
 *
 * @param wanted calls that went through, or came far enough to do what they were for
 * @param probes calls that failed by themselves: for files that are not there, for rights that nobody has
 * @param impossible calls that went through, and that no promise gives
 * @param datagrams whether Internet sockets were used that a list of ports cannot be held to before Landlock ABI 10
 * @param listens whether connections were waited for
 * @param blind how many calls went through whose path or address could not be read
 * @param calls how many calls were looked at
 */
public record Evidence(
        List<Seen> wanted,
        List<Seen> probes,
        List<Seen> impossible,
        boolean datagrams,
        boolean listens,
        long blind,
        long calls) {
    /** Nothing was seen. */
    public static final Evidence NONE = new Evidence(List.of(), List.of(), List.of(), false, false, 0, 0);

    /** Copies the lists. */
    public Evidence {
        wanted = List.copyOf(wanted);
        probes = List.copyOf(probes);
        impossible = List.copyOf(impossible);
    }

    /**
     * What was seen here and there.
     *
     * @param other more of it
     * @return all of it; of the same calls, the first example is this one's
     */
    public Evidence plus(Evidence other) {
        return new Evidence(
                union(wanted, other.wanted),
                union(probes, other.probes),
                union(impossible, other.impossible),
                datagrams || other.datagrams,
                listens || other.listens,
                blind + other.blind,
                calls + other.calls);
    }

    /** Whether a call of this name went through that no promise gives. */
    boolean hasImpossible(String call) {
        return impossible.stream().anyMatch(seen -> seen.call().equals(call));
    }

    /** Whether a call of this name went through that promises give. */
    boolean hasWanted(String call) {
        return wanted.stream().anyMatch(seen -> seen.call().equals(call));
    }

    private record Key(String call, Need need, String outcome) {}

    private static List<Seen> union(List<Seen> some, List<Seen> others) {
        List<Seen> all = new ArrayList<>(some);
        Map<Key, Integer> places = new HashMap<>();
        for (int i = 0; i < all.size(); i++) {
            places.put(key(all.get(i)), i);
        }
        for (Seen each : others) {
            Integer known = places.get(key(each));
            if (known == null) {
                places.put(key(each), all.size());
                all.add(each);
            } else {
                all.set(known, all.get(known).counted(each.count()));
            }
        }
        return all;
    }

    private static Key key(Seen seen) {
        return new Key(seen.call(), seen.need(), seen.outcome());
    }
}
