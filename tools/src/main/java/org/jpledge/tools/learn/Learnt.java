package org.jpledge.tools.learn;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jpledge.promise.Promises;
import org.jpledge.tools.policy.PolicyDocument;
import org.jpledge.tools.policy.PortList;
import org.jpledge.unveil.Permissions;

/**
 * The least that allows what was seen.
 *
 * @param promises each word with the calls that force it, in the promise table's order
 * @param unveils paths, directories before what lies in them; empty if nothing need be unveiled and nothing hidden
 * @param ports the only ports that are allowed; empty where no port is used, or no list can be given
 * @param held what was left out
 * @param notes what a user should know, a line each
 * @param evidence what it was made of
 */
public record Learnt(
        Map<String, List<Seen>> promises,
        List<Grant> unveils,
        Optional<PortList> ports,
        List<Held> held,
        List<String> notes,
        Evidence evidence) {
    /** Copies the lists. */
    public Learnt {
        unveils = List.copyOf(unveils);
        held = List.copyOf(held);
        notes = List.copyOf(notes);
    }

    /**
     * The same with one more note.
     *
     * @param note what a user should know
     * @return what was learnt, and the note
     */
    public Learnt noting(String note) {
        List<String> more = new ArrayList<>(notes);
        more.add(note);
        return new Learnt(promises, unveils, ports, held, more, evidence);
    }

    /**
     * The policy that this makes.
     *
     * @param places the machine: a path that is not there any more is passed over when it is used
     * @param command the program and its arguments
     * @return the policy
     */
    public PolicyDocument policy(Places places, List<String> command) {
        SortedMap<String, Permissions> paths = new TreeMap<>();
        boolean missing = false;
        for (Grant grant : unveils) {
            paths.put(grant.path(), grant.letters());
            missing |= !places.exists().test(grant.path());
        }
        return PolicyDocument.EMPTY
                .promising(Promises.of(promises.keySet().toArray(String[]::new)))
                .unveiling(paths)
                .using(ports)
                .ignoringMissing(missing)
                .running(command);
    }
}
