package org.jpledge.tools.inspect;

import java.nio.ByteOrder;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jpledge.bpf.AssemblyText;
import org.jpledge.bpf.Comparison;
import org.jpledge.bpf.Disassembler;
import org.jpledge.bpf.Insn;
import org.jpledge.bpf.Program;
import org.jpledge.bpf.Provenance;
import org.jpledge.bpf.SeccompData;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Constants;
import org.jpledge.syscall.Errno;
import org.jpledge.syscall.SyscallTable;

/** Programs as text, with the names of what they compare, and back. */
public final class Listing {
    private static final String AUDIT = "AUDIT_ARCH_";
    private static final int ERRNO = 0x00050000;
    private static final int DATA = 0xffff;

    private Listing() {}

    /**
     * A program as text.
     *
     * @param program the program
     * @param order its byte order
     * @param arch whose system calls are meant where the program itself does not ask
     * @return lines that end in a newline; {@link #read} makes the same program of them
     */
    public static String of(Program program, ByteOrder order, Arch arch) {
        Provenance provenance = new Provenance(program);
        return Disassembler.text(program, order, at -> name(program.insns().get(at), provenance, at, arch));
    }

    private static String name(Insn insn, Provenance provenance, int at, Arch fallback) {
        Arch arch = ProgramFile.known(provenance.arch(at)).orElse(fallback);
        if (insn instanceof Insn.Return(int k) && (k & ~DATA) == ERRNO) {
            return Errno.name(arch, k & DATA).orElse("");
        }
        if (!(insn instanceof Insn.JumpIf jump)) {
            return "";
        }
        if (provenance.word(at) == SeccompData.ARCH && jump.test() == Comparison.EQ) {
            return ProgramFile.known(jump.k()).map(Arch::label).orElse("");
        }
        if (provenance.word(at) == SeccompData.NR && jump.test() != Comparison.SET) {
            return SyscallTable.of(arch).name(jump.k()).orElse("");
        }
        return "";
    }

    /**
     * Reads a program that is text. Constants may have the names that rules know, {@code AUDIT_ARCH_} and an architecture,
     * and {@code SYS_} and a system call.
     *
     * @param text the text
     * @param arch whose constants and system calls are meant
     * @return the program
     * @throws org.jpledge.bpf.AssemblySyntaxException if a line is not right
     * @throws org.jpledge.bpf.InvalidProgramException if the kernel would not take the program
     */
    public static Program read(String text, Arch arch) {
        return AssemblyText.parse(text, arch.order(), name -> constant(name, arch));
    }

    private static OptionalLong constant(String name, Arch arch) {
        if (name.startsWith(AUDIT)) {
            Optional<Arch> named = Arch.parse(name.substring(AUDIT.length()).toLowerCase(Locale.ROOT));
            return named.isPresent()
                    ? OptionalLong.of(Integer.toUnsignedLong(named.get().audit()))
                    : OptionalLong.empty();
        }
        if (name.startsWith("SYS_")) {
            OptionalInt call = SyscallTable.of(arch).number(name.substring("SYS_".length()));
            return call.isPresent() ? OptionalLong.of(call.getAsInt()) : OptionalLong.empty();
        }
        return Constants.of(arch).value(name);
    }
}
