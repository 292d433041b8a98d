package org.jpledge.seccomp;

import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jpledge.bpf.ActionCache;
import org.jpledge.bpf.Program;
import org.jpledge.bpf.SeccompData;
import org.jspecify.annotations.Nullable;

/**
 * Follows every way through a program for one architecture and number after another. On each way it is known what the tests
 * on it said about the words of the arguments; at its end the rules are gone through under what is known, and wherever they
 * could still say something else than the program there is a call that shows it.
 */
final class PathProof {
    /** So many steps for one number, and the number is given up. */
    private static final int STEPS = 1 << 20;

    private final Filter filter;
    private final Filter.@Nullable Section section;
    private final int audit;
    private final Identity self;
    private final ByteOrder order;
    private final Follower follower;

    /** Whether answers are to be equal; otherwise it is enough that the kernel does the same. */
    private final boolean exact;

    private final Program program;
    private final List<Finding> findings = new ArrayList<>();
    private final List<String> unproven = new ArrayList<>();
    private final @Nullable RulesByNumber rules;
    private int paths;

    // About the number that is looked at.
    private final WordKnowledge known = new WordKnowledge();
    private int number;
    private List<Rule> ruled = List.of();
    private Action otherwise = Action.ALLOW;
    private int steps;
    private boolean done;
    private boolean onlyAllows;

    PathProof(
            Filter filter, Filter.@Nullable Section section, Program program, int audit, Identity self, boolean exact) {
        this.exact = exact;
        this.filter = filter;
        this.section = section;
        this.program = program;
        this.audit = audit;
        this.self = self;
        this.follower = new Follower(program, audit, new Decisions());
        this.order = Landmarks.order(audit);
        this.rules = section == null ? null : new RulesByNumber(section.rules());
    }

    List<Finding> findings() {
        return findings;
    }

    List<String> unproven() {
        return unproven;
    }

    int paths() {
        return paths;
    }

    void prove(int nr) {
        number = nr;
        ruled = rules == null ? List.of() : rules.about(nr);
        // What the filter says where no rule matches; it depends on the number alone.
        otherwise = ruled.isEmpty() ? filter.decide(SeccompData.of(nr, audit), self) : filter.otherwise();
        steps = 0;
        done = false;
        onlyAllows = true;
        known.forget(0);
        walk(follower.decide(nr));
        if (!done && onlyAllows && section != null && !ActionCache.allows(program, audit, nr)) {
            findings.add(new Finding.NotRemembered(section.arch(), nr));
        }
    }

    /** Goes all ways of a decision that what is known leaves open. */
    private void walk(Decision decision) {
        if (++steps > STEPS) {
            giveUp(-1, "too many ways");
            return;
        }
        switch (decision) {
            case Decision.Leaf(int answer) -> {
                paths++;
                onlyAllows &= answer == Action.ALLOW.encoded();
                compare(0, answer);
            }
            case Decision.Unfollowed(int at, String why) -> giveUp(at, why);
            case Decision.Split split -> {
                int mark = known.mark();
                if (split.learnYes(known)) {
                    walk(split.yes());
                    known.forget(mark);
                }
                if (!done && split.learnNo(known)) {
                    walk(split.no());
                    known.forget(mark);
                }
            }
        }
    }

    private void giveUp(int at, String why) {
        unproven.add("number " + number + ", instruction " + at + ": " + why);
        done = true;
    }

    /** Goes through the rules from one on, which must come to the program's answer in every way that is left. */
    private void compare(int rule, int answer) {
        if (rule == ruled.size()) {
            expect(otherwise, answer);
        } else {
            compare(rule, 0, answer);
        }
    }

    private void compare(int rule, int condition, int answer) {
        List<Condition> conditions = ruled.get(rule).conditions();
        if (condition == conditions.size()) {
            expect(ruled.get(rule).action(), answer);
            return;
        }
        if (++steps > STEPS) {
            giveUp(-1, "too many ways through the rules");
            return;
        }
        Cases cases = new Cases(conditions.get(condition));
        cases.each(true, () -> compare(rule, condition + 1, answer));
        cases.each(false, () -> compare(rule + 1, answer));
    }

