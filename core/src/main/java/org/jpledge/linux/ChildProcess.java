package org.jpledge.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jpledge.bpf.Program;
import org.jpledge.syscall.Arch;
import org.jspecify.annotations.Nullable;

/**
 * A child of this process that executes a program, when it is told to, with this JVM's own standard input, output and error.
 * Until then it shares this JVM's memory, and nobody else waits for it: a {@link Process} would be waited for by a thread of
 * the JDK. For one thread, which is to wait for it (wait4(2) with __WALL).
 */
public final class ChildProcess implements AutoCloseable {
    private static final int CLONE_VM = 0x100;
    private static final int SIGCHLD = 17;
    private static final int SIGKILL = 9;
    private static final int SIGSTOP = 19;
    private static final int SIG_SETMASK = 2;
    private static final int SIGNALS = 64;
    private static final int FUTEX_WAIT_PRIVATE = 128;
    private static final int FUTEX_WAKE_PRIVATE = 129;
    private static final int RLIMIT_NOFILE = 7;
    private static final int PR_SET_PDEATHSIG = 1;
    private static final int PR_SET_NO_NEW_PRIVS = 38;
    private static final int SECCOMP_SET_MODE_FILTER = 1;
    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int STACK_SIZE = 4096;

    private static @Nullable MemorySegment code;

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment shared = arena.allocate(SpawnCode.SIZE, Long.BYTES);
    private final MemorySegment released = arena.allocate(ValueLayout.JAVA_INT);
    private final List<long[]> calls = new ArrayList<>();
    private final List<String> names = new ArrayList<>();
    private final int stop;
    private final int filter;
    private final MemorySegment table;
    private final @Nullable MemoryFile image;
    private final int process;

    /**
     * A program to execute, and what it starts with.
     *
     * @param path of the file, as execve(2) gets it; ignored where there is an image
     * @param image an ELF file that is nowhere but in memory, to be executed instead
     * @param arguments each without NUL
     * @param environment entries {@code NAME=value}, each without NUL
     * @param directory its working directory; this process's, if empty
     * @param user its user, if it is to be another one, for which this process needs privilege
     * @param group its group, likewise; it has no further groups then
     * @param filter a seccomp filter that it is to have from the start; one that cannot be installed is left out
     * @param state signals and limits
     */
    public record Plan(
            byte[] path,
            Optional<byte[]> image,
            List<byte[]> arguments,
            List<byte[]> environment,
            Optional<byte[]> directory,
            OptionalInt user,
            OptionalInt group,
            Optional<Program> filter,
            ProcessState state) {
        /** Copies the lists. */
        public Plan {
            arguments = List.copyOf(arguments);
            environment = List.copyOf(environment);
        }
    }

    /**
     * Makes a child that does nothing until it is {@link #release}d. Then it becomes what the plan says, stops itself by
     * SIGSTOP, and executes the program. If anything fails, it exits; {@link #failure} tells what.
     *
     * @param plan what to execute
     * @throws KernelException if there can be no child
     */
    public ChildProcess(Plan plan) throws KernelException {
        this(plan, List.of());
    }

    /**
     * As {@link #ChildProcess(Plan)}, with other descriptors of this process as standard input, output and error: each from 3 up, or its
     * own number.
     */
    ChildProcess(Plan plan, List<Integer> streams) throws KernelException {
        image = plan.image().isPresent() ? new MemoryFile(plan.image().get()) : null;
        // Until it is traced, nobody else would end it.
        add(false, "prctl", PR_SET_PDEATHSIG, SIGKILL);
        add(true, "futex", released.address(), FUTEX_WAIT_PRIVATE, 0, 0);
        add(false, "prctl", PR_SET_PDEATHSIG, 0);
        filter = plan.filter().isPresent() ? filter(plan.filter().get()) : -1;
        for (int signal = 1; signal <= SIGNALS; signal++) {
            long handler = plan.state().ignored() >>> signal - 1 & 1;
            add(true, "rt_sigaction", signal, longs(handler, 0, 0, 0), 0, Long.BYTES);
        }
        // Only the soft limit has changed.
        MemorySegment limit = arena.allocate(ValueLayout.JAVA_LONG, 2);
        Kernel.require("prlimit64", 0, RLIMIT_NOFILE, 0, limit.address());
        limit.setAtIndex(ValueLayout.JAVA_LONG, 0, plan.state().softDescriptorLimit());
        add(false, "prlimit64", 0, RLIMIT_NOFILE, limit.address(), 0);
        if (plan.group().isPresent()) {
            long group = plan.group().getAsInt();
            add(false, "setgroups", 0, 0);
            add(false, "setresgid", group, group, group);
        }
        if (plan.user().isPresent()) {
            long user = plan.user().getAsInt();
            add(false, "setresuid", user, user, user);
        }
        if (plan.directory().isPresent()) {
            add(false, "chdir", string(plan.directory().get()));
        }
        for (int i = 0; i < streams.size(); i++) {
            if (streams.get(i) != i) {
                add(false, "dup3", streams.get(i), i, 0);
            }
        }
        for (int descriptor : others(plan.state())) {
            if (image == null || descriptor != image.descriptor()) {
                add(true, "close", descriptor);
            }
        }
        stop = calls.size();
        add(false, "tgkill", 0, 0, SIGSTOP);
        add(false, "rt_sigprocmask", SIG_SETMASK, longs(plan.state().blocked()), 0, Long.BYTES);
        long argv = strings(plan.arguments());
        long envp = strings(plan.environment());
        if (image == null) {
            add(false, "execve", string(plan.path()), argv, envp);
        } else {
            add(false, "execveat", image.descriptor(), string(new byte[0]), argv, envp, AT_EMPTY_PATH);
        }
        table = table();
        process = start();
    }

