package org.jpledge.tools.exchange;

import java.util.ArrayList;
import java.util.List;
import org.jpledge.bpf.SeccompData;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Identity;
import org.jpledge.seccomp.Rule;
import org.jpledge.seccomp.RuleParser;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Constants;

/**
 * What a container's runtime itself does after it has installed the filter and before it executes the program. With
 * {@code noNewPrivileges} that is little: runc opens the pipe through which it is told to start. All else of it, promises'
 * filters allow for the program's own loading.
 */
final class RuntimeNeeds {
    private static final String START = "openat(flags == O_WRONLY|O_CLOEXEC)";
    private static final Identity NOBODY = new Identity(2, 65534, 65534);

    private RuntimeNeeds() {}

    /**
     * A filter of promises under which a runtime gets as far as the program.
     *
     * @param policy where the filter is from; one that does not come from promises is left as it is
     * @param filter the filter
     * @param losses gets a line for what is allowed for the runtime's sake
     */
    static Filter added(Exportable policy, Filter filter, List<String> losses) {
        if (policy.policy().promises().isEmpty()) {
            return filter;
        }
        List<Filter.Section> sections = new ArrayList<>();
        boolean more = false;
        for (Filter.Section section : filter.sections()) {
            Arch arch = section.arch();
            List<Rule> rules = new ArrayList<>(new RuleParser(arch).parse(START, Action.ALLOW));
            Constants constants = Constants.of(arch);
            long flags = constants.value("O_WRONLY").orElse(0)
                    | constants.value("O_CLOEXEC").orElse(0);
            SeccompData start = SeccompData.of(rules.getFirst().number(), arch.audit(), 0, 0, flags);
            boolean missing = !filter.decide(start, NOBODY).equals(Action.ALLOW);
            more |= missing;
            if (!missing) {
                rules.clear();
            }
            rules.addAll(section.rules());
            sections.add(new Filter.Section(arch, rules));
        }
        if (more) {
            losses.add(START
                    + " is allowed, which is to open files that exist for writing: runc does that after the filter"
                    + " is installed; a root and volumes that are read-only close it");
        }
        return new Filter(sections, filter.otherwise(), filter.unknown(), filter.foreign());
    }
}
