package org.jpledge.seccomp;

import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Turns the rules of one system call into a decision on its arguments.
 *
 * <p>What is still to be decided is a state: the rules that may yet match, in order, each with the questions that are still
 * open, and what happens if none matches. A state is decided by asking one question: all open questions about the same masked
 * word are answered together, run by run of its values, and each run leads to a smaller state. Equal states are decided once.
 * Where rules are so entangled that there would be too many states, they are asked one after another instead.
 */
final class CallDecisions {
    /** More states than this for each open question mean that rules are asked one after another. */
    private static final int STATES_PER_QUESTION = 6;

    private static final int MOST_QUESTIONS = 128;

    /** In place of an answer, ends the rules of a state. */
    private static final int END = -1;

    private final DecisionGraph graph;
    private final ValueSwitch values;
    private final Questions questions;

    /**
     * States, one after another. A state is a list of rules, each an answer, a number of questions and the questions; then
     * {@link #END} and the answer if no rule matches.
     */
    private int[] states = new int[1024];

    /** Where the states that are kept end; above is the one that is being made. */
    private int kept;

    private int top;

    /** Of each state: where it begins, and its decision. */
    private int[] stateAt = new int[128];

    private int[] decided = new int[128];

    /** For which call that was: what was decided for another does not count, or the budget would depend on what came before. */
    private int[] decidedFor = new int[128];

    /** Of each state that is all that is known of a call: the decision plus one, or zero. */
    private int[] called = new int[128];

    private int calls;
    private int stateCount;
    private int[] table = new int[256];

    /** The outcome of each question in the state that is being made. */
    private int[] outcomes = new int[64];

    private int budget;

    /** Calls whose very rules have been seen: open addressing by the identity of rules, which tables make once. */
    private @Nullable Known[] knownCalls = new @Nullable Known[256];

    private int knownCount;

    /** Rules of a call, what happens if none matches, and the decision. */
    private record Known(List<Rule> rules, int otherwise, int node) {}

    CallDecisions(DecisionGraph graph, ValueSwitch values, ByteOrder order) {
        this.graph = graph;
        this.values = values;
        this.questions = new Questions(order);
        Arrays.fill(outcomes, Questions.OPEN);
    }

    /**
     * How much is kept: states and questions.
     */
    int size() {
        return stateCount + questions.size();
    }

    /** The decision for a call that has these rules, with another where none matches. It depends on nothing else. */
    int decide(List<Rule> rules, int otherwise) {
        if (rules.getFirst().conditions().isEmpty()) {
            return graph.answer(rules.getFirst().action().encoded());
        }
        int slot = knownSlot(rules, otherwise);
        Known known = knownCalls[slot];
        if (known == null) {
            known = new Known(List.copyOf(rules), otherwise, decideAnew(rules, otherwise));
            keep(known, slot);
        }
        return known.node;
    }

    private int decideAnew(List<Rule> rules, int otherwise) {
        List<Rule> merged = rules.size() > 1 ? mergeSets(rules) : rules;
        int begin = kept;
        top = begin;
        int open = 0;
        for (int i = 0; i < merged.size(); i++) {
            open += addRule(merged.get(i));
        }
        push(END);
        push(otherwise);
        int call = keep(begin);
        if (called[call] == 0) {
            calls++;
            int node = decideAnew(merged, call, open, otherwise);
            called[call] = 1 + node;
        }
        return called[call] - 1;
    }

    private int decideAnew(List<Rule> rules, int call, int open, int otherwise) {
        if (open <= MOST_QUESTIONS) {
            budget = STATES_PER_QUESTION * open + 16;
            int begin = kept;
            top = begin;
            for (int at = stateAt[call]; at < stateAt[call + 1] - 2; at++) {
                push(states[at]);
            }
            int node = finish(begin, otherwise);
            if (budget >= 0) {
                return node;
            }
        }
        return oneByOne(rules, otherwise);
    }

    /** Where the table has these rules, or would have them. */
    private int knownSlot(List<Rule> rules, int otherwise) {
        int hash = otherwise;
        for (int i = 0; i < rules.size(); i++) {
            hash = hash * 31 + System.identityHashCode(rules.get(i));
        }
        int slot = (hash * 0x9E3779B1 >>> 12) & (knownCalls.length - 1);
        while (true) {
            Known known = knownCalls[slot];
            if (known == null || (known.otherwise == otherwise && areSame(known.rules, rules))) {
                return slot;
            }
            slot = (slot + 1) & (knownCalls.length - 1);
        }
    }

