package org.jpledge.launch;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;

/** Descriptors from {@code first} to {@code last}, as close_range(2) takes them: unsigned, both included. */
record DescriptorRange(long first, long last) {
    private static final int FIRST_UNNAMED = 3;
    private static final long LAST = 0xffffffffL;

    /** All from 3 up but those kept. */
    static List<DescriptorRange> outside(SortedSet<Integer> kept) {
        List<DescriptorRange> ranges = new ArrayList<>();
        long next = FIRST_UNNAMED;
        for (int descriptor : kept) {
            if (descriptor > next) {
                ranges.add(new DescriptorRange(next, descriptor - 1L));
            }
            next = Math.max(next, descriptor + 1L);
        }
        ranges.add(new DescriptorRange(next, LAST));
        return ranges;
    }
}
