package org.jpledge.seccomp;

import java.util.HashMap;
import java.util.Map;
import java.util.function.IntBinaryOperator;

/** Makes decisions, equal ones only once. */
final class Decisions {
    /** So many steps for one pruning, and it is given up. */
    private static final int STEPS = 1 << 19;

    private final Map<Key, Decision.Split> splits = new HashMap<>();
    private final Map<Decision, Decision> ends = new HashMap<>();

    // About the pruning that goes on.
    private WordKnowledge known = new WordKnowledge();
    private int steps;

    private record Key(int word, int mask, boolean equal, int value, Decision yes, Decision no) {}

    Decision leaf(int answer) {
        Decision leaf = new Decision.Leaf(answer);
        return ends.computeIfAbsent(leaf, _ -> leaf);
    }

    Decision unfollowed(int at, String why) {
        Decision end = new Decision.Unfollowed(at, why);
        return ends.computeIfAbsent(end, _ -> end);
    }

    @SuppressWarnings("ReferenceEquality") // Decisions that are equal are one object here.
    Decision split(int word, int mask, boolean equal, int value, Decision yes, Decision no) {
        if (yes == no) {
            return yes;
        }
        Key key = new Key(word, mask, equal, value, yes, no);
        return splits.computeIfAbsent(key, _ -> new Decision.Split(word, mask, equal, value, yes, no));
    }

    /** The question whether bits of a word are one of some values. */
    Decision membership(int word, int mask, Ranges values, Decision yes, Decision no) {
        Ranges others = values.complement();
        if (others.parts().size() < values.parts().size()
                || others.parts().size() == 1 && others.parts().getFirst().isSingle()) {
            return ascending(word, mask, others, no, yes);
        }
        return ascending(word, mask, values, yes, no);
    }

    private Decision ascending(int word, int mask, Ranges values, Decision yes, Decision no) {
        Decision rest = no;
        for (Ranges.Range part : values.parts().reversed()) {
            int from = (int) part.from();
            int to = (int) part.to();
            if (part.isSingle()) {
                rest = split(word, mask, true, from, yes, rest);
            } else {
                // Below it, it is none of the ranges that follow either.
                Decision upTo = to == -1 ? yes : split(word, mask, false, to + 1, rest, yes);
                rest = from == 0 ? upTo : split(word, mask, false, from, upTo, no);
            }
        }
        return rest;
    }

    /** The decision without questions whose answers are known from those before them. */
    Decision pruned(Decision decision) {
        return both(decision, leaf(0), (answer, _) -> answer);
    }

    /** The decision without needless questions, its answers those that mean the same to the kernel. */
    Decision canonical(Decision decision) {
        return both(decision, leaf(0), (answer, _) -> Action.of(answer).encoded());
    }

    /**
     * Two decisions about the same calls as one.
     *
     * @param together what their answers are together
     * @return without questions whose answers are known from those before them
     */
    Decision both(Decision first, Decision second, IntBinaryOperator together) {
        known = new WordKnowledge();
        steps = 0;
        return walk(first, second, together);
    }

    private Decision walk(Decision first, Decision second, IntBinaryOperator together) {
        if (++steps > STEPS) {
            return unfollowed(-1, "there are too many ways through it");
        }
        return switch (first) {
            case Decision.Unfollowed _ -> first;
            case Decision.Split split -> {
                int mark = known.mark();
                Decision yes = null;
                if (split.learnYes(known)) {
                    yes = walk(split.yes(), second, together);
                    known.forget(mark);
                }
                if (!split.learnNo(known)) {
                    if (yes == null) {
                        throw new IllegalStateException("neither yes nor no");
                    }
                    yield yes;
                }
                Decision no = walk(split.no(), second, together);
                known.forget(mark);
                yield yes == null ? no : split(split.word(), split.mask(), split.isEqual(), split.value(), yes, no);
            }
            case Decision.Leaf(int answer) ->
                switch (second) {
                    case Decision.Leaf(int other) -> leaf(together.applyAsInt(answer, other));
                    case Decision.Unfollowed _ -> second;
                    case Decision.Split _ -> walk(second, first, (b, a) -> together.applyAsInt(a, b));
                };
        };
    }
}
