package org.jpledge.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jpledge.machine.Assembler;
import org.jpledge.machine.Compare;
import org.jpledge.machine.Label;
import org.jpledge.machine.Reg;
import org.jpledge.machine.Size;
import org.jpledge.syscall.Arch;

/**
 * What seccomp refused to this process's threads, where a filter answers with SIGSYS (SECCOMP_RET_TRAP).
 *
 * <p>The handler is machine code: it may run in any thread at any place, where Java cannot. With the filter's data
 * {@link #REPORT} it writes a record into memory outside the heap and lets the call return EPERM; with {@link #KILL} it
 * writes a line to standard error and the process dies of SIGSYS.
 */
public final class Violations {
    /** The filter's data for a call that is to fail, and to be seen. */
    public static final int REPORT = 1;

    /** The filter's data for a call that is to end the process. */
    public static final int KILL = 2;

    /** How many records there are before the oldest is overwritten. */
    public static final int CAPACITY = 1 << 16;

    private static final int SIGSYS = 31;
    private static final int EPERM = 1;
    private static final int SIG_UNBLOCK = 1;
    private static final int PR_GET_NAME = 16;
    private static final int FUTEX_WAIT_PRIVATE = 128;
    private static final int FUTEX_WAKE_PRIVATE = 129;
    private static final int STANDARD_ERROR = 2;
    private static final int DEATH_STATUS = 159;

    // siginfo_t of SIGSYS.
    private static final int SI_ERRNO = 4;
    private static final int SI_CALL_ADDR = 16;
    private static final int SI_SYSCALL = 24;

    /** How many calls have a line for their death. */
    private static final int MOST_CALLS = 1024;

    // The shared memory: how many records were begun; a kernel's sigaction that is all zeros; the set of SIGSYS alone.
    private static final int BEGUN = 0;
    private static final int DEFAULT_ACTION = 64;
    private static final int SIGSYS_SET = 96;
    private static final int LINES = 128;
    private static final int RECORDS = LINES + 16 * (MOST_CALLS + 1);

    // A record. Its number, counted from 1, is written last.
    private static final int RECORD_SIZE = 128;
    private static final int NUMBER = 0;
    private static final int THREAD = 8;
    private static final int CALL = 16;
    private static final int ADDRESS = 24;
    private static final int ARGUMENTS = 32;
    private static final int NAME = 80;
    private static final int NAME_SIZE = 16;
    private static final int RECORD_BITS = 7;

    /**
     * A refused system call.
     *
     * @param number counts all of them, from 1
     * @param thread the thread's number, see gettid(2)
     * @param name the thread's name as the kernel has it, at most 15 bytes
     * @param call the system call's number
     * @param arguments its six arguments
     * @param address the instruction that made it, or the one behind it
     */
    public record Refused(long number, int thread, String name, int call, long[] arguments, long address) {}

    private final MemorySegment shared = GeneratedCode.memory(RECORDS + (long) CAPACITY * RECORD_SIZE);
    private long read;
    private long lost;

    /**
     * Installs the handler.
     *
     * @param lines for each system call by number what {@link #KILL} is to say; null for what can be said of any
     * @param other what is said of any other
     * @throws KernelException if the kernel refuses
     */
    public Violations(String[] lines, String other) throws KernelException {
        shared.set(ValueLayout.JAVA_LONG, SIGSYS_SET, 1L << SIGSYS - 1);
        for (int i = 0; i <= MOST_CALLS; i++) {
            String line = i < lines.length && lines[i] != null ? lines[i] : other;
            byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
            MemorySegment text = Arena.global().allocate(bytes.length);
            MemorySegment.copy(bytes, 0, text, ValueLayout.JAVA_BYTE, 0, bytes.length);
            shared.set(ValueLayout.JAVA_LONG, LINES + 16L * i, text.address());
            shared.set(ValueLayout.JAVA_LONG, LINES + 16L * i + Long.BYTES, bytes.length);
        }
        Assembler code = GeneratedCode.assembler();
        SignalAction.emitRestorer(code);
        int entry = code.length();
        emitHandler(code);
        SignalAction.handler(GeneratedCode.place(code), entry).install(SIGSYS);
    }

