package org.jpledge.seccomp;

import java.util.List;

/**
 * Whether one rule says nothing that another one does not say too, as {@code rpath}'s opening for reading beside what
 * {@code rpath wpath cpath} have together. It is a proof only where it says yes.
 */
public final class Implication {
    private Implication() {}

    /**
     * Whether every call that meets the narrow rule meets the wide one. Both are about the same system call.
     *
     * @param narrow the rule that may be superfluous
     * @param wide the rule that may make it so
     * @return true only where that is so; what cannot be seen quickly is false
     */
    public static boolean holds(Rule narrow, Rule wide) {
        for (Condition condition : wide.conditions()) {
            boolean implied = false;
            for (Condition given : narrow.conditions()) {
                implied |= holds(given, condition);
            }
            if (!implied) {
                return false;
            }
        }
        return true;
    }

    static boolean holds(Condition narrow, Condition wide) {
        if (narrow.argument() != wide.argument()) {
            return false;
        }
        if (!isChoice(narrow) || !isChoice(wide)) {
            return narrow.isSame(wide);
        }
        if ((wide.mask() & ~narrow.mask()) != 0) {
            return false;
        }
        for (Value value : narrow.values()) {
            if (!isIn(value, wide)) {
                return false;
            }
        }
        return true;
    }

    /** Whether an argument that equals a value, on all bits that count there, meets a condition. */
    private static boolean isIn(Value value, Condition condition) {
        List<Value> values = condition.values();
        for (int i = 0; i < values.size(); i++) {
            if (value instanceof Value.Constant constant) {
                if (values.get(i) instanceof Value.Constant other
                        && other.number() == (constant.number() & condition.mask())) {
                    return true;
                }
            } else if (isWhole(condition)
                    && value instanceof Value.Own own
                    && values.get(i) instanceof Value.Own other
                    && own.variable() == other.variable()) {
                return true;
            }
        }
        return false;
    }

    private static boolean isChoice(Condition condition) {
        return condition.op() == Operator.EQ || condition.op() == Operator.IN;
    }

    private static boolean isWhole(Condition condition) {
        return condition.mask() == (condition.word() ? -1 : 0xffffffffL);
    }
}
