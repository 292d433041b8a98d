package org.jpledge.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import org.jpledge.syscall.Arch;
import org.jspecify.annotations.Nullable;

/**
 * Other processes under the eyes of one thread: the part of ptrace(2), wait4(2) and process_vm_readv(2) that a tracer needs.
 * Kernel 5.3 or later. All calls are to be made by the thread that made the object, as the kernel knows threads, not
 * processes, as tracers. A call about a thread that has just been killed changes nothing.
 */
public final class Ptrace implements AutoCloseable {
    /** Option: stops at system calls are told from others. */
    public static final int TRACE_GOOD = 1;

    /** Option: what a process starts is traced too: fork(2), vfork(2), clone(2). */
    public static final int TRACE_CHILDREN = 2 | 4 | 8;

    /** Option: a stop at a successful execve(2). */
    public static final int TRACE_EXEC = 0x10;

    /** Option: a stop where a seccomp filter asks for one. */
    public static final int TRACE_SECCOMP = 0x80;

    /** Option: all are killed when the tracer ends. */
    public static final int EXIT_KILL = 1 << 20;

    /** {@link #operation}: the thread is in no system call. */
    public static final int NO_CALL = 0;

    /** {@link #operation}: the thread is about to make a system call. */
    public static final int ENTRY = 1;

    /** {@link #operation}: the thread comes back from a system call. */
    public static final int EXIT = 2;

    /** {@link #operation}: a filter stopped the thread when it was about to make a system call. */
    public static final int SECCOMP = 3;

    private static final int PEEK_DATA = 2;
    private static final int POKE_DATA = 5;
    private static final int GET_EVENT_MESSAGE = 0x4201;
    private static final int GET_SIGNAL_INFO = 0x4202;
    private static final int GET_REGISTER_SET = 0x4204;
    private static final int SET_REGISTER_SET = 0x4205;
    private static final int SEIZE = 0x4206;
    private static final int INTERRUPT = 0x4207;
    private static final int GET_FILTER = 0x420c;
    private static final int GET_SYSCALL_INFO = 0x420e;
    private static final int GENERAL_REGISTERS = 1;
    private static final int WALL = 0x40000000;
    private static final int OF_THIS_THREAD = 0x20000000;
    private static final int NOT_WAITING = 1;
    private static final int PAGE = 4096;
    private static final int EINTR = 4;
    private static final int SIGKILL = 9;

    // struct ptrace_syscall_info.
    private static final int INFO_ARCH = 4;
    private static final int INFO_POINTER = 8;
    private static final int INFO_NUMBER = 24;
    private static final int INFO_ARGUMENTS = 32;
    private static final int INFO_RESULT = 24;
    private static final int INFO_SIZE = 96;

    // struct iovec, and what one of 32-bit x86's registers take.
    private static final int IOVEC_SIZE = 16;
    private static final int REGISTERS_SIZE = 1024;

    /** Less than the registers of a 64-bit program take. */
    private static final int SMALL_REGISTERS = 100;

    private static final int PTRACE = Kernel.number("ptrace");
    private static final int WAIT = Kernel.number("wait4");
    private static final int READ = Kernel.number("process_vm_readv");
    private static final int KILL = Kernel.number("kill");
    private static final int TGKILL = Kernel.number("tgkill");

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment status = arena.allocate(ValueLayout.JAVA_LONG);
    private final MemorySegment info = arena.allocate(INFO_SIZE, Long.BYTES);
    private final MemorySegment word = arena.allocate(ValueLayout.JAVA_LONG);
    private final MemorySegment signal = arena.allocate(128, Long.BYTES);
    private final MemorySegment registers = arena.allocate(REGISTERS_SIZE, Long.BYTES);
    private final MemorySegment vector = arena.allocate(2L * IOVEC_SIZE, Long.BYTES);
    private MemorySegment copy = arena.allocate(PAGE, Long.BYTES);
    private long copied;

    /** For the calling thread. */
    public Ptrace() {}

    @Override
    public void close() {
        arena.close();
    }

    private long ptrace(int request, int thread, long address, long data) {
        return Kernel.call(PTRACE, request, thread, address, data);
    }

    /**
     * Becomes a thread's tracer. It is not stopped.
     *
     * @param thread its number
     * @param options see ptrace(2), PTRACE_SETOPTIONS
     * @throws KernelException EPERM where that is not allowed, ESRCH where there is no such thread
     */
    public void seize(int thread, int options) throws KernelException {
        long result = ptrace(SEIZE, thread, 0, options);
        if (result < 0) {
            throw KernelException.of("ptrace", (int) -result);
        }
    }

