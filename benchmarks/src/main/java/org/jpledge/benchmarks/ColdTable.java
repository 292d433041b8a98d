package org.jpledge.benchmarks;

import org.jpledge.promise.PromiseTable;

/** Run in a JVM of its own: prints the microseconds in which a cold JVM loads the promise table. */
final class ColdTable {
    private ColdTable() {}

    @SuppressWarnings("SystemOut")
    static void main() {
        long start = System.nanoTime();
        int sections = PromiseTable.standard().sections().size();
        long end = System.nanoTime();
        System.out.println(sections > 0 ? (end - start) / 1000 : -1);
    }
}
