package org.jpledge.seccomp;

import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntPredicate;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Parameter;
import org.jpledge.syscall.Signature;
import org.jpledge.syscall.SyscallTable;

/**
 * Writes decisions about one number as cases, the first of which that holds counts, so that there are few of them with few
 * conditions. What no case speaks about gets a common answer.
 */
final class Cases {
    /** So many cases for one number, and it is given up. */
    private static final int MANY = 1024;

    private final int otherwise;
    private final ByteOrder order;
    private final IntPredicate words;
    private final boolean disjoint;
    private final Map<Decision, Optional<Written>> written = new HashMap<>();

    /** Which arguments of a call have 64 bits; looked up when it is asked, as most calls are decided without. */
    static IntPredicate words(Arch arch, int number) {
        return argument -> arch.is64Bit() && isWord(arch, number, argument);
    }

    private static boolean isWord(Arch arch, int number, int argument) {
        List<Parameter> parameters = SyscallTable.of(arch)
                .name(number)
                .flatMap(name -> Signature.of(arch, name))
                .map(Signature::parameters)
                .orElse(List.of());
        return argument >= parameters.size() || parameters.get(argument).width().isWord();
    }

    /**
     * One case.
     *
     * @param conditions all hold
     * @param answer what is answered then
     */
    record Case(List<Condition> conditions, int answer) {}

    /** Cases, and whether every call is one of them. */
    private record Written(List<Case> cases, boolean complete, int cost) {}

    /**
     * Prepares to write decisions.
     *
     * @param otherwise the answer that needs no case
     * @param order the byte order of the architecture
     * @param words which arguments of the call have 64 bits
     * @param disjoint whether each case is to hold without regard to those before it
     */
    Cases(int otherwise, ByteOrder order, IntPredicate words, boolean disjoint) {
        this.disjoint = disjoint;
        this.otherwise = otherwise;
        this.order = order;
        this.words = words;
    }

    /** The cases of a decision; empty where there are too many, or it asks for what no condition can say. */
    Optional<List<Case>> of(Decision decision) {
        return write(decision).map(Written::cases);
    }

    private Optional<Written> write(Decision decision) {
        Optional<Written> known = written.get(decision);
        if (known == null) {
            known = switch (decision) {
                case Decision.Unfollowed _ -> Optional.empty();
                case Decision.Leaf(int answer) when answer == otherwise -> Optional.of(of(List.of(), false));
                case Decision.Leaf(int answer) -> Optional.of(of(List.of(new Case(List.of(), answer)), true));
                case Decision.Split split ->
                    Region.argument(split.word()) < 0 ? Optional.empty() : write(Region.of(split, order, words));
            };
            written.put(decision, known);
        }
        return known;
    }

    private static Written of(List<Case> cases, boolean complete) {
        int cost = 0;
        for (Case one : cases) {
            cost += 4;
            for (Condition condition : one.conditions()) {
                cost += 2 + condition.values().size();
            }
        }
        return new Written(cases, complete, cost);
    }

    private Optional<Written> write(Region region) {
        List<Decision> exits = List.copyOf(region.exits().keySet());
        List<Written> behind = new ArrayList<>();
        for (Decision exit : exits) {
            Optional<Written> one = write(exit);
            if (one.isEmpty()) {
                return one;
            }
            behind.add(one.get());
        }
        Optional<Written> best = apart(region, exits, behind, -1);
        for (int last = 0; last < exits.size() && !disjoint; last++) {
            Optional<Written> other = apart(region, exits, behind, last);
            if (other.isPresent()
                    && (best.isEmpty() || other.get().cost() < best.get().cost())) {
                best = other;
            }
        }
        return best;
    }

    /** Writes each exit's cases under its conditions; but one may stand last and do without, if the others are complete. */
    private Optional<Written> apart(Region region, List<Decision> exits, List<Written> behind, int last) {
        List<Case> all = new ArrayList<>();
        boolean complete = true;
        for (int i = 0; i < exits.size(); i++) {
            if (i == last) {
                continue;
            }
            complete &= behind.get(i).complete();
            for (List<Condition> conditions : region.conditions(exits.get(i))) {
                for (Case one : behind.get(i).cases()) {
                    List<Condition> together = new ArrayList<>(conditions);
                    together.addAll(one.conditions());
                    all.add(new Case(together, one.answer()));
                }
                if (last >= 0 && !behind.get(i).complete()) {
                    all.add(new Case(conditions, otherwise));
                }
            }
            if (all.size() > MANY) {
                return Optional.empty();
            }
        }
        if (last >= 0) {
            all.addAll(behind.get(last).cases());
            complete = behind.get(last).complete();
        }
        return Optional.of(of(all, complete));
    }
}
