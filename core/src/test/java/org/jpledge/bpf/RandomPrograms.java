package org.jpledge.bpf;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** Programs of all instructions that seccomp allows, each of them one that the kernel takes. */
public final class RandomPrograms {
    private final RandomGenerator random;

    /** Constants that a program of this kind may plausibly have. */
    private final int[] constants;

    private final List<Alu> alus = List.of(Alu.values());
    private final List<Comparison> tests = List.of(Comparison.values());

    /** How many were thrown away. */
    private int refused;

    public RandomPrograms(RandomGenerator random, int... constants) {
        this.random = random;
        this.constants = constants;
    }

    /** A program of at most so many instructions, and at least two. */
    public Program program(int most) {
        while (true) {
            int length = random.nextInt(2, most + 1);
            List<Insn> insns = new ArrayList<>();
            for (int left = length - 1; left > 0; left--) {
                insns.add(insn(left));
            }
            insns.add(random.nextInt(4) == 0 ? new Insn.ReturnA() : new Insn.Return(constant()));
            try {
                return new Program(insns);
            } catch (InvalidProgramException e) {
                // Reads scratch memory that nothing has written.
                refused++;
            }
        }
    }

    /** How many programs were thrown away so far, as they read what nothing has written. */
    public int refused() {
        return refused;
    }

    private Insn insn(int left) {
        Register register = random.nextBoolean() ? Register.A : Register.X;
        Alu alu = alus.get(random.nextInt(alus.size()));
        Comparison test = tests.get(random.nextInt(tests.size()));
        return switch (random.nextInt(16)) {
            case 0, 1, 2, 3 -> new Insn.LoadWord(4 * random.nextInt(SeccompData.WORDS));
            case 4 -> new Insn.LoadConstant(register, constant());
            case 5 -> random.nextBoolean() ? new Insn.LoadLength(register) : new Insn.Negate();
            case 6 -> new Insn.LoadScratch(register, random.nextInt(3));
            case 7 -> new Insn.StoreScratch(register, random.nextInt(3));
            case 8, 9 -> new Insn.AluConstant(alu, operand(alu));
            case 10 -> new Insn.AluX(alu);
            case 11 -> random.nextBoolean() ? new Insn.CopyAToX() : new Insn.CopyXToA();
            case 12 -> new Insn.Jump(random.nextInt(left));
            case 13 -> new Insn.JumpIfX(test, distance(left), distance(left));
            default -> new Insn.JumpIf(test, constant(), distance(left), distance(left));
        };
    }

    private int operand(Alu alu) {
        return switch (alu) {
            case LSH, RSH -> random.nextInt(32);
            case DIV -> random.nextInt(1, 1000);
            default -> constant();
        };
    }

    private int distance(int left) {
        return random.nextInt(Math.min(left, Insn.REACH + 1));
    }

    private int constant() {
        return switch (random.nextInt(4)) {
            case 0 -> random.nextInt();
            case 1 -> random.nextInt(8);
            default -> constants.length == 0 ? random.nextInt(400) : constants[random.nextInt(constants.length)];
        };
    }
}
