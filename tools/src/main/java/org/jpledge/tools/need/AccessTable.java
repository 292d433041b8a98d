package org.jpledge.tools.need;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Rule;
import org.jpledge.seccomp.RuleParser;
import org.jpledge.syscall.Arch;
import org.jpledge.tools.text.Resource;
import org.jpledge.unveil.Permissions;

/** Which letters a system call needs at the paths that it is given: {@code accesses.table}, whose head says how to read it. */
final class AccessTable {
    private static final String RESOURCE = "accesses.table";
    private static final Map<Arch, Map<Integer, List<Row>>> TABLES = new EnumMap<>(Arch.class);

    /**
     * A line of the table.
     *
     * @param letters what is needed
     * @param place where, by the path
     * @param argument which argument is the path
     * @param rules when: if one of them matches
     * @param text the line as it is written
     */
    record Row(Permissions letters, Place place, String argument, List<Rule> rules, String text) {}

    private AccessTable() {}

    /** The rows about a system call. */
    static List<Row> rows(Arch arch, int number) {
        synchronized (TABLES) {
            return TABLES.computeIfAbsent(arch, AccessTable::byNumber).getOrDefault(number, List.of());
        }
    }

    private static Map<Integer, List<Row>> byNumber(Arch arch) {
        Map<Integer, List<Row>> table = new HashMap<>();
        for (Row row : all(arch)) {
            for (Rule rule : row.rules()) {
                table.computeIfAbsent(rule.number(), _ -> new ArrayList<>()).add(row);
            }
        }
        return table;
    }

    /** All rows. */
    static List<Row> all(Arch arch) {
        List<Row> rows = new ArrayList<>();
        for (String line : Resource.text(AccessTable.class, RESOURCE).split("\n", -1)) {
            if (!line.isBlank() && !line.startsWith("#")) {
                rows.add(row(line.strip(), arch));
            }
        }
        return rows;
    }

    private static Row row(String line, Arch arch) {
        String[] words = line.split(" +", 4);
        StringBuilder rules = new StringBuilder();
        int open = words[3].indexOf('(');
        String conditions = open < 0 ? "" : words[3].substring(open);
        for (String call :
                words[3].substring(0, words[3].length() - conditions.length()).split("\\|", -1)) {
            rules.append(call).append(conditions).append('\n');
        }
        return new Row(
                Permissions.parse(words[0]),
                Place.of(words[1]),
                words[2],
                new RuleParser(arch).parse(rules.toString(), Action.ALLOW),
                line);
    }
}
