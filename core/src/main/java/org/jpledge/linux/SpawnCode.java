package org.jpledge.linux;

import java.lang.foreign.MemorySegment;
import org.jpledge.machine.Assembler;
import org.jpledge.machine.Compare;
import org.jpledge.machine.Label;
import org.jpledge.machine.Reg;
import org.jpledge.machine.Size;

/**
 * The machine code that makes a child process. A JVM cannot fork: only the calling thread would go on in the child. So the
 * child shares the JVM's memory, has a stack of its own, runs nothing but this code, and makes one system call after the
 * other from a table until it executes a program.
 */
final class SpawnCode {
    // The memory that parent and child share, and with Java.
    private static final int SAVED = 0;

    /** A signal set: all of them. */
    static final int ALL_SIGNALS = 48;

    private static final int OLD_SIGNALS = 56;

    /** The upper end of the child's stack. */
    static final int STACK = 64;

    /** For clone(2). */
    static final int FLAGS = 72;

    /** Address of the first call in the table. */
    static final int CALLS = 80;

    /** Address of the call that failed, or 0. */
    static final int FAILED = 88;

    /** The size of all this. */
    static final int SIZE = 96;

    // A call in the table: number, six arguments, the result, and whether it may fail.
    /** First argument. */
    static final int ARGUMENTS = 8;

    static final int RESULT = 56;
    static final int MAY_FAIL = 64;
    static final int CALL_SIZE = 72;

    private static final int SIG_SETMASK = 2;
    private static final int FAILURE = 127;
    private static final int FIRST_ERROR = -4095;
    private static final Reg[] KEPT = {Reg.S0, Reg.S1, Reg.S2, Reg.S3, Reg.S4, Reg.S5};
    private static final Reg[] REGISTERS = {Reg.A0, Reg.A1, Reg.A2, Reg.A3, Reg.A4, Reg.A5};

    private SpawnCode() {}

    /** The function. Its argument is the shared memory; it returns what clone(2) does. */
    static MemorySegment function() throws KernelException {
        Assembler code = GeneratedCode.assembler();
        Label child = code.label();
        code.enter();
        for (int i = 0; i < KEPT.length; i++) {
            code.store(Size.LONG, Reg.A0, SAVED + Long.BYTES * i, KEPT[i]);
        }
        code.move(Reg.S0, Reg.A0);
        // No handler of the JVM may run in the child.
        mask(code, ALL_SIGNALS, OLD_SIGNALS);
        code.load(Size.LONG, Reg.A0, Reg.S0, FLAGS);
        code.load(Size.LONG, Reg.A1, Reg.S0, STACK);
        code.set(Reg.A2, 0);
        code.set(Reg.A3, 0);
        code.set(Reg.A4, 0);
        GeneratedCode.call(code, "clone");
        code.move(Reg.S1, Reg.RESULT);
        code.jumpIf(Reg.S1, Compare.EQ, 0, child);
        mask(code, OLD_SIGNALS, 0);
        code.move(Reg.T0, Reg.S1);
        for (int i = KEPT.length - 1; i >= 0; i--) {
            code.load(Size.LONG, KEPT[i], Reg.S0, SAVED + Long.BYTES * i);
        }
        code.move(Reg.RESULT, Reg.T0);
        code.leave();
        code.bind(child);
        emitChild(code);
        return GeneratedCode.place(code);
    }

    private static void emitChild(Assembler code) {
        Label next = code.label();
        code.load(Size.LONG, Reg.S2, Reg.S0, CALLS);
        Label each = code.here();
        for (int i = 0; i < REGISTERS.length; i++) {
            code.load(Size.LONG, REGISTERS[i], Reg.S2, ARGUMENTS + Long.BYTES * i);
        }
        code.load(Size.LONG, Reg.NR, Reg.S2, 0);
        code.syscall();
        code.move(Reg.S3, Reg.RESULT);
        code.store(Size.LONG, Reg.S2, RESULT, Reg.S3);
        code.jumpIf(Reg.S3, Compare.LO, FIRST_ERROR, next);
        code.load(Size.LONG, Reg.T0, Reg.S2, MAY_FAIL);
        code.jumpIf(Reg.T0, Compare.NE, 0, next);
        code.store(Size.LONG, Reg.S0, FAILED, Reg.S2);
        code.set(Reg.A0, FAILURE);
        GeneratedCode.call(code, "exit_group");
        code.bind(next);
        code.add(Reg.S2, CALL_SIZE);
        code.jump(each);
    }

    private static void mask(Assembler code, int set, int old) {
        code.set(Reg.A0, SIG_SETMASK);
        at(code, Reg.A1, set);
        if (old == 0) {
            code.set(Reg.A2, 0);
        } else {
            at(code, Reg.A2, old);
        }
        code.set(Reg.A3, Long.BYTES);
        GeneratedCode.call(code, "rt_sigprocmask");
    }

    private static void at(Assembler code, Reg reg, int offset) {
        code.move(reg, Reg.S0);
        code.add(reg, offset);
    }
}
