package org.jpledge.seccomp;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jpledge.bpf.Program;
import org.jpledge.bpf.SeccompData;
import org.jpledge.syscall.Arch;

/**
 * The rules that a program follows, whoever made it. The program is followed for every number of every architecture with all
 * arguments open, and what it does is written as a {@link Filter} that is short to read: the answer that most calls get is
 * left to the filter as a whole, questions about the two words of an argument become one condition.
 *
 * <p>A filter has no words for some things: on x86-64 it refuses x32, whatever the program does; it allows the number -1, by
 * which a tracer skips a call; it answers all architectures that it has no section for alike. Where the program does otherwise
 * this is a {@link Deviation}. Everywhere else the filter and the program answer alike, which is proven by following both
 * anew.
 *
 * @param filter the rules
 * @param deviations where the program does something else than the filter
 * @param unclear what of the program could not be followed, and why; there the filter is a guess that nobody should rely on
 */
public record Recovery(Filter filter, List<Deviation> deviations, List<String> unclear) {
    private static final long MOST = 0xffffffffL;
    private static final int FEW = 64;
    private static final Identity NOBODY = new Identity(0, 0, 0);

    /**
     * Calls that a program answers otherwise than the filter that was recovered from it.
     *
     * @param fromArch the first of the architectures, an AUDIT_ARCH constant as unsigned number
     * @param toArch the last of them
     * @param from the first number, unsigned
     * @param to the last number
     * @param answer the program's answer; empty if it depends on arguments
     */
    public record Deviation(long fromArch, long toArch, long from, long to, Optional<Action> answer) {
        /**
         * Whether a call is one of those.
         *
         * @param call the call
         * @return true if its architecture and its number are in the ranges
         */
        public boolean contains(SeccompData call) {
            long arch = Integer.toUnsignedLong(call.arch());
            long number = Integer.toUnsignedLong(call.nr());
            return arch >= fromArch && arch <= toArch && number >= from && number <= to;
        }
    }

    /** Copies the lists. */
    public Recovery {
        deviations = List.copyOf(deviations);
        unclear = List.copyOf(unclear);
    }

    /**
     * Whether filter and program answer every call alike.
     *
     * @return true if there are no deviations and nothing is unclear
     */
    public boolean isExact() {
        return deviations.isEmpty() && unclear.isEmpty();
    }

    /**
     * Recovers the rules of a program.
     *
     * @param program the program
     * @param assumed the architecture whose numbers are meant where the program does not ask for one
     * @return the rules, and what they do not say
     */
    public static Recovery of(Program program, Arch assumed) {
        return new Work(program, assumed).run();
    }

    /** Whether a number is an architecture that is known. */
    static boolean isKnown(long audit) {
        for (Arch arch : Arch.values()) {
            if (Integer.toUnsignedLong(arch.audit()) == audit) {
                return true;
            }
        }
        return false;
    }

    /** What a program does on one architecture, or on several that it does not tell apart. */
    private static final class Behaviour {
        private final long fromArch;
        private final long toArch;

        /** By the first number of each class of numbers that are answered alike. */
        private final NavigableMap<Long, Decision> classes = new TreeMap<>();

        Behaviour(long fromArch, long toArch) {
            this.fromArch = fromArch;
            this.toArch = toArch;
        }

        long end(long start) {
            Long next = classes.higherKey(start);
            return next == null ? MOST : next - 1;
        }

        /** The answer that all numbers get whatever the arguments. */
        Optional<Action> only() {
            Optional<Action> only = Optional.empty();
            for (Decision decision : classes.values()) {
                Optional<Action> one = answer(decision);
                if (one.isEmpty() || (only.isPresent() && !only.equals(one))) {
                    return Optional.empty();
                }
                only = one;
            }
            return only;
        }
    }

    private static Optional<Action> answer(Decision decision) {
        return decision instanceof Decision.Leaf(int answer) ? Optional.of(Action.of(answer)) : Optional.empty();
    }

