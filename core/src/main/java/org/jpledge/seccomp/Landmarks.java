package org.jpledge.seccomp;

import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jpledge.bpf.Alu;
import org.jpledge.bpf.Comparison;
import org.jpledge.bpf.Insn;
import org.jpledge.bpf.Program;
import org.jpledge.bpf.Register;
import org.jpledge.bpf.SeccompData;
import org.jpledge.syscall.Arch;
import org.jspecify.annotations.Nullable;

/**
 * The numbers and architectures that stand for all others. The program is followed once with every word of the call open; for
 * each of its tests of what is made of the number, there are ranges of numbers in which the test comes out the same. So a
 * program does the same for all numbers between two neighbouring landmarks.
 */
final class Landmarks {
    private static final int NUMBER = SeccompData.NR / 4;
    private static final int ARCHITECTURE = SeccompData.ARCH / 4;
    private static final long MOST = 0xffffffffL;

    /** So many landmarks come from one test at most. */
    private static final int MANY = 4096;

    /** In so many ways the registers may come to one instruction. */
    private static final int MOST_STATES = 512;

    private final SortedSet<Integer> numbers = new TreeSet<>(Integer::compareUnsigned);
    private final SortedSet<Integer> architectures = new TreeSet<>(Integer::compareUnsigned);
    private final Set<Integer> asked = new HashSet<>();
    private final Set<String> unclear = new TreeSet<>();
    private final List<Set<State>> states = new ArrayList<>();

    /** What registers and cells may hold. */
    private record State(Term a, Term x, List<Term> cells) {}

    Landmarks(Program program) {
        List<Insn> insns = program.insns();
        for (int i = 0; i < insns.size(); i++) {
            states.add(new HashSet<>());
        }
        states.getFirst().add(new State(Term.Constant.ZERO, Term.Constant.ZERO, List.of()));
        for (int i = 0; i < insns.size(); i++) {
            Set<State> here = states.get(i);
            if (here.size() > MOST_STATES) {
                unclear.add("instruction " + i + ": there are too many ways to it");
                here.clear();
            }
            for (State state : here) {
                step(i, insns.get(i), state);
            }
            states.set(i, Set.of());
        }
    }

    private void step(int at, Insn insn, State state) {
        Term a = state.a();
        Term x = state.x();
        switch (insn) {
            case Insn.LoadWord(int offset) -> go(at + 1, Term.word(offset / 4), x, state.cells());
            case Insn.LoadConstant(Register to, int k) -> load(at, to, new Term.Constant(k), state);
            case Insn.LoadLength(Register to) -> load(at, to, new Term.Constant(SeccompData.BYTES), state);
            case Insn.LoadScratch(Register to, int cell) ->
                load(at, to, state.cells().get(cell), state);
            case Insn.StoreScratch(Register register, int cell) ->
                go(at + 1, a, x, Follower.with(state.cells(), cell, register == Register.A ? a : x));
            case Insn.AluConstant(Alu operation, int k) ->
                go(at + 1, clear(at, a.after(operation, k, at), a, a), x, state.cells());
            case Insn.AluX(Alu operation) -> {
                if (operation == Alu.DIV && isNumber(x)) {
                    unclear.add("instruction " + at + ": a division by what depends on the number");
                } else if (operation != Alu.DIV || !x.equals(Term.Constant.ZERO)) {
                    go(at + 1, clear(at, Follower.combined(a, operation, x, at), a, x), x, state.cells());
                }
            }
            case Insn.Negate _ -> go(at + 1, a.negated(at), x, state.cells());
            case Insn.CopyAToX _ -> go(at + 1, a, a, state.cells());
            case Insn.CopyXToA _ -> go(at + 1, x, x, state.cells());
            case Insn.Jump(int distance) -> go(at + 1 + distance, a, x, state.cells());
            case Insn.JumpIf(Comparison test, int k, int jt, int jf) -> {
                if (!(a instanceof Term.Constant) && jt != jf) {
                    landmarks(at, Follower.Question.of(a, test, k, at), a, a);
                }
                branch(at, a, new Term.Constant(k), test, jt, jf, state);
            }
            case Insn.JumpIfX(Comparison test, int jt, int jf) -> {
                if (!(a instanceof Term.Constant && x instanceof Term.Constant) && jt != jf) {
                    landmarks(at, Follower.Question.of(a, test, x, at), a, x);
                }
                branch(at, a, x, test, jt, jf, state);
            }
            case Insn.Return _ -> {}
            case Insn.ReturnA _ -> {
                if (isNumber(a)) {
                    unclear.add("instruction " + at + ": it returns what is computed from the number or architecture");
                }
            }
        }
    }

    private void load(int at, Register to, Term term, State state) {
        go(at + 1, to == Register.A ? term : state.a(), to == Register.X ? term : state.x(), state.cells());
    }

    private void branch(int at, Term a, Term x, Comparison test, int jt, int jf, State state) {
        boolean known = a instanceof Term.Constant && x instanceof Term.Constant;
        boolean holds =
                a instanceof Term.Constant(int value) && x instanceof Term.Constant(int k) && test.holds(value, k);
        if (!known || holds) {
            go(at + 1 + jt, a, state.x(), state.cells());
        }
        if (!known || !holds) {
            go(at + 1 + jf, a, state.x(), state.cells());
        }
    }

