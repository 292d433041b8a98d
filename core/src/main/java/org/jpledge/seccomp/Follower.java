package org.jpledge.seccomp;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jpledge.bpf.Alu;
import org.jpledge.bpf.Comparison;
import org.jpledge.bpf.Insn;
import org.jpledge.bpf.Program;
import org.jpledge.bpf.Register;
import org.jpledge.bpf.SeccompData;

/**
 * Follows a program for one architecture and one number after another: number and architecture are known, all other words of
 * the call are not, and what is computed from them is kept as a {@link Term}. All instructions are followed; where the
 * program asks something of a term that cannot be said of the words it is made of, there is a
 * {@link Decision.Unfollowed} that names the instruction.
 */
final class Follower {
    private static final int MOST_STATES = 1 << 16;

    private final List<Insn> insns;
    private final int audit;
    private final Decisions decisions;
    private final BitSet reached;
    private final Map<State, Decision> followed = new HashMap<>();
    private int number;
    private boolean clear = true;

    /** Where the program is, and what its registers and cells hold. */
    private record State(int at, Term a, Term x, List<Term> cells) {}

    Follower(Program program, int audit, Decisions decisions) {
        this.insns = program.insns();
        this.audit = audit;
        this.decisions = decisions;
        this.reached = new BitSet(insns.size());
    }

    /** The instructions that some call of those that were looked at may come to. */
    BitSet reached() {
        return reached;
    }

    /** Whether there was nothing that could not be followed. */
    boolean isClear() {
        return clear;
    }

    /** What the program makes of a number. Some of the questions may have only one possible answer. */
    Decision decide(int nr) {
        number = nr;
        followed.clear();
        return follow(0, Term.Constant.ZERO, Term.Constant.ZERO, List.of());
    }

    private Decision follow(int from, Term ofA, Term ofX, List<Term> held) {
        int at = from;
        Term a = ofA;
        Term x = ofX;
        List<Term> cells = held;
        while (true) {
            reached.set(at);
            switch (insns.get(at)) {
                case Insn.LoadWord(int offset) -> a = word(offset);
                case Insn.LoadConstant(Register to, int k) -> {
                    a = to == Register.A ? new Term.Constant(k) : a;
                    x = to == Register.X ? new Term.Constant(k) : x;
                }
                case Insn.LoadLength(Register to) -> {
                    a = to == Register.A ? new Term.Constant(SeccompData.BYTES) : a;
                    x = to == Register.X ? new Term.Constant(SeccompData.BYTES) : x;
                }
                case Insn.LoadScratch(Register to, int cell) -> {
                    a = to == Register.A ? cells.get(cell) : a;
                    x = to == Register.X ? cells.get(cell) : x;
                }
                case Insn.StoreScratch(Register register, int cell) ->
                    cells = with(cells, cell, register == Register.A ? a : x);
                case Insn.AluConstant(Alu operation, int k) -> a = a.after(operation, k, at);
                case Insn.AluX(Alu operation) -> {
                    if (operation == Alu.DIV && x.equals(Term.Constant.ZERO)) {
                        return decisions.leaf(0);
                    }
                    a = combined(a, operation, x, at);
                }
                case Insn.Negate _ -> a = a.negated(at);
                case Insn.CopyAToX _ -> x = a;
                case Insn.CopyXToA _ -> a = x;
                case Insn.Jump(int distance) -> at += distance;
                case Insn.JumpIf(Comparison test, int k, int jt, int jf) -> {
                    if (a instanceof Term.Constant(int value)) {
                        at += test.holds(value, k) ? jt : jf;
                    } else if (jt == jf) {
                        at += jt;
                    } else {
                        return ask(Question.of(a, test, k, at), a, x, cells, at + 1 + jt, at + 1 + jf);
                    }
                }
                case Insn.JumpIfX(Comparison test, int jt, int jf) -> {
                    if (a instanceof Term.Constant(int value) && x instanceof Term.Constant(int k)) {
                        at += test.holds(value, k) ? jt : jf;
                    } else if (jt == jf) {
                        at += jt;
                    } else {
                        return ask(Question.of(a, test, x, at), a, x, cells, at + 1 + jt, at + 1 + jf);
                    }
                }
                case Insn.Return(int k) -> {
                    return decisions.leaf(k);
                }
                case Insn.ReturnA _ -> {
                    if (a instanceof Term.Constant(int value)) {
                        return decisions.leaf(value);
                    }
                    return unfollowed(
                            a instanceof Term.Unclear(int where, String why)
                                    ? new Question.Unclear(where, why)
                                    : new Question.Unclear(at, "it returns what is computed from an argument"));
                }
            }
            at++;
        }
    }

    private Term word(int offset) {
        return offset == SeccompData.NR
                ? new Term.Constant(number)
                : offset == SeccompData.ARCH ? new Term.Constant(audit) : Term.word(offset / 4);
    }

