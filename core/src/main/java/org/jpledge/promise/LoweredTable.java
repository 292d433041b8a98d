package org.jpledge.promise;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Condition;
import org.jpledge.seccomp.Rule;
import org.jpledge.seccomp.RuleParser;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Errno;
import org.jspecify.annotations.Nullable;

/** The promise table in the numbers of one architecture. Each section is lowered once, when it is first needed. */
final class LoweredTable {
    private static final Map<Arch, LoweredTable> TABLES = new EnumMap<>(Arch.class);

    private final Arch arch;
    private final Action enosys;
    private final Action eperm;
    private final @Nullable List<Rule>[] rules;
    /** For who asks about single calls, and about many of them. */
    private final @Nullable Map<Integer, List<Rule>>[] byNumber;

    private final Map<Integer, Integer> asked = new HashMap<>();

    @SuppressWarnings({"unchecked", "rawtypes"}) // no array of lists can be made otherwise
    private LoweredTable(Arch arch) {
        this.arch = arch;
        this.enosys = new Action.Errno(Errno.number(arch, "ENOSYS").orElseThrow());
        this.eperm = new Action.Errno(Errno.number(arch, "EPERM").orElseThrow());
        this.rules = new List[PromiseTable.standard().sections().size()];
        this.byNumber = new Map[rules.length];
    }

    static LoweredTable of(Arch arch) {
        synchronized (TABLES) {
            LoweredTable table = TABLES.get(arch);
            if (table == null) {
                table = new LoweredTable(arch);
                TABLES.put(arch, table);
            }
            return table;
        }
    }

    Action enosys() {
        return enosys;
    }

    Action eperm() {
        return eperm;
    }

    /** The rules of a section, by its place in the table. */
    List<Rule> rules(int section) {
        synchronized (rules) {
            List<Rule> lowered = rules[section];
            if (lowered == null) {
                lowered = List.copyOf(lower(PromiseTable.standard().sections().get(section), arch, enosys));
                rules[section] = lowered;
            }
            return lowered;
        }
    }

    /** The rules of a section about one call, in their order. */
    List<Rule> rules(int section, int number) {
        synchronized (rules) {
            Map<Integer, List<Rule>> numbers = byNumber[section];
            if (numbers == null) {
                numbers = new HashMap<>();
                for (Rule rule : rules(section)) {
                    numbers.computeIfAbsent(rule.number(), _ -> new ArrayList<>())
                            .add(rule);
                }
                byNumber[section] = numbers;
            }
            return numbers.getOrDefault(number, List.of());
        }
    }

    /** Which arguments of a call rules of any section look at: bit n is argument n. */
    int asked(int number) {
        synchronized (asked) {
            return asked.computeIfAbsent(number, this::look);
        }
    }

    private int look(int number) {
        int arguments = 0;
        for (int section = 0; section < rules.length; section++) {
            for (Rule rule : rules(section, number)) {
                for (Condition condition : rule.conditions()) {
                    arguments |= 1 << condition.argument();
                }
            }
        }
        return arguments;
    }

    /** The rules of a section in the numbers of an architecture. */
    static List<Rule> lower(Section section, Arch arch, Action enosys) {
        StringBuilder text = new StringBuilder(4096);
        for (Group group : section.groups()) {
            for (TableRule rule : group.rules()) {
                if (rule.architectures().contains(arch)) {
                    for (String call : rule.calls()) {
                        text.append(call).append(rule.conditions());
                        if (!rule.action().isEmpty()) {
                            text.append(" -> ").append(rule.action());
                        }
                        text.append('\n');
                    }
                }
            }
        }
        Action action = section.kind() == Section.Kind.ENOSYS ? enosys : Action.ALLOW;
        return new RuleParser(arch).parse(text.toString(), action);
    }
}
