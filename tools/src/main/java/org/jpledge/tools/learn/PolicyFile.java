package org.jpledge.tools.learn;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jpledge.promise.PromiseTable;
import org.jpledge.unveil.Permissions;

/**
 * A policy as a file has it.
 *
 * @param promises words, in the promise table's order
 * @param unveil what is allowed at paths; no letters hide one. Paths are from the root, bytes as characters
 * @param ports the only ports that are allowed; empty: any that the promises allow
 * @param ignoreMissing whether unveiled paths that are not there are passed over
 * @param command the program and its arguments; may be empty
 */
public record PolicyFile(
        List<String> promises,
        SortedMap<String, Permissions> unveil,
        Optional<PortList> ports,
        boolean ignoreMissing,
        List<String> command) {
    private static final List<String> NETWORK = List.of("inet", "anet", "dns");

    /** Copies the collections. */
    public PolicyFile {
        promises = List.copyOf(promises);
        unveil = Collections.unmodifiableSortedMap(new TreeMap<>(unveil));
        command = List.copyOf(command);
    }

    /**
     * The policy that was learnt.
     *
     * @param learnt what was learnt
     * @param places the machine: a path that is not there any more is passed over when it is used
     * @param command the program and its arguments
     * @return the policy
     */
    public static PolicyFile of(Learnt learnt, Places places, List<String> command) {
        SortedMap<String, Permissions> unveil = new TreeMap<>();
        boolean missing = false;
        for (Grant grant : learnt.unveils()) {
            unveil.put(grant.path(), grant.letters());
            missing |= !places.exists().test(grant.path());
        }
        return new PolicyFile(new ArrayList<>(learnt.promises().keySet()), unveil, learnt.ports(), missing, command);
    }

    /**
     * What either of two policies allows.
     *
     * @param other the other
     * @return the union; the command is this one's
     */
    public PolicyFile plus(PolicyFile other) {
        Set<String> words = new LinkedHashSet<>(PromiseTable.standard().words());
        words.removeIf(word -> !promises.contains(word) && !other.promises.contains(word));
        SortedMap<String, Permissions> both = new TreeMap<>();
        if (!unveil.isEmpty() && !other.unveil.isEmpty()) {
            for (String path : unveil.keySet()) {
                both.put(path, new Permissions(at(path).bits() | other.at(path).bits()));
            }
            for (String path : other.unveil.keySet()) {
                both.put(path, new Permissions(at(path).bits() | other.at(path).bits()));
            }
        } else if (!reaches() || !other.reaches()) {
            // Who reaches no file has no need to unveil any.
            both.putAll(unveil);
            both.putAll(other.unveil);
        }
        return new PolicyFile(
                new ArrayList<>(words),
                both,
                unionOfPorts(other),
                ignoreMissing || other.ignoreMissing,
                command.isEmpty() ? other.command : command);
    }

    /** Whether files are opened, and nothing is unveiled: all of them. */
    private boolean reaches() {
        return unveil.isEmpty() && promises.stream().anyMatch(Lesson.REACHING::contains);
    }

    /** What is allowed at a path: what the nearest unveil says. */
    private Permissions at(String path) {
        String place = path;
        while (!unveil.containsKey(place) && !place.equals("/")) {
            place = Places.parent(place);
        }
        return unveil.getOrDefault(place, Permissions.NONE);
    }

    private Optional<PortList> unionOfPorts(PolicyFile other) {
        if (ports.isPresent() && other.ports.isPresent()) {
            return Optional.of(ports.get().plus(other.ports.get()));
        }
        // Without promises for the network, no list is needed to refuse it.
        if (ports.isEmpty() && promises.stream().noneMatch(NETWORK::contains)) {
            return other.ports;
        }
        return other.promises.stream().noneMatch(NETWORK::contains) ? ports : Optional.empty();
    }
}