    @SuppressWarnings("ReferenceEquality") // rules that are equal but not the same are compared as states
    private static boolean areSame(List<Rule> a, List<Rule> b) {
        if (a.size() != b.size()) {
            return false;
        }
        for (int i = 0; i < a.size(); i++) {
            if (a.get(i) != b.get(i)) {
                return false;
            }
        }
        return true;
    }

    private void keep(Known call, int slot) {
        knownCalls[slot] = call;
        if (++knownCount * 2 > knownCalls.length) {
            @Nullable Known[] before = knownCalls;
            knownCalls = new @Nullable Known[2 * before.length];
            for (Known known : before) {
                if (known != null) {
                    knownCalls[knownSlot(known.rules, known.otherwise)] = known;
                }
            }
        }
    }

    private int oneByOne(List<Rule> rules, int otherwise) {
        int node = otherwise;
        for (int i = rules.size() - 1; i >= 0; i--) {
            int begin = kept;
            top = begin;
            addRule(rules.get(i));
            budget = Integer.MAX_VALUE;
            node = finish(begin, node);
        }
        return node;
    }

    /**
     * Rules with the same action that differ in one condition only, a set of values for the same argument, become one: the
     * order between rules of one action does not matter.
     */
    private static List<Rule> mergeSets(List<Rule> rules) {
        List<Rule> merged = new ArrayList<>(rules.size());
        int sameAction = 0;
        for (int i = 0; i < rules.size(); i++) {
            Rule rule = rules.get(i);
            if (!merged.isEmpty()
                    && merged.getLast().action().encoded() != rule.action().encoded()) {
                sameAction = merged.size();
            }
            boolean found = false;
            for (int j = sameAction; j < merged.size() && !found; j++) {
                Rule union = union(merged.get(j), rule);
                if (union != null) {
                    merged.set(j, union);
                    found = true;
                }
            }
            if (!found) {
                merged.add(rule);
            }
        }
        return merged;
    }

    private static @Nullable Rule union(Rule a, Rule b) {
        int size = a.conditions().size();
        if (b.conditions().size() != size) {
            return null;
        }
        int different = -1;
        for (int i = 0; i < size; i++) {
            Condition ofA = a.conditions().get(i);
            Condition ofB = b.conditions().get(i);
            if (!ofA.isSame(ofB)) {
                if (different >= 0 || !ofA.isMembership() || !ofA.sameSubject(ofB) || !ofB.isMembership()) {
                    return null;
                }
                different = i;
            }
        }
        if (different < 0) {
            return a;
        }
        Condition ofA = a.conditions().get(different);
        List<Value> union = new ArrayList<>(ofA.values());
        union.addAll(b.conditions().get(different).values());
        List<Condition> conditions = new ArrayList<>(a.conditions());
        conditions.set(different, new Condition(ofA.argument(), ofA.word(), ofA.mask(), Operator.IN, union));
        return new Rule(a.number(), conditions, a.action());
    }

    /** Adds a rule to the state that is being made, and tells how many open questions it has. */
    private int addRule(Rule rule) {
        int begin = top;
        List<Condition> conditions = rule.conditions();
        push(graph.answer(rule.action().encoded()));
        push(0);
        for (int i = 0; i < conditions.size(); i++) {
            int question = questions.of(conditions.get(i));
            if (question == Questions.FAILS) {
                top = begin;
                return 0;
            }
            if (question != Questions.HOLDS && !contains(begin + 2, top, question)) {
                push(question);
            }
        }
        states[begin + 1] = top - begin - 2;
        return top - begin - 2;
    }

    private boolean contains(int from, int to, int question) {
        for (int i = from; i < to; i++) {
            if (states[i] == question) {
                return true;
            }
        }
        return false;
    }

    private void push(int number) {
        if (top == states.length) {
            states = Arrays.copyOf(states, 2 * top);
        }
        states[top++] = number;
    }

    /**
     * Ends the state that is being made and decides it. A rule with no open question matches, so nothing after it counts; and
     * rules at the end that say what would happen anyway do not count either.
     */
    private int finish(int begin, int otherwise) {
        int terminator = otherwise;
        int end = top;
        int lastOther = begin;
        for (int at = begin; at < end; at += 2 + states[at + 1]) {
            if (states[at + 1] == 0) {
                terminator = states[at];
                end = at;
                break;
            }
        }
        for (int at = begin; at < end; at += 2 + states[at + 1]) {
            if (states[at] != terminator) {
                lastOther = at + 2 + states[at + 1];
            }
        }
        top = lastOther;
        if (lastOther == begin) {
            return terminator;
        }
        push(END);
        push(terminator);
        int state = keep(begin);
        if (decidedFor[state] != calls) {
            if (budget-- <= 0) {
                return terminator;
            }
            int node = ask(stateAt[state]);
            if (budget < 0) {
                return terminator;
            }
            decided[state] = node;
            decidedFor[state] = calls;
        }
        return decided[state];
    }

