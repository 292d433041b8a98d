package org.jpledge.tools.exchange;

import java.util.ArrayList;
import java.util.List;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Condition;
import org.jpledge.seccomp.Operator;
import org.jpledge.seccomp.Rule;
import org.jpledge.seccomp.Value;

/**
 * A condition on the arguments of a call that is made of "and", "or" and "not", as ways in which it holds: the conditions
 * of one way hold together, and each way is a rule.
 *
 * @param ways none: it never holds; one that is empty: it always does
 */
record Disjunction(List<List<Condition>> ways) {
    /** What holds for no call. */
    static final Disjunction NEVER = new Disjunction(List.of());

    /** What holds for every call. */
    static final Disjunction ALWAYS = new Disjunction(List.of(List.of()));

    /** So many rules for one call are more than a program has room for. */
    private static final int MOST = 4096;

    private static final long LOW = 0xffffffffL;

    /** Copies the ways. */
    Disjunction {
        List<List<Condition>> copies = new ArrayList<>(ways.size());
        for (List<Condition> way : ways) {
            copies.add(List.copyOf(way));
        }
        ways = List.copyOf(copies);
    }

    /**
     * A comparison of the bits of an argument, or what it comes to if these cannot be otherwise; one of the low word alone
     * where the mask leaves no other.
     *
     * @param argument 0 to 5
     * @param word whether all 64 bits count
     * @param mask the bits that count
     * @param op any but IN
     * @param value what they are compared with
     */
    static Disjunction comparing(int argument, boolean word, long mask, Operator op, long value) {
        long bits = word ? mask : mask & LOW;
        long number = word ? value : value & LOW;
        boolean impossible = (number & ~bits) != 0;
        int most = Long.compareUnsigned(bits, number);
        return switch (op) {
            case EQ -> impossible ? NEVER : bits == 0 ? ALWAYS : of(argument, word, bits, op, number);
            case NE -> impossible ? ALWAYS : bits == 0 ? NEVER : of(argument, word, bits, op, number);
            case LT -> number == 0 ? NEVER : most < 0 ? ALWAYS : of(argument, word, bits, op, number);
            case GE -> number == 0 ? ALWAYS : most < 0 ? NEVER : of(argument, word, bits, op, number);
            case LE -> most <= 0 ? ALWAYS : of(argument, word, bits, op, number);
            case GT -> most <= 0 ? NEVER : of(argument, word, bits, op, number);
            case IN -> throw new IllegalArgumentException("a set is several comparisons");
        };
    }

    private static Disjunction of(int argument, boolean word, long mask, Operator op, long value) {
        boolean all = word && mask >>> 32 != 0;
        return of(new Condition(argument, all, mask, op, List.of(new Value.Constant(value))));
    }

    /** A single condition. */
    static Disjunction of(Condition condition) {
        return new Disjunction(List.of(List.of(condition)));
    }

    /** Adds the ways of a condition to others, any of which is enough. */
    static void add(Disjunction condition, List<List<Condition>> any, Place place) throws ImportException {
        any.addAll(condition.ways);
        if (any.size() > MOST) {
            throw tooMany(place);
        }
    }

    /** What holds where any of some conditions does: what was {@linkplain #add added}. */
    static Disjunction any(List<List<Condition>> ways) {
        // A way that says nothing leaves nothing for the others to say.
        return ways.contains(List.<Condition>of()) ? ALWAYS : new Disjunction(ways);
    }

    /** Holds where either does. */
    private Disjunction or(Disjunction other, Place place) throws ImportException {
        List<List<Condition>> both = new ArrayList<>(ways);
        add(other, both, place);
        return any(both);
    }

    /** Holds where both do. */
    Disjunction and(Disjunction other, Place place) throws ImportException {
        if ((long) ways.size() * other.ways.size() > MOST) {
            throw tooMany(place);
        }
        List<List<Condition>> both = new ArrayList<>();
        for (List<Condition> way : ways) {
            for (List<Condition> further : other.ways) {
                List<Condition> together = new ArrayList<>(way);
                for (Condition condition : further) {
                    if (!together.contains(condition)) {
                        together.add(condition);
                    }
                }
                both.add(together);
            }
        }
        return any(both);
    }

    /** Holds where this does not. */
    Disjunction not(Place place) throws ImportException {
        Disjunction none = ALWAYS;
        for (List<Condition> way : ways) {
            Disjunction broken = NEVER;
            for (Condition condition : way) {
                broken = broken.or(new Disjunction(List.of(opposite(condition))), place);
            }
            none = none.and(broken, place);
        }
        return none;
    }

    private static List<Condition> opposite(Condition condition) {
        List<Condition> all = new ArrayList<>();
        Operator op = switch (condition.op()) {
            case EQ, IN -> Operator.NE;
            case NE -> Operator.EQ;
            case LT -> Operator.GE;
            case GE -> Operator.LT;
            case GT -> Operator.LE;
            case LE -> Operator.GT;
        };
        for (Value value : condition.values()) {
            all.add(new Condition(condition.argument(), condition.word(), condition.mask(), op, List.of(value)));
        }
        return all;
    }

    private static ImportException tooMany(Place place) {
        return place.wrong("the condition comes to more than " + MOST + " rules for one call");
    }

    /** The rules of a call: one for each way; those that differ in one value only are one with a set. */
    List<Rule> rules(int number, Action action) {
        List<List<Condition>> merged = new ArrayList<>();
        for (List<Condition> way : ways) {
            List<Condition> last = merged.isEmpty() ? List.of() : merged.getLast();
            int difference = difference(last, way);
            if (difference < 0) {
                merged.add(way);
            } else {
                List<Condition> together = new ArrayList<>(last);
                together.set(difference, union(last.get(difference), way.get(difference)));
                merged.set(merged.size() - 1, together);
            }
        }
        List<Rule> rules = new ArrayList<>(merged.size());
        for (List<Condition> way : merged) {
            rules.add(new Rule(number, way, action));
        }
        return rules;
    }

    /** Where two ways differ, if it is in one place only and in values of the same bits; otherwise -1. */
    private static int difference(List<Condition> a, List<Condition> b) {
        int difference = -1;
        for (int i = 0; i < b.size() && a.size() == b.size(); i++) {
            if (!a.get(i).equals(b.get(i))) {
                if (difference >= 0 || !joinable(a.get(i), b.get(i))) {
                    return -1;
                }
                difference = i;
            }
        }
        return difference;
    }

    private static boolean joinable(Condition a, Condition b) {
        return isMembership(a)
                && isMembership(b)
                && a.argument() == b.argument()
                && a.word() == b.word()
                && a.mask() == b.mask();
    }

    private static boolean isMembership(Condition condition) {
        return condition.op() == Operator.EQ || condition.op() == Operator.IN;
    }

    private static Condition union(Condition a, Condition b) {
        List<Value> values = new ArrayList<>(a.values());
        for (Value value : b.values()) {
            if (!values.contains(value)) {
                values.add(value);
            }
        }
        Operator op = values.size() == 1 ? Operator.EQ : Operator.IN;
        return new Condition(a.argument(), a.word(), a.mask(), op, values);
    }
}
