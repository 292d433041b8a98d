package org.jpledge.seccomp;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jpledge.bpf.SeccompData;
import org.jpledge.syscall.Arch;

/** Makes filters of all shapes, and calls that come close to where they decide differently. */
final class RandomFilters {
    static final Identity SELF = new Identity(4711, 1000, 100);

    /** Numbers around which conditions are made, so that rules of one call overlap. */
    private static final long[] INTERESTING = {
        0,
        1,
        2,
        3,
        4,
        7,
        8,
        0x10,
        0x40,
        0x80,
        0xff,
        0x100,
        0x1000,
        0x5401,
        0x5413,
        0x541b,
        0xffff,
        0x10000,
        0x7fffffffL,
        0x80000000L,
        0x80000001L,
        0xffffff9cL,
        0xfffffffeL,
        0xffffffffL,
        4711,
        1000,
        100
    };

    private static final long[] WIDE = {
        0x100000000L,
        0x100000001L,
        0x1ffffffffL,
        0x8000000000L,
        0x7fffffffffffffffL,
        0x8000000000000000L,
        0xffffffff00000000L,
        0xffffffffffffff9cL,
        -2,
        -1
    };

    private static final List<Operator> OPERATORS = List.of(Operator.values());
    private static final List<Variable> VARIABLES = List.of(Variable.values());

    private final RandomGenerator random;

    RandomFilters(RandomGenerator random) {
        this.random = random;
    }

    Filter filter() {
        List<Arch> archs = new ArrayList<>(List.of(Arch.values()));
        List<Filter.Section> sections = new ArrayList<>();
        int count = random.nextInt(4) == 0 ? 1 + random.nextInt(3) : 1;
        for (int i = 0; i < count; i++) {
            Arch arch = archs.remove(random.nextInt(archs.size()));
            sections.add(new Filter.Section(arch, rules(arch), frequencies()));
        }
        return new Filter(sections, action(), action(), action());
    }

    private Frequencies frequencies() {
        return switch (random.nextInt(8)) {
            case 0 -> Frequencies.EQUAL;
            case 1 ->
                Frequencies.EQUAL
                        .with("close", random.nextInt(Frequencies.WHOLE))
                        .with("openat", 7);
            default -> Frequencies.MEASURED;
        };
    }

    private List<Rule> rules(Arch arch) {
        List<Rule> rules = new ArrayList<>();
        if (random.nextInt(12) == 0) {
            // As in a container's profile: one action for most numbers, whatever their arguments.
            Action most = action();
            for (int number = 0; number < 460; number++) {
                if (random.nextInt(4) > 0) {
                    rules.add(new Rule(number, List.of(), most));
                }
            }
        }
        int numbers = 1 + random.nextInt(12);
        for (int i = 0; i < numbers; i++) {
            int number = random.nextInt(10) == 0 ? random.nextInt(1000) : random.nextInt(60);
            int count = random.nextInt(3) == 0 ? 0 : 1 + random.nextInt(random.nextInt(4) == 0 ? 12 : 4);
            // Arguments that rules of a call share make them overlap.
            int arguments = 1 + random.nextInt(4);
            boolean fewActions = random.nextBoolean();
            Action usual = action();
            for (int j = 0; j < count; j++) {
                rules.add(new Rule(
                        number, conditions(arch, arguments), fewActions && random.nextInt(6) > 0 ? usual : action()));
            }
            if (count == 0) {
                rules.add(new Rule(number, List.of(), usual));
            }
        }
        // Rules of different calls may be interleaved; only the order within a call counts.
        for (int i = rules.size() - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            if (rules.get(i).number() != rules.get(j).number()) {
                Rule swapped = rules.get(i);
                rules.set(i, rules.get(j));
                rules.set(j, swapped);
            }
        }
        return rules;
    }

    private List<Condition> conditions(Arch arch, int arguments) {
        List<Condition> conditions = new ArrayList<>();
        int count = random.nextInt(20) == 0 ? 0 : 1 + random.nextInt(3);
        for (int i = 0; i < count; i++) {
            conditions.add(condition(arch, random.nextInt(arguments)));
        }
        return conditions;
    }

