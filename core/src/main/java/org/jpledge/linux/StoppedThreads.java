package org.jpledge.linux;

import java.lang.foreign.MemorySegment;
import org.jpledge.machine.Assembler;
import org.jpledge.machine.Compare;
import org.jpledge.machine.Label;
import org.jpledge.machine.Reg;
import org.jpledge.machine.Size;

/**
 * The machine code of {@link Broadcast}: a signal handler in which threads wait, and the function that makes them.
 *
 * <p>While the threads of a JVM wait in the handler, one of them may hold any lock, malloc's or the JVM's own; a safepoint
 * cannot be reached. So what goes on meanwhile is not Java: it needs nothing but the kernel.
 */
final class StoppedThreads {
    /** A thread of which nothing is known yet. */
    private static final int UNKNOWN = 0;

    /** It was sent the signal. */
    private static final int ASKED = 1;

    /** It waits in the handler. */
    private static final int WAITING = 2;

    /** It has restricted itself. */
    private static final int RESTRICTED = 3;

    /** It went on without, because it was told to, or nobody told it anything for too long. */
    private static final int WENT_ON = 4;

    /** What the function returns: every thread is restricted. */
    static final int ALL_RESTRICTED = 0;

    /** A thread did not come in time: {@link #THREAD}. Nobody is restricted. */
    static final int THREAD_MISSING = 1;

    /** A thread could not restrict itself: {@link #THREAD}, {@link #ERROR}. Others could. */
    static final int THREAD_FAILED = 2;

    /** What waiting threads are told. */
    static final int WAIT = 0;

    private static final int RESTRICT = 1;
    private static final int GO_ON = 2;

    // The memory that both share, and with Java.
    /** Address of a byte for each thread that there can be. */
    static final int STATES = 0;

    /** Address and size of what is read from /proc/self/task, and its descriptor. */
    static final int LIST = 8;

    static final int LIST_SIZE = 16;
    static final int TASKS = 24;

    /** Of the process. */
    static final int PROCESS = 32;

    /** The thread that calls the function. */
    static final int SELF = 40;

    static final int SIGNAL = 48;

    /** Address of a siginfo_t. */
    static final int INFO = 56;

    /** A timespec of CLOCK_MONOTONIC: until when all threads must have come. */
    static final int DEADLINE = 64;

    private static final int NOW = 80;

    /** A word: what waiting threads are told. */
    static final int ORDER = 96;

    static final int RULESET = 104;
    static final int FLAGS = 112;

    /** Answers: the thread that is to blame, an error below zero, how many are restricted. */
    static final int THREAD = 120;

    static final int ERROR = 128;
    static final int COUNT = 136;

    /** A timespec: how long a thread waits in the handler if nobody tells it anything. */
    static final int PATIENCE = 144;

    /** A thread that has ended although it is listed; 0 if there is none. */
    static final int ENDED = 160;

    /** How often the list has been gone through since it was read. */
    private static final int LOOKS = 168;

    private static final int SAVED = 192;

    /** The size of all this. */
    static final int SIZE = 256;

    /** Higher than any thread's number: the kernel's PID_MAX_LIMIT. */
    static final int MOST_THREADS = 1 << 22;

    /** So often the list is gone through before it is read again, in case threads have ended: with many threads, reading takes longest. */
    private static final int MOST_LOOKS = 16;

    private static final int ENTRY_LENGTH = 16;
    private static final int ENTRY_NAME = 19;
    private static final int LONGEST_ENTRY = 280;
    private static final int FUTEX_WAIT_PRIVATE = 128;
    private static final int FUTEX_WAKE_PRIVATE = 129;
    private static final int ETIMEDOUT = 110;
    private static final int CLOCK_MONOTONIC = 1;
    private static final int PR_SET_NO_NEW_PRIVS = 38;
    private static final Reg[] KEPT = {Reg.S0, Reg.S1, Reg.S2, Reg.S3, Reg.S4, Reg.S5};

    private StoppedThreads() {}