    private void emitHandler(Assembler code) {
        Label report = code.label();
        code.enter();
        code.move(Reg.S1, Reg.A1);
        code.move(Reg.S2, Reg.A2);
        GeneratedCode.address(code, Reg.S0, shared);
        code.load(Size.WORD, Reg.T0, Reg.S1, SI_ERRNO);
        code.jumpIf(Reg.T0, Compare.NE, KILL, report);
        emitDeath(code);
        code.bind(report);
        emitRecord(code);
        code.leave();
    }

    private static void emitRecord(Assembler code) {
        code.count(Reg.S3, Reg.S0);
        code.bits(Reg.S4, Reg.S3, 0, Integer.numberOfTrailingZeros(CAPACITY));
        code.shiftLeft(Reg.S4, RECORD_BITS);
        code.add(Reg.S4, Reg.S0);
        code.add(Reg.S4, RECORDS);
        code.set(Reg.T0, 0);
        code.store(Size.LONG, Reg.S4, NUMBER, Reg.T0);
        GeneratedCode.call(code, "gettid");
        code.move(Reg.T0, Reg.RESULT);
        code.store(Size.LONG, Reg.S4, THREAD, Reg.T0);
        code.load(Size.WORD, Reg.T0, Reg.S1, SI_SYSCALL);
        code.store(Size.LONG, Reg.S4, CALL, Reg.T0);
        code.load(Size.LONG, Reg.T0, Reg.S1, SI_CALL_ADDR);
        code.store(Size.LONG, Reg.S4, ADDRESS, Reg.T0);
        int[] arguments = argumentsInContext();
        for (int i = 0; i < arguments.length; i++) {
            code.load(Size.LONG, Reg.T0, Reg.S2, arguments[i]);
            code.store(Size.LONG, Reg.S4, ARGUMENTS + Long.BYTES * i, Reg.T0);
        }
        code.set(Reg.A0, PR_GET_NAME);
        code.move(Reg.A1, Reg.S4);
        code.add(Reg.A1, NAME);
        GeneratedCode.call(code, "prctl");
        code.set(Reg.T0, -EPERM);
        code.store(Size.LONG, Reg.S2, resultInContext(), Reg.T0);
        // The last step tells Java that the record is whole; counting orders it behind the others on every processor.
        code.move(Reg.T0, Reg.S3);
        code.add(Reg.T0, 1);
        code.store(Size.LONG, Reg.S4, NUMBER, Reg.T0);
        code.move(Reg.A0, Reg.S0);
        code.set(Reg.A1, FUTEX_WAKE_PRIVATE);
        code.set(Reg.A2, 1);
        code.set(Reg.A3, 0);
        code.set(Reg.A4, 0);
        code.set(Reg.A5, 0);
        GeneratedCode.call(code, "futex");
    }

    private static void emitDeath(Assembler code) {
        Label known = code.label();
        code.load(Size.WORD, Reg.S3, Reg.S1, SI_SYSCALL);
        code.jumpIf(Reg.S3, Compare.LO, MOST_CALLS, known);
        code.set(Reg.S3, MOST_CALLS);
        code.bind(known);
        code.shiftLeft(Reg.S3, 4);
        code.add(Reg.S3, Reg.S0);
        code.set(Reg.A0, STANDARD_ERROR);
        code.load(Size.LONG, Reg.A1, Reg.S3, LINES);
        code.load(Size.LONG, Reg.A2, Reg.S3, LINES + Long.BYTES);
        GeneratedCode.call(code, "write");
        code.set(Reg.A0, SIGSYS);
        at(code, Reg.A1, DEFAULT_ACTION);
        code.set(Reg.A2, 0);
        code.set(Reg.A3, Long.BYTES);
        GeneratedCode.call(code, "rt_sigaction");
        code.set(Reg.A0, SIG_UNBLOCK);
        at(code, Reg.A1, SIGSYS_SET);
        code.set(Reg.A2, 0);
        code.set(Reg.A3, Long.BYTES);
        GeneratedCode.call(code, "rt_sigprocmask");
        GeneratedCode.call(code, "gettid");
        code.move(Reg.S3, Reg.RESULT);
        GeneratedCode.call(code, "getpid");
        code.move(Reg.A0, Reg.RESULT);
        code.move(Reg.A1, Reg.S3);
        code.set(Reg.A2, SIGSYS);
        GeneratedCode.call(code, "tgkill");
        code.set(Reg.A0, DEATH_STATUS);
        GeneratedCode.call(code, "exit_group");
    }

