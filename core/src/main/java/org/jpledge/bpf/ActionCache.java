package org.jpledge.bpf;

import java.util.List;

/**
 * The kernel's shortcut (Linux 5.11 and later): when a filter is attached, the kernel follows it once for every system
 * call, and calls that are allowed on a path that looks at nothing but the number and the architecture never run the
 * program again.
 */
public final class ActionCache {
    /** The one answer that is remembered: SECCOMP_RET_ALLOW without data. */
    public static final int ALLOW = 0x7fff0000;

    private ActionCache() {}

    /**
     * Follows a program as the kernel does when it fills its bitmap.
     *
     * @param program the filter
     * @param arch the architecture, an AUDIT_ARCH constant
     * @param nr the system call's number
     * @return whether the kernel will let the call through without running the program
     */
    public static boolean allows(Program program, int arch, int nr) {
        List<Insn> insns = program.insns();
        int a = 0;
        int at = 0;
        while (true) {
            switch (insns.get(at++)) {
                case Insn.LoadWord(int offset) -> {
                    if (offset == SeccompData.NR) {
                        a = nr;
                    } else if (offset == SeccompData.ARCH) {
                        a = arch;
                    } else {
                        return false;
                    }
                }
                case Insn.Return(int k) -> {
                    return k == ALLOW;
                }
                case Insn.Jump jump -> at += jump.distance();
                case Insn.JumpIf jump -> at += jump.test().holds(a, jump.k()) ? jump.jt() : jump.jf();
                case Insn.AluConstant(Alu operation, int k) -> {
                    if (operation != Alu.AND) {
                        return false;
                    }
                    a &= k;
                }
                default -> {
                    return false;
                }
            }
        }
    }
}