    /** A child that waits to be killed, and is when the calling thread ends. */
    private ChildProcess() throws KernelException {
        image = null;
        filter = -1;
        stop = -1;
        add(false, "prctl", PR_SET_PDEATHSIG, SIGKILL);
        add(false, "futex", released.address(), FUTEX_WAIT_PRIVATE, 0, 0);
        table = table();
        process = start();
    }

    /**
     * Makes a child that waits to be killed, so that whoever waits for children can be told something by killing it. It is
     * killed when the calling thread ends.
     *
     * @return the child
     * @throws KernelException if there can be no child
     */
    public static ChildProcess waiting() throws KernelException {
        return new ChildProcess();
    }

    private static List<Integer> others(ProcessState state) {
        try {
            return OpenDescriptors.others(state.descriptors());
        } catch (IOException e) {
            // Without /proc it is not known; the kernel closes what is to be closed when a program is executed.
            return List.of();
        }
    }

    private int start() throws KernelException {
        MemorySegment stack = arena.allocate(STACK_SIZE, 16);
        shared.set(ValueLayout.JAVA_LONG, SpawnCode.ALL_SIGNALS, -1);
        shared.set(ValueLayout.JAVA_LONG, SpawnCode.STACK, stack.address() + STACK_SIZE);
        shared.set(ValueLayout.JAVA_LONG, SpawnCode.FLAGS, CLONE_VM | SIGCHLD);
        shared.set(ValueLayout.JAVA_LONG, SpawnCode.CALLS, table.address());
        long result = Kernel.run(code(), shared.address());
        if (result < 0) {
            arena.close();
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

    /**
     * Its number.
     *
     * @return the process
     */
    public int process() {
        return process;
    }

    /** Lets it go on. */
    public void release() {
        argument(stop, 0, process);
        argument(stop, 1, process);
        released.set(ValueLayout.JAVA_INT, 0, 1);
        Kernel.call("futex", released.address(), FUTEX_WAKE_PRIVATE, 1);
    }

    /** Kills it. */
    public void kill() {
        Kernel.call("kill", process, SIGKILL);
    }

    /**
     * Whether it has its filter, once it has stopped itself.
     *
     * @return false if there is none
     */
    public boolean isFiltered() {
        return filter >= 0 && table.get(ValueLayout.JAVA_LONG, at(filter) + SpawnCode.RESULT) == 0;
    }

    /**
     * Why it has exited without executing the program.
     *
     * @return empty if it has not
     */
    public Optional<KernelException> failure() {
        long failed = shared.get(ValueLayout.JAVA_LONG, SpawnCode.FAILED);
        if (failed == 0) {
            return Optional.empty();
        }
        long at = failed - table.address();
        int call = (int) (at / SpawnCode.CALL_SIZE);
        int error = (int) -table.get(ValueLayout.JAVA_LONG, at + SpawnCode.RESULT);
        return Optional.of(KernelException.of(names.get(call), error));
    }

    /** Gives back what it shared, when it executes another program or is dead. */
    @Override
    public void close() {
        if (image != null) {
            image.close();
        }
        arena.close();
    }

    private int filter(Program program) {
        byte[] instructions = program.encode(Arch.host().order());
        MemorySegment bytes = arena.allocate(instructions.length, Long.BYTES);
        MemorySegment.copy(instructions, 0, bytes, ValueLayout.JAVA_BYTE, 0, instructions.length);
        long description = longs(program.length(), bytes.address());
        // With CAP_SYS_ADMIN the program may execute setuid programs as ever. Without it they have no effect under a
        // tracer
        // anyway.
        if (!ThreadInfo.mayAdminister()) {
            add(true, "prctl", PR_SET_NO_NEW_PRIVS, 1);
        }
        add(true, "seccomp", SECCOMP_SET_MODE_FILTER, 0, description);
        return calls.size() - 1;
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

    private MemorySegment table() {
        MemorySegment memory = arena.allocate((long) SpawnCode.CALL_SIZE * calls.size(), Long.BYTES);
        for (int i = 0; i < calls.size(); i++) {
            MemorySegment.copy(calls.get(i), 0, memory, ValueLayout.JAVA_LONG, at(i), calls.get(i).length);
        }
        return memory;
    }

    private void argument(int call, int index, long value) {
        table.set(ValueLayout.JAVA_LONG, at(call) + SpawnCode.ARGUMENTS + (long) Long.BYTES * index, value);
    }

    private static long at(int call) {
        return (long) SpawnCode.CALL_SIZE * call;
    }

    private long longs(long... values) {
        return arena.allocateFrom(ValueLayout.JAVA_LONG, values).address();
    }

    private long string(byte[] bytes) {
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
}
