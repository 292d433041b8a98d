package org.jpledge.bpf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * A seccomp filter that the kernel would accept.
 *
 * @param insns the instructions, in order
 */
public record Program(List<Insn> insns) {
    private static final int INSN_BYTES = 8;

    /**
     * Takes instructions that pass the kernel's checks.
     *
     * @throws InvalidProgramException if they do not
     */
    public Program {
        insns = List.copyOf(insns);
        Validity.check(insns);
    }

    /**
     * How many instructions there are.
     *
     * @return 1 to 4096
     */
    public int length() {
        return insns.size();
    }

    /**
     * The program as an array of the kernel's {@code struct sock_filter}.
     *
     * @param order the byte order of the machine that is to run it
     * @return eight bytes for every instruction
     */
    public byte[] encode(ByteOrder order) {
        ByteBuffer bytes = ByteBuffer.allocate(insns.size() * INSN_BYTES).order(order);
        for (int i = 0; i < insns.size(); i++) {
            put(bytes, insns.get(i));
        }
        return bytes.array();
    }

    private static void put(ByteBuffer bytes, Insn insn) {
        bytes.putShort((short) insn.code())
                .put((byte) insn.jt())
                .put((byte) insn.jf())
                .putInt(insn.k());
    }

    /**
     * Reads an array of the kernel's {@code struct sock_filter}. Fields that an instruction does not use are not kept.
     *
     * @param bytes eight for every instruction
     * @param order the byte order of the machine that the program is for
     * @return the program
     * @throws InvalidProgramException if the kernel would not accept it
     */
    public static Program decode(byte[] bytes, ByteOrder order) {
        if (bytes.length % INSN_BYTES != 0) {
            throw new InvalidProgramException(
                    -1, bytes.length + " bytes are not a whole number of instructions of 8 bytes");
        }
        int length = bytes.length / INSN_BYTES;
        if (length > Validity.MAXIMUM) {
            throw new InvalidProgramException(
                    -1, "the program has " + length + " instructions, the kernel takes at most " + Validity.MAXIMUM);
        }
        ByteBuffer from = ByteBuffer.wrap(bytes).order(order);
        List<Insn> insns = new ArrayList<>(length);
        for (int i = 0; i < length; i++) {
            int code = Short.toUnsignedInt(from.getShort());
            int jt = Byte.toUnsignedInt(from.get());
            int jf = Byte.toUnsignedInt(from.get());
            int k = from.getInt();
            Insn insn = Opcode.decode(code, jt, jf, k);
            if (insn == null) {
                throw new InvalidProgramException(
                        i, "opcode 0x" + Integer.toHexString(code) + " is not allowed in a seccomp filter");
            }
            insns.add(insn);
        }
        return new Program(insns);
    }

    /**
     * How many instructions the kernel counts for this program: it converts classic BPF, some instructions become two or
     * more, and a stack of filters may have 32768 of them in all (with 4 for every filter on top).
     *
     * @return the number of converted instructions
     */
    public int convertedLength() {
        // Clearing both registers, and keeping the context.
        int count = 3;
        for (int i = 0; i < insns.size(); i++) {
            count += converted(insns.get(i));
        }
        return count;
    }

    private static int converted(Insn insn) {
        return switch (insn) {
            case Insn.Return _ -> 2;
            case Insn.JumpIf jump -> {
                // Constants are sign-extended in the kernel's own instruction set: the upper half needs a register.
                int constant = jump.k() < 0 ? 1 : 0;
                yield constant + branches(jump.test(), jump.jt(), jump.jf());
            }
            case Insn.JumpIfX jump -> branches(jump.test(), jump.jt(), jump.jf());
            case Insn.AluX(Alu operation) -> operation == Alu.DIV ? 5 : 1;
            case Insn.LoadWord _,
                    Insn.LoadConstant _,
                    Insn.LoadLength _,
                    Insn.LoadScratch _,
                    Insn.StoreScratch _,
                    Insn.AluConstant _,
                    Insn.Negate _,
                    Insn.CopyAToX _,
                    Insn.CopyXToA _,
                    Insn.Jump _,
                    Insn.ReturnA _ -> 1;
        };
    }

    private static int branches(Comparison test, int jt, int jf) {
        boolean oneSided = jf == 0 || (jt == 0 && test != Comparison.SET);
        return oneSided ? 1 : 2;
    }
}
