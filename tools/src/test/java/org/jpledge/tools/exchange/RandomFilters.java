package org.jpledge.tools.exchange;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Condition;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Operator;
import org.jpledge.seccomp.Rule;
import org.jpledge.seccomp.Value;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;

/** Filters of all shapes: many rules for a call, many conditions for a rule, sets, masks, order, both widths. */
final class RandomFilters {
    private static final Operator[] OPERATORS = Operator.values();

    private final RandomGenerator random;
    private final List<Action> actions;

    RandomFilters(RandomGenerator random, List<Action> actions) {
        this.random = random;
        this.actions = List.copyOf(actions);
    }

    /** A filter whose other actions follow from that for calls without a rule. */
    Filter next(Function<Action, Action> unknown, Action foreign, Arch... arches) {
        List<Filter.Section> sections = new ArrayList<>();
        for (Arch arch : arches) {
            List<Integer> numbers =
                    new ArrayList<>(SyscallTable.of(arch).byNumber().keySet());
            List<Rule> rules = new ArrayList<>();
            for (int i = random.nextInt(1, 30); i > 0; i--) {
                rules.add(rule(numbers.get(random.nextInt(Math.min(60, numbers.size()))), arch));
            }
            sections.add(new Filter.Section(arch, rules));
        }
        Action otherwise = action();
        return new Filter(sections, otherwise, unknown.apply(otherwise), foreign);
    }

    private Action action() {
        return actions.get(random.nextInt(actions.size()));
    }

    private Rule rule(int number, Arch arch) {
        List<Condition> conditions = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            conditions.add(condition(arch));
        }
        return new Rule(number, conditions, action());
    }

    private Condition condition(Arch arch) {
        boolean word = arch.is64Bit() && random.nextBoolean();
        Operator op = OPERATORS[random.nextInt(OPERATORS.length)];
        long mask = random.nextInt(3) > 0 ? -1 : number(word);
        List<Value> values = new ArrayList<>();
        for (int i = op == Operator.IN ? random.nextInt(1, 5) : 1; i > 0; i--) {
            values.add(new Value.Constant(number(word) & mask));
        }
        return new Condition(random.nextInt(6), word, mask, op, values);
    }

    private long number(boolean word) {
        long number = switch (random.nextInt(5)) {
            case 0 -> random.nextInt(4);
            case 1 -> 1L << random.nextInt(64);
            case 2 -> random.nextInt(0x10000);
            case 3 -> -random.nextLong(1, 200);
            default -> random.nextLong();
        };
        return word ? number : number & 0xffffffffL;
    }
}
