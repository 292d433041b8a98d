package org.jpledge.seccomp;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Conditions that must hold together: without those that others imply, and nothing at all where they contradict each other. */
final class Conjunction {
    /** For conditions whose values are all constants, which are the same in every process. */
    private static final Identity NOBODY = new Identity(0, 0, 0);

    private Conjunction() {}

    /** Both lists together; null if no call meets all of it, as far as that can be seen. */
    static @Nullable List<Condition> of(List<Condition> some, List<Condition> others) {
        if (others.isEmpty()) {
            return some;
        }
        List<Condition> all = new ArrayList<>(some.size() + others.size());
        for (int i = 0; i < some.size(); i++) {
            if (!add(some.get(i), all)) {
                return null;
            }
        }
        for (int i = 0; i < others.size(); i++) {
            if (!add(others.get(i), all)) {
                return null;
            }
        }
        return all;
    }

    /** Adds a condition to some that do not contradict each other; false if it contradicts one of them. */
    private static boolean add(Condition condition, List<Condition> all) {
        Condition added = condition;
        for (int i = all.size() - 1; i >= 0; i--) {
            Condition known = all.get(i);
            if (known.argument() != added.argument()) {
                continue;
            }
            if (isChoice(added) && (known.mask() & ~added.mask()) == 0 && isConstant(known)) {
                // What is left of the values says more than the other condition.
                @Nullable Condition left = within(added, known);
                if (left == null) {
                    return false;
                }
                all.remove(i);
                added = left;
            } else if (isChoice(known) && (added.mask() & ~known.mask()) == 0 && isConstant(added)) {
                @Nullable Condition left = within(known, added);
                if (left == null) {
                    return false;
                }
                all.set(i, left);
                return true;
            } else if (Implication.holds(known, added)) {
                return true;
            } else if (Implication.holds(added, known)) {
                all.remove(i);
            } else if (isChoice(added) && isChoice(known) && !overlap(added, known)
                    || known.sameSubject(added) && isEmpty(known, added)) {
                return false;
            }
        }
        all.add(added);
        return true;
    }

    /** The values of a choice that meet another condition, which looks at no other bits; null if none does. */
    private static @Nullable Condition within(Condition choice, Condition other) {
        List<Value> left = new ArrayList<>(choice.values().size());
        for (int i = 0; i < choice.values().size(); i++) {
            Value value = choice.values().get(i);
            if (other.holds(value.in(NOBODY), NOBODY)) {
                left.add(value);
            }
        }
        if (left.isEmpty()) {
            return null;
        }
        if (left.size() == choice.values().size()) {
            return choice;
        }
        Operator op = left.size() == 1 ? Operator.EQ : Operator.IN;
        return new Condition(choice.argument(), choice.word(), choice.mask(), op, left);
    }

    /** Whether two choices have values that agree in the bits which both look at. */
    private static boolean overlap(Condition one, Condition other) {
        long both = one.mask() & other.mask();
        for (int i = 0; i < one.values().size(); i++) {
            for (int j = 0; j < other.values().size(); j++) {
                long differing =
                        one.values().get(i).in(NOBODY) ^ other.values().get(j).in(NOBODY);
                if ((differing & both) == 0) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Whether two bounds of the same bits leave no value between them. */
    private static boolean isEmpty(Condition one, Condition other) {
        return isConstant(one) && isConstant(other) && (isAbove(one, other) || isAbove(other, one));
    }

    /** Whether the first asks for more than the second lets pass. */
    private static boolean isAbove(Condition low, Condition high) {
        boolean strictlyLow = low.op() == Operator.GT;
        boolean strictlyHigh = high.op() == Operator.LT;
        if (!strictlyLow && low.op() != Operator.GE || !strictlyHigh && high.op() != Operator.LE) {
            return false;
        }
        int order = Long.compareUnsigned(
                low.values().getFirst().in(NOBODY), high.values().getFirst().in(NOBODY));
        return order > 0 || order == 0 && (strictlyLow || strictlyHigh);
    }

    /** Whether a condition is that some bits are one of some values, the same in every process. */
    private static boolean isChoice(Condition condition) {
        return condition.isMembership() && isConstant(condition);
    }

    private static boolean isConstant(Condition condition) {
        for (int i = 0; i < condition.values().size(); i++) {
            if (!(condition.values().get(i) instanceof Value.Constant)) {
                return false;
            }
        }
        return true;
    }
}
