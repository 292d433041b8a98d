package org.jpledge.tools.exchange;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Condition;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.FilterText;
import org.jpledge.seccomp.Operator;
import org.jpledge.seccomp.Rule;
import org.jpledge.seccomp.Value;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;

/**
 * The rules of one architecture for formats in which rules have no order: of those about one call, no two with different actions
 * hold at once, and none says what holds anyway. Rules stay as they are where that is so already.
 */
final class Unordered {
    /** So many rules may be made of one; what needs more is left out, and that is said. */
    static final int MOST = 128;

    /** A rule about a call that has a name. */
    record Named(String call, List<Condition> conditions, Action action) {}

    private final Arch arch;
    private final Action otherwise;
    private final Predicate<Condition> sayable;
    private final boolean repeats;
    private final List<String> losses;

    /**
     * Begins.
     *
     * @param filter the filter
     * @param arch one of its architectures
     * @param sayable whether the format has words for a condition with one value
     * @param repeats whether it can ask two things of one argument
     * @param losses gets a line for each rule that cannot be said
     */
    private Unordered(Filter filter, Arch arch, Predicate<Condition> sayable, boolean repeats, List<String> losses) {
        this.arch = arch;
        this.otherwise = filter.otherwise();
        this.sayable = sayable;
        this.repeats = repeats;
        this.losses = losses;
    }

    /** The rules of a section, in its order of calls. */
    static List<Named> of(
            Filter filter, Filter.Section section, Predicate<Condition> sayable, boolean repeats, List<String> losses) {
        Map<Integer, List<Rule>> byNumber = new LinkedHashMap<>();
        for (Rule rule : WithoutVariables.of(section, losses)) {
            byNumber.computeIfAbsent(rule.number(), _ -> new ArrayList<>()).add(rule);
        }
        Unordered unordered = new Unordered(filter, section.arch(), sayable, repeats, losses);
        List<Named> all = new ArrayList<>();
        byNumber.forEach((number, rules) -> {
            Optional<String> name = SyscallTable.of(section.arch()).name(number);
            if (name.isPresent()) {
                all.addAll(unordered.about(name.get(), rules));
            } else if (rules.stream().anyMatch(rule -> !rule.action().equals(filter.unknown()))) {
                losses.add("system call " + number + " of " + section.arch().label()
                        + " has no name; rules about it are left out");
            }
        });
        return all;
    }

    private List<Named> about(String call, List<Rule> rules) {
        List<Named> said = new ArrayList<>();
        List<Rule> before = new ArrayList<>();
        for (Rule rule : rules) {
            List<Rule> other = new ArrayList<>();
            for (Rule earlier : before) {
                if (!earlier.action().equals(rule.action())) {
                    other.add(earlier);
                }
            }
            before.add(rule);
            if (!rule.action().equals(otherwise)) {
                Optional<List<List<Condition>>> ways = other.isEmpty() ? plain(rule) : less(rule, other);
                if (ways.isEmpty()) {
                    losses.add(FilterText.of(rule, arch) + ": it would take more than " + MOST
                            + " rules of this format; it is left out");
                    continue;
                }
                if (rule.conditions().isEmpty() && other.isEmpty()) {
                    said.clear();
                }
                for (List<Condition> way : ways.get()) {
                    said.add(new Named(call, way, rule.action()));
                }
            }
            if (rule.conditions().isEmpty()) {
                break;
            }
        }
        return said;
    }

    /** A rule in the format's words: one way for each combination of values. */
    private Optional<List<List<Condition>>> plain(Rule rule) {
        Map<Integer, List<Condition>> byArgument = new LinkedHashMap<>();
        for (Condition condition : rule.conditions()) {
            byArgument
                    .computeIfAbsent(condition.argument(), _ -> new ArrayList<>())
                    .add(condition);
        }
        List<List<Condition>> ways = List.of(List.of());
        for (List<Condition> conditions : byArgument.values()) {
            Optional<List<List<Condition>>> alternatives = alternatives(conditions);
            if (alternatives.isEmpty()
                    || (long) ways.size() * alternatives.get().size() > MOST) {
                return Optional.empty();
            }
            List<List<Condition>> longer = new ArrayList<>();
            for (List<Condition> way : ways) {
                for (List<Condition> alternative : alternatives.get()) {
                    List<Condition> both = new ArrayList<>(way);
                    both.addAll(alternative);
                    longer.add(both);
                }
            }
            ways = longer;
        }
        return Optional.of(ways);
    }

    /** What is asked of one argument, as alternatives. */
    private Optional<List<List<Condition>>> alternatives(List<Condition> conditions) {
        boolean direct = repeats || conditions.size() == 1;
        List<List<Condition>> ways = List.of(List.of());
        for (Condition condition : conditions) {
            List<List<Condition>> longer = new ArrayList<>();
            for (Value value : condition.values()) {
                Condition single = new Condition(
                        condition.argument(),
                        condition.word(),
                        condition.mask(),
                        condition.op() == Operator.IN ? Operator.EQ : condition.op(),
                        List.of(value));
                direct &= sayable.test(single);
                for (List<Condition> way : ways) {
                    List<Condition> both = new ArrayList<>(way);
                    both.add(single);
                    longer.add(both);
                }
            }
            ways = longer;
            if (ways.size() > MOST) {
                return Optional.empty();
            }
        }
        return direct ? Optional.of(ways) : Cube.of(conditions, MOST).map(this::conditions);
    }

    /** A rule without what others before it are about. */
    private Optional<List<List<Condition>>> less(Rule rule, List<Rule> others) {
        Optional<List<Cube>> left = Cube.of(rule.conditions(), MOST);
        for (Rule other : others) {
            Optional<List<Cube>> taken = Cube.of(other.conditions(), MOST);
            if (left.isEmpty() || taken.isEmpty()) {
                return Optional.empty();
            }
            if (left.get().stream().anyMatch(cube -> taken.get().stream().anyMatch(cube::meets))) {
                List<Cube> rest = left.get();
                for (Cube cube : taken.get()) {
                    List<Cube> next = new ArrayList<>();
                    rest.forEach(part -> next.addAll(part.minus(cube)));
                    rest = next;
                    if (rest.size() > MOST) {
                        return Optional.empty();
                    }
                }
                left = Optional.of(rest);
            }
        }
        return left.map(this::conditions);
    }

    private List<List<Condition>> conditions(List<Cube> cubes) {
        List<List<Condition>> ways = new ArrayList<>();
        for (Cube cube : cubes) {
            List<Condition> way = new ArrayList<>();
            for (int i = 0; i < cube.masks().length; i++) {
                long mask = cube.masks()[i];
                if (mask != 0) {
                    boolean word = arch.is64Bit() && mask >>> 32 != 0;
                    way.add(new Condition(i, word, mask, Operator.EQ, List.of(new Value.Constant(cube.values()[i]))));
                }
            }
            ways.add(way);
        }
        return ways;
    }
}