    /**
     * The handler. A thread that comes here waits, and restricts itself if it is told so.
     *
     * @param shared the shared memory
     */
    static SignalAction handler(MemorySegment shared) throws KernelException {
        Assembler code = GeneratedCode.assembler();
        SignalAction.emitRestorer(code);
        final int entry = code.length();
        Label wait = code.label();
        Label told = code.label();
        Label goOn = code.label();
        Label mark = code.label();
        Label end = code.label();
        code.enter();
        GeneratedCode.address(code, Reg.S0, shared);
        // Late: a signal from an attempt that is over.
        code.load(Size.WORD, Reg.T0, Reg.S0, ORDER);
        code.jumpIf(Reg.T0, Compare.NE, WAIT, end);
        GeneratedCode.call(code, "gettid");
        code.move(Reg.S5, Reg.RESULT);
        code.jumpIf(Reg.S5, Compare.HS, MOST_THREADS, end);
        code.load(Size.LONG, Reg.S1, Reg.S0, STATES);
        code.add(Reg.S1, Reg.S5);
        code.set(Reg.T0, WAITING);
        code.store(Size.BYTE, Reg.S1, 0, Reg.T0);

        code.bind(wait);
        code.load(Size.WORD, Reg.T0, Reg.S0, ORDER);
        code.jumpIf(Reg.T0, Compare.NE, WAIT, told);
        futex(code, FUTEX_WAIT_PRIVATE, WAIT);
        code.jumpIf(Reg.RESULT, Compare.EQ, -ETIMEDOUT, goOn);
        code.jump(wait);

        code.bind(told);
        code.jumpIf(Reg.T0, Compare.NE, RESTRICT, goOn);
        code.set(Reg.A0, PR_SET_NO_NEW_PRIVS);
        code.set(Reg.A1, 1);
        code.set(Reg.A2, 0);
        code.set(Reg.A3, 0);
        code.set(Reg.A4, 0);
        GeneratedCode.call(code, "prctl");
        code.load(Size.LONG, Reg.A0, Reg.S0, RULESET);
        code.load(Size.LONG, Reg.A1, Reg.S0, FLAGS);
        GeneratedCode.call(code, "landlock_restrict_self");
        code.move(Reg.S2, Reg.RESULT);
        code.set(Reg.T0, RESTRICTED);
        code.jumpIf(Reg.S2, Compare.EQ, 0, mark);
        code.store(Size.LONG, Reg.S0, ERROR, Reg.S2);

        code.bind(goOn);
        code.set(Reg.T0, WENT_ON);
        code.bind(mark);
        code.store(Size.BYTE, Reg.S1, 0, Reg.T0);
        code.bind(end);
        code.leave();
        return SignalAction.handler(GeneratedCode.place(code), entry);
    }

    /**
     * The function: reads the list of threads and sends the signal to each that has not got it, again and again, until a
     * complete list has none that does not wait. As nobody can start or end a thread then but the caller, these are all. It
     * tells them to restrict themselves, and sees to it that they have. Its argument is the shared memory.
     */
    static MemorySegment function() throws KernelException {
        Assembler code = GeneratedCode.assembler();
        Label parse = code.label();
        Label read = code.label();
        Label look = code.label();
        Label missing = code.label();
        Label notYet = code.label();
        Label late = code.label();
        Label end = code.label();
        code.enter();
        for (int i = 0; i < KEPT.length; i++) {
            code.store(Size.LONG, Reg.A0, SAVED + Long.BYTES * i, KEPT[i]);
        }
        code.move(Reg.S0, Reg.A0);

        code.bind(read);
        emitRead(code, notYet);
        code.set(Reg.T0, 0);
        code.store(Size.LONG, Reg.S0, LOOKS, Reg.T0);
        code.bind(look);
        emitAsk(code, parse);
        code.jumpIf(Reg.S3, Compare.NE, 0, missing);
        // Only a list that is as new as the answers has all threads.
        code.load(Size.LONG, Reg.T0, Reg.S0, LOOKS);
        code.jumpIf(Reg.T0, Compare.NE, 0, read);
        // The kernel goes from thread to thread and stops where the one it stands at has just ended: with others behind
        // it?
        code.load(Size.LONG, Reg.A0, Reg.S0, PROCESS);
        code.move(Reg.A1, Reg.S4);
        code.set(Reg.A2, 0);
        GeneratedCode.call(code, "tgkill");
        code.jumpIf(Reg.RESULT, Compare.NE, 0, notYet);
        emitRestrict(code, parse);
        code.jump(end);

        code.bind(notYet);
        code.set(Reg.T0, MOST_LOOKS);
        code.store(Size.LONG, Reg.S0, LOOKS, Reg.T0);
        code.bind(missing);
        code.store(Size.LONG, Reg.S0, THREAD, Reg.S3);
        code.set(Reg.A0, CLOCK_MONOTONIC);
        at(code, Reg.A1, NOW);
        GeneratedCode.call(code, "clock_gettime");
        Label inTime = code.label();
        code.load(Size.LONG, Reg.T0, Reg.S0, NOW);
        code.load(Size.LONG, Reg.A0, Reg.S0, DEADLINE);
        code.jumpIf(Reg.T0, Compare.LT, Reg.A0, inTime);
        code.jumpIf(Reg.T0, Compare.NE, Reg.A0, late);
        code.load(Size.LONG, Reg.T0, Reg.S0, NOW + Long.BYTES);
        code.load(Size.LONG, Reg.A0, Reg.S0, DEADLINE + Long.BYTES);
        code.jumpIf(Reg.T0, Compare.GE, Reg.A0, late);
        code.bind(inTime);
        GeneratedCode.call(code, "sched_yield");
        code.load(Size.LONG, Reg.T0, Reg.S0, LOOKS);
        code.jumpIf(Reg.T0, Compare.HS, MOST_LOOKS, read);
        code.add(Reg.T0, 1);
        code.store(Size.LONG, Reg.S0, LOOKS, Reg.T0);
        code.load(Size.LONG, Reg.S1, Reg.S0, LIST);
        code.set(Reg.S3, 0);
        code.jump(look);

        code.bind(late);
        tell(code, GO_ON);
        code.set(Reg.S3, THREAD_MISSING);

        code.bind(end);
        code.move(Reg.T0, Reg.S3);
        for (int i = KEPT.length - 1; i >= 0; i--) {
            code.load(Size.LONG, KEPT[i], Reg.S0, SAVED + Long.BYTES * i);
        }
        code.move(Reg.RESULT, Reg.T0);
        code.leave();
        emitParse(code, parse);
        return GeneratedCode.place(code);
    }