    private void go(int to, Term a, Term x, List<Term> cells) {
        states.get(to).add(new State(a, x, cells));
    }

    /** A term, unless it is made of the number or architecture in a way that is not followed. */
    private Term clear(int at, Term made, Term a, Term x) {
        if (made instanceof Term.Unclear && (isNumber(a) || isNumber(x))) {
            unclear.add("instruction " + at + ": the number or architecture is more than compared");
        }
        return made;
    }

    private static boolean isNumber(Term term) {
        return switch (term) {
            case Term.Bits bits -> bits.word() == NUMBER || bits.word() == ARCHITECTURE;
            case Term.Changed changed -> isNumber(changed.of());
            case Term.Constant _, Term.Unclear _ -> false;
        };
    }

    private void landmarks(int at, Follower.Question question, Term a, Term x) {
        if (!(question instanceof Follower.Question.Membership(int word, int mask, Ranges values))) {
            if (isNumber(a) || isNumber(x)) {
                unclear.add("instruction " + at + ": the number or architecture is more than compared");
            }
            return;
        }
        if (mask == 0 || (word != NUMBER && word != ARCHITECTURE)) {
            return;
        }
        SortedSet<Integer> landmarks = word == NUMBER ? numbers : architectures;
        int before = landmarks.size();
        for (Ranges.Range range : values.parts()) {
            if (word == ARCHITECTURE && range.isSingle() && mask == -1) {
                asked.add((int) range.from());
            }
            if (mask == -1) {
                landmark(landmarks, range.from());
                landmark(landmarks, range.to() + 1);
            } else {
                edges(landmarks, mask, range, 0, Integer.SIZE, before + MANY);
            }
            if (landmarks.size() > before + MANY) {
                unclear.add("instruction " + at + ": the number or architecture is more than compared");
                return;
            }
        }
    }

    private static void landmark(SortedSet<Integer> landmarks, long value) {
        if (value <= MOST) {
            landmarks.add((int) value);
        }
        landmarks.add((int) (value - 1));
    }

    /** Where values of a block begin or cease to be in a range under a mask. */
    private static void edges(
            SortedSet<Integer> landmarks, int mask, Ranges.Range range, long base, int bits, int most) {
        long within = (1L << bits) - 1;
        long least = base & Integer.toUnsignedLong(mask);
        long greatest = least | Integer.toUnsignedLong(mask) & within;
        boolean outside = greatest < range.from() || least > range.to();
        boolean inside = least >= range.from() && greatest <= range.to();
        if (outside || inside) {
            landmark(landmarks, base);
            landmark(landmarks, base + within + 1);
        } else if (landmarks.size() <= most) {
            edges(landmarks, mask, range, base, bits - 1, most);
            edges(landmarks, mask, range, base | 1L << (bits - 1), bits - 1, most);
        }
    }

    private static void around(SortedSet<Integer> landmarks, int value) {
        landmarks.add(value - 1);
        landmarks.add(value);
        landmarks.add(value + 1);
    }

    /** Where the program does more with a number or architecture than can be followed; then there may be more landmarks. */
    List<String> unclear() {
        return List.copyOf(unclear);
    }

    /** The architectures that the program asks for, each by itself. */
    Set<Integer> asked() {
        return asked;
    }

    /** Whether the program looks at the architecture at all. */
    boolean asksForArchitecture() {
        return !architectures.isEmpty();
    }

    /** The first of all architectures between which and the next landmark the program does the same. */
    SortedSet<Integer> architectures() {
        SortedSet<Integer> all = new TreeSet<>(Integer::compareUnsigned);
        all.addAll(architectures);
        all.add(0);
        return all;
    }

    /** The first of all numbers between which and the next landmark the program does the same. */
    SortedSet<Integer> numbers() {
        SortedSet<Integer> all = new TreeSet<>(Integer::compareUnsigned);
        all.addAll(numbers);
        all.add(0);
        return all;
    }

    /** Architectures that a program and a filter can tell apart: one of each range, and those of the filter. */
    SortedSet<Integer> apart(Filter filter) {
        SortedSet<Integer> all = architectures();
        for (Filter.Section section : filter.sections()) {
            around(all, section.arch().audit());
        }
        return all;
    }

    /** Architectures that a program and a filter can tell apart, and the known ones. */
    SortedSet<Integer> architectures(Filter filter) {
        SortedSet<Integer> all = apart(filter);
        for (Arch arch : Arch.values()) {
            all.add(arch.audit());
        }
        all.add(-1);
        return all;
    }

    /** Numbers that a program and the rules of an architecture can tell apart. */
    SortedSet<Integer> numbers(Filter.@Nullable Section section) {
        SortedSet<Integer> all = numbers();
        around(all, Filter.X32);
        around(all, Filter.SKIPPED);
        around(all, Integer.MIN_VALUE);
        if (section != null) {
            for (int number : KnownNumbers.of(section.arch())) {
                all.add(number);
                all.add(number + 1);
            }
            for (Rule rule : section.rules()) {
                around(all, rule.number());
            }
        }
        return all;
    }

    /** The byte order of an architecture, known or not. */
    static ByteOrder order(int audit) {
        for (Arch arch : Arch.values()) {
            if (arch.audit() == audit) {
                return arch.order();
            }
        }
        // The flag that the kernel's constants have for little-endian architectures.
        return (audit & 0x40000000) != 0 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
    }
}