    private void expect(Action action, int answer) {
        if (action.encoded() != (exact ? answer : Action.of(answer).encoded())) {
            findings.add(new Finding.WrongAnswer(witness(), self, action, answer));
            done = true;
        }
    }

    private SeccompData witness() {
        return call(known.witness(), number, audit, order);
    }

    /** The call that has these words. */
    static SeccompData call(int[] words, int number, int audit, ByteOrder order) {
        long[] values = new long[1 + SeccompData.ARGUMENTS];
        for (int i = 0; i < values.length; i++) {
            int low = SeccompData.low(i - 1, order) / 4;
            int high = SeccompData.high(i - 1, order) / 4;
            values[i] = (long) words[high] << 32 | Integer.toUnsignedLong(words[low]);
        }
        // The instruction pointer lies right before the arguments.
        return new SeccompData(
                number, audit, values[0], values[1], values[2], values[3], values[4], values[5], values[6]);
    }

    /** The ways in which a condition can hold or fail, each as what it says about the two words of its argument. */
    private final class Cases {
        private final Condition condition;
        private final int low;
        private final int high;
        private final int lowBits;
        private final int highBits;

        Cases(Condition condition) {
            this.condition = condition;
            low = SeccompData.low(condition.argument(), order) / 4;
            high = SeccompData.high(condition.argument(), order) / 4;
            lowBits = (int) condition.mask();
            highBits = condition.word() ? (int) (condition.mask() >>> 32) : 0;
        }

        /** Does something under each way in which the condition holds, or in which it fails. */
        void each(boolean holds, Runnable then) {
            switch (condition.op()) {
                case EQ, IN -> member(holds, then);
                case NE -> member(!holds, then);
                case LT -> ordered(!holds, value(0), then);
                case GE -> ordered(holds, value(0), then);
                case LE -> greater(!holds, value(0), then);
                case GT -> greater(holds, value(0), then);
            }
        }

        private long value(int i) {
            return condition.values().get(i).in(self);
        }

        private void greater(boolean holds, long value, Runnable then) {
            if (value == -1L) {
                if (!holds) {
                    then.run();
                }
            } else {
                ordered(holds, value + 1, then);
            }
        }

        /** At least a value, or less. */
        private void ordered(boolean atLeast, long value, Runnable then) {
            int upper = (int) (value >>> 32);
            int lower = (int) value;
            int mark = known.mark();
            if (atLeast) {
                if (upper != -1 && known.between(high, highBits, upper + 1, -1)) {
                    run(then, mark);
                }
                if (known.between(high, highBits, upper, upper) && known.between(low, lowBits, lower, -1)) {
                    then.run();
                }
            } else {
                if (upper != 0 && known.between(high, highBits, 0, upper - 1)) {
                    run(then, mark);
                }
                if (known.between(high, highBits, upper, upper)
                        && lower != 0
                        && known.between(low, lowBits, 0, lower - 1)) {
                    then.run();
                }
            }
            known.forget(mark);
        }

        private void run(Runnable then, int mark) {
            then.run();
            known.forget(mark);
        }

        private void member(boolean holds, Runnable then) {
            int mark = known.mark();
            if (holds) {
                for (int i = 0; i < condition.values().size() && !done; i++) {
                    int upper = (int) (value(i) >>> 32);
                    int lower = (int) value(i);
                    if (known.between(high, highBits, upper, upper) && known.between(low, lowBits, lower, lower)) {
                        then.run();
                    }
                    known.forget(mark);
                }
            } else {
                notMember(0, then);
                known.forget(mark);
            }
        }

        /** Not one of the values from an index on: for each, another high word, or the same and another low word. */
        private void notMember(int i, Runnable then) {
            if (done) {
                return;
            }
            if (i == condition.values().size()) {
                then.run();
                return;
            }
            int upper = (int) (value(i) >>> 32);
            int lower = (int) value(i);
            int mark = known.mark();
            if (known.differs(high, highBits, upper)) {
                notMember(i + 1, then);
            }
            known.forget(mark);
            if (known.between(high, highBits, upper, upper) && known.differs(low, lowBits, lower)) {
                notMember(i + 1, then);
            }
            known.forget(mark);
        }
    }
}
