package org.jpledge.benchmarks;

import java.util.Arrays;
import java.util.List;

/**
 * Times of one command, in milliseconds.
 *
 * @param minimum the shortest
 * @param median the middle one
 */
record Samples(double minimum, double median) {
    private static final double NANOSECONDS = 1e6;

    /** Runs commands in turn, so that what disturbs the machine disturbs all of them. */
    static List<Samples> interleaved(int rounds, List<List<String>> commands) {
        List<Spawn> spawns = commands.stream().map(Spawn::new).toList();
        long[][] times = new long[spawns.size()][rounds];
        for (int round = -rounds / 10; round < rounds; round++) {
            for (int i = 0; i < spawns.size(); i++) {
                long time = spawns.get(i).run();
                if (round >= 0) {
                    times[i][round] = time;
                }
            }
        }
        return Arrays.stream(times)
                .map(each -> {
                    Arrays.sort(each);
                    return new Samples(each[0] / NANOSECONDS, each[each.length / 2] / NANOSECONDS);
                })
                .toList();
    }
}
