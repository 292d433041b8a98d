package org.jpledge;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A table of cases; the head of {@code regress/unveil.cases} says how it is written.
 *
 * @param cases the cases
 * @param reasons by the number of a statement, in a few words, why Linux differs
 */
record RegressTable(List<RegressCase> cases, Map<Integer, String> reasons) {
    /** Reads a table of {@code core/src/test/resources/org/jpledge/regress}. */
    static RegressTable read(String name) throws IOException {
        List<RegressCase> cases = new ArrayList<>();
        Map<Integer, String> reasons = new TreeMap<>();
        String promises = "";
        RegressCase.@Nullable Lines lines = null;
        for (String raw : text(name).split("\n", -1)) {
            String line = raw.strip();
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            if (line.startsWith("case ")) {
                if (lines != null) {
                    cases.add(lines.asCase());
                }
                lines = new RegressCase.Lines(after(line), promises);
            } else if (lines != null) {
                lines.add(line);
            } else if (line.startsWith("default ")) {
                promises = after(line);
            } else {
                reasons.put(Integer.valueOf(line.substring(0, line.indexOf(' '))), after(line));
            }
        }
        if (lines != null) {
            cases.add(lines.asCase());
        }
        return new RegressTable(List.copyOf(cases), reasons);
    }

    /** The lines of a table, as they are written. */
    static String text(String name) throws IOException {
        try (InputStream stream = RegressTable.class.getResourceAsStream("regress/" + name)) {
            if (stream == null) {
                throw new IOException("no table " + name);
            }
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** What comes after the first word. */
    static String after(String line) {
        return line.substring(line.indexOf(' ') + 1).strip();
    }

    /** Counts the answers to a case. An unveil that succeeds, as it does on OpenBSD, is not worth counting. */
    void count(RegressCase regress, List<String> answers, RegressScore score) {
        for (int i = 0; i < regress.rows().size(); i++) {
            RegressCase.Row row = regress.rows().get(i);
            boolean same = row.openBsd().equals(answers.get(i));
            if (!row.isUnveil() || !same) {
                score.add(regress.name(), same, row.why().map(this::reason).orElse("unexpected"));
            }
        }
    }

    private String reason(int statement) {
        return reasons.getOrDefault(statement, "differs") + " [" + statement + ']';
    }
}
