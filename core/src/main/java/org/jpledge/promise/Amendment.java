package org.jpledge.promise;

import java.util.List;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.FilterText;
import org.jpledge.seccomp.Rule;
import org.jpledge.seccomp.RuleParser;
import org.jpledge.seccomp.RuleSyntaxException;
import org.jpledge.syscall.Arch;

/**
 * A rule of a user's own, which stands before those of the promises: {@code --allow 'ioctl(request == TIOCGWINSZ)'}.
 *
 * @param kind whether it opens or closes
 * @param text one rule or more, in the rule language ({@link RuleParser})
 */
public record Amendment(Kind kind, String text) {
    /** What a rule does that names no action. */
    public enum Kind {
        /** Allows calls. */
        ALLOW("--allow"),
        /** Makes a violation of calls. */
        DENY("--deny");

        private final String option;

        Kind(String option) {
            this.option = option;
        }

        /**
         * The option of the command that says it.
         *
         * @return with its dashes
         */
        public String option() {
            return option;
        }
    }

    /**
     * The rules in the numbers of an architecture.
     *
     * @param arch the architecture; a call that it does not have has no rule there
     * @param violation what happens to a call that is denied, where the rule does not say it
     * @return the rules, in order
     * @throws RuleSyntaxException if the text is no rule, an allowed call would be refused or a denied one allowed, or the
     *     action needs somebody who answers
     */
    public List<Rule> rules(Arch arch, Action violation) {
        List<Rule> rules = new RuleParser(arch).parse(text, kind == Kind.ALLOW ? Action.ALLOW : violation);
        for (int i = 0; i < rules.size(); i++) {
            check(rules.get(i).action(), arch);
        }
        if (rules.isEmpty() && text.isBlank()) {
            throw new RuleSyntaxException("no system call is named", 1, 1);
        }
        return rules;
    }

    private void check(Action action, Arch arch) {
        switch (action) {
            case Action.Trace _, Action.Notify _ ->
                throw wrong(
                        FilterText.of(action, arch),
                        " needs somebody who answers, and nothing runs beside the program");
            case Action.Allow _ -> {
                if (kind == Kind.DENY) {
                    throw wrong("allow", " is no way to deny a call");
                }
            }
            case Action.Log _ -> {}
            case Action.Errno _, Action.KillProcess _, Action.KillThread _, Action.Trap _ -> {
                if (kind == Kind.ALLOW) {
                    throw wrong(FilterText.of(action, arch), " refuses the call, and so is for --deny");
                }
            }
        }
    }

    private RuleSyntaxException wrong(String action, String reason) {
        int arrow = Math.max(0, text.lastIndexOf("->"));
        int line = 1;
        int start = 0;
        for (int i = 0; i < arrow; i++) {
            if (text.charAt(i) == '\n') {
                line++;
                start = i + 1;
            }
        }
        return new RuleSyntaxException(action + reason, line, arrow - start + 1);
    }
}
