package org.jpledge;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jpledge.seccomp.Condition;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Rule;
import org.jpledge.seccomp.RuleParser;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;

/** A part of a filter as it was said, from which come the rules of each architecture. */
sealed interface Clause {
    /** Its rules in the numbers of an architecture; none where that lacks the call. */
    List<Rule> on(Arch arch);

    /** One call. */
    record OfCall(Answer answer, String call, List<ArgumentTest> tests) implements Clause {
        /** Checks it where it is said, on the first architecture that has the call. */
        public OfCall {
            tests = List.copyOf(tests);
            Arch arch = knowing(call);
            for (ArgumentTest test : tests) {
                test.condition(arch, call);
            }
        }

        @Override
        public List<Rule> on(Arch arch) {
            OptionalInt number = SyscallTable.of(arch).number(call);
            if (number.isEmpty()) {
                return List.of();
            }
            List<Condition> conditions = new ArrayList<>(tests.size());
            for (ArgumentTest test : tests) {
                conditions.add(test.condition(arch, call));
            }
            return List.of(new Rule(number.getAsInt(), conditions, answer.on(arch)));
        }
    }

    /** Text in the rule language. */
    record OfText(String rules, Answer answer) implements Clause {
        @Override
        public List<Rule> on(Arch arch) {
            return new RuleParser(arch).parse(rules, answer.on(arch));
        }
    }

    /** Rules that have numbers already, of one architecture. */
    record OfSection(Filter.Section section) implements Clause {
        @Override
        public List<Rule> on(Arch arch) {
            return arch == section.arch() ? section.rules() : List.of();
        }
    }

    /** The host's architecture, if it has a call, or else one that has. */
    static Arch knowing(String call) {
        Arch host = Arch.host();
        if (SyscallTable.of(host).number(call).isPresent()) {
            return host;
        }
        Optional<String> nearest = SyscallTable.of(host).nearest(call);
        for (Arch arch : Arch.values()) {
            if (SyscallTable.of(arch).number(call).isPresent()) {
                return arch;
            }
            nearest = nearest.isEmpty() ? SyscallTable.of(arch).nearest(call) : nearest;
        }
        throw new IllegalArgumentException("unknown system call \"" + call + '"'
                + (nearest.isPresent() ? " (did you mean " + nearest.get() + "?)" : ""));
    }
}