    static List<Term> with(List<Term> cells, int cell, Term term) {
        Term[] all = cells.isEmpty() ? new Term[Insn.SCRATCH_CELLS] : cells.toArray(new Term[0]);
        if (cells.isEmpty()) {
            Arrays.fill(all, Term.Constant.ZERO);
        }
        all[cell] = term;
        return List.of(all);
    }

    /** Arithmetic with what the index register holds. */
    static Term combined(Term a, Alu operation, Term x, int at) {
        if (x instanceof Term.Constant(int k)) {
            return a.after(operation, operation == Alu.LSH || operation == Alu.RSH ? k & 31 : k, at);
        }
        if (a instanceof Term.Unclear || x instanceof Term.Unclear) {
            return a instanceof Term.Unclear ? a : x;
        }
        if (a instanceof Term.Constant(int k)) {
            switch (operation) {
                case ADD, MUL, OR, AND, XOR -> {
                    return x.after(operation, k, at);
                }
                case SUB -> {
                    return x.negated(at).after(Alu.ADD, k, at);
                }
                default -> {
                    // A shift or a divisor that depends on an argument.
                }
            }
        }
        return new Term.Unclear(at, operation.mnemonic() + " with an x that depends on an argument is not followed");
    }

    private Decision ask(Question question, Term a, Term x, List<Term> cells, int yes, int no) {
        if (question instanceof Question.Unclear unclear) {
            return unfollowed(unclear);
        }
        Question.Membership asked = (Question.Membership) question;
        if (asked.values().parts().isEmpty()) {
            return later(no, a, x, cells);
        }
        return decisions.membership(
                asked.word(), asked.mask(), asked.values(), later(yes, a, x, cells), later(no, a, x, cells));
    }

    private Decision unfollowed(Question.Unclear unclear) {
        clear = false;
        return decisions.unfollowed(unclear.at(), unclear.why());
    }

    private Decision later(int at, Term a, Term x, List<Term> cells) {
        State state = new State(at, a, x, cells);
        Decision known = followed.get(state);
        if (known == null) {
            if (followed.size() >= MOST_STATES) {
                return unfollowed(new Question.Unclear(at, "there are too many ways to it"));
            }
            known = follow(at, a, x, cells);
            followed.put(state, known);
        }
        return known;
    }

    /** What a test asks of a word; or why that cannot be said. */
    sealed interface Question {
        /**
         * Whether bits of a word are one of some values.
         *
         * @param word the word's index
         * @param mask the bits
         * @param values the values
         */
        record Membership(int word, int mask, Ranges values) implements Question {}

        /**
         * What cannot be said.
         *
         * @param at the instruction that is to blame
         * @param why what there is to say about it
         */
        record Unclear(int at, String why) implements Question {}

        /** What a test with a constant asks of a term that is no constant. */
        static Question of(Term term, Comparison test, int k, int at) {
            if (test != Comparison.SET) {
                return of(term, Ranges.of(test, k), at);
            }
            int lowest = Integer.lowestOneBit(k);
            if (term instanceof Term.Changed && k == -lowest) {
                // The highest bits: one of them is set in what is not less than the lowest of them.
                return of(term, Ranges.of(Integer.toUnsignedLong(lowest), 0xffffffffL), at);
            }
            Term bits = term.after(Alu.AND, k, at);
            if (bits instanceof Term.Constant(int value)) {
                return new Membership(0, 0, value == 0 ? Ranges.NONE : Ranges.of(0, 0));
            }
            return of(bits, Ranges.of(0, 0).complement(), at);
        }

        /** What a test with the index register asks. */
        static Question of(Term a, Comparison test, Term x, int at) {
            if (x instanceof Term.Constant(int k)) {
                return of(a, test, k, at);
            }
            if (a instanceof Term.Unclear(int where, String why)) {
                return new Unclear(where, why);
            }
            if (a instanceof Term.Constant(int k) && !(x instanceof Term.Unclear)) {
                long value = Integer.toUnsignedLong(k);
                return switch (test) {
                    case EQ, SET -> of(x, test, k, at);
                    case GT -> of(x, Ranges.of(0, value - 1), at);
                    case GE -> of(x, Ranges.of(0, value), at);
                };
            }
            return x instanceof Term.Unclear(int where, String why)
                    ? new Unclear(where, why)
                    : new Unclear(at, test.mnemonic() + " compares two values that both depend on arguments");
        }

        private static Question of(Term term, Ranges values, int at) {
            return switch (term) {
                case Term.Unclear(int where, String why) -> new Unclear(where, why);
                case Term.Bits bits -> new Membership(bits.word(), bits.mask(), values.before(bits));
                case Term.Changed(Term of, Alu operation, int k) -> {
                    Optional<Ranges> before = values.before(operation, k);
                    yield before.isPresent()
                            ? of(of, before.get(), at)
                            : new Unclear(at, "a range of what " + operation.mnemonic() + " makes is not followed");
                }
                case Term.Constant _ -> throw new IllegalArgumentException("a constant has no question");
            };
        }
    }
}
