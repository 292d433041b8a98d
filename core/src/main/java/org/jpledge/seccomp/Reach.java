package org.jpledge.seccomp;

import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jpledge.bpf.Insn;
import org.jpledge.bpf.Program;
import org.jpledge.bpf.SeccompData;
import org.jpledge.syscall.Arch;

/** Asks of a program which calls come to which answers, with a call that does. Not thread safe. */
public final class Reach {
    private static final int STEPS = 1 << 18;

    private final Program program;
    private final Landmarks landmarks;
    private final Decisions decisions = new Decisions();
    private final Map<Integer, Follower> followers = new HashMap<>();
    private int steps;

    /**
     * Prepares to ask.
     *
     * @param program the program
     */
    public Reach(Program program) {
        this.program = program;
        this.landmarks = new Landmarks(program);
    }

    /**
     * An argument that is known in its low word.
     *
     * @param argument 0 to 5
     * @param low its low 32 bits
     * @param plain whether its upper 32 bits are zero; otherwise they are anything else
     */
    public record Given(int argument, int low, boolean plain) {}

    /**
     * Looks for a call with an answer. Where the program cannot be followed, nothing is found.
     *
     * @param audit the architecture, an AUDIT_ARCH constant
     * @param number the call's number
     * @param wanted the answer
     * @param given what is known of the arguments
     * @return a call that the program answers so
     */
    public Optional<SeccompData> find(int audit, int number, Predicate<Action> wanted, List<Given> given) {
        ByteOrder order = Landmarks.order(audit);
        WordKnowledge known = new WordKnowledge();
        for (Given one : given) {
            int low = SeccompData.low(one.argument(), order) / 4;
            int high = SeccompData.high(one.argument(), order) / 4;
            boolean possible = known.between(low, -1, one.low(), one.low())
                    && (one.plain() ? known.between(high, -1, 0, 0) : known.differs(high, -1, 0));
            if (!possible) {
                throw new IllegalArgumentException("given twice: " + given);
            }
        }
        steps = 0;
        return find(follower(audit).decide(number), known, wanted)
                ? Optional.of(PathProof.call(known.witness(), number, audit, order))
                : Optional.empty();
    }

    private Follower follower(int audit) {
        return followers.computeIfAbsent(audit, _ -> new Follower(program, audit, decisions));
    }

    private boolean find(Decision decision, WordKnowledge known, Predicate<Action> wanted) {
        if (++steps > STEPS) {
            return false;
        }
        return switch (decision) {
            case Decision.Unfollowed _ -> false;
            case Decision.Leaf(int answer) -> wanted.test(Action.of(answer));
            case Decision.Split split -> {
                int mark = known.mark();
                if (split.learnYes(known)) {
                    if (find(split.yes(), known, wanted)) {
                        yield true;
                    }
                    known.forget(mark);
                }
                if (split.learnNo(known)) {
                    if (find(split.no(), known, wanted)) {
                        yield true;
                    }
                    known.forget(mark);
                }
                yield false;
            }
        };
    }

    /**
     * What all calls with a number get, whatever their arguments.
     *
     * @param audit the architecture
     * @param number the number
     * @return empty if it depends on arguments, or is not followed
     */
    public Optional<Action> only(int audit, int number) {
        Decision decision = decisions.pruned(follower(audit).decide(number));
        return decision instanceof Decision.Leaf(int answer) ? Optional.of(Action.of(answer)) : Optional.empty();
    }

    /**
     * Numbers that stand for all others: the program does the same between one and the next.
     *
     * @return ascending, as unsigned numbers
     */
    public SortedSet<Integer> numbers() {
        return landmarks.numbers();
    }

    /**
     * Architectures that the program asks for, each by itself.
     *
     * @return those that are known
     */
    public List<Arch> asked() {
        List<Arch> asked = new ArrayList<>();
        for (Arch arch : Arch.values()) {
            if (landmarks.asked().contains(arch.audit())) {
                asked.add(arch);
            }
        }
        return asked;
    }

    /**
     * Instructions to which no call comes, of any number and architecture.
     *
     * @return their indexes, ascending; none where parts of the program are not followed
     */
    public List<Integer> dead() {
        BitSet reached = new BitSet();
        SortedSet<Integer> arches = new TreeSet<>(landmarks.architectures());
        for (Arch arch : Arch.values()) {
            arches.add(arch.audit());
        }
        boolean clear = landmarks.unclear().isEmpty();
        for (int audit : arches) {
            Follower follower = new Follower(program, audit, decisions);
            for (int number : landmarks.numbers()) {
                Decision unused = follower.decide(number);
                clear &= !(unused instanceof Decision.Unfollowed);
            }
            reached.or(follower.reached());
            clear &= follower.isClear();
        }
        List<Integer> dead = new ArrayList<>();
        for (int at = 0; at < program.length() && clear; at++) {
            if (!reached.get(at)) {
                dead.add(at);
            }
        }
        return dead;
    }

    /**
     * How many instructions are executed at most, by the jumps alone.
     *
     * @param program the program
     * @return at least 1
     */
    public static int longest(Program program) {
        List<Insn> insns = program.insns();
        int[] longest = new int[insns.size()];
        for (int i = insns.size() - 1; i >= 0; i--) {
            longest[i] = 1
                    + switch (insns.get(i)) {
                        case Insn.Return _, Insn.ReturnA _ -> 0;
                        case Insn.Jump(int distance) -> longest[i + 1 + distance];
                        case Insn.JumpIf jump -> Math.max(longest[i + 1 + jump.jt()], longest[i + 1 + jump.jf()]);
                        case Insn.JumpIfX jump -> Math.max(longest[i + 1 + jump.jt()], longest[i + 1 + jump.jf()]);
                        default -> longest[i + 1];
                    };
        }
        return longest[0];
    }
}