    /**
     * Stops a thread, sooner or later.
     *
     * @param thread its number
     */
    public void interrupt(int thread) {
        ptrace(INTERRUPT, thread, 0, 0);
    }

    /**
     * Waits until something happens to a thread that the calling thread traces or started.
     *
     * @return the thread's number; {@link #status} says more. 0 or less: nothing to wait for, or a signal came in between
     */
    public int await() {
        return (int) Kernel.call(WAIT, -1, status.address(), WALL | OF_THIS_THREAD, 0);
    }

    /**
     * Looks whether something has happened.
     *
     * @return as {@link #await}; 0 if nothing has
     */
    public int poll() {
        return (int) Kernel.call(WAIT, -1, status.address(), WALL | OF_THIS_THREAD | NOT_WAITING, 0);
    }

    /**
     * Waits until a child of the calling thread has ended, and lets go of it.
     *
     * @param process its number
     */
    public void awaitEnd(int process) {
        while (Kernel.call(WAIT, process, status.address(), WALL, 0) == -EINTR) {
            // A signal came in between.
        }
    }

    /**
     * Kills a process.
     *
     * @param process its number
     */
    public void kill(int process) {
        Kernel.call(KILL, process, SIGKILL, 0, 0);
    }

    /**
     * What has happened, as wait4(2) says it.
     *
     * @return the status
     */
    public int status() {
        return status.get(ValueLayout.JAVA_INT, 0);
    }

    /**
     * Lets a stopped thread go on.
     *
     * @param thread its number
     * @param how until when
     * @param delivered the signal that it gets, or 0
     */
    public void resume(int thread, Onward how, int delivered) {
        ptrace(how.request(), thread, 0, delivered);
    }

    /**
     * One of the seccomp filters of a stopped thread, as seccomp(2) got it. Linux 4.4, with CONFIG_CHECKPOINT_RESTORE.
     *
     * @param thread its number
     * @param index which: 0 is the one that was installed first
     * @return the instructions, 8 bytes each, in this machine's byte order
     * @throws KernelException ENOENT where there are not so many filters, EINVAL for a thread without any; EACCES for a caller
     *     without CAP_SYS_ADMIN, or with a filter of its own; EIO where the kernel has no such request; EMEDIUMTYPE for a
     *     filter that was not given as classic BPF
     */
    public byte[] filter(int thread, int index) throws KernelException {
        long length = ptrace(GET_FILTER, thread, index, 0);
        if (length < 0) {
            throw KernelException.of("ptrace", (int) -length);
        }
        try (Arena own = Arena.ofConfined()) {
            MemorySegment insns = own.allocate(Math.max(length, 1) * Long.BYTES, Long.BYTES);
            long taken = ptrace(GET_FILTER, thread, index, insns.address());
            if (taken != length) {
                throw KernelException.of("ptrace", taken < 0 ? (int) -taken : KernelException.ESRCH);
            }
            return insns.asSlice(0, length * Long.BYTES).toArray(ValueLayout.JAVA_BYTE);
        }
    }

    /**
     * Asks for the system call in which a stopped thread is.
     *
     * @param thread its number
     * @return whether there is an answer; there is none if it has just been killed
     */
    public boolean inspect(int thread) {
        return ptrace(GET_SYSCALL_INFO, thread, INFO_SIZE, info.address()) > 0;
    }

    /**
     * What {@link #inspect} found.
     *
     * @return {@link #ENTRY}, {@link #EXIT}, {@link #SECCOMP}, or {@link #NO_CALL}
     */
    public int operation() {
        return info.get(ValueLayout.JAVA_BYTE, 0);
    }

    /**
     * In which architecture's numbers the call that was {@link #inspect}ed is made.
     *
     * @return AUDIT_ARCH_*
     */
    public int architecture() {
        return info.get(ValueLayout.JAVA_INT, INFO_ARCH);
    }

    /**
     * Where the thread that was {@link #inspect}ed is.
     *
     * @return the address behind the instruction
     */
    public long instruction() {
        return info.get(ValueLayout.JAVA_LONG, INFO_POINTER);
    }

    /**
     * The call's number, at an entry.
     *
     * @return the number
     */
    public int number() {
        return (int) info.get(ValueLayout.JAVA_LONG, INFO_NUMBER);
    }

