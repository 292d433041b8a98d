package org.jpledge.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The system calls that a child process makes one after the other before it executes a program, see {@link SpawnCode}; and the memory that
 * it shares with this process meanwhile. For one thread; its memory is given back when it is closed, which is to be when the child
 * executes another program or is dead.
 */
final class SpawnTable implements AutoCloseable {
    private static final int SIGNALS = 64;
    private static final int SIG_SETMASK = 2;
    private static final int RLIMIT_NOFILE = 7;
    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int STACK_SIZE = 4096;

    private static @Nullable MemorySegment code;

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment shared = arena.allocate(SpawnCode.SIZE, Long.BYTES);
    private final List<long[]> calls = new ArrayList<>();
    private final List<String> names = new ArrayList<>();
    private MemorySegment table = MemorySegment.NULL;

    /** Adds a call that must succeed, or else the child exits. */
    void add(String name, long... arguments) {
        add(false, name, arguments);
    }

    /** Adds a call that may fail. */
    void attempt(String name, long... arguments) {
        add(true, name, arguments);
    }

    private void add(boolean mayFail, String name, long... arguments) {
        long[] call = new long[SpawnCode.CALL_SIZE / Long.BYTES];
        call[0] = Kernel.number(name);
        System.arraycopy(arguments, 0, call, SpawnCode.ARGUMENTS / Long.BYTES, arguments.length);
        call[SpawnCode.RESULT / Long.BYTES] = -1;
        call[SpawnCode.MAY_FAIL / Long.BYTES] = mayFail ? 1 : 0;
        calls.add(call);
        names.add(name);
    }

    /** How many calls there are: the number of the next one. */
    int size() {
        return calls.size();
    }

    /** Puts back what signals do, and the soft limit of descriptors. */
    void restore(ProcessState state) throws KernelException {
        for (int signal = 1; signal <= SIGNALS; signal++) {
            long handler = state.ignored() >>> signal - 1 & 1;
            attempt("rt_sigaction", signal, longs(handler, 0, 0, 0), 0, Long.BYTES);
        }
        // Only the soft limit has changed.
        MemorySegment limit = arena.allocate(ValueLayout.JAVA_LONG, 2);
        Kernel.require("prlimit64", 0, RLIMIT_NOFILE, 0, limit.address());
        // Who has guessed may have guessed more than there can be.
        long hard = limit.getAtIndex(ValueLayout.JAVA_LONG, 1);
        long soft = state.softDescriptorLimit();
        limit.setAtIndex(ValueLayout.JAVA_LONG, 0, Long.compareUnsigned(soft, hard) > 0 ? hard : soft);
        add("prlimit64", 0, RLIMIT_NOFILE, limit.address(), 0);
    }

    /** The last calls: lets signals come that are not blocked, and executes a program: an open image, or if that is -1 a file. */
    void execute(ProcessState state, byte[] path, int image, List<byte[]> arguments, List<byte[]> environment) {
        add("rt_sigprocmask", SIG_SETMASK, longs(state.blocked()), 0, Long.BYTES);
        long argv = strings(arguments);
        long envp = strings(environment);
        if (image < 0) {
            add("execve", string(path), argv, envp);
        } else {
            add("execveat", image, string(new byte[0]), argv, envp, AT_EMPTY_PATH);
        }
    }

    /**
     * Makes a child that makes the calls, for clone(2) with these flags.
     *
     * @return its number
     */
    int start(long flags) throws KernelException {
        table = arena.allocate((long) SpawnCode.CALL_SIZE * calls.size(), Long.BYTES);
        for (int i = 0; i < calls.size(); i++) {
            MemorySegment.copy(calls.get(i), 0, table, ValueLayout.JAVA_LONG, at(i), calls.get(i).length);
        }
        MemorySegment stack = arena.allocate(STACK_SIZE, 16);
        shared.set(ValueLayout.JAVA_LONG, SpawnCode.ALL_SIGNALS, -1);
        shared.set(ValueLayout.JAVA_LONG, SpawnCode.STACK, stack.address() + STACK_SIZE);
        shared.set(ValueLayout.JAVA_LONG, SpawnCode.FLAGS, flags);
        shared.set(ValueLayout.JAVA_LONG, SpawnCode.CALLS, table.address());
        long result = Kernel.run(code(), shared.address());
        if (result < 0) {
            throw KernelException.of("clone", (int) -result);
        }
        return (int) result;
    }

    private static synchronized MemorySegment code() throws KernelException {
        MemorySegment ready = code;
        if (ready == null) {
            ready = SpawnCode.function();
            code = ready;
        }
        return ready;
    }

    /** Changes an argument of a call that the child has not made yet. */
    void argument(int call, int index, long value) {
        table.set(ValueLayout.JAVA_LONG, at(call) + SpawnCode.ARGUMENTS + (long) Long.BYTES * index, value);
    }

    /** What a call has returned. */
    long result(int call) {
        return table.get(ValueLayout.JAVA_LONG, at(call) + SpawnCode.RESULT);
    }

    /** Why the child has exited without executing the program. */
    Optional<KernelException> failure() {
        long failed = shared.get(ValueLayout.JAVA_LONG, SpawnCode.FAILED);
        if (failed == 0) {
            return Optional.empty();
        }
        int call = (int) ((failed - table.address()) / SpawnCode.CALL_SIZE);
        return Optional.of(KernelException.of(names.get(call), (int) -result(call)));
    }

    /** Memory that lives as long as this. */
    MemorySegment memory(byte[] bytes, long alignment) {
        MemorySegment memory = arena.allocate(bytes.length, alignment);
        MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, 0, bytes.length);
        return memory;
    }

    long longs(long... values) {
        return arena.allocateFrom(ValueLayout.JAVA_LONG, values).address();
    }

    long string(byte[] bytes) {
        MemorySegment segment = arena.allocate(bytes.length + 1L);
        MemorySegment.copy(bytes, 0, segment, ValueLayout.JAVA_BYTE, 0, bytes.length);
        return segment.address();
    }

    private long strings(List<byte[]> strings) {
        MemorySegment pointers = arena.allocate(ValueLayout.JAVA_LONG, strings.size() + 1L);
        for (int i = 0; i < strings.size(); i++) {
            pointers.setAtIndex(ValueLayout.JAVA_LONG, i, string(strings.get(i)));
        }
        return pointers.address();
    }

    private static long at(int call) {
        return (long) SpawnCode.CALL_SIZE * call;
    }

    @Override
    public void close() {
        arena.close();
    }
}
