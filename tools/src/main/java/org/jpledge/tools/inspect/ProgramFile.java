package org.jpledge.tools.inspect;

import java.nio.ByteOrder;
import java.util.Optional;
import org.jpledge.bpf.Comparison;
import org.jpledge.bpf.Insn;
import org.jpledge.bpf.InvalidProgramException;
import org.jpledge.bpf.Program;
import org.jpledge.bpf.Provenance;
import org.jpledge.bpf.SeccompData;
import org.jpledge.bpf.Validity;
import org.jpledge.syscall.Arch;

/**
 * A program as it lies in a file: an array of {@code struct sock_filter}.
 *
 * @param program the program
 * @param order the byte order of its numbers
 */
public record ProgramFile(Program program, ByteOrder order) {
    /** The most bytes that a program has. */
    public static final int LARGEST = 8 * Validity.MAXIMUM;

    private static final int CODE_BYTES = 2;
    private static final int INSN_BYTES = 8;

    /**
     * Reads a program. Its byte order is that in which all its opcodes are small numbers, as they are in every program.
     *
     * @param bytes eight for every instruction
     * @param arch the architecture that it is for, if that is known
     * @return the program
     * @throws InvalidProgramException if the kernel would not take it, or there are bytes left over
     */
    public static ProgramFile read(byte[] bytes, Optional<Arch> arch) {
        if (bytes.length == 0) {
            throw new InvalidProgramException(-1, "the file is empty (expected 8 bytes for every instruction)");
        }
        ByteOrder order = arch.map(Arch::order).orElseGet(() -> order(bytes));
        return new ProgramFile(Program.decode(bytes, order), order);
    }

    private static ByteOrder order(byte[] bytes) {
        ByteOrder host = Arch.host().order();
        ByteOrder other = host == ByteOrder.LITTLE_ENDIAN ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        return hasSmallCodes(bytes, host) || !hasSmallCodes(bytes, other) ? host : other;
    }

    private static boolean hasSmallCodes(byte[] bytes, ByteOrder order) {
        int high = order == ByteOrder.LITTLE_ENDIAN ? CODE_BYTES - 1 : 0;
        for (int at = 0; at + CODE_BYTES <= bytes.length; at += INSN_BYTES) {
            if (bytes[at + high] != 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * The architecture that the program asks for first.
     *
     * @return empty if it asks for none that is known
     */
    public Optional<Arch> arch() {
        Provenance provenance = new Provenance(program);
        for (int i = 0; i < program.length(); i++) {
            if (program.insns().get(i) instanceof Insn.JumpIf jump
                    && jump.test() == Comparison.EQ
                    && provenance.word(i) == SeccompData.ARCH) {
                Optional<Arch> asked = known(jump.k());
                if (asked.isPresent()) {
                    return asked;
                }
            }
        }
        return Optional.empty();
    }

    /** The architecture of an AUDIT_ARCH constant. */
    static Optional<Arch> known(int audit) {
        for (Arch arch : Arch.values()) {
            if (arch.audit() == audit) {
                return Optional.of(arch);
            }
        }
        return Optional.empty();
    }
}
