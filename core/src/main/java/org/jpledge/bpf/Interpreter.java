package org.jpledge.bpf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Runs a program as the kernel would. */
public final class Interpreter {
    private final Insn[] insns;

    /**
     * Prepares to run a program, any number of times.
     *
     * @param program what to run
     */
    public Interpreter(Program program) {
        insns = program.insns().toArray(new Insn[0]);
    }

    /**
     * What a run came to.
     *
     * @param value the answer
     * @param executed how many instructions were executed, the ret included
     */
    public record Outcome(int value, int executed) {}

    /**
     * Runs the program over the bytes of a {@code struct seccomp_data}.
     *
     * @param data 64 bytes
     * @param order the byte order of the machine they come from
     * @return the answer, and how long it took
     */
    public Outcome run(byte[] data, ByteOrder order) {
        ByteBuffer bytes = ByteBuffer.wrap(data).order(order);
        int[] words = new int[SeccompData.WORDS];
        for (int i = 0; i < words.length; i++) {
            words[i] = bytes.getInt(4 * i);
        }
        return run(words);
    }

    /**
     * Runs the program over a call.
     *
     * @param call the call
     * @param order the byte order of the architecture
     * @return the answer, and how long it took
     */
    public Outcome run(SeccompData call, ByteOrder order) {
        return run(call.words(order));
    }

    /**
     * Runs the program over the words that its loads see, in the order of their offsets.
     *
     * @param data 16 words
     * @return the answer, and how long it took
     */
    public Outcome run(int[] data) {
        return run(data, null);
    }

    /**
     * One executed instruction.
     *
     * @param instruction its index
     * @param a what the accumulator held before it
     * @param x what the index register held before it
     */
    public record Step(int instruction, int a, int x) {}

    /**
     * Runs the program over a call, and keeps what it did.
     *
     * @param call the call
     * @param order the byte order of the architecture
     * @return the executed instructions, in order; the last is a ret, or the division by zero that ended the program
     */
    public List<Step> steps(SeccompData call, ByteOrder order) {
        List<Step> steps = new ArrayList<>();
        run(call.words(order), steps);
        return steps;
    }

    private Outcome run(int[] data, @Nullable List<Step> steps) {
        int a = 0;
        int x = 0;
        int[] scratch = new int[Insn.SCRATCH_CELLS];
        int at = 0;
        int executed = 0;
        while (true) {
            executed++;
            if (steps != null) {
                steps.add(new Step(at, a, x));
            }
            Insn insn = insns[at++];
            switch (insn) {
                case Insn.LoadWord load -> a = data[load.offset() >> 2];
                case Insn.JumpIf jump -> at += jump.test().holds(a, jump.k()) ? jump.jt() : jump.jf();
                case Insn.JumpIfX jump -> at += jump.test().holds(a, x) ? jump.jt() : jump.jf();
                case Insn.Jump jump -> at += jump.distance();
                case Insn.Return ret -> {
                    return new Outcome(ret.k(), executed);
                }
                case Insn.ReturnA _ -> {
                    return new Outcome(a, executed);
                }
                case Insn.AluConstant alu -> a = alu.operation().apply(a, alu.k());
                case Insn.AluX alu -> {
                    if (alu.operation() == Alu.DIV && x == 0) {
                        return new Outcome(0, executed);
                    }
                    a = alu.operation().apply(a, x);
                }
                case Insn.Negate _ -> a = -a;
                case Insn.LoadConstant load -> {
                    if (load.to() == Register.A) {
                        a = load.k();
                    } else {
                        x = load.k();
                    }
                }
                case Insn.LoadLength load -> {
                    if (load.to() == Register.A) {
                        a = SeccompData.BYTES;
                    } else {
                        x = SeccompData.BYTES;
                    }
                }
                case Insn.LoadScratch load -> {
                    if (load.to() == Register.A) {
                        a = scratch[load.cell()];
                    } else {
                        x = scratch[load.cell()];
                    }
                }
                case Insn.StoreScratch store -> scratch[store.cell()] = store.from() == Register.A ? a : x;
                case Insn.CopyAToX _ -> x = a;
                case Insn.CopyXToA _ -> a = x;
            }
        }
    }
}