    /** Finds the state that was made among those that are kept, or keeps it. */
    private int keep(int begin) {
        if (stateCount + 1 == stateAt.length) {
            grow();
        }
        stateAt[stateCount] = begin;
        stateAt[stateCount + 1] = top;
        int slot = slot(stateCount);
        if (table[slot] != 0) {
            top = begin;
            return table[slot] - 1;
        }
        kept = top;
        table[slot] = ++stateCount;
        return stateCount - 1;
    }

    /** Where the table has a state equal to one, or would have it. */
    private int slot(int state) {
        int from = stateAt[state];
        int end = stateAt[state + 1];
        int hash = 0;
        for (int i = from; i < end; i++) {
            hash = hash * 31 + states[i];
        }
        hash *= 0x9E3779B1;
        int slot = (hash >>> 12) & (table.length - 1);
        while (table[slot] != 0) {
            int there = table[slot] - 1;
            if (stateAt[there + 1] - stateAt[there] == end - from
                    && Arrays.equals(states, stateAt[there], stateAt[there + 1], states, from, end)) {
                return slot;
            }
            slot = (slot + 1) & (table.length - 1);
        }
        return slot;
    }

    private void grow() {
        int capacity = 2 * stateAt.length;
        stateAt = Arrays.copyOf(stateAt, capacity);
        decided = Arrays.copyOf(decided, capacity);
        decidedFor = Arrays.copyOf(decidedFor, capacity);
        called = Arrays.copyOf(called, capacity);
        table = new int[2 * capacity];
        for (int state = 0; state < stateCount; state++) {
            table[slot(state)] = state + 1;
        }
    }

    private int ask(int state) {
        int subject = choose(state);
        Variable variable = questions.variable(subject);
        int word = questions.word(subject);
        int mask = questions.mask(subject);
        if (variable != null) {
            int run = questions.firstRun(subject);
            int equal = answered(state, subject, questions.outcome(run));
            int not = answered(state, subject, questions.outcome(run + 1));
            return graph.equal(word, mask, variable, equal, not);
        }
        int[] together = together(state, subject);
        boolean related = isRelated(state, word, mask);
        int terminator = terminator(state);
        int open = values.open();
        int[] runs = new int[together.length];
        for (int i = 0; i < runs.length; i++) {
            runs[i] = questions.firstRun(together[i]);
        }
        // With a single question about the word, runs of equal outcome lead to the same state.
        boolean alone = together.length == 1 && !related;
        int onHolds = -1;
        int onFails = -1;
        int from = 0;
        while (true) {
            int next = nextBorder(together, runs);
            int node;
            if (alone && questions.outcome(runs[0]) == Questions.HOLDS) {
                onHolds = onHolds < 0 ? answered(state, subject, Questions.HOLDS) : onHolds;
                node = onHolds;
            } else if (alone && questions.outcome(runs[0]) == Questions.FAILS) {
                onFails = onFails < 0 ? answered(state, subject, Questions.FAILS) : onFails;
                node = onFails;
            } else {
                boolean known = related && next - from == 1;
                node = answered(state, together, runs, known, word, mask, from);
            }
            values.run(open, from, node, node == terminator ? 1 : 2);
            if (next == 0) {
                return values.build(open, word, mask);
            }
            for (int i = 0; i < runs.length; i++) {
                if (runs[i] + 1 < questions.endOfRuns(together[i]) && questions.start(runs[i] + 1) == next) {
                    runs[i]++;
                }
            }
            from = next;
        }
    }

    /** The least value at which one of the questions' next runs begins, or zero if all are in their last. */
    private int nextBorder(int[] together, int[] runs) {
        int next = 0;
        for (int i = 0; i < runs.length; i++) {
            if (runs[i] + 1 < questions.endOfRuns(together[i])) {
                int start = questions.start(runs[i] + 1);
                // Zero counts as the greatest.
                if (Integer.compareUnsigned(start - 1, next - 1) < 0) {
                    next = start;
                }
            }
        }
        return next;
    }

    private int terminator(int state) {
        int at = state;
        while (states[at] != END) {
            at += 2 + states[at + 1];
        }
        return states[at + 1];
    }

