package org.jpledge.promise;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Sets of circumstances that are worth trying: none, all, and all but one. */
final class Circumstances {
    private Circumstances() {}

    static List<Set<Circumstance>> some() {
        List<Set<Circumstance>> some = new ArrayList<>();
        some.add(EnumSet.noneOf(Circumstance.class));
        some.add(EnumSet.allOf(Circumstance.class));
        for (Circumstance circumstance : Circumstance.values()) {
            some.add(EnumSet.complementOf(EnumSet.of(circumstance)));
        }
        return some;
    }
}
