package org.jpledge.tools.view;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jpledge.tools.event.Outcome;
import org.jpledge.tools.event.Syscall;
import org.jpledge.tools.text.Json;

/** How often each system call was made, how often it failed, and how long it took by the clock. */
public final class Summary {
    private static final long NANOS_IN_MICRO = 1000;
    private static final long MICROS = 1_000_000;
    private static final long WHOLE = 10_000;

    private final Map<String, Row> rows = new HashMap<>();

    /** By what the rows are ordered. */
    public enum Order {
        /** The longest time first. */
        TIME,
        /** The most calls first. */
        CALLS,
        /** The most errors first. */
        ERRORS,
        /** The longest time of one call first. */
        AVERAGE,
        /** By name. */
        NAME
    }

    private static final class Row {
        private final String name;
        private long calls;
        private long errors;
        private long nanos;

        Row(String name) {
            this.name = name;
        }

        long average() {
            return calls == 0 ? 0 : nanos / calls;
        }
    }

    /** An empty summary. */
    public Summary() {}

    /**
     * Counts a call.
     *
     * @param call the call
     */
    public void add(Syscall call) {
        Row row = rows.computeIfAbsent(call.name(), Row::new);
        row.calls++;
        row.errors += call.outcome() instanceof Outcome.Failed ? 1 : 0;
        row.nanos += Math.max(0, call.nanos());
    }

    private List<Row> sorted(Order order) {
        Comparator<Row> byName = Comparator.comparing(row -> row.name);
        Comparator<Row> by = switch (order) {
            case TIME -> Comparator.comparingLong((Row row) -> -row.nanos);
            case CALLS -> Comparator.comparingLong((Row row) -> -row.calls);
            case ERRORS -> Comparator.comparingLong((Row row) -> -row.errors);
            case AVERAGE -> Comparator.comparingLong((Row row) -> -row.average());
            case NAME -> byName;
        };
        List<Row> sorted = new ArrayList<>(rows.values());
        sorted.sort(by.thenComparing(byName));
        return sorted;
    }

    private Row total() {
        Row total = new Row("total");
        for (Row row : rows.values()) {
            total.calls += row.calls;
            total.errors += row.errors;
            total.nanos += row.nanos;
        }
        return total;
    }

    /**
     * A table.
     *
     * @param order by what its rows are ordered
     * @return its text
     */
    public String text(Order order) {
        StringBuilder out = new StringBuilder();
        out.append("% time     seconds  usecs/call     calls    errors syscall\n");
        String rule = "------ ----------- ----------- --------- --------- ----------------\n";
        out.append(rule);
        Row total = total();
        for (Row row : sorted(order)) {
            append(out, row, total.nanos);
        }
        out.append(rule);
        append(out, total, total.nanos);
        return out.toString();
    }

    private static void append(StringBuilder out, Row row, long all) {
        long share = all == 0 ? 0 : Math.round((double) row.nanos * WHOLE / all);
        right(out, decimal(share, 100, 2), 6);
        right(out, decimal(row.nanos / NANOS_IN_MICRO, MICROS, 6), 12);
        right(out, Long.toString(row.average() / NANOS_IN_MICRO), 12);
        right(out, Long.toString(row.calls), 10);
        right(out, row.errors == 0 ? "" : Long.toString(row.errors), 10);
        out.append(' ').append(row.name).append('\n');
    }

    private static String decimal(long number, long one, int digits) {
        String fraction = Long.toString(one + number % one);
        return number / one + "." + fraction.substring(fraction.length() - digits);
    }

    private static void right(StringBuilder out, String text, int width) {
        out.append(" ".repeat(Math.max(0, width - text.length()))).append(text);
    }

    /**
     * A line of JSON for each call, and none for the total.
     *
     * @param order by what the lines are ordered
     * @return the lines
     */
    public String json(Order order) {
        StringBuilder out = new StringBuilder();
        for (Row row : sorted(order)) {
            out.append(Json.text(new Json.Members()
                    .with("event", "summary")
                    .with("call", row.name)
                    .with("calls", new Json.Whole(row.calls))
                    .with("errors", new Json.Whole(row.errors))
                    .with("seconds", new Json.Seconds(row.nanos))));
        }
        return out.toString();
    }
}
