package org.jpledge.launch;

import java.util.OptionalInt;
import org.jpledge.machine.Assembler;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;

/**
 * What differs between the processors that launchers are generated for, beyond their instructions: numbers of system
 * calls, and the layout of the registers that ptrace(2) hands out (NT_PRSTATUS, {@code struct user_regs_struct} and
 * {@code struct user_pt_regs}).
 *
 * @param arch the architecture
 * @param registers size of the register set
 * @param pc offset of the instruction pointer
 * @param sp offset of the stack pointer
 * @param number offset of the register that takes a system call's number
 * @param result offset of the register that takes its result
 * @param arguments offsets of the registers that take its arguments
 * @param interrupted offset of the number of the call that a stop interrupted, -1 for none; or -1 where the registers do
 *     not say it
 * @param callLength size of the instruction that makes a system call
 * @param afterBreakpoint how far beyond a breakpoint the instruction pointer is when it has been hit
 */
record Target(
        Arch arch,
        int registers,
        int pc,
        int sp,
        int number,
        int result,
        int[] arguments,
        int interrupted,
        int callLength,
        int afterBreakpoint) {
    static Target of(Arch arch) {
        return switch (arch) {
            case X86_64 -> new Target(arch, 216, 128, 152, 80, 80, new int[] {112, 104, 96, 56, 72, 44}, 120, 2, 1);
            case AARCH64 -> new Target(arch, 272, 256, 248, 64, 0, new int[] {0, 8, 16, 24, 32, 40}, -1, 4, 0);
            default -> throw new IllegalArgumentException("no launchers for " + arch.label());
        };
    }

    Assembler assembler() {
        return arch == Arch.AARCH64 ? Assembler.aarch64() : Assembler.x8664();
    }

    /** The architecture's number of a call that every architecture here has. */
    int call(String name) {
        OptionalInt number = SyscallTable.of(arch).number(name);
        if (number.isEmpty()) {
            throw new IllegalArgumentException(arch.label() + " has no " + name);
        }
        return number.getAsInt();
    }

    /** The breakpoint instruction, alone. */
    byte[] breakpoint() {
        Assembler code = assembler();
        code.breakpoint();
        return code.assemble();
    }

    /** The instruction that makes a system call, filled up to eight bytes. */
    long callInstruction() {
        Assembler code = assembler();
        code.syscall();
        code.align(8);
        byte[] bytes = code.assemble();
        long word = 0;
        for (int i = 7; i >= 0; i--) {
            word = word << 8 | bytes[i] & 0xff;
        }
        return word;
    }
}