    private static final class Work {
        private final Program program;
        private final Arch assumed;
        private final Landmarks landmarks;
        private final Decisions decisions = new Decisions();
        private final Map<Arch, Behaviour> known = new TreeMap<>();
        private final List<Behaviour> others = new ArrayList<>();
        private final List<Deviation> deviations = new ArrayList<>();
        private final Set<String> unclear = new TreeSet<>();

        Work(Program program, Arch assumed) {
            this.program = program;
            this.assumed = assumed;
            this.landmarks = new Landmarks(program);
            unclear.addAll(landmarks.unclear());
        }

        Recovery run() {
            behaviours();
            Action foreign = foreign();
            List<Behaviour> sections = new ArrayList<>();
            List<Arch> arches = new ArrayList<>();
            for (Map.Entry<Arch, Behaviour> each : known.entrySet()) {
                boolean asked = landmarks.asked().contains(each.getKey().audit());
                if (each.getValue().only().equals(Optional.of(foreign))) {
                    continue;
                }
                if (asked || (each.getKey() == assumed && !others.isEmpty())) {
                    sections.add(each.getValue());
                    arches.add(each.getKey());
                } else {
                    deviate(each.getValue(), foreign);
                }
            }
            if (sections.isEmpty()) {
                arches.add(assumed);
                sections.add(requireKnown(assumed));
            }
            for (Behaviour other : others) {
                deviate(other, foreign);
            }
            Action unknown = unknown(arches, sections);
            Action otherwise = otherwise(arches, sections, unknown);
            List<Filter.Section> written = new ArrayList<>();
            for (int i = 0; i < arches.size(); i++) {
                written.add(section(arches.get(i), sections.get(i), otherwise, unknown, foreign));
            }
            Filter filter = new Filter(written, otherwise, unknown, foreign);
            confirm(filter);
            return new Recovery(filter, merged(), List.copyOf(unclear));
        }

        private Behaviour requireKnown(Arch arch) {
            Behaviour behaviour = known.get(arch);
            if (behaviour == null) {
                throw new IllegalStateException("no behaviour for " + arch.label());
            }
            return behaviour;
        }

        private void behaviours() {
            TreeSet<Long> starts = new TreeSet<>();
            for (int audit : landmarks.architectures()) {
                starts.add(Integer.toUnsignedLong(audit));
            }
            for (Arch arch : Arch.values()) {
                known.put(arch, behaviour(Integer.toUnsignedLong(arch.audit()), arch));
            }
            for (long start : starts) {
                Long next = starts.higher(start);
                long end = next == null ? MOST : next - 1;
                // What is left of the range without the known architectures stands for all of it.
                long free = start;
                while (free <= end && isKnown(free)) {
                    free++;
                }
                if (free <= end) {
                    Behaviour other = new Behaviour(start, end);
                    fill(other, (int) free, numbers());
                    others.add(other);
                }
            }
        }

        private Set<Long> numbers() {
            Set<Long> numbers = new TreeSet<>();
            for (int number : landmarks.numbers()) {
                numbers.add(Integer.toUnsignedLong(number));
            }
            return numbers;
        }

        private Behaviour behaviour(long audit, Arch arch) {
            Behaviour behaviour = new Behaviour(audit, audit);
            Set<Long> numbers = numbers();
            if (arch == assumed || landmarks.asked().contains(arch.audit())) {
                // It may become a section, which has rules by number.
                for (int number : KnownNumbers.of(arch)) {
                    numbers.add((long) number);
                    numbers.add(number + 1L);
                }
            }
            numbers.add((long) Filter.X32);
            numbers.add(1L << 31);
            numbers.add(MOST);
            fill(behaviour, (int) audit, numbers);
            return behaviour;
        }

        private void fill(Behaviour behaviour, int audit, Set<Long> numbers) {
            Follower follower = new Follower(program, audit, decisions);
            Map<Decision, Decision> pruned = new HashMap<>();
            for (long number : numbers) {
                Decision decision = pruned.computeIfAbsent(follower.decide((int) number), decisions::canonical);
                behaviour.classes.put(number, decision);
            }
        }

