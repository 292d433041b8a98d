package org.jpledge.tools.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import org.jpledge.promise.PromiseTable;
import org.jpledge.promise.Promises;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Condition;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Frequencies;
import org.jpledge.seccomp.Operator;
import org.jpledge.seccomp.Rule;
import org.jpledge.seccomp.Value;
import org.jpledge.seccomp.Variable;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.KernelVersion;
import org.jpledge.unveil.Permissions;

/** Makes policies that say anything that a policy can. */
final class RandomPolicies {
    private static final List<String> PATHS = List.of(
            "/",
            "/etc",
            "/srv/p",
            "/srv/p/a b",
            "/home/u/.x",
            "/a\"b",
            "/a\\b",
            "/a'b",
            "/t\tab",
            "/n\nl",
            "/d$HOME",
            "/\u00c3\u00a4#");

    private static final List<String> WORDS =
            List.of("make", "", "-j", "$HOME", "a b", "'", "\"\"\"", "\\", "\u00e2\u0082\u00ac", "#");

    private static final List<String> RULES = List.of(
            "read",
            "ioctl(request == TIOCGWINSZ)",
            "read # 'why' \"so\"",
            "write(fd in {1, 2})\nread(fd == 0) -> log",
            "syscall(999, arg0 < 5)");

    private static final List<Operator> OPERATORS = List.of(Operator.values());
    private static final List<Variable> VARIABLES = List.of(Variable.values());

    private final RandomGenerator random;

    RandomPolicies(RandomGenerator random) {
        this.random = random;
    }

    PolicyDocument policy() {
        PolicyDocument policy = PolicyDocument.EMPTY;
        if (random.nextBoolean()) {
            policy = policy.promising(
                    Promises.of(some(PromiseTable.standard().words()).toArray(String[]::new)));
        }
        TreeMap<String, Permissions> unveil = new TreeMap<>();
        some(PATHS).forEach(path -> unveil.put(path, new Permissions(random.nextInt(16))));
        TreeMap<Limit, Long> limits = new TreeMap<>();
        some(List.of(Limit.values()))
                .forEach(limit -> limits.put(
                        limit,
                        random.nextBoolean()
                                ? limit.unit().most()
                                : random.nextLong(limit.unit().most())));
        TreeMap<String, Filter> filters = new TreeMap<>();
        some(List.of(PolicyDocument.MAIN, "worker", "io-1", "T_2")).forEach(name -> filters.put(name, filter()));
        policy = policy.unveiling(unveil)
                .limiting(limits)
                .filtering(filters)
                .ignoringMissing(random.nextBoolean())
                .running(some(WORDS));
        if (random.nextBoolean()) {
            policy = policy.using(Optional.of(new PortList(ports(), ports())));
        }
        if (random.nextBoolean()) {
            policy = policy.onViolation(action());
        }
        if (random.nextBoolean()) {
            policy = policy.kernel(new KernelVersion(random.nextInt(9), random.nextInt(20), random.nextInt(3)));
        }
        // What is denied is not allowed too.
        return random.nextBoolean() ? policy.ruling(some(RULES), List.of()) : policy.ruling(List.of(), some(RULES));
    }

    private <T> List<T> some(List<T> all) {
        List<T> some = new ArrayList<>();
        int rare = 1 + random.nextInt(4);
        all.forEach(each -> {
            if (random.nextInt(rare) == 0) {
                some.add(each);
            }
        });
        return random.nextInt(4) == 0 ? List.of() : some;
    }

    private SortedSet<Integer> ports() {
        SortedSet<Integer> ports = new TreeSet<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            ports.add(random.nextInt(65_536));
        }
        return ports;
    }

    Filter filter() {
        List<Arch> arches = new ArrayList<>(List.of(Arch.values()));
        List<Filter.Section> sections = new ArrayList<>();
        List<Rule> shared = List.of(new Rule(999, List.of(), action()));
        boolean same = random.nextInt(3) == 0;
        for (int i = random.nextBoolean() ? 1 : 1 + random.nextInt(4); i > 0; i--) {
            Arch arch = arches.remove(random.nextInt(arches.size()));
            sections.add(new Filter.Section(arch, same ? shared : rules(), frequencies()));
        }
        return new Filter(sections, action(), action(), action());
    }

    private Frequencies frequencies() {
        return switch (random.nextInt(6)) {
            case 0 -> Frequencies.EQUAL;
            case 1 -> Frequencies.EQUAL.with("read", random.nextInt(100)).with("write", 7);
            default -> Frequencies.MEASURED;
        };
    }

    private List<Rule> rules() {
        List<Rule> rules = new ArrayList<>();
        for (int i = random.nextInt(6); i > 0; i--) {
            List<Condition> conditions = new ArrayList<>();
            for (int j = random.nextInt(3); j > 0; j--) {
                conditions.add(condition());
            }
            rules.add(new Rule(random.nextInt(random.nextInt(4) == 0 ? Filter.X32 : 480), conditions, action()));
        }
        return rules;
    }

    private Condition condition() {
        boolean word = random.nextBoolean();
        Operator op = OPERATORS.get(random.nextInt(OPERATORS.size()));
        List<Value> values = new ArrayList<>();
        for (int i = op == Operator.IN ? 1 + random.nextInt(3) : 1; i > 0; i--) {
            boolean own = (op == Operator.EQ || op == Operator.NE || op == Operator.IN) && random.nextInt(5) == 0;
            values.add(
                    own
                            ? new Value.Own(VARIABLES.get(random.nextInt(VARIABLES.size())))
                            : new Value.Constant(number(word)));
        }
        return new Condition(random.nextInt(6), word, random.nextBoolean() ? -1 : number(word), op, values);
    }

    private long number(boolean word) {
        return random.nextLong() >>> (word ? random.nextInt(64) : 32 + random.nextInt(32));
    }

    Action action() {
        return switch (random.nextInt(8)) {
            case 0 -> Action.KILL_PROCESS;
            case 1 -> Action.KILL_THREAD;
            case 2 -> new Action.Trap(random.nextInt(65_536));
            case 3 -> new Action.Errno(random.nextInt(4096));
            case 4 -> new Action.Trace(random.nextInt(65_536));
            case 5 -> Action.LOG;
            case 6 -> Action.NOTIFY;
            default -> Action.ALLOW;
        };
    }
}
