package org.jpledge.tools.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jpledge.promise.Lowering;
import org.jpledge.promise.Promises;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Rule;
import org.jpledge.seccomp.RuleParser;
import org.jpledge.seccomp.RuleSyntaxException;
import org.jpledge.syscall.Arch;

/** From a policy to the filters that it is, without what only a launcher does: paths and ports are not in them. */
public final class PolicyFilters {
    private static final Action EPERM = new Action.Errno(1);

    private PolicyFilters() {}

    /**
     * The filters of a policy, with its kernel.
     *
     * @param policy the policy
     * @param arch the architecture that promises are for
     * @return by name. {@value PolicyDocument#MAIN} is what promises allow, checking the flags of open(2) themselves, and the raw
     *     filter of that name, where there are both: then the more severe answer counts. The policy's single rules stand before it
     * @throws PolicyException if the policy has neither promises nor a filter, or its rules do not fit together
     */
    public static SortedMap<String, Filter> of(PolicyDocument policy, Arch arch) throws PolicyException {
        SortedMap<String, Filter> filters = new TreeMap<>(policy.effectiveFilters());
        Action violation = policy.onViolation().orElse(EPERM);
        Optional<Promises> promises = policy.promises();
        boolean ruled = !policy.allow().isEmpty() || !policy.deny().isEmpty();
        if (promises.isPresent()) {
            Filter promised = Lowering.exact(promises.get(), arch, violation);
            Filter raw = filters.get(PolicyDocument.MAIN);
            try {
                filters.put(PolicyDocument.MAIN, raw == null ? promised : promised.and(raw));
            } catch (IllegalArgumentException e) {
                throw new PolicyException("promises and filter do not go together: " + e.getMessage());
            }
        }
        if (filters.isEmpty()) {
            throw new PolicyException("neither promises nor a filter: promises = \"WORD...\" or [filter] is expected");
        }
        Filter main = filters.get(PolicyDocument.MAIN);
        if (ruled && main == null) {
            throw new PolicyException("allow and deny stand before promises or the filter \"" + PolicyDocument.MAIN
                    + "\", and there is neither");
        }
        if (ruled && main != null) {
            filters.put(PolicyDocument.MAIN, ruled(policy, main, violation));
        }
        return filters;
    }

    /**
     * The rules that a policy states itself, in the order in which they are asked: single rules, and those of a filter. None of its
     * promises' rules are among them.
     *
     * @param policy the policy
     * @param name which of its filters
     * @param arch the architecture of single rules, if there is no filter of that name
     * @return a filter of these rules
     * @throws PolicyException if they do not fit together
     */
    public static Filter stated(PolicyDocument policy, String name, Arch arch) throws PolicyException {
        Action violation = policy.onViolation().orElse(EPERM);
        Filter none = Filter.of(arch, List.of(), violation, violation, violation);
        Filter raw = policy.effectiveFilters().getOrDefault(name, none);
        return name.equals(PolicyDocument.MAIN) ? ruled(policy, raw, violation) : raw;
    }

    private static Filter ruled(PolicyDocument policy, Filter filter, Action violation) throws PolicyException {
        List<Filter.Section> sections = new ArrayList<>();
        for (Filter.Section section : filter.sections()) {
            RuleParser parser = new RuleParser(section.arch());
            List<Rule> rules = new ArrayList<>();
            try {
                for (String rule : policy.deny()) {
                    rules.addAll(parser.parse(rule, violation));
                }
                for (String rule : policy.allow()) {
                    rules.addAll(parser.parse(rule, Action.ALLOW));
                }
            } catch (RuleSyntaxException e) {
                throw new PolicyException("on " + section.arch().label() + ": " + e.getMessage());
            }
            rules.addAll(section.rules());
            sections.add(new Filter.Section(section.arch(), rules, section.frequencies()));
        }
        return new Filter(sections, filter.otherwise(), filter.unknown(), filter.foreign());
    }
}
