package org.jpledge.bpf;

import java.util.Arrays;
import java.util.List;

/**
 * The kernel's checks of a seccomp filter, in the kernel's sense: what passes here is accepted by seccomp(2), what fails
 * here is EINVAL there.
 */
public final class Validity {
    /** The most instructions a filter may have. */
    public static final int MAXIMUM = 4096;

    private Validity() {}

    /**
     * Checks instructions as the kernel does when a filter is attached.
     *
     * @param insns the instructions, in order
     * @throws InvalidProgramException if the kernel would refuse them, saying which and why
     */
    public static void check(List<Insn> insns) {
        int length = insns.size();
        if (length == 0) {
            throw new InvalidProgramException(-1, "a program has at least one instruction");
        }
        if (length > MAXIMUM) {
            throw new InvalidProgramException(
                    -1, "the program has " + length + " instructions, the kernel takes at most " + MAXIMUM);
        }
        for (int i = 0; i < length; i++) {
            checkOne(insns.get(i), i, length);
        }
        Insn last = insns.get(length - 1);
        if (!(last instanceof Insn.Return) && !(last instanceof Insn.ReturnA)) {
            throw new InvalidProgramException(length - 1, "the last instruction must be a ret");
        }
        checkScratch(insns);
    }

    // By opcode, not by pattern: every launch comes through here, and the first pattern switch costs a cold JVM
    // milliseconds.
    private static void checkOne(Insn insn, int at, int length) {
        int k = insn.k();
        switch (insn.code()) {
            case Opcode.LD_W_ABS -> {
                if (k < 0 || k >= SeccompData.BYTES || (k & 3) != 0) {
                    throw new InvalidProgramException(at, "ld [" + k + "] is not one of the aligned words in 0 to 60");
                }
            }
            case Opcode.LD_MEM, Opcode.LDX_MEM, Opcode.ST, Opcode.STX -> {
                if (k < 0 || k >= Insn.SCRATCH_CELLS) {
                    throw new InvalidProgramException(at, "scratch cell " + k + " is not in 0 to 15");
                }
            }
            case Opcode.DIV_K -> {
                if (k == 0) {
                    throw new InvalidProgramException(at, "division by the constant zero");
                }
            }
            case Opcode.LSH_K, Opcode.RSH_K -> {
                if (k < 0 || k >= Integer.SIZE) {
                    throw new InvalidProgramException(at, "a shift by " + k + " is not in 0 to 31");
                }
            }
            case Opcode.JA -> checkJump(Integer.toUnsignedLong(k), at, length);
            default -> {
                if ((insn.code() & Opcode.CLASS) == Opcode.JMP) {
                    checkJump(Math.max(insn.jt(), insn.jf()), at, length);
                }
            }
        }
    }

    private static void checkJump(long distance, int at, int length) {
        if (distance >= length - at - 1) {
            throw new InvalidProgramException(
                    at, "a jump over " + distance + " leaves the program of " + length + " instructions");
        }
    }

    /**
     * Scratch memory must be written before it is read, on every path. As in the kernel, what follows a ret still counts as
     * reached from it, and what nothing reaches may read everything.
     */
    private static void checkScratch(List<Insn> insns) {
        if (!usesScratch(insns)) {
            return;
        }
        short[] written = new short[insns.size()];
        Arrays.fill(written, (short) -1);
        short valid = 0;
        for (int i = 0; i < written.length; i++) {
            valid &= written[i];
            switch (insns.get(i)) {
                case Insn.StoreScratch store -> valid |= (short) (1 << store.cell());
                case Insn.LoadScratch load -> {
                    if ((valid & 1 << load.cell()) == 0) {
                        throw new InvalidProgramException(
                                i, "scratch cell " + load.cell() + " is read where it may not have been written");
                    }
                }
                case Insn.Jump jump -> {
                    written[i + 1 + jump.distance()] &= valid;
                    valid = -1;
                }
                case Insn.JumpIf jump -> {
                    written[i + 1 + jump.jt()] &= valid;
                    written[i + 1 + jump.jf()] &= valid;
                    valid = -1;
                }
                case Insn.JumpIfX jump -> {
                    written[i + 1 + jump.jt()] &= valid;
                    written[i + 1 + jump.jf()] &= valid;
                    valid = -1;
                }
                default -> {}
            }
        }
    }

    private static boolean usesScratch(List<Insn> insns) {
        for (int i = 0; i < insns.size(); i++) {
            if (usesScratch(insns.get(i).code())) {
                return true;
            }
        }
        return false;
    }

    private static boolean usesScratch(int code) {
        return code == Opcode.LD_MEM || code == Opcode.LDX_MEM || code == Opcode.ST || code == Opcode.STX;
    }
}
