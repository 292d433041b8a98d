package org.jpledge.tools.inspect;

import java.util.List;
import java.util.Optional;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.FilterText;
import org.jpledge.seccomp.Rule;
import org.jpledge.seccomp.RuleParser;
import org.jpledge.seccomp.RuleSyntaxException;
import org.jpledge.syscall.Arch;
import org.jpledge.tools.decode.ArgumentConstants;

/** Rules with the names of constants. What is written is read back as the same rules. */
public final class NamedRule {
    private NamedRule() {}

    /**
     * Writes a filter as {@link FilterText} does, with names.
     *
     * @param filter the filter
     * @return lines that end in a newline
     */
    public static String of(Filter filter) {
        return FilterText.of(filter, NamedRule::of);
    }

    /**
     * Writes one rule; {@code -> allow} is left out.
     *
     * @param rule the rule
     * @param arch the architecture that it is for
     * @return a line without a newline
     */
    public static String of(Rule rule, Arch arch) {
        String plain = FilterText.of(rule, arch);
        String named = FilterText.of(rule, arch, (argument, number, mask) -> name(arch, rule, argument, number, mask));
        return named.equals(plain) || isRead(named, rule, arch) ? named : plain;
    }

    private static Optional<String> name(Arch arch, Rule rule, int argument, long number, boolean mask) {
        return mask
                ? ArgumentConstants.mask(arch, rule.number(), argument, number)
                : ArgumentConstants.value(arch, rule.number(), argument, number);
    }

    /** Whether names mean what numbers mean, at the width at which they are compared. */
    private static boolean isRead(String text, Rule rule, Arch arch) {
        try {
            return new RuleParser(arch).parse(text, Action.ALLOW).equals(List.of(rule));
        } catch (RuleSyntaxException e) {
            return false; // The number stays: not every name that is shown to people is one of the rule language.
        }
    }
}