        /** What most architectures that nobody asks for get. */
        private Action foreign() {
            Map<Action, Double> widths = new HashMap<>();
            for (Behaviour other : others) {
                for (Map.Entry<Long, Decision> each : other.classes.entrySet()) {
                    Optional<Action> answer = answer(each.getValue());
                    double width =
                            (other.end(each.getKey()) - each.getKey() + 1.0) * (other.toArch - other.fromArch + 1.0);
                    answer.ifPresent(action -> widths.merge(action, width, Double::sum));
                }
            }
            return most(widths).orElse(Action.KILL_PROCESS);
        }

        private static Optional<Action> most(Map<Action, Double> widths) {
            Optional<Action> most = Optional.empty();
            double width = -1;
            for (Map.Entry<Action, Double> each : widths.entrySet()) {
                boolean first = each.getValue() == width
                        && most.isPresent()
                        && Integer.compareUnsigned(
                                        each.getKey().encoded(), most.get().encoded())
                                < 0;
                if (each.getValue() > width || first) {
                    most = Optional.of(each.getKey());
                    width = each.getValue();
                }
            }
            return most;
        }

        /** What a behaviour does that is not the same answer for everything. */
        private void deviate(Behaviour behaviour, Action expected) {
            for (Map.Entry<Long, Decision> each : behaviour.classes.entrySet()) {
                deviate(behaviour, each.getKey(), expected);
            }
        }

        private void deviate(Behaviour behaviour, long start, Action expected) {
            Decision decision = behaviour.classes.get(start);
            if (decision != null && !answer(decision).equals(Optional.of(expected))) {
                deviations.add(new Deviation(
                        behaviour.fromArch, behaviour.toArch, start, behaviour.end(start), answer(decision)));
                unfollowed(decision, start);
            }
        }

        /** Says what could not be followed; false if everything could. */
        private boolean unfollowed(Decision decision, long number) {
            return switch (decision) {
                case Decision.Unfollowed(int at, String why) -> {
                    unclear.add((at < 0 ? "number " + number : "instruction " + at) + ": " + why);
                    yield true;
                }
                case Decision.Split split -> {
                    boolean yes = unfollowed(split.yes(), number);
                    yield unfollowed(split.no(), number) || yes;
                }
                case Decision.Leaf _ -> false;
            };
        }

        /** What numbers that an architecture does not know get: the widest range decides. */
        private Action unknown(List<Arch> arches, List<Behaviour> sections) {
            Map<Action, Double> widths = new HashMap<>();
            for (int i = 0; i < sections.size(); i++) {
                Behaviour section = sections.get(i);
                long limit = arches.get(i) == Arch.X86_64 ? Filter.X32 : 1L << 31;
                Set<Integer> numbers = set(KnownNumbers.of(arches.get(i)));
                for (Map.Entry<Long, Decision> each :
                        section.classes.headMap(limit).entrySet()) {
                    if (!numbers.contains(each.getKey().intValue())) {
                        double width = section.end(each.getKey()) - each.getKey() + 1.0;
                        answer(each.getValue()).ifPresent(action -> widths.merge(action, width, Double::sum));
                    }
                }
            }
            return most(widths).orElse(Action.KILL_PROCESS);
        }

        /**
         * What calls get that are known and that no rule is about. Where unknown numbers are let through the filter lists what
         * it refuses; everywhere else it lists what it allows, and most of what it refuses is refused in one way.
         */
        private Action otherwise(List<Arch> arches, List<Behaviour> sections, Action unknown) {
            if (isLetThrough(unknown)) {
                return unknown;
            }
            Map<Action, Double> counts = new HashMap<>();
            for (int i = 0; i < sections.size(); i++) {
                for (int number : KnownNumbers.of(arches.get(i))) {
                    Decision decision = sections.get(i).classes.get((long) number);
                    if (decision != null) {
                        count(decision, counts, new TreeSet<>());
                    }
                }
            }
            counts.keySet().removeIf(Work::isLetThrough);
            return most(counts).orElse(unknown);
        }

        private static boolean isLetThrough(Action action) {
            return action.equals(Action.ALLOW) || action.equals(Action.LOG);
        }

