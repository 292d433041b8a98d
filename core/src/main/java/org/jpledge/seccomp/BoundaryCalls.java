package org.jpledge.seccomp;

import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jpledge.bpf.Interpreter;
import org.jpledge.bpf.Program;
import org.jpledge.bpf.SeccompData;
import org.jspecify.annotations.Nullable;

/** Runs a program on calls whose arguments are around the values that the rules of the call name. */
final class BoundaryCalls {
    private final Filter filter;
    private final @Nullable RulesByNumber rules;
    private final int audit;
    private final Identity self;
    private final ByteOrder order;
    private final Interpreter interpreter;
    private final RandomGenerator random;

    BoundaryCalls(
            Filter filter, Filter.@Nullable Section section, Program program, int audit, Identity self, long seed) {
        this.filter = filter;
        this.rules = section == null ? null : new RulesByNumber(section.rules());
        this.audit = audit;
        this.self = self;
        this.order = Landmarks.order(audit);
        this.interpreter = new Interpreter(program);
        this.random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    }

    void run(int number, int most, List<Finding> findings) {
        List<Rule> about = rules == null ? List.of() : rules.about(number);
        long[][] values = new long[SeccompData.ARGUMENTS][];
        long combinations = 1;
        for (int i = 0; i < values.length; i++) {
            values[i] = values(about, i);
            combinations = Math.min(Long.MAX_VALUE / 1024, combinations * values[i].length);
        }
        long[] args = new long[SeccompData.ARGUMENTS];
        for (long i = 0; i < Math.min(combinations, most); i++) {
            long rest = i;
            for (int j = 0; j < args.length; j++) {
                if (combinations <= most) {
                    args[j] = values[j][(int) (rest % values[j].length)];
                    rest /= values[j].length;
                } else {
                    args[j] = values[j][random.nextInt(values[j].length)];
                }
            }
            SeccompData call = new SeccompData(number, audit, i, args[0], args[1], args[2], args[3], args[4], args[5]);
            Action expected = decide(about, call);
            int answer = interpreter.run(call, order).value();
            if (answer != expected.encoded()) {
                findings.add(new Finding.WrongAnswer(call, self, expected, answer));
            }
        }
    }

    /** As {@link Filter#decide}, without looking for the call's rules every time. */
    private Action decide(List<Rule> about, SeccompData call) {
        if (about.isEmpty()) {
            return filter.decide(call, self);
        }
        for (int i = 0; i < about.size(); i++) {
            if (about.get(i).matches(call, self)) {
                return about.get(i).action();
            }
        }
        return filter.otherwise();
    }

    private long[] values(List<Rule> about, int argument) {
        SortedSet<Long> values = new TreeSet<>();
        List<Condition> conditions = new ArrayList<>();
        for (Rule rule : about) {
            for (Condition condition : rule.conditions()) {
                if (condition.argument() == argument) {
                    conditions.add(condition);
                }
            }
        }
        if (conditions.isEmpty()) {
            // An argument that no rule looks at changes nothing.
            return new long[] {0x1122334455667788L};
        }
        values.add(0L);
        values.add(-1L);
        for (Condition condition : conditions) {
            for (Value value : condition.values()) {
                around(values, value.in(self), condition.mask());
            }
            for (int bit = 0; bit < Long.SIZE && condition.mask() != -1; bit++) {
                if ((condition.mask() >>> bit & 1) != 0) {
                    values.add(1L << bit);
                    values.add(condition.mask() ^ 1L << bit);
                }
            }
        }
        long[] all = new long[values.size()];
        int count = 0;
        for (long value : values) {
            all[count++] = value;
        }
        return all;
    }

    private static void around(SortedSet<Long> values, long value, long mask) {
        for (long near = value - 1; near != value + 2; near++) {
            values.add(near);
            // As an int that a caller has extended by its sign, and with anything above it.
            values.add((long) (int) near);
            values.add(near & 0xffffffffL);
            values.add(near | 1L << 32);
            values.add(near ^ 1L << 63);
        }
        values.add(value | ~mask);
        values.add(value & mask);
    }
}