    /**
     * One of the call's arguments, at an entry.
     *
     * @param index 0 to 5
     * @return the register
     */
    public long argument(int index) {
        return info.get(ValueLayout.JAVA_LONG, INFO_ARGUMENTS + (long) Long.BYTES * index);
    }

    /**
     * The call's result, at an exit.
     *
     * @return from -4095 to -1 an error
     */
    public long result() {
        return info.get(ValueLayout.JAVA_LONG, INFO_RESULT);
    }

    /**
     * What an event is about: the number of the new thread or process, or of the thread that made execve(2).
     *
     * @param thread the stopped thread
     * @return the number
     */
    public int eventMessage(int thread) {
        word.set(ValueLayout.JAVA_LONG, 0, 0);
        ptrace(GET_EVENT_MESSAGE, thread, 0, word.address());
        return (int) word.get(ValueLayout.JAVA_LONG, 0);
    }

    /**
     * A signal that is about to be delivered.
     *
     * <p>A signal's kind and code say which of the others count; they lie one over the other.
     *
     * @param code si_code: who sent it
     * @param sender si_pid
     * @param user si_uid
     * @param status si_status of SIGCHLD, si_syscall of SIGSYS
     * @param address si_addr
     */
    public record Arrival(int code, int sender, int user, int status, long address) {}

    /**
     * The signal that is about to be delivered to a stopped thread.
     *
     * @param thread its number
     * @return what is known about it
     */
    public Arrival arrival(int thread) {
        signal.fill((byte) 0);
        ptrace(GET_SIGNAL_INFO, thread, 0, signal.address());
        return new Arrival(
                signal.get(ValueLayout.JAVA_INT, 8),
                signal.get(ValueLayout.JAVA_INT, 16),
                signal.get(ValueLayout.JAVA_INT, 20),
                signal.get(ValueLayout.JAVA_INT, 24),
                signal.get(ValueLayout.JAVA_LONG, 16));
    }

    /**
     * Whether a thread belongs to a process.
     *
     * @param process the process's number
     * @param thread the thread's number
     * @return false if it does not, or there is no such thread
     */
    public boolean isThreadOf(int process, int thread) {
        return Kernel.call(TGKILL, process, thread, 0, 0) != -KernelException.ESRCH;
    }

    /**
     * Reads memory, as far as it is there.
     *
     * @param thread a stopped thread
     * @param address where
     * @param length how many bytes
     * @return how many {@link #taken} gives
     */
    public int read(int thread, long address, int length) {
        if (length > copy.byteSize()) {
            copy = arena.allocate(Math.max(length, 2 * copy.byteSize()), Long.BYTES);
        }
        int done = 0;
        while (done < length) {
            int part = part(thread, address + done, done, length - done);
            if (part == 0 && done + PAGE < length) {
                // Something is missing far behind: page by page.
                part = part(thread, address + done, done, toPageEnd(address + done));
            }
            if (part <= 0) {
                break;
            }
            done += part;
        }
        copied = done;
        return done;
    }

    /**
     * How many bytes there are to the end of a page.
     *
     * @param address where
     * @return at least one
     */
    public static int toPageEnd(long address) {
        return PAGE - (int) (address & PAGE - 1);
    }

    private int part(int thread, long address, int offset, int length) {
        vector.set(ValueLayout.JAVA_LONG, 0, copy.address() + offset);
        vector.set(ValueLayout.JAVA_LONG, 8, length);
        vector.set(ValueLayout.JAVA_LONG, 16, address);
        vector.set(ValueLayout.JAVA_LONG, 24, length);
        long result = Kernel.call(READ, thread, vector.address(), 1, vector.address() + IOVEC_SIZE, 1, 0);
        return (int) Math.max(result, 0);
    }

    /**
     * What was read last.
     *
     * @param length how much of it
     * @return a copy
     */
    public byte[] taken(int length) {
        byte[] bytes = new byte[length];
        MemorySegment.copy(copy, ValueLayout.JAVA_BYTE, 0, bytes, 0, length);
        return bytes;
    }

    /**
     * Where the first zero byte is in what was read last.
     *
     * @return its index, or -1
     */
    public int zero() {
        for (int i = 0; i < copied; i++) {
            if (copy.get(ValueLayout.JAVA_BYTE, i) == 0) {
                return i;
            }
        }
        return -1;
    }

