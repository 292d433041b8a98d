package org.jpledge.seccomp;

import java.util.ArrayList;
import java.util.List;
import org.jpledge.bpf.Insn;
import org.jpledge.bpf.Program;
import org.jpledge.syscall.Arch;

/**
 * A rule that no call can ever meet, as the first rule that matches decides.
 *
 * @param arch the architecture whose rule it is
 * @param rule the rule
 * @param by what comes before it: one rule, if one alone takes all its calls; otherwise all the rules before it about the same
 *     system call, which do together; nothing, if its own conditions contradict each other
 */
public record Shadow(Arch arch, Rule rule, List<Rule> by) {
    /** What a rule answers while it is asked whether it can be reached; nothing else in the filter does. */
    private static final Action MARK = new Action.Trap(0xffff);

    /** Behind more rules than these about one system call, only a single one that takes all calls is looked for. */
    private static final int MANY = 64;

    /** Copies the list. */
    public Shadow {
        by = List.copyOf(by);
    }

    /**
     * The rules of a filter that can never match.
     *
     * @param filter the filter
     * @return the rules for which it is proven, in their order; the compiler proves it, by finding no way to them
     */
    public static List<Shadow> of(Filter filter) {
        List<Shadow> shadows = new ArrayList<>();
        for (Filter.Section section : filter.sections()) {
            List<Rule> rules = section.rules();
            RulesByNumber byNumber = new RulesByNumber(rules);
            for (int i = 0; i < byNumber.size(); i++) {
                List<Rule> about = byNumber.rules(i);
                for (int j = 0; j < about.size(); j++) {
                    if (isDead(section.arch(), about.subList(0, j), about.get(j))) {
                        shadows.add(of(section.arch(), about.subList(0, j), about.get(j)));
                    }
                }
            }
        }
        return shadows;
    }

    private static Shadow of(Arch arch, List<Rule> before, Rule rule) {
        if (isDead(arch, List.of(), rule)) {
            return new Shadow(arch, rule, List.of());
        }
        for (Rule earlier : before) {
            if (isDead(arch, List.of(earlier), rule)) {
                return new Shadow(arch, rule, List.of(earlier));
            }
        }
        return new Shadow(arch, rule, before);
    }

    /** Whether no call gets to a rule behind some others about the same system call. */
    static boolean isDead(Arch arch, List<Rule> before, Rule rule) {
        if (before.isEmpty() && rule.conditions().isEmpty()) {
            return false;
        }
        List<Rule> rules = new ArrayList<>(before.size() + 1);
        for (Rule earlier : before) {
            if (Implication.holds(rule, earlier)) {
                return true;
            }
            rules.add(new Rule(earlier.number(), earlier.conditions(), Action.ALLOW));
        }
        if (before.size() > MANY) {
            return false;
        }
        rules.add(new Rule(rule.number(), rule.conditions(), MARK));
        Program program = Compiler.compile(Filter.of(arch, rules, Action.ALLOW, Action.ALLOW, Action.ALLOW))
                .program();
        for (Insn insn : program.insns()) {
            if (insn instanceof Insn.Return(int answer) && answer == MARK.encoded()) {
                return false;
            }
        }
        return true;
    }

    /**
     * Says it in a line.
     *
     * @return such as {@code x86-64: "open -> errno EACCES" never matches: "open" comes first}
     */
    public String text() {
        StringBuilder out = new StringBuilder(128);
        out.append(arch.label())
                .append(": \"")
                .append(FilterText.of(rule, arch))
                .append("\" never matches: ");
        if (by.isEmpty()) {
            boolean one = rule.conditions().size() == 1;
            return out.append(one ? "nothing meets its condition" : "its conditions contradict each other")
                    .toString();
        }
        out.append('"').append(FilterText.of(by.getFirst(), arch)).append('"');
        if (by.size() > 1) {
            out.append(" and ").append(by.size() - 1).append(by.size() == 2 ? " other" : " others");
        }
        return out.append(by.size() == 1 ? " comes first" : " come first").toString();
    }
}
