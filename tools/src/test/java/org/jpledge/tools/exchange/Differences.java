package org.jpledge.tools.exchange;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jpledge.bpf.SeccompData;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Condition;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.FilterText;
import org.jpledge.seccomp.Identity;
import org.jpledge.seccomp.Rule;
import org.jpledge.seccomp.Value;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;

/** Whether two filters say the same, asked for every number and, of the arguments, what lies around the values in the rules. */
final class Differences {
    /** What a document says about a call, read by hand. */
    interface Reading {
        /** What happens to a call of this number. */
        Action of(int number, long[] args);
    }

    static final Identity SELF = new Identity(1234, 1000, 1001);
    private static final int CALLS = 120;

    private Differences() {}

    /** The calls about which two filters disagree, as text. */
    static List<String> between(Filter a, Filter b, Arch arch, long seed) {
        List<Rule> rules = new ArrayList<>(rules(a, arch));
        rules.addAll(rules(b, arch));
        return between(a, (number, args) -> b.decide(call(arch, number, args), SELF), arch, rules, seed);
    }

    /** The calls about which a filter and a document disagree. */
    static List<String> between(Filter filter, Reading reading, Arch arch, long seed) {
        return between(filter, reading, arch, rules(filter, arch), seed);
    }

    private static List<String> between(Filter filter, Reading reading, Arch arch, List<Rule> rules, long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        SortedSet<Integer> numbers =
                new TreeSet<>(SyscallTable.of(arch).byNumber().keySet());
        rules.forEach(rule -> numbers.add(rule.number()));
        numbers.add(2000);
        List<String> differences = new ArrayList<>();
        for (int number : numbers) {
            long[][] values = new long[6][];
            boolean asked = false;
            for (int i = 0; i < 6; i++) {
                values[i] = values(rules, number, i);
                asked |= values[i].length > 2;
            }
            for (int n = 0; n < (asked ? CALLS : 1); n++) {
                long[] args = new long[6];
                for (int i = 0; i < 6; i++) {
                    args[i] = values[i][random.nextInt(values[i].length)];
                    if (!arch.is64Bit()) {
                        args[i] &= 0xffffffffL;
                    }
                }
                Action ours = filter.decide(call(arch, number, args), SELF);
                Action theirs = reading.of(number, args);
                if (!ours.equals(theirs)) {
                    StringBuilder text =
                            new StringBuilder(SyscallTable.of(arch).name(number).orElse(Integer.toString(number)));
                    for (long arg : args) {
                        text.append(" 0x").append(Long.toHexString(arg));
                    }
                    differences.add(text + ": " + FilterText.of(ours, arch) + " and " + FilterText.of(theirs, arch));
                }
            }
        }
        return differences;
    }

    private static SeccompData call(Arch arch, int number, long[] args) {
        return new SeccompData(number, arch.audit(), 0, args[0], args[1], args[2], args[3], args[4], args[5]);
    }

    private static List<Rule> rules(Filter filter, Arch arch) {
        for (Filter.Section section : filter.sections()) {
            if (section.arch() == arch) {
                return section.rules();
            }
        }
        return List.of();
    }

    private static long[] values(List<Rule> rules, int number, int argument) {
        SortedSet<Long> values = new TreeSet<>(List.of(0L, -1L));
        for (Rule rule : rules) {
            for (Condition condition : rule.conditions()) {
                if (rule.number() == number && condition.argument() == argument) {
                    for (Value value : condition.values()) {
                        around(values, value.in(SELF), condition.mask());
                    }
                }
            }
        }
        return values.stream().mapToLong(Long::longValue).toArray();
    }

    private static void around(SortedSet<Long> values, long value, long mask) {
        for (long near = value - 1; near != value + 2; near++) {
            values.add(near);
            values.add((long) (int) near);
            values.add(near & 0xffffffffL);
            values.add(near | 1L << 32);
        }
        values.add(value | ~mask);
        values.add(value & mask);
        values.add(~value);
        for (int bit = 0; bit < 64; bit += 7) {
            values.add(value ^ 1L << bit);
        }
    }
}
