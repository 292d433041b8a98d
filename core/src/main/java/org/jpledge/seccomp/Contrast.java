package org.jpledge.seccomp;

import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntPredicate;
import org.jpledge.bpf.Interpreter;
import org.jpledge.bpf.Program;
import org.jpledge.bpf.SeccompData;
import org.jpledge.syscall.Arch;
import org.jspecify.annotations.Nullable;

/**
 * Two programs side by side: both are followed together, for every number of every architecture with all arguments open, so
 * what is said is said of all calls.
 *
 * @param disagreements what they answer differently, by architecture and number
 * @param unclear what could not be followed, and why; there may be more disagreements there
 */
public record Contrast(List<Disagreement> disagreements, List<String> unclear) {
    private static final long MOST = 0xffffffffL;
    private static final int SAME = -1;
    private static final int MET = 0;
    private static final int STEPS = 1 << 16;
    private static final Identity NOBODY = new Identity(0, 0, 0);

    /** Copies the lists. */
    public Contrast {
        disagreements = List.copyOf(disagreements);
        unclear = List.copyOf(unclear);
    }

    /**
     * Whether both do the same with every call.
     *
     * @return true if there are no disagreements and nothing is unclear
     */
    public boolean isEqual() {
        return disagreements.isEmpty() && unclear.isEmpty();
    }

    /**
     * Follows two programs.
     *
     * @param first a program
     * @param second another one
     * @return how they differ
     */
    public static Contrast of(Program first, Program second) {
        return new Work(first, second).run();
    }

    private static final class Work {
        private final Program first;
        private final Program second;
        private final Landmarks ofFirst;
        private final Landmarks ofSecond;
        private final Interpreter runFirst;
        private final Interpreter runSecond;
        private final Decisions decisions = new Decisions();
        private final List<long[]> pairs = new ArrayList<>();
        private final Map<Long, Integer> indexes = new HashMap<>();
        private final List<Disagreement> found = new ArrayList<>();
        private final Set<String> unclear = new TreeSet<>();

        Work(Program first, Program second) {
            this.first = first;
            this.second = second;
            ofFirst = new Landmarks(first);
            ofSecond = new Landmarks(second);
            runFirst = new Interpreter(first);
            runSecond = new Interpreter(second);
            unclear.addAll(ofFirst.unclear());
            unclear.addAll(ofSecond.unclear());
        }

        Contrast run() {
            TreeSet<Long> arches = new TreeSet<>();
            TreeSet<Long> asked = new TreeSet<>();
            for (Landmarks landmarks : List.of(ofFirst, ofSecond)) {
                add(arches, landmarks.architectures());
                add(asked, landmarks.asked());
            }
            for (Arch arch : Arch.values()) {
                long audit = Integer.toUnsignedLong(arch.audit());
                if (asked.contains(audit)) {
                    classes(audit, audit, audit, Optional.of(arch));
                }
            }
            for (long start : arches) {
                Long next = arches.higher(start);
                long end = next == null ? MOST : next - 1;
                boolean known = start == end && asked.contains(start) && Recovery.isKnown(start);
                if (!known) {
                    classes(start, end, start, Optional.empty());
                }
            }
            return new Contrast(found, List.copyOf(unclear));
        }

        private static void add(Set<Long> to, Iterable<Integer> values) {
            for (int value : values) {
                to.add(Integer.toUnsignedLong(value));
            }
        }

        private void classes(long fromArch, long toArch, long audit, Optional<Arch> arch) {
            TreeSet<Long> numbers = new TreeSet<>();
            add(numbers, ofFirst.numbers());
            add(numbers, ofSecond.numbers());
            if (arch.isPresent()) {
                for (int number : KnownNumbers.of(arch.get())) {
                    numbers.add((long) number);
                    numbers.add(number + 1L);
                }
            }
            Follower follower = new Follower(first, (int) audit, decisions);
            Follower other = new Follower(second, (int) audit, decisions);
            ByteOrder order = Landmarks.order((int) audit);
            for (long number : numbers) {
                Long next = numbers.higher(number);
                long end = next == null ? MOST : next - 1;
                Decision both =
                        decisions.both(follower.decide((int) number), other.decide((int) number), this::together);
                unfollowed(both, number);
                if (both instanceof Decision.Leaf(int answer) && answer == SAME) {
                    continue;
                }
                IntPredicate words = arch.isPresent() ? Cases.words(arch.get(), (int) number) : _ -> true;
                Optional<List<Cases.Case>> cases = new Cases(SAME, order, words, true).of(both);
                Ways ways = new Ways((int) number, (int) audit, order);
                ways.walk(both);
                if (cases.isEmpty()) {
                    ways.first()
                            .forEach((pair, witness) -> add(
                                    fromArch, toArch, number, end, new Cases.Case(List.of(), pair), false, witness));
                    continue;
                }
                for (Cases.Case one : cases.get()) {
                    SeccompData witness = ways.witness(one);
                    witness = witness == null ? sought(one, both, (int) number, (int) audit, order) : witness;
                    // Conditions that no call meets come of questions about several masks of one argument.
                    if (witness != null) {
                        add(fromArch, toArch, number, end, one, true, witness);
                    }
                }
            }
        }

