package org.jpledge.tools.learn;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jpledge.promise.Circumstance;
import org.jpledge.promise.Lowering;
import org.jpledge.promise.Promises;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Condition;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Rule;
import org.jpledge.seccomp.Value;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;
import org.jpledge.tools.decode.Decoder;

/**
 * The calls from which something can be learnt: all but those that stdio allows whatever process makes them. What ioctl(2)
 * is for, a device or not, its descriptor says, so it is told about too, and so are calls after which paths lead elsewhere.
 */
public final class Interesting {
    private static final Action TOLD = new Action.Trace(0);
    private static final Action REFUSED = new Action.Errno(1); // EPERM

    private Interesting() {}

    /**
     * The filter by which a tracer stops.
     *
     * @param arch the architecture
     * @return a filter that allows what is of no interest, and answers everything else with {@link Action.Trace}
     */
    public static Filter filter(Arch arch) {
        List<Rule> rules = new ArrayList<>();
        Set<Integer> told = told(arch);
        for (Filter.Section section :
                Lowering.exact(Promises.of("stdio"), arch, TOLD).sections()) {
            for (Rule rule : section.rules()) {
                if (!told.contains(rule.number())
                        && rule.action() instanceof Action.Allow
                        && rule.conditions().stream().noneMatch(Interesting::isOwn)) {
                    rules.add(rule);
                }
            }
        }
        return Filter.of(arch, rules, TOLD, TOLD, TOLD);
    }

    private static Set<Integer> told(Arch arch) {
        Set<String> names = Decoder.moving();
        names.add("ioctl");
        Set<Integer> told = new HashSet<>();
        for (String name : names) {
            SyscallTable.of(arch).number(name).ifPresent(told::add);
        }
        return told;
    }

    /**
     * The filter for a program that is not trusted: as {@link #filter}, but what the promises do not give is refused, and
     * nobody is told.
     *
     * @param arch the architecture
     * @param promises what the program may do
     * @return a filter that refuses with EPERM
     */
    public static Filter contained(Arch arch, Promises promises) {
        List<Rule> rules = new ArrayList<>(filter(arch).sections().getFirst().rules());
        Filter exact = Lowering.exact(promises, arch, REFUSED, EnumSet.allOf(Circumstance.class));
        for (Rule rule : exact.sections().getFirst().rules()) {
            if (rule.conditions().stream().noneMatch(Interesting::isOwn)) {
                rules.add(
                        rule.action() instanceof Action.Allow
                                ? new Rule(rule.number(), rule.conditions(), TOLD)
                                : rule);
            }
        }
        return Filter.of(arch, rules, REFUSED, exact.unknown(), REFUSED);
    }

    /** Whether it depends on the process: in a sandbox all share the identity of the first one. */
    private static boolean isOwn(Condition condition) {
        return condition.values().stream().anyMatch(Value.Own.class::isInstance);
    }
}
