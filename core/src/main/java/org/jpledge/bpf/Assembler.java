package org.jpledge.bpf;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Puts a program together from instructions, jumps and labels. All jumps go forward, as the kernel demands. Conditional
 * jumps reach over 255 instructions; farther targets get a stand-in right behind the jump: a copy where the target is a
 * {@code ret}, a {@code ja} otherwise, shared by all jumps that reach it.
 */
public final class Assembler {
    private @Nullable Insn[] plain = new Insn[64];
    private @Nullable Comparison[] tests = new Comparison[64];
    private int[] constants = new int[64];
    private @Nullable Label[] yes = new Label[64];
    private @Nullable Label[] no = new Label[64];
    private int size;

    /** Starts an empty program. */
    public Assembler() {}

    /**
     * Makes a label that is not placed yet.
     *
     * @return a new label
     */
    public Label label() {
        return new Label();
    }

    /**
     * Places a label before the next instruction.
     *
     * @param label a label that has not been placed
     */
    public void place(Label label) {
        if (label.target >= 0) {
            throw new IllegalStateException("the label is placed already");
        }
        label.target = size;
    }

    /**
     * Emits an instruction that is no jump.
     *
     * @param insn the instruction
     * @return its number, for {@link Assembly#position}
     */
    public int emit(Insn insn) {
        if (insn instanceof Insn.Jump || insn instanceof Insn.JumpIf || insn instanceof Insn.JumpIfX) {
            throw new IllegalArgumentException("jumps are emitted with labels");
        }
        int at = grow();
        plain[at] = insn;
        return at;
    }

    /**
     * Emits an unconditional jump.
     *
     * @param target where to, later in the program
     * @return the instruction's number, for {@link Assembly#position}
     */
    public int jump(Label target) {
        int at = grow();
        yes[at] = target;
        return at;
    }

    /**
     * Emits a conditional jump that holds the accumulator against a constant.
     *
     * @param test the question
     * @param k the constant
     * @param holds where to go on if it holds, later in the program
     * @param otherwise where to go on if not, later in the program
     * @return the instruction's number, for {@link Assembly#position}
     */
    public int jumpIf(Comparison test, int k, Label holds, Label otherwise) {
        int at = grow();
        tests[at] = test;
        constants[at] = k;
        yes[at] = holds;
        no[at] = otherwise;
        return at;
    }

    private int grow() {
        if (size == plain.length) {
            int capacity = 2 * size;
            plain = Arrays.copyOf(plain, capacity);
            tests = Arrays.copyOf(tests, capacity);
            constants = Arrays.copyOf(constants, capacity);
            yes = Arrays.copyOf(yes, capacity);
            no = Arrays.copyOf(no, capacity);
        }
        return size++;
    }

    /**
     * Finishes the program.
     *
     * @return the program, and where its instructions ended up
     * @throws InvalidProgramException if the kernel would not accept it
     * @throws IllegalStateException if a jump goes to a label that has not been placed, or backward
     */
    public Assembly assemble() {
        return new Backward().run();
    }

    /**
     * Lays the program out from its end to its start: as all jumps go forward, every distance is known when its jump is
     * reached, and stand-ins move only what comes before them.
     */
    private final class Backward {
        /** Filled from its end. */
        private Insn[] program = new Insn[size + size / 8 + 4];

        private int length;

        /** For every emitted instruction, how many instructions there are from it to the end of the program. */
        private final int[] fromEnd = new int[size + 1];

        /** For every emitted instruction, the same for the nearest stand-in of it, or 0. */
        private final int[] standIn = new int[size + 1];

        Assembly run() {
            for (int at = size - 1; at >= 0; at--) {
                layOne(at);
            }
            int[] positions = new int[size];
            for (int at = 0; at < size; at++) {
                positions[at] = length - fromEnd[at];
            }
            List<Insn> insns = Arrays.asList(Arrays.copyOfRange(program, program.length - length, program.length));
            return new Assembly(new Program(insns), positions);
        }

        // A method of its own, so that a JVM compiles it soon: the loop around it runs seldom.
        private void layOne(int at) {
            Insn insn = plain[at];
            Label to = yes[at];
            Label otherwise = no[at];
            Comparison test = tests[at];
            if (insn != null) {
                put(insn);
            } else if (test == null || otherwise == null) {
                put(new Insn.Jump(length - fromEnd[target(to, at)]));
            } else {
                putConditional(at, test, target(to, at), target(otherwise, at));
            }
            fromEnd[at] = length;
        }

        private void putConditional(int at, Comparison test, int holds, int otherwise) {
            // A stand-in for one target may push the other out of reach, but not the other way round again.
            int jt = reach(holds);
            int jf = reach(otherwise);
            while (jt > Insn.REACH || jf > Insn.REACH) {
                addStandIn(jt > Insn.REACH ? holds : otherwise);
                jt = reach(holds);
                jf = reach(otherwise);
            }
            put(new Insn.JumpIf(test, constants[at], jt, jf));
        }

        private int reach(int target) {
            int direct = length - fromEnd[target];
            return direct > Insn.REACH && standIn[target] > 0 ? length - standIn[target] : direct;
        }

        private void addStandIn(int target) {
            Insn there = plain[target];
            put(there instanceof Insn.Return ? there : new Insn.Jump(length - fromEnd[target]));
            standIn[target] = length;
        }

        private int target(@Nullable Label label, int from) {
            if (label == null || label.target < 0 || label.target >= size) {
                throw new IllegalStateException("jump " + from + " goes to a label that is not placed");
            }
            if (label.target <= from) {
                throw new IllegalStateException("jump " + from + " goes backward");
            }
            return label.target;
        }

        private void put(Insn insn) {
            if (length == program.length) {
                Insn[] larger = new Insn[2 * length];
                System.arraycopy(program, 0, larger, length, length);
                program = larger;
            }
            program[program.length - ++length] = insn;
        }
    }
}
