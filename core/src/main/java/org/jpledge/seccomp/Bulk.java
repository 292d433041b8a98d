package org.jpledge.seccomp;

import java.util.ArrayList;
import java.util.List;
import org.jpledge.syscall.SyscallTable;

/** What makes a filter's program long. */
final class Bulk {
    private static final int TOLD = 3;

    private Bulk() {}

    /** The rules about one call. */
    private record About(String call, int rules, int values) {}

    /**
     * Says what could be dropped from a filter that is too long.
     *
     * @param filter the filter
     * @return a phrase that names the calls with the most to compare, and how many rules they have
     */
    static String text(Filter filter) {
        List<About> calls = new ArrayList<>();
        for (Filter.Section section : filter.sections()) {
            SyscallTable table = SyscallTable.of(section.arch());
            RulesByNumber rules = new RulesByNumber(section.rules());
            for (int i = 0; i < rules.size(); i++) {
                String name = table.name(rules.number(i)).orElse("number " + rules.number(i));
                String call = filter.sections().size() == 1
                        ? name
                        : name + " of " + section.arch().label();
                calls.add(new About(call, rules.rules(i).size(), values(rules.rules(i))));
            }
        }
        calls.sort((one, other) -> Integer.compare(other.values(), one.values()));
        StringBuilder out = new StringBuilder("drop or join rules, most of which are about ");
        for (int i = 0; i < Math.min(TOLD, calls.size()); i++) {
            About about = calls.get(i);
            out.append(i == 0 ? "" : ", ").append(about.call()).append(" (");
            out.append(about.rules()).append(about.rules() == 1 ? " rule, " : " rules, ");
            out.append(about.values()).append(" values)");
        }
        return out.toString();
    }

    private static int values(List<Rule> rules) {
        int values = 0;
        for (Rule rule : rules) {
            for (Condition condition : rule.conditions()) {
                values += condition.values().size();
            }
        }
        return values;
    }
}
