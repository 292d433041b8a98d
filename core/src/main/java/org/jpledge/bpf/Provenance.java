package org.jpledge.bpf;

import java.util.Arrays;
import java.util.List;

/**
 * What the accumulator is sure to hold before each instruction, whichever way led there: a word of the call as it was loaded,
 * perhaps with some of its bits cleared; and which architecture is sure to have been asked for.
 */
public final class Provenance {
    /** Nothing that is sure. */
    public static final int UNKNOWN = -1;

    private static final int UNREACHED = -2;

    private final int[] word;
    private final int[] arch;

    /**
     * Looks at a program once.
     *
     * @param program the program
     */
    public Provenance(Program program) {
        List<Insn> insns = program.insns();
        word = new int[insns.size() + 1];
        arch = new int[insns.size() + 1];
        Arrays.fill(word, UNREACHED);
        word[0] = UNKNOWN;
        for (int at = 0; at < insns.size(); at++) {
            if (word[at] == UNREACHED) {
                continue;
            }
            int holds = word[at];
            switch (insns.get(at)) {
                case Insn.LoadWord(int offset) -> arrive(at + 1, offset, arch[at]);
                case Insn.Jump(int distance) -> arrive(at + 1 + distance, holds, arch[at]);
                case Insn.JumpIf(Comparison test, int k, int jt, int jf) -> {
                    boolean asked = test == Comparison.EQ && holds == SeccompData.ARCH;
                    arrive(at + 1 + jt, holds, asked ? k : arch[at]);
                    arrive(at + 1 + jf, holds, arch[at]);
                }
                case Insn.JumpIfX jump -> {
                    arrive(at + 1 + jump.jt(), holds, arch[at]);
                    arrive(at + 1 + jump.jf(), holds, arch[at]);
                }
                case Insn.AluConstant alu when alu.operation() == Alu.AND -> arrive(at + 1, holds, arch[at]);
                case Insn.StoreScratch _, Insn.CopyAToX _ -> arrive(at + 1, holds, arch[at]);
                case Insn.Return _, Insn.ReturnA _ -> {}
                default -> arrive(at + 1, UNKNOWN, arch[at]);
            }
        }
    }

    private void arrive(int at, int holds, int of) {
        if (word[at] == UNREACHED) {
            word[at] = holds;
            arch[at] = of;
        } else {
            word[at] = word[at] == holds ? holds : UNKNOWN;
            arch[at] = arch[at] == of ? of : 0;
        }
    }

    /**
     * What the accumulator holds before an instruction.
     *
     * @param at the instruction's index
     * @return the offset of a word of {@link SeccompData}, or {@link #UNKNOWN}
     */
    public int word(int at) {
        return Math.max(word[at], UNKNOWN);
    }

    /**
     * For which architecture an instruction is executed.
     *
     * @param at the instruction's index
     * @return an AUDIT_ARCH constant, or 0 where it may be any
     */
    public int arch(int at) {
        return arch[at];
    }
}