    /**
     * Puts a breakpoint into a stopped thread's program.
     *
     * @param thread its number
     * @param address where
     * @return what was there, to be put back; nothing if there is no memory
     */
    public Optional<Breakpoint> breakAt(int thread, long address) {
        if (ptrace(PEEK_DATA, thread, address, word.address()) < 0) {
            return Optional.empty();
        }
        long before = word.get(ValueLayout.JAVA_LONG, 0);
        long with = switch (Arch.host()) {
            case X86_64 -> before & ~0xffL | 0xcc; // int3
            case AARCH64 -> before & ~0xffffffffL | 0xd4200000L; // brk #0
            default -> throw new UnsupportedOperationException(Arch.host().label());
        };
        return ptrace(POKE_DATA, thread, address, with) < 0
                ? Optional.empty()
                : Optional.of(new Breakpoint(address, before));
    }

    /**
     * A breakpoint.
     *
     * @param address where
     * @param before the eight bytes that were there
     */
    public record Breakpoint(long address, long before) {}

    /**
     * Takes a breakpoint away, and moves a thread that has run into it back.
     *
     * @param thread a stopped thread of the program
     * @param breakpoint what was put there
     * @param hit whether this thread may have run into it
     * @return whether it had
     */
    public boolean remove(int thread, Breakpoint breakpoint, boolean hit) {
        int behind = Arch.host() == Arch.X86_64 ? 1 : 0;
        if (hit && !move(thread, breakpoint.address() + behind, breakpoint.address())) {
            return false;
        }
        ptrace(POKE_DATA, thread, breakpoint.address(), breakpoint.before());
        return true;
    }

    /**
     * Has a stopped thread make the system call that it is coming back from once more, as another one.
     *
     * @param thread its number, of a program for this processor in its usual mode
     * @param number the call's number; the arguments are what they were
     * @return false if it is not stopped, or not such a program
     */
    public boolean callAgain(int thread, int number) {
        vector.set(ValueLayout.JAVA_LONG, 0, registers.address());
        vector.set(ValueLayout.JAVA_LONG, 8, REGISTERS_SIZE);
        if (ptrace(GET_REGISTER_SET, thread, GENERAL_REGISTERS, vector.address()) < 0
                || vector.get(ValueLayout.JAVA_LONG, 8) < SMALL_REGISTERS) {
            return false;
        }
        if (Arch.host() == Arch.X86_64) {
            registers.set(ValueLayout.JAVA_LONG, 120, -1); // orig_rax: there is nothing to restart
            registers.set(ValueLayout.JAVA_LONG, 80, number); // rax
            registers.set(ValueLayout.JAVA_LONG, 128, registers.get(ValueLayout.JAVA_LONG, 128) - 2); // rip
        } else {
            registers.set(ValueLayout.JAVA_LONG, 64, number); // x8
            registers.set(ValueLayout.JAVA_LONG, 256, registers.get(ValueLayout.JAVA_LONG, 256) - 4); // pc
        }
        return ptrace(SET_REGISTER_SET, thread, GENERAL_REGISTERS, vector.address()) >= 0;
    }

    /** Moves a thread from one instruction to another, if it is there. */
    private boolean move(int thread, long from, long to) {
        vector.set(ValueLayout.JAVA_LONG, 0, registers.address());
        vector.set(ValueLayout.JAVA_LONG, 8, REGISTERS_SIZE);
        if (ptrace(GET_REGISTER_SET, thread, GENERAL_REGISTERS, vector.address()) < 0) {
            return false;
        }
        long size = vector.get(ValueLayout.JAVA_LONG, 8);
        ValueLayout.@Nullable OfInt small = null;
        long at;
        if (Arch.host() == Arch.X86_64) {
            at = size < SMALL_REGISTERS ? 48 : 128; // eip, rip
            small = size < SMALL_REGISTERS ? ValueLayout.JAVA_INT : null;
        } else {
            at = size < SMALL_REGISTERS ? 60 : 256; // r15, pc
            small = size < SMALL_REGISTERS ? ValueLayout.JAVA_INT : null;
        }
        long now = small == null
                ? registers.get(ValueLayout.JAVA_LONG, at)
                : Integer.toUnsignedLong(registers.get(small, at));
        if (now != from) {
            return false;
        }
        if (small == null) {
            registers.set(ValueLayout.JAVA_LONG, at, to);
        } else {
            registers.set(small, at, (int) to);
        }
        return ptrace(SET_REGISTER_SET, thread, GENERAL_REGISTERS, vector.address()) >= 0;
    }
}
