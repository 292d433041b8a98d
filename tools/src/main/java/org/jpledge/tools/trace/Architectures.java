package org.jpledge.tools.trace;

import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;

/** Architectures by the numbers that ptrace(2) has for them. */
final class Architectures {
    private final Arch host = Arch.host();
    private final int execve = number("execve");
    private final int execveat = number("execveat");

    private int number(String name) {
        return SyscallTable.of(host).number(name).orElseThrow();
    }

    /**
     * The architecture of an AUDIT_ARCH number.
     *
     * @throws IllegalStateException if no table is known: a kernel of this machine runs no such programs
     */
    Arch of(int audit) {
        if (audit == host.audit()) {
            return host;
        }
        for (Arch arch : Arch.values()) {
            if (arch.audit() == audit) {
                return arch;
            }
        }
        throw new IllegalStateException("a program of an unknown architecture: " + Integer.toHexString(audit));
    }

    /** Whether a call executes a program. */
    boolean isExecution(int audit, int number) {
        return audit == host.audit() && (number == execve || number == execveat);
    }
}