    private Condition condition(Arch arch, int argument) {
        // One and the same argument is sometimes taken for an int and sometimes for a long.
        boolean word = arch.is64Bit() && random.nextInt(3) == 0;
        long mask = random.nextInt(3) > 0 ? -1 : mask(word);
        Operator op = OPERATORS.get(random.nextInt(OPERATORS.size()));
        List<Value> values = new ArrayList<>();
        int count = op == Operator.IN ? 1 + random.nextInt(random.nextInt(4) == 0 ? 40 : 5) : 1;
        boolean ordered = op != Operator.EQ && op != Operator.NE && op != Operator.IN;
        for (int i = 0; i < count; i++) {
            if (!ordered && random.nextInt(12) == 0) {
                values.add(new Value.Own(VARIABLES.get(random.nextInt(VARIABLES.size()))));
            } else {
                long number = number(word);
                values.add(new Value.Constant(random.nextInt(5) > 0 ? number & mask : number));
            }
        }
        return new Condition(argument, word, mask, op, values);
    }

    private long mask(boolean word) {
        long mask = switch (random.nextInt(5)) {
            case 0 -> 3;
            case 1 -> 1L << random.nextInt(64);
            case 2 -> ~number(true);
            case 3 -> {
                long some = number(true);
                yield some | number(true);
            }
            default -> {
                long some = random.nextLong();
                yield some & random.nextLong();
            }
        };
        return word ? mask : mask & 0xffffffffL;
    }

    private long number(boolean word) {
        long number = word && random.nextInt(3) == 0
                ? WIDE[random.nextInt(WIDE.length)]
                : random.nextInt(8) == 0 ? random.nextLong() : INTERESTING[random.nextInt(INTERESTING.length)];
        return word ? number : number & 0xffffffffL;
    }

    private Action action() {
        return switch (random.nextInt(12)) {
            case 0, 1, 2, 3 -> Action.ALLOW;
            case 4, 5 -> new Action.Errno(1);
            case 6 -> new Action.Errno(random.nextInt(4096));
            case 7 -> Action.KILL_PROCESS;
            case 8 -> Action.KILL_THREAD;
            case 9 -> new Action.Trap(random.nextInt(3));
            case 10 -> new Action.Trace(random.nextInt(3));
            default -> random.nextBoolean() ? Action.LOG : Action.NOTIFY;
        };
    }

    /** A call that one of the rules is about, with arguments near the values of that call's conditions. */
    SeccompData near(Filter filter) {
        Filter.Section section =
                filter.sections().get(random.nextInt(filter.sections().size()));
        Rule rule = section.rules().get(random.nextInt(section.rules().size()));
        long[] args = new long[SeccompData.ARGUMENTS];
        for (int i = 0; i < args.length; i++) {
            args[i] = random.nextBoolean() ? 0 : number(true);
        }
        for (Rule other : section.rules()) {
            if (other.number() == rule.number() && (other.equals(rule) || random.nextInt(3) == 0)) {
                for (Condition condition : other.conditions()) {
                    if (random.nextInt(8) > 0) {
                        args[condition.argument()] = near(condition, args[condition.argument()]);
                    }
                }
            }
        }
        int nr = random.nextInt(10) == 0 ? number() : rule.number();
        int arch = random.nextInt(100) == 0
                ? section.arch().audit() + 1
                : section.arch().audit();
        return new SeccompData(nr, arch, random.nextLong(), args[0], args[1], args[2], args[3], args[4], args[5]);
    }

    private int number() {
        return switch (random.nextInt(4)) {
            case 0 -> random.nextInt(1200);
            case 1 -> -1 - random.nextInt(3);
            case 2 -> 0x40000000 + random.nextInt(3) - 1;
            default -> random.nextInt();
        };
    }

    private long near(Condition condition, long before) {
        Value value = condition.values().get(random.nextInt(condition.values().size()));
        long number = value.in(SELF);
        number = switch (random.nextInt(8)) {
            case 0 -> number + 1;
            case 1 -> number - 1;
            case 2 -> number ^ 1L << random.nextInt(64);
            default -> number;
        };
        if (condition.mask() != -1 && random.nextBoolean()) {
            // Bits that do not count.
            number = (number & condition.mask()) | (before & ~condition.mask());
        }
        return switch (random.nextInt(6)) {
            case 0 -> (int) number;
            case 1 -> number & 0xffffffffL;
            case 2 -> (number & 0xffffffffL) | random.nextLong() << 32;
            default -> number;
        };
    }
}
