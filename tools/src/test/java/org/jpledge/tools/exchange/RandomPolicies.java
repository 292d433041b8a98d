package org.jpledge.tools.exchange;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Condition;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Operator;
import org.jpledge.seccomp.Rule;
import org.jpledge.seccomp.Value;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;
import org.jpledge.tools.policy.PolicyDocument;

/** Filters of some rules each, in which the same few values come up again and again, so that rules overlap. */
final class RandomPolicies {
    private static final long[] VALUES = {
        0, 1, 2, 3, 5, 7, 8, 0x7fffffffL, 0x80000000L, 0xfffffffeL, 0xffffffffL, 0x100000000L, Long.MIN_VALUE, -2, -1
    };
    private static final long[] MASKS = {1, 3, 6, 0xff, 0xf0f0, 0x80000000L, 0xffffffffL};
    private static final List<Operator> OPERATORS = List.of(Operator.values());
    private static final int CALLS = 6;

    private final RandomGenerator random;

    RandomPolicies(long seed) {
        random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    }

    /** A policy of one filter. */
    static Exportable of(Filter filter) {
        SortedMap<String, Filter> filters = new TreeMap<>();
        filters.put(Imported.MAIN, filter);
        return new Exportable("test", PolicyDocument.EMPTY, filters);
    }

    /** A filter whose rules have some of the actions. */
    Filter filter(Arch arch, List<Action> actions, Action otherwise, Action unknown, Action foreign) {
        List<Integer> numbers = List.copyOf(SyscallTable.of(arch).byNumber().keySet());
        List<Integer> some = new ArrayList<>();
        for (int i = 0; i < CALLS; i++) {
            some.add(numbers.get(random.nextInt(numbers.size())));
        }
        List<Rule> rules = new ArrayList<>();
        for (int i = random.nextInt(7); i >= 0; i--) {
            List<Condition> conditions = new ArrayList<>();
            for (int j = random.nextInt(3); j > 0; j--) {
                conditions.add(condition(arch));
            }
            rules.add(new Rule(
                    some.get(random.nextInt(some.size())), conditions, actions.get(random.nextInt(actions.size()))));
        }
        return Filter.of(arch, rules, otherwise, unknown, foreign);
    }

    private Condition condition(Arch arch) {
        boolean word = arch.is64Bit() && random.nextBoolean();
        long mask = random.nextInt(3) > 0 ? -1 : MASKS[random.nextInt(MASKS.length)];
        Operator op = OPERATORS.get(random.nextInt(OPERATORS.size()));
        List<Value> values = new ArrayList<>();
        for (int i = op == Operator.IN ? random.nextInt(3) : 0; i >= 0; i--) {
            long value = VALUES[random.nextInt(VALUES.length)];
            values.add(new Value.Constant(word ? value : value & 0xffffffffL));
        }
        return new Condition(random.nextInt(3), word, mask, op, values);
    }
}
