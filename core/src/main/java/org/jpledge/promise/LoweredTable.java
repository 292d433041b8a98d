package org.jpledge.promise;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jpledge.bpf.SeccompData;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Condition;
import org.jpledge.seccomp.Rule;
import org.jpledge.seccomp.RuleParser;
import org.jpledge.seccomp.Value;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Errno;
import org.jpledge.syscall.SyscallTable;
import org.jspecify.annotations.Nullable;

/** The promise table in the numbers of one architecture. Each section is lowered once, when it is first needed. */
final class LoweredTable {
    /** Of {@link #asked}. */
    static final int SELF = 1 << SeccompData.ARGUMENTS;

    private static final Map<Arch, LoweredTable> TABLES = new EnumMap<>(Arch.class);

    private final Arch arch;
    private final Action enosys;
    private final Action eperm;
    private final @Nullable List<Rule>[] rules;
    /** For who asks about single calls: of each the rules of every section. */
    private final Map<Integer, List<List<Rule>>> byNumber = new HashMap<>();

    private final Map<Integer, Integer> asked = new HashMap<>();

    @SuppressWarnings({"unchecked", "rawtypes"}) // no array of lists can be made otherwise
    private LoweredTable(Arch arch) {
        this.arch = arch;
        this.enosys = new Action.Errno(Errno.number(arch, "ENOSYS").orElseThrow());
        this.eperm = new Action.Errno(Errno.number(arch, "EPERM").orElseThrow());
        this.rules = new List[PromiseTable.standard().sections().size()];
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

    /** The rules of a section about one call, in their order. They alone are lowered. */
    List<Rule> rules(int section, int number) {
        String call = SyscallTable.of(arch).name(number).orElse("");
        if (call.isEmpty()) {
            return List.of();
        }
        synchronized (byNumber) {
            List<List<Rule>> known = byNumber.get(number);
            if (known == null) {
                known = new ArrayList<>(rules.length);
                for (Section each : PromiseTable.standard().sections()) {
                    known.add(lower(each, arch, enosys, call));
                }
                byNumber.put(number, known);
            }
            return known.get(section);
        }
    }

    /** What of a call rules of any section look at: bit n is argument n, and {@link #SELF} who makes it. */
    int asked(int number) {
        synchronized (asked) {
            Integer known = asked.get(number);
            if (known == null) {
                known = look(number);
                asked.put(number, known);
            }
            return known;
        }
    }

    private int look(int number) {
        int all = 0;
        for (int section = 0; section < rules.length; section++) {
            for (Rule rule : rules(section, number)) {
                for (Condition condition : rule.conditions()) {
                    all |= 1 << condition.argument();
                    for (Value value : condition.values()) {
                        all |= value instanceof Value.Own ? SELF : 0;
                    }
                }
            }
        }
        return all;
    }

    /** The rules of a section in the numbers of an architecture. */
    static List<Rule> lower(Section section, Arch arch, Action enosys) {
        return lower(section, arch, enosys, null);
    }

    /** Of one call only, or of all. */
    private static List<Rule> lower(Section section, Arch arch, Action enosys, @Nullable String only) {
        StringBuilder text = new StringBuilder(only == null ? 4096 : 128);
        for (Group group : section.groups()) {
            for (TableRule rule : group.rules()) {
                if (rule.architectures().contains(arch)) {
                    for (String call : rule.calls()) {
                        if (only != null && !only.equals(call)) {
                            continue;
                        }
                        text.append(call).append(rule.conditions());
                        if (!rule.action().isEmpty()) {
                            text.append(" -> ").append(rule.action());
                        }
                        text.append('\n');
                    }
                }
            }
        }
        if (text.isEmpty()) {
            return List.of();
        }
        Action action = section.kind() == Section.Kind.ENOSYS ? enosys : Action.ALLOW;
        return new RuleParser(arch).parse(text.toString(), action);
    }
}