    /** Reads the list: from S1 to S2. */
    private static void emitRead(Assembler code, Label failed) {
        code.set(Reg.S3, 0);
        code.load(Size.LONG, Reg.A0, Reg.S0, TASKS);
        code.set(Reg.A1, 0);
        code.set(Reg.A2, 0);
        GeneratedCode.call(code, "lseek");
        code.load(Size.LONG, Reg.A0, Reg.S0, TASKS);
        code.load(Size.LONG, Reg.A1, Reg.S0, LIST);
        code.load(Size.LONG, Reg.A2, Reg.S0, LIST_SIZE);
        GeneratedCode.call(code, "getdents64");
        code.move(Reg.S2, Reg.RESULT);
        code.jumpIf(Reg.S2, Compare.LT, 1, failed);
        // A full buffer may not be the whole list.
        code.load(Size.LONG, Reg.T0, Reg.S0, LIST_SIZE);
        code.add(Reg.T0, -LONGEST_ENTRY);
        code.jumpIf(Reg.S2, Compare.HS, Reg.T0, failed);
        code.load(Size.LONG, Reg.S1, Reg.S0, LIST);
        code.add(Reg.S2, Reg.S1);
    }

    /** Sends the signal to whom it has not been sent. Then S3 is a thread that does not wait, or 0; S4 is the last thread. */
    private static void emitAsk(Assembler code, Label parse) {
        Label each = code.label();
        Label next = code.label();
        Label listed = code.label();
        code.set(Reg.S4, 0);
        code.bind(each);
        code.jumpIf(Reg.S1, Compare.HS, Reg.S2, listed);
        code.call(parse);
        code.jumpIf(Reg.S5, Compare.EQ, 0, next);
        code.move(Reg.S4, Reg.S5);
        skipSelf(code, next);
        state(code);
        code.jumpIf(Reg.T0, Compare.EQ, WAITING, next);
        code.move(Reg.S3, Reg.S5);
        code.jumpIf(Reg.T0, Compare.NE, UNKNOWN, next);
        code.set(Reg.T0, ASKED);
        code.store(Size.BYTE, Reg.A0, 0, Reg.T0);
        code.load(Size.LONG, Reg.A0, Reg.S0, PROCESS);
        code.move(Reg.A1, Reg.S5);
        code.load(Size.LONG, Reg.A2, Reg.S0, SIGNAL);
        code.load(Size.LONG, Reg.A3, Reg.S0, INFO);
        GeneratedCode.call(code, "rt_tgsigqueueinfo");
        code.jumpIf(Reg.RESULT, Compare.EQ, 0, next);
        // It has ended, or its queue is full: the next list will tell.
        state(code);
        code.set(Reg.T0, UNKNOWN);
        code.store(Size.BYTE, Reg.A0, 0, Reg.T0);
        code.bind(next);
        code.load(Size.HALF, Reg.T0, Reg.S1, ENTRY_LENGTH);
        code.add(Reg.S1, Reg.T0);
        code.jump(each);
        code.bind(listed);
    }

