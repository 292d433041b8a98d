package org.jpledge.launch;

import static org.jpledge.machine.Reg.A0;
import static org.jpledge.machine.Reg.A1;
import static org.jpledge.machine.Reg.A2;
import static org.jpledge.machine.Reg.RESULT;

import org.jpledge.machine.Assembler;
import org.jpledge.syscall.Arch;

/**
 * A static ELF executable that asks the kernel for its version of Landlock and exits with the answer: for who would need
 * longer to ask than to start a process.
 */
public final class LandlockProbe {
    private static final int VERSION = 1;

    /** Above these, a status of a shell says that the program could not be executed. */
    private static final int HIGHEST = 125;

    private static final int ERRORS = 128;
    private static final int STATUSES = 256;

    private LandlockProbe() {}

    /**
     * The program.
     *
     * @param arch the processor: x86-64 or aarch64
     * @return an ELF executable
     */
    public static byte[] of(Arch arch) {
        Target target = Target.of(arch);
        Assembler asm = target.assembler();
        asm.set(A0, 0);
        asm.set(A1, 0);
        asm.set(A2, VERSION);
        asm.syscall(target.call("landlock_create_ruleset"));
        asm.move(A0, RESULT);
        asm.syscall(target.call("exit_group"));
        return ElfImage.of(arch, new byte[0], 0, asm.assemble());
    }

    /**
     * What the kernel answered, by the program's exit status.
     *
     * @param status as a shell has it
     * @return a version, or an error number below zero; 0 if the program was not executed
     */
    public static int answer(int status) {
        if (status > HIGHEST && status < ERRORS) {
            return 0;
        }
        return status < ERRORS ? status : status - STATUSES;
    }
}