    private static void at(Assembler code, Reg reg, int offset) {
        code.move(reg, Reg.S0);
        code.add(reg, offset);
    }

    /** Where in the ucontext_t of a signal the arguments of an interrupted system call are. */
    private static int[] argumentsInContext() {
        return switch (Arch.host()) {
            case X86_64 -> new int[] {104, 112, 136, 56, 40, 48}; // rdi rsi rdx r10 r8 r9
            case AARCH64 -> new int[] {184, 192, 200, 208, 216, 224}; // x0 to x5
            default -> throw new UnsupportedOperationException(Arch.host().label());
        };
    }

    /** Where its result goes. */
    private static int resultInContext() {
        return switch (Arch.host()) {
            case X86_64 -> 144; // rax
            case AARCH64 -> 184; // x0
            default -> throw new UnsupportedOperationException(Arch.host().label());
        };
    }

    /**
     * Waits until there may be a record that {@link #next} has not returned yet. To be called by one thread only.
     *
     * @param begun what {@link #begun} said before
     */
    public void await(long begun) {
        Kernel.call("futex", shared.address(), FUTEX_WAIT_PRIVATE, begun & 0xffffffffL, 0, 0, 0);
    }

    /** Lets who waits in {@link #await} go on, whether there is a record or not. */
    public void wake() {
        Kernel.call("futex", shared.address(), FUTEX_WAKE_PRIVATE, 1, 0, 0, 0);
    }

    /**
     * How many records there were, whole or not.
     *
     * @return the count
     */
    public long begun() {
        return shared.get(ValueLayout.JAVA_LONG, BEGUN);
    }

    /**
     * How many records were overwritten before they were read.
     *
     * @return the count
     */
    public synchronized long lost() {
        return lost;
    }

    /**
     * The next record.
     *
     * @return empty if there is none, or it is not whole yet
     */
    public synchronized Optional<Refused> next() {
        while (true) {
            long begun = begun();
            if (read == begun) {
                return Optional.empty();
            }
            if (begun - read > CAPACITY) {
                lost += begun - CAPACITY - read;
                read = begun - CAPACITY;
            }
            long at = RECORDS + (read & CAPACITY - 1) * RECORD_SIZE;
            long number = shared.get(ValueLayout.JAVA_LONG, at + NUMBER);
            if (number <= read) {
                return Optional.empty();
            }
            Refused refused = record(at, number);
            if (number == read + 1 && shared.get(ValueLayout.JAVA_LONG, at + NUMBER) == number) {
                read++;
                return Optional.of(refused);
            }
            // Overwritten meanwhile by one that came a whole round later.
            lost++;
            read++;
        }
    }

    private Refused record(long at, long number) {
        long[] arguments = new long[6];
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = shared.get(ValueLayout.JAVA_LONG, at + ARGUMENTS + (long) Long.BYTES * i);
        }
        byte[] name = new byte[NAME_SIZE];
        MemorySegment.copy(shared, ValueLayout.JAVA_BYTE, at + NAME, name, 0, NAME_SIZE);
        int length = 0;
        while (length < NAME_SIZE && name[length] != 0) {
            length++;
        }
        return new Refused(
                number,
                (int) shared.get(ValueLayout.JAVA_LONG, at + THREAD),
                new String(name, 0, length, StandardCharsets.UTF_8),
                (int) shared.get(ValueLayout.JAVA_LONG, at + CALL),
                arguments,
                shared.get(ValueLayout.JAVA_LONG, at + ADDRESS));
    }
}
