package org.jpledge.tools.html;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jpledge.tools.text.Json;

/** How often something happened, by time, in a fixed number of equal slots that grow as time goes on. */
final class Timeline {
    private static final int SLOTS = 160;

    /** Nanoseconds; a shorter program would show nothing but noise. */
    private static final long NARROWEST = 10_000;

    private final Map<String, long[]> rows = new LinkedHashMap<>();
    private long width = NARROWEST;

    /**
     * Counts.
     *
     * @param row what happened
     * @param at nanoseconds since the start
     */
    void add(String row, long at) {
        long time = Math.max(at, 0);
        while (time / width >= SLOTS) {
            for (long[] counts : rows.values()) {
                for (int i = 0; i < SLOTS; i++) {
                    counts[i] = 2 * i + 1 < SLOTS ? counts[2 * i] + counts[2 * i + 1] : 0;
                }
            }
            width *= 2;
        }
        rows.computeIfAbsent(row, name -> new long[SLOTS])[(int) (time / width)]++;
    }

    /** The rows in an order, each with its counts; slots behind the end are left out. */
    Json.Members json(List<String> order, long end) {
        int used = (int) Math.min(SLOTS, Math.max(end, 0) / width + 1);
        List<Json.Value> all = new ArrayList<>();
        for (String name : order) {
            long[] counts = rows.get(name);
            if (counts != null) {
                List<Json.Value> slots = new ArrayList<>();
                for (int i = 0; i < used; i++) {
                    slots.add(new Json.Whole(counts[i]));
                }
                all.add(new Json.Members().with("name", name).with("slots", new Json.Items(slots)));
            }
        }
        return new Json.Members().with("width", new Json.Whole(width)).with("rows", new Json.Items(all));
    }
}
