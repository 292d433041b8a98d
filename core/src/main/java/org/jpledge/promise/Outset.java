package org.jpledge.promise;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jpledge.launch.Step;

/**
 * How a program is started. Immutable.
 *
 * @param kept descriptors from 3 up that the program gets; all others are closed
 * @param steps what the launcher does before it gives up its rights
 */
public record Outset(SortedSet<Integer> kept, List<Step> steps) {
    /** Nothing special: descriptors 0 to 2, everything else as the launcher has it. */
    static final Outset NONE = new Outset(new TreeSet<>(), List.of());

    /** Copies its collections. */
    public Outset {
        kept = Collections.unmodifiableSortedSet(new TreeSet<>(kept));
        steps = List.copyOf(steps);
    }

    Outset keeping(int descriptor) {
        SortedSet<Integer> more = new TreeSet<>(kept);
        more.add(descriptor);
        return new Outset(more, steps);
    }

    Outset then(Step step) {
        List<Step> more = new ArrayList<>(steps);
        more.add(step);
        return new Outset(kept, more);
    }
}
