package org.jpledge.machine;

/**
 * The registers that generated code may name, by their role in a Linux system call.
 *
 * <p>A system call leaves {@link #S0} to {@link #S5} and {@link #SP} as they are; everything else may be changed by
 * it. {@link #RESULT} is where it returns: on aarch64 that is {@link #A0}, on x86-64 it is {@link #NR}, so a result is
 * to be read or moved before either is written.
 */
public enum Reg {
    /** First argument. */
    A0,
    /** Second argument. */
    A1,
    /** Third argument. */
    A2,
    /** Fourth argument. */
    A3,
    /** Fifth argument. */
    A4,
    /** Sixth argument. */
    A5,
    /** Number of the system call. */
    NR,
    /** What a system call returned: negative error numbers from -4095 to -1. */
    RESULT,
    /** Scratch. */
    T0,
    /** Scratch; the assembler itself uses it for constants that do not fit into an instruction. */
    T1,
    /** Kept over system calls and subroutines. */
    S0,
    /** Kept over system calls and subroutines. */
    S1,
    /** Kept over system calls and subroutines. */
    S2,
    /** Kept over system calls and subroutines. */
    S3,
    /** Kept over system calls and subroutines. */
    S4,
    /** Kept over system calls and subroutines. */
    S5,
    /** Stack pointer. */
    SP;

    /**
     * This register, where the stack pointer cannot be meant: its number on aarch64 is the zero register's in most
     * instructions.
     */
    Reg general() {
        if (this == SP) {
            throw new IllegalArgumentException("the stack pointer is no operand of this");
        }
        return this;
    }
}