        private static void count(Decision decision, Map<Action, Double> counts, Set<Integer> seen) {
            switch (decision) {
                case Decision.Leaf(int answer) -> {
                    if (seen.add(answer)) {
                        counts.merge(Action.of(answer), 1.0, Double::sum);
                    }
                }
                case Decision.Split split -> {
                    count(split.yes(), counts, seen);
                    count(split.no(), counts, seen);
                }
                case Decision.Unfollowed _ -> {}
            }
        }

        private static Set<Integer> set(int[] numbers) {
            Set<Integer> set = new TreeSet<>();
            for (int number : numbers) {
                set.add(number);
            }
            return set;
        }

        private Filter.Section section(
                Arch arch, Behaviour behaviour, Action otherwise, Action unknown, Action foreign) {
            Set<Integer> numbers = set(KnownNumbers.of(arch));
            List<Rule> rules = new ArrayList<>();
            boolean x32 = arch == Arch.X86_64;
            for (Map.Entry<Long, Decision> each : behaviour.classes.entrySet()) {
                long start = each.getKey();
                long end = behaviour.end(start);
                Decision decision = each.getValue();
                if (start == MOST) {
                    deviate(behaviour, start, Action.ALLOW);
                } else if (x32 && start >= Filter.X32) {
                    deviate(behaviour, start, foreign);
                } else if (start >= 1L << 31) {
                    deviate(behaviour, start, unknown);
                } else if (numbers.contains((int) start)) {
                    rules(arch, otherwise, decision, behaviour, (int) start, rules);
                } else if (!answer(decision).equals(Optional.of(unknown))) {
                    if (end - start >= FEW) {
                        deviate(behaviour, start, unknown);
                    } else {
                        for (long number = start; number <= end; number++) {
                            int before = rules.size();
                            rules(arch, otherwise, decision, behaviour, (int) number, rules);
                            if (rules.size() == before) {
                                // A number that has a rule is known; what is left of it gets what known ones get.
                                rules.add(new Rule((int) number, List.of(), otherwise));
                            }
                        }
                    }
                }
            }
            return new Filter.Section(arch, rules);
        }

        private void rules(
                Arch arch, Action otherwise, Decision decision, Behaviour behaviour, int number, List<Rule> rules) {
            Optional<List<Cases.Case>> written =
                    new Cases(otherwise.encoded(), arch.order(), Cases.words(arch, number), false).of(decision);
            if (written.isEmpty()) {
                deviations.add(new Deviation(behaviour.fromArch, behaviour.toArch, number, number, Optional.empty()));
                if (!unfollowed(decision, number)) {
                    unclear.add(
                            "number " + number + ": no condition of a rule says what it asks, or there are too many");
                }
                return;
            }
            for (Cases.Case one : written.get()) {
                rules.add(new Rule(number, one.conditions(), Action.of(one.answer())));
            }
        }

        /** Follows program and filter anew, each by itself: where they differ outside the deviations, that is said. */
        private void confirm(Filter filter) {
            Verification verification = Verifier.prove(filter, new Compiled(program, List.of()), false, NOBODY);
            for (Finding finding : verification.findings()) {
                if (finding instanceof Finding.WrongAnswer wrong
                        && deviations.stream().noneMatch(deviation -> deviation.contains(wrong.call()))) {
                    unclear.add("not confirmed: " + wrong.call());
                }
            }
        }

        /** Deviations that are alike and next to each other as one. */
        private List<Deviation> merged() {
            List<Deviation> merged = new ArrayList<>();
            for (Deviation next : deviations) {
                Deviation last = merged.isEmpty() ? null : merged.getLast();
                if (last != null
                        && last.fromArch() == next.fromArch()
                        && last.to() + 1 == next.from()
                        && last.answer().equals(next.answer())) {
                    merged.removeLast();
                    merged.add(new Deviation(next.fromArch(), next.toArch(), last.from(), next.to(), last.answer()));
                } else {
                    merged.add(next);
                }
            }
            return merged;
        }
    }
}