    /** The question whose subject most rules ask about; the first of equals. */
    private int choose(int state) {
        int best = states[state + 2];
        if (states[state + 2 + states[state + 1]] == END) {
            return best;
        }
        int most = 0;
        for (int at = state; states[at] != END; at += 2 + states[at + 1]) {
            for (int i = at + 2; i < at + 2 + states[at + 1]; i++) {
                int count = 0;
                for (int other = at; states[other] != END; other += 2 + states[other + 1]) {
                    for (int j = other + 2; j < other + 2 + states[other + 1]; j++) {
                        if (questions.sameSubject(states[i], states[j])) {
                            count++;
                        }
                    }
                }
                if (count > most) {
                    most = count;
                    best = states[i];
                }
            }
        }
        return best;
    }

    private int[] together(int state, int subject) {
        int[] found = new int[8];
        int count = 0;
        for (int at = state; states[at] != END; at += 2 + states[at + 1]) {
            for (int i = at + 2; i < at + 2 + states[at + 1]; i++) {
                int question = states[i];
                if (questions.sameSubject(question, subject)) {
                    boolean known = false;
                    for (int j = 0; j < count; j++) {
                        known |= found[j] == question;
                    }
                    if (!known) {
                        if (count == found.length) {
                            found = Arrays.copyOf(found, 2 * count);
                        }
                        found[count++] = question;
                    }
                }
            }
        }
        return Arrays.copyOf(found, count);
    }

    /** Whether there is a question about the same word with another mask. */
    private boolean isRelated(int state, int word, int mask) {
        for (int at = state; states[at] != END; at += 2 + states[at + 1]) {
            for (int i = at + 2; i < at + 2 + states[at + 1]; i++) {
                if (isOfWord(states[i], word) && questions.mask(states[i]) != mask) {
                    return true;
                }
            }
        }
        return false;
    }

    private boolean isOfWord(int question, int word) {
        return questions.word(question) == word && questions.variable(question) == null;
    }

    /** The decision that is left when one question has an outcome. */
    private int answered(int state, int question, int outcome) {
        prepareOutcomes();
        outcomes[question] = outcome;
        int begin = kept;
        successor(state, begin);
        outcomes[question] = Questions.OPEN;
        return finish(begin, terminator(state));
    }

    /** The decision that is left when several questions about a word are each in one of their runs. */
    private int answered(int state, int[] together, int[] runs, boolean known, int word, int mask, int value) {
        prepareOutcomes();
        for (int i = 0; i < runs.length; i++) {
            outcomes[together[i]] = questions.outcome(runs[i]);
        }
        if (known) {
            for (int at = state; states[at] != END; at += 2 + states[at + 1]) {
                for (int i = at + 2; i < at + 2 + states[at + 1]; i++) {
                    int question = states[i];
                    if (isOfWord(question, word) && questions.mask(question) != mask) {
                        outcomes[question] = questions.outcomeGiven(question, mask, value);
                    }
                }
            }
        }
        int begin = kept;
        successor(state, begin);
        for (int i = 0; i < runs.length; i++) {
            outcomes[together[i]] = Questions.OPEN;
        }
        if (known) {
            for (int at = state; states[at] != END; at += 2 + states[at + 1]) {
                for (int i = at + 2; i < at + 2 + states[at + 1]; i++) {
                    outcomes[states[i]] = Questions.OPEN;
                }
            }
        }
        return finish(begin, terminator(state));
    }

    private void prepareOutcomes() {
        if (questions.size() > outcomes.length) {
            outcomes = new int[2 * questions.size()];
            Arrays.fill(outcomes, Questions.OPEN);
        }
    }

    /** Makes the state that follows from another by the outcomes that are set. */
    private void successor(int state, int begin) {
        top = begin;
        for (int at = state; states[at] != END; at += 2 + states[at + 1]) {
            int rule = top;
            push(states[at]);
            push(0);
            boolean fails = false;
            int end = at + 2 + states[at + 1];
            for (int i = at + 2; i < end && !fails; i++) {
                int outcome = outcomes[states[i]];
                if (outcome == Questions.OPEN) {
                    outcome = states[i];
                }
                if (outcome == Questions.FAILS) {
                    fails = true;
                } else if (outcome != Questions.HOLDS && !contains(rule + 2, top, outcome)) {
                    push(outcome);
                }
            }
            if (fails) {
                top = rule;
            } else {
                states[rule + 1] = top - rule - 2;
            }
        }
    }
}
