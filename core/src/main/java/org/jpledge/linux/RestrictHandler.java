package org.jpledge.linux;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.jpledge.landlock.RestrictFlag;
import org.jpledge.landlock.Rights;
import org.jpledge.machine.Assembler;
import org.jpledge.machine.Compare;
import org.jpledge.machine.Label;
import org.jpledge.machine.Reg;
import org.jpledge.machine.Size;

/**
 * The machine code with which a thread restricts itself when a signal tells it to, and the memory in which it answers.
 *
 * <p>A thread inherits its restriction from the one that started it, but has no way to ask whether it did. So a restricted
 * thread is marked with another thing that is inherited: the lowest ten bits of its timer slack, in nanoseconds
 * (PR_SET_TIMERSLACK). The mark stays.
 */
final class RestrictHandler {
    /** What a thread is asked: the upper half of the signal's value. The lower half is the number of its answer. */
    enum Question {
        /** To answer, no more. */
        ARE_YOU_THERE,
        /** To restrict itself. */
        RESTRICT,
        /** To restrict itself unless it has inherited a mark. */
        RESTRICT_UNLESS_MARKED
    }

    /** It is there, or has restricted itself. */
    static final int DONE = 0;

    /** It had the mark. */
    static final int WAS_MARKED = 1;

    private static final int MARK_BITS = 10;
    private static final int FIRST_MARK = 341;
    private static final int LAST_MARK = 503;

    private static final int SI_QUEUE = -1;
    private static final int SIGINFO_SIZE = 128;
    private static final int SI_CODE = 8;
    private static final int SI_PID = 16;
    private static final int SI_UID = 20;
    private static final int SI_VALUE = 24;
    private static final int PR_SET_TIMERSLACK = 29;
    private static final int PR_GET_TIMERSLACK = 30;
    private static final int PR_SET_NO_NEW_PRIVS = 38;

    private static final int TGSIGQUEUEINFO = Kernel.number("rt_tgsigqueueinfo");

    // Places in the memory that handler and Java share.
    private static final int RULESET = 0;
    private static final int FLAGS = 8;
    private static final int MARK = 16;
    private static final int ANSWERS = 64;
    private static final int MOST_ANSWERS = 1 << 20;

    private final MemorySegment shared = GeneratedCode.memory(ANSWERS + (long) Long.BYTES * MOST_ANSWERS);
    private final MemorySegment info = GeneratedCode.memory(SIGINFO_SIZE);
    private final long process = Kernel.require("getpid");
    private final SignalAction action;
    private int asked;
    private int mark = FIRST_MARK;

    RestrictHandler() throws KernelException {
        Assembler code = GeneratedCode.assembler();
        SignalAction.emitRestorer(code);
        int entry = code.length();
        emitHandler(code);
        action = SignalAction.handler(GeneratedCode.place(code), entry);
        info.set(ValueLayout.JAVA_INT, SI_CODE, SI_QUEUE);
        info.set(ValueLayout.JAVA_INT, SI_PID, (int) process);
        info.set(ValueLayout.JAVA_INT, SI_UID, (int) Kernel.require("getuid"));
    }

    /** What to install for a signal. */
    SignalAction action() {
        return action;
    }

    /** Says with what threads are to restrict themselves; they get another mark than the time before. */
    void load(int ruleset, Rights<RestrictFlag> flags) {
        if (mark == LAST_MARK) {
            throw new IllegalStateException("this process has been restricted too many times");
        }
        shared.set(ValueLayout.JAVA_LONG, RULESET, ruleset);
        shared.set(ValueLayout.JAVA_LONG, FLAGS, flags.bits());
        shared.set(ValueLayout.JAVA_LONG, MARK, mark++);
    }

