package org.jpledge.bpf;

import java.nio.ByteOrder;
import java.util.List;
import java.util.function.IntFunction;

/** Writes a program as text, in the notation of the kernel's bpf_asm, with the index of every instruction as its label. */
public final class Disassembler {
    private Disassembler() {}

    /**
     * Writes a whole program, one line for every instruction, with a comment where a number has a name.
     *
     * @param program the program
     * @param order the byte order of the machine that it is for, which says which half of an argument a load reads
     * @return lines that end in a newline
     */
    public static String text(Program program, ByteOrder order) {
        return text(program, order, _ -> "");
    }

    /**
     * Writes a whole program with further comments.
     *
     * @param program the program
     * @param order the byte order of the machine that it is for, which says which half of an argument a load reads
     * @param further what else is to be said about an instruction, by its index; nothing if empty
     * @return lines that end in a newline
     */
    public static String text(Program program, ByteOrder order, IntFunction<String> further) {
        StringBuilder out = new StringBuilder(32 * program.length());
        List<Insn> insns = program.insns();
        for (int i = 0; i < insns.size(); i++) {
            int start = out.length();
            out.append('l').append(i).append(": ");
            append(out, insns.get(i), i);
            String comment = comment(insns.get(i), order);
            String more = further.apply(i);
            comment = comment.isEmpty() || more.isEmpty() ? comment + more : comment + ", " + more;
            if (!comment.isEmpty()) {
                while (out.length() - start < COMMENT_COLUMN) {
                    out.append(' ');
                }
                out.append(" ; ").append(comment);
            }
            out.append('\n');
        }
        return out.toString();
    }

    private static final int COMMENT_COLUMN = 34;

    /**
     * Writes one instruction.
     *
     * @param insn the instruction
     * @param at its index, from which jumps count
     * @return a line without a newline
     */
    public static String text(Insn insn, int at) {
        StringBuilder out = new StringBuilder(32);
        append(out, insn, at);
        return out.toString();
    }

    private static void append(StringBuilder out, Insn insn, int at) {
        switch (insn) {
            case Insn.LoadWord(int offset) -> out.append("ld [").append(offset).append(']');
            case Insn.LoadConstant(Register to, int k) -> constant(out.append(load(to)), k);
            case Insn.LoadLength(Register to) -> out.append(load(to)).append("#len");
            case Insn.LoadScratch(Register to, int cell) ->
                out.append(load(to)).append("M[").append(cell).append(']');
            case Insn.StoreScratch(Register from, int cell) ->
                out.append(from == Register.A ? "st M[" : "stx M[").append(cell).append(']');
            case Insn.AluConstant(Alu operation, int k) ->
                constant(out.append(operation.mnemonic()).append(' '), k);
            case Insn.AluX(Alu operation) -> out.append(operation.mnemonic()).append(" x");
            case Insn.Negate _ -> out.append("neg");
            case Insn.CopyAToX _ -> out.append("tax");
            case Insn.CopyXToA _ -> out.append("txa");
            case Insn.Jump(int distance) -> out.append("ja l").append(at + 1 + Integer.toUnsignedLong(distance));
            case Insn.JumpIf(Comparison test, int k, int jt, int jf) -> {
                constant(out.append(test.mnemonic()).append(' '), k);
                targets(out, at, jt, jf);
            }
            case Insn.JumpIfX(Comparison test, int jt, int jf) -> {
                out.append(test.mnemonic()).append(" x");
                targets(out, at, jt, jf);
            }
            case Insn.Return(int k) -> constant(out.append("ret "), k);
            case Insn.ReturnA _ -> out.append("ret a");
        }
    }

    private static String load(Register to) {
        return to == Register.A ? "ld " : "ldx ";
    }

    private static void constant(StringBuilder out, int k) {
        out.append("#0x").append(Integer.toHexString(k));
    }

    private static void targets(StringBuilder out, int at, int jt, int jf) {
        out.append(", l").append(at + 1 + jt).append(", l").append(at + 1 + jf);
    }

    private static String comment(Insn insn, ByteOrder order) {
        return switch (insn) {
            case Insn.LoadWord(int offset) -> field(offset, order);
            case Insn.Return(int k) -> answer(k);
            default -> "";
        };
    }

    private static String field(int offset, ByteOrder order) {
        if (offset == SeccompData.NR) {
            return "nr";
        }
        if (offset == SeccompData.ARCH) {
            return "arch";
        }
        String half = (offset & 4) == 0 == (order == ByteOrder.LITTLE_ENDIAN) ? " low" : " high";
        return offset < SeccompData.ARGS
                ? "instruction pointer" + half
                : "arg" + (offset - SeccompData.ARGS) / 8 + half;
    }

    private static String answer(int k) {
        int data = k & 0xffff;
        return switch (k & 0xffff0000) {
            case 0x80000000 -> "kill process";
            case 0x00000000 -> "kill thread";
            case 0x00030000 -> "trap " + data;
            case 0x00050000 -> "errno " + data;
            case 0x7fc00000 -> "notify";
            case 0x7ff00000 -> "trace " + data;
            case 0x7ffc0000 -> "log";
            case 0x7fff0000 -> "allow";
            default -> "";
        };
    }
}