        /** A call that meets the conditions of a case and comes to its answer: looked for in all ways, if need be. */
        private @Nullable SeccompData sought(Cases.Case one, Decision both, int number, int audit, ByteOrder order) {
            Arch any = order == Arch.X86_64.order() ? Arch.X86_64 : Arch.S390X;
            Filter conditions = Filter.of(
                    any,
                    List.of(new Rule(0, one.conditions(), Action.ALLOW)),
                    Action.KILL_PROCESS,
                    Action.KILL_PROCESS,
                    Action.KILL_PROCESS);
            Program program = Compiler.compile(conditions).bind(NOBODY);
            Decision meets = new Follower(program, any.audit(), decisions).decide(0);
            int allow = Action.ALLOW.encoded();
            Decision joint =
                    decisions.both(meets, both, (met, pair) -> met == allow && pair == one.answer() ? MET : SAME);
            unfollowed(joint, Integer.toUnsignedLong(number));
            Ways ways = new Ways(number, audit, order);
            ways.walk(joint);
            return ways.first().get(MET);
        }

        private void add(
                long fromArch, long toArch, long from, long to, Cases.Case one, boolean whole, SeccompData witness) {
            Action left = Action.of((int) pairs.get(one.answer())[0]);
            Action right = Action.of((int) pairs.get(one.answer())[1]);
            ByteOrder order = Landmarks.order(witness.arch());
            boolean confirmed = Action.of(runFirst.run(witness, order).value()).equals(left)
                    && Action.of(runSecond.run(witness, order).value()).equals(right);
            if (!confirmed) {
                throw new IllegalStateException("not confirmed: " + witness);
            }
            Disagreement last = found.isEmpty() ? null : found.getLast();
            if (last != null
                    && last.fromArch() == fromArch
                    && last.to() + 1 == from
                    && last.conditions().isEmpty()
                    && one.conditions().isEmpty()
                    && last.whole()
                    && whole
                    && last.first().equals(left)
                    && last.second().equals(right)
                    && !isKnown(fromArch, toArch, from)
                    && !isKnown(fromArch, toArch, last.to())) {
                found.removeLast();
                found.add(new Disagreement(
                        fromArch, toArch, last.from(), to, List.of(), true, left, right, last.witness()));
            } else {
                found.add(new Disagreement(fromArch, toArch, from, to, one.conditions(), whole, left, right, witness));
            }
        }

        private static boolean isKnown(long fromArch, long toArch, long number) {
            for (Arch arch : Arch.values()) {
                if (fromArch == toArch && Integer.toUnsignedLong(arch.audit()) == fromArch) {
                    for (int known : KnownNumbers.of(arch)) {
                        if (known == number) {
                            return true;
                        }
                    }
                }
            }
            return false;
        }

        private int together(int left, int right) {
            int a = Action.of(left).encoded();
            int b = Action.of(right).encoded();
            if (a == b) {
                return SAME;
            }
            return indexes.computeIfAbsent((long) a << 32 | Integer.toUnsignedLong(b), _ -> {
                pairs.add(new long[] {a, b});
                return pairs.size() - 1;
            });
        }

        private void unfollowed(Decision decision, long number) {
            switch (decision) {
                case Decision.Unfollowed(int at, String why) ->
                    unclear.add((at < 0 ? "number " + number : "instruction " + at) + ": " + why);
                case Decision.Split split -> {
                    unfollowed(split.yes(), number);
                    unfollowed(split.no(), number);
                }
                case Decision.Leaf _ -> {}
            }
        }
    }

    /** A call for each way through a decision that comes to something else than {@link #SAME}. */
    private static final class Ways {
        private final int number;
        private final int audit;
        private final ByteOrder order;
        private final WordKnowledge known = new WordKnowledge();
        private final List<SeccompData> calls = new ArrayList<>();
        private final List<Integer> answers = new ArrayList<>();
        private int steps;

        Ways(int number, int audit, ByteOrder order) {
            this.number = number;
            this.audit = audit;
            this.order = order;
        }

        void walk(Decision decision) {
            if (++steps > STEPS) {
                return;
            }
            switch (decision) {
                case Decision.Leaf(int answer) -> {
                    if (answer != SAME) {
                        calls.add(PathProof.call(known.witness(), number, audit, order));
                        answers.add(answer);
                    }
                }
                case Decision.Unfollowed _ -> {}
                case Decision.Split split -> {
                    int mark = known.mark();
                    if (split.learnYes(known)) {
                        walk(split.yes());
                        known.forget(mark);
                    }
                    if (split.learnNo(known)) {
                        walk(split.no());
                        known.forget(mark);
                    }
                }
            }
        }

        Map<Integer, SeccompData> first() {
            Map<Integer, SeccompData> first = new HashMap<>();
            for (int i = 0; i < calls.size(); i++) {
                first.putIfAbsent(answers.get(i), calls.get(i));
            }
            return first;
        }

        @Nullable
        SeccompData witness(Cases.Case one) {
            for (int i = 0; i < calls.size(); i++) {
                if (answers.get(i) == one.answer()
                        && new Rule(number, one.conditions(), Action.ALLOW).matches(calls.get(i), NOBODY)) {
                    return calls.get(i);
                }
            }
            return null;
        }
    }
}