    /**
     * Asks a thread.
     *
     * @return the number of its answer; below zero if it has ended
     */
    int ask(int signal, int thread, Question question) throws KernelException {
        if (asked == MOST_ANSWERS) {
            throw new IllegalStateException("this process has started too many threads while it was being restricted");
        }
        info.set(ValueLayout.JAVA_INT, 0, signal);
        info.set(ValueLayout.JAVA_INT, SI_VALUE, asked);
        info.set(ValueLayout.JAVA_INT, SI_VALUE + Integer.BYTES, question.ordinal());
        long sent = Kernel.call(TGSIGQUEUEINFO, process, thread, signal, info.address());
        if (sent == -KernelException.ESRCH) {
            return -1;
        }
        if (sent < 0) {
            throw KernelException.of("rt_tgsigqueueinfo", (int) -sent);
        }
        return asked++;
    }

    /** Whether there is an answer. */
    boolean hasAnswered(int number, int thread) {
        return (int) answer(number) == thread;
    }

    /** {@link #DONE}, {@link #WAS_MARKED}, or an error number below zero. */
    int result(int number) {
        return (int) (answer(number) >> Integer.SIZE);
    }

    private long answer(int number) {
        return shared.get(ValueLayout.JAVA_LONG, ANSWERS + (long) Long.BYTES * number);
    }

    /** The handler: {@code (signal, info, context)}. It answers with its thread's number and, above that, how it went. */
    private void emitHandler(Assembler code) {
        Label restrict = code.label();
        Label answer = code.label();
        Label done = code.label();
        code.enter();
        code.load(Size.WORD, Reg.S0, Reg.A1, SI_VALUE);
        code.load(Size.WORD, Reg.S3, Reg.A1, SI_VALUE + Integer.BYTES);
        // Whoever else sends such a signal must not choose where we write.
        code.jumpIf(Reg.S0, Compare.HS, MOST_ANSWERS, done);
        GeneratedCode.address(code, Reg.S1, shared);
        code.shiftLeft(Reg.S0, 3);
        code.add(Reg.S0, Reg.S1);
        code.load(Size.LONG, Reg.S2, Reg.S1, MARK);
        code.set(Reg.S5, DONE);
        code.jumpIf(Reg.S3, Compare.EQ, Question.ARE_YOU_THERE.ordinal(), answer);

        code.set(Reg.A0, PR_GET_TIMERSLACK);
        GeneratedCode.call(code, "prctl");
        code.move(Reg.S4, Reg.RESULT);
        code.jumpIf(Reg.S3, Compare.EQ, Question.RESTRICT.ordinal(), restrict);
        code.bits(Reg.T0, Reg.S4, 0, MARK_BITS);
        code.set(Reg.S5, WAS_MARKED);
        code.jumpIf(Reg.T0, Compare.EQ, Reg.S2, answer);

        code.bind(restrict);
        for (Reg reg : List.of(Reg.A2, Reg.A3, Reg.A4)) {
            code.set(reg, 0);
        }
        code.set(Reg.A0, PR_SET_NO_NEW_PRIVS);
        code.set(Reg.A1, 1);
        GeneratedCode.call(code, "prctl");
        code.load(Size.LONG, Reg.A0, Reg.S1, RULESET);
        code.load(Size.LONG, Reg.A1, Reg.S1, FLAGS);
        GeneratedCode.call(code, "landlock_restrict_self");
        code.move(Reg.S5, Reg.RESULT);
        code.jumpIf(Reg.S5, Compare.NE, 0, answer);
        code.bits(Reg.T0, Reg.S4, 0, MARK_BITS);
        code.subtract(Reg.S4, Reg.T0);
        code.add(Reg.S4, Reg.S2);
        code.set(Reg.A0, PR_SET_TIMERSLACK);
        code.move(Reg.A1, Reg.S4);
        GeneratedCode.call(code, "prctl");

        code.bind(answer);
        GeneratedCode.call(code, "gettid");
        code.move(Reg.T0, Reg.RESULT);
        code.shiftLeft(Reg.S5, Integer.SIZE);
        code.or(Reg.S5, Reg.T0);
        code.store(Size.LONG, Reg.S0, ANSWERS, Reg.S5);
        code.bind(done);
        code.leave();
    }
}
