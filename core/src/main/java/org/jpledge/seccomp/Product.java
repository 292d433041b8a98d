package org.jpledge.seccomp;

import java.util.ArrayList;
import java.util.List;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;
import org.jspecify.annotations.Nullable;

/**
 * Two filters as one that answers as the kernel does where both are installed.
 *
 * <p>The rules of a number in both filters, each with what the filter says otherwise as a last rule for all calls, are paired
 * in order: the first pair that matches a call has the first rule of either that does.
 */
final class Product {
    /** Beyond this many rules of one number it is not asked any more which of them can never be reached. */
    private static final int MANY = 512;

    private final Filter one;
    private final Filter other;
    private final Action otherwise;
    private final Action unknown;

    private Product(Filter one, Filter other) {
        this.one = one;
        this.other = other;
        this.otherwise = Action.moreSevere(one.otherwise(), other.otherwise());
        this.unknown = Action.moreSevere(one.unknown(), other.unknown());
    }

    static Filter of(Filter one, Filter other) {
        return new Product(one, other).filter();
    }

    private Filter filter() {
        List<Filter.Section> sections = new ArrayList<>();
        for (Filter.Section section : one.sections()) {
            Arch arch = section.arch();
            Filter.@Nullable Section match = section(other, arch);
            if (match != null) {
                sections.add(new Filter.Section(arch, both(section, match), frequencies(section, match)));
            } else if (!Action.isRefusal(other.foreign())) {
                List<Rule> rules = alone(section, one, other.foreign(), true);
                sections.add(new Filter.Section(arch, rules, section.frequencies()));
            }
        }
        for (Filter.Section section : other.sections()) {
            if (section(one, section.arch()) == null && !Action.isRefusal(one.foreign())) {
                List<Rule> rules = alone(section, other, one.foreign(), false);
                sections.add(new Filter.Section(section.arch(), rules, section.frequencies()));
            }
        }
        if (sections.isEmpty()) {
            throw new IllegalArgumentException("the filters have no architecture in common");
        }
        return new Filter(sections, otherwise, unknown, Action.moreSevere(one.foreign(), other.foreign()));
    }

    /** The other's, where the first has none of its own. */
    private static Frequencies frequencies(Filter.Section ofOne, Filter.Section ofOther) {
        return ofOne.frequencies().calls().equals(Frequencies.MEASURED.calls())
                ? ofOther.frequencies()
                : ofOne.frequencies();
    }

    private static Filter.@Nullable Section section(Filter filter, Arch arch) {
        for (Filter.Section section : filter.sections()) {
            if (section.arch() == arch) {
                return section;
            }
        }
        return null;
    }

    /** The rules of an architecture about which both filters speak, by ascending numbers. */
    private List<Rule> both(Filter.Section ofOne, Filter.Section ofOther) {
        RulesByNumber some = new RulesByNumber(ofOne.rules());
        RulesByNumber others = new RulesByNumber(ofOther.rules());
        SyscallTable table = SyscallTable.of(ofOne.arch());
        List<Rule> rules = new ArrayList<>();
        int i = 0;
        int j = 0;
        while (i < some.size() || j < others.size()) {
            boolean inOne = i < some.size() && (j == others.size() || some.number(i) <= others.number(j));
            boolean inOther = j < others.size() && (i == some.size() || others.number(j) <= some.number(i));
            int number = inOne ? some.number(i) : others.number(j);
            boolean known = table.name(number).isPresent();
            pair(
                    number,
                    new Rules(inOne ? some.rules(i) : List.of(), inOne || known ? one.otherwise() : one.unknown()),
                    new Rules(
                            inOther ? others.rules(j) : List.of(),
                            inOther || known ? other.otherwise() : other.unknown()),
                    known,
                    rules);
            i += inOne ? 1 : 0;
            j += inOther ? 1 : 0;
        }
        return rules;
    }

    /** The rules of an architecture that is foreign to the other filter, which does not refuse it. */
    private List<Rule> alone(Filter.Section section, Filter filter, Action foreign, boolean first) {
        if (first(filter.unknown(), foreign, first).encoded() != unknown.encoded()) {
            throw new IllegalArgumentException("numbers that " + section.arch().label()
                    + " does not know cannot be decided as both filters do, of which only one speaks about it");
        }
        RulesByNumber some = new RulesByNumber(section.rules());
        int[] known = KnownNumbers.of(section.arch());
        List<Rule> rules = new ArrayList<>();
        int i = 0;
        int j = 0;
        Rules fixed = new Rules(List.of(), foreign);
        while (i < some.size() || j < known.length) {
            boolean ruled = i < some.size() && (j == known.length || some.number(i) <= known[j]);
            int number = ruled ? some.number(i) : known[j];
            boolean isKnown = j < known.length && known[j] == number;
            Rules own = new Rules(ruled ? some.rules(i) : List.of(), filter.otherwise());
            pair(number, first ? own : fixed, first ? fixed : own, isKnown, rules);
            i += ruled ? 1 : 0;
            j += isKnown ? 1 : 0;
        }
        return rules;
    }

    private static Action first(Action own, Action others, boolean first) {
        return first ? Action.moreSevere(own, others) : Action.moreSevere(others, own);
    }

    /** What a filter says of one number. */
    private record Rules(List<Rule> rules, Action otherwise) {
        int size() {
            return rules.size() + 1;
        }

        List<Condition> conditions(int index) {
            return index == rules.size() ? List.of() : rules.get(index).conditions();
        }

        Action action(int index) {
            return index == rules.size() ? otherwise : rules.get(index).action();
        }
    }

    /** Adds the rules of one number. */
    private void pair(int number, Rules some, Rules others, boolean known, List<Rule> all) {
        List<Rule> rules = new ArrayList<>();
        for (int i = 0; i < some.size(); i++) {
            int from = rules.size();
            for (int j = 0; j < others.size(); j++) {
                @Nullable List<Condition> conditions = Conjunction.of(some.conditions(i), others.conditions(j));
                if (conditions != null) {
                    add(new Rule(number, conditions, Action.moreSevere(some.action(i), others.action(j))), rules);
                }
            }
            dropTail(rules, from);
        }
        dropTail(rules, 0);
        // The last one is for all calls. Without any rule, a number that no table knows would be unknown.
        boolean superfluous = rules.getLast().action().encoded() == otherwise.encoded();
        if (superfluous && (known || rules.size() > 1)) {
            rules.removeLast();
        }
        all.addAll(rules);
    }

    private static void add(Rule rule, List<Rule> rules) {
        if (rules.size() < MANY) {
            for (int i = 0; i < rules.size(); i++) {
                if (Implication.holds(rule, rules.get(i))) {
                    return;
                }
            }
        }
        rules.add(rule);
    }

    /** Of rules at the end, takes those away that say the same as the last one and are narrower. */
    private static void dropTail(List<Rule> rules, int from) {
        for (int i = rules.size() - 2; i >= from; i--) {
            Rule last = rules.getLast();
            if (rules.get(i).action().encoded() != last.action().encoded() || !Implication.holds(rules.get(i), last)) {
                return;
            }
            rules.remove(i);
        }
    }
}