    /** Tells all to restrict themselves, and goes along the list until they have. S3 is the function's result. */
    private static void emitRestrict(Assembler code, Label parse) {
        Label each = code.label();
        Label again = code.label();
        Label restricted = code.label();
        Label next = code.label();
        Label over = code.label();
        tell(code, RESTRICT);
        code.load(Size.LONG, Reg.S1, Reg.S0, LIST);
        code.set(Reg.S3, ALL_RESTRICTED);
        code.set(Reg.S4, 0);
        code.bind(each);
        code.jumpIf(Reg.S1, Compare.HS, Reg.S2, over);
        code.call(parse);
        code.jumpIf(Reg.S5, Compare.EQ, 0, next);
        skipSelf(code, next);
        Label look = code.here();
        state(code);
        code.jumpIf(Reg.T0, Compare.EQ, WAITING, again);
        code.jumpIf(Reg.T0, Compare.EQ, RESTRICTED, restricted);
        code.store(Size.LONG, Reg.S0, THREAD, Reg.S5);
        code.set(Reg.S3, THREAD_FAILED);
        code.jump(next);
        code.bind(again);
        GeneratedCode.call(code, "sched_yield");
        code.jump(look);
        code.bind(restricted);
        code.add(Reg.S4, 1);
        code.bind(next);
        code.load(Size.HALF, Reg.T0, Reg.S1, ENTRY_LENGTH);
        code.add(Reg.S1, Reg.T0);
        code.jump(each);
        code.bind(over);
        code.store(Size.LONG, Reg.S0, COUNT, Reg.S4);
    }

    /** A subroutine: S5 becomes the number in the name of the entry at S1, or 0 if it is {@code .} or {@code ..} */
    private static void emitParse(Assembler code, Label parse) {
        Label digit = code.label();
        Label end = code.label();
        code.bind(parse);
        code.enter();
        code.set(Reg.S5, 0);
        code.move(Reg.A0, Reg.S1);
        code.bind(digit);
        code.load(Size.BYTE, Reg.T0, Reg.A0, ENTRY_NAME);
        code.jumpIf(Reg.T0, Compare.LO, '0', end);
        code.move(Reg.A1, Reg.S5);
        code.shiftLeft(Reg.S5, 3);
        code.add(Reg.S5, Reg.A1);
        code.add(Reg.S5, Reg.A1);
        code.add(Reg.S5, Reg.T0);
        code.add(Reg.S5, -'0');
        code.add(Reg.A0, 1);
        code.jump(digit);
        code.bind(end);
        code.leave();
    }

    private static void skipSelf(Assembler code, Label next) {
        code.load(Size.LONG, Reg.T0, Reg.S0, SELF);
        code.jumpIf(Reg.S5, Compare.EQ, Reg.T0, next);
        code.load(Size.LONG, Reg.T0, Reg.S0, ENDED);
        code.jumpIf(Reg.S5, Compare.EQ, Reg.T0, next);
    }

    /** A0 becomes the address of the state of thread S5, T0 the state. */
    private static void state(Assembler code) {
        code.load(Size.LONG, Reg.A0, Reg.S0, STATES);
        code.add(Reg.A0, Reg.S5);
        code.load(Size.BYTE, Reg.T0, Reg.A0, 0);
    }

    private static void tell(Assembler code, int order) {
        code.set(Reg.T0, order);
        code.store(Size.WORD, Reg.S0, ORDER, Reg.T0);
        futex(code, FUTEX_WAKE_PRIVATE, Integer.MAX_VALUE);
    }

    private static void futex(Assembler code, int operation, int value) {
        at(code, Reg.A0, ORDER);
        code.set(Reg.A1, operation);
        code.set(Reg.A2, value);
        at(code, Reg.A3, PATIENCE);
        code.set(Reg.A4, 0);
        code.set(Reg.A5, 0);
        GeneratedCode.call(code, "futex");
    }

    private static void at(Assembler code, Reg reg, int offset) {
        code.move(reg, Reg.S0);
        code.add(reg, offset);
    }
}
