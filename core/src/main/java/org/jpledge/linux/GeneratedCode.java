package org.jpledge.linux;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jpledge.machine.Assembler;
import org.jpledge.machine.Reg;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;

/**
 * Machine code in this process, and memory for it to work with. Neither is ever given back: a signal may still be on its way.
 * Code is never writable while it is executable.
 */
final class GeneratedCode {
    private static final int PROT_READ_WRITE = 3;
    private static final int PROT_READ_EXEC = 5;
    private static final int MAP_PRIVATE_ANONYMOUS = 0x22;
    private static final int MAP_NORESERVE = 0x4000;

    private GeneratedCode() {}

    /** An assembler for the processor at hand. */
    static Assembler assembler() {
        return switch (Arch.host()) {
            case X86_64 -> Assembler.x8664();
            case AARCH64 -> Assembler.aarch64();
            default ->
                throw new UnsupportedOperationException(
                        "no machine code is generated for " + Arch.host().label() + ", only for x86-64 and aarch64");
        };
    }

    /** Sets the number and makes a system call. */
    static void call(Assembler to, String name) {
        to.syscall(SyscallTable.of(Arch.host()).number(name).orElseThrow());
    }

    /** Sets a register to a word in memory that is known by its address. */
    static void address(Assembler to, Reg reg, MemorySegment memory) {
        to.set(reg, memory.address());
    }

    /** Puts finished code where it can be executed. */
    static MemorySegment place(Assembler assembler) throws KernelException {
        byte[] code = assembler.assemble();
        MemorySegment memory = memory(code.length);
        MemorySegment.copy(code, 0, memory, ValueLayout.JAVA_BYTE, 0, code.length);
        // The kernel makes the processor see the new instructions when a written page becomes executable.
        Kernel.require("mprotect", memory.address(), memory.byteSize(), PROT_READ_EXEC);
        return memory;
    }

    /** Zeroed memory that is there for good; pages that are not touched cost nothing. */
    static MemorySegment memory(long size) throws KernelException {
        long address = Kernel.require("mmap", 0, size, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS | MAP_NORESERVE, -1, 0);
        return MemorySegment.ofAddress(address).reinterpret(size);
    }
}
