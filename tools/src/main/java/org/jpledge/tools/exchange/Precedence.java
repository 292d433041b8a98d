package org.jpledge.tools.exchange;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jpledge.seccomp.Condition;
import org.jpledge.seccomp.FilterText;
import org.jpledge.seccomp.Rule;
import org.jpledge.syscall.Arch;

/** Which of several rules about a call holds where they have no order. */
final class Precedence {
    private Precedence() {}

    /**
     * As libseccomp has it: a rule whose conditions are all among another's holds before that one, wherever it stands, so that
     * the other has no effect.
     *
     * @param arch the rules' architecture
     * @param rules in the order of their file
     * @param remarks gets a line for each call about which rules of different actions are left that may hold at once
     * @return those that have an effect, in the same order
     */
    static List<Rule> ofFewerConditions(Arch arch, List<Rule> rules, Set<String> remarks) {
        Map<Integer, List<Rule>> byNumber = new LinkedHashMap<>();
        for (Rule rule : rules) {
            byNumber.computeIfAbsent(rule.number(), _ -> new ArrayList<>()).add(rule);
        }
        List<Rule> kept = new ArrayList<>();
        byNumber.forEach((_, same) -> {
            List<Rule> left = new ArrayList<>();
            for (int i = 0; i < same.size(); i++) {
                if (!isHeldBefore(same, i)) {
                    left.add(same.get(i));
                } else if (!hasEqual(same, i)) {
                    remarks.add(FilterText.of(same.get(i), arch)
                            + ": a rule about the same call with fewer conditions holds instead");
                }
            }
            if (contradict(left)) {
                remarks.add(FilterText.of(left.getFirst(), arch)
                        + ": where another rule about this call holds as well, the first in the file decides");
            }
            kept.addAll(left);
        });
        return kept;
    }

    private static boolean isHeldBefore(List<Rule> rules, int index) {
        Rule rule = rules.get(index);
        for (int i = 0; i < rules.size(); i++) {
            List<?> conditions = rules.get(i).conditions();
            boolean fewer = conditions.size() < rule.conditions().size();
            if ((fewer || i < index && conditions.size() == rule.conditions().size())
                    && rule.conditions().containsAll(conditions)) {
                return true;
            }
        }
        return false;
    }

    /** Whether what holds before a rule does the same. */
    private static boolean hasEqual(List<Rule> rules, int index) {
        Rule rule = rules.get(index);
        return rules.stream()
                .filter(other -> rule.conditions().containsAll(other.conditions()))
                .allMatch(other -> other.action().equals(rule.action()));
    }

    /** Whether two rules of different actions may hold at once. */
    private static boolean contradict(List<Rule> rules) {
        for (int i = 0; i < rules.size(); i++) {
            for (int j = 0; j < i; j++) {
                if (!rules.get(i).action().equals(rules.get(j).action())
                        && meet(rules.get(i).conditions(), rules.get(j).conditions())) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean meet(List<Condition> one, List<Condition> other) {
        List<Condition> both = new ArrayList<>(one);
        both.addAll(other);
        return Cube.of(both, Unordered.MOST).map(cubes -> !cubes.isEmpty()).orElse(true);
    }
}
