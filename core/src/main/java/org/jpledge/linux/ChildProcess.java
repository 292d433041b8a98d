package org.jpledge.linux;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
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
    private static final int FUTEX_WAIT_PRIVATE = 128;
    private static final int FUTEX_WAKE_PRIVATE = 129;
    private static final int PR_SET_PDEATHSIG = 1;
    private static final int PR_SET_NO_NEW_PRIVS = 38;
    private static final int SECCOMP_SET_MODE_FILTER = 1;

    private final SpawnTable table = new SpawnTable();
    private final MemorySegment released = table.memory(new byte[Integer.BYTES], Integer.BYTES);
    private final int stop;
    private final int filter;
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
        table.add("prctl", PR_SET_PDEATHSIG, SIGKILL);
        table.attempt("futex", released.address(), FUTEX_WAIT_PRIVATE, 0, 0);
        table.add("prctl", PR_SET_PDEATHSIG, 0);
        filter = plan.filter().isPresent() ? filter(plan.filter().get()) : -1;
        table.restore(plan.state());
        if (plan.group().isPresent()) {
            long group = plan.group().getAsInt();
            table.add("setgroups", 0, 0);
            table.add("setresgid", group, group, group);
        }
        if (plan.user().isPresent()) {
            long user = plan.user().getAsInt();
            table.add("setresuid", user, user, user);
        }
        if (plan.directory().isPresent()) {
            table.add("chdir", table.string(plan.directory().get()));
        }
        for (int i = 0; i < streams.size(); i++) {
            if (streams.get(i) != i) {
                table.add("dup3", streams.get(i), i, 0);
            }
        }
        for (int descriptor : others(plan.state())) {
            if (image == null || descriptor != image.descriptor()) {
                table.attempt("close", descriptor);
            }
        }
        stop = table.size();
        table.add("tgkill", 0, 0, SIGSTOP);
        table.execute(
                plan.state(),
                plan.path(),
                image == null ? -1 : image.descriptor(),
                plan.arguments(),
                plan.environment());
        process = start();
    }

    /** A child that waits to be killed, and is when the calling thread ends. */
    private ChildProcess() throws KernelException {
        image = null;
        filter = -1;
        stop = -1;
        table.add("prctl", PR_SET_PDEATHSIG, SIGKILL);
        table.add("futex", released.address(), FUTEX_WAIT_PRIVATE, 0, 0);
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
        boolean started = false;
        try {
            int child = table.start(CLONE_VM | SIGCHLD);
            started = true;
            return child;
        } finally {
            if (!started) {
                close();
            }
        }
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
        table.argument(stop, 0, process);
        table.argument(stop, 1, process);
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
        return filter >= 0 && table.result(filter) == 0;
    }

    /**
     * Why it has exited without executing the program.
     *
     * @return empty if it has not
     */
    public Optional<KernelException> failure() {
        return table.failure();
    }

    /** Gives back what it shared, when it executes another program or is dead. */
    @Override
    public void close() {
        if (image != null) {
            image.close();
        }
        table.close();
    }

    private int filter(Program program) {
        byte[] instructions = program.encode(Arch.host().order());
        MemorySegment bytes = table.memory(instructions, Long.BYTES);
        long description = table.longs(program.length(), bytes.address());
        // With CAP_SYS_ADMIN the program may execute setuid programs as ever. Without it they have no effect under a
        // tracer anyway.
        if (!ThreadInfo.mayAdminister()) {
            table.attempt("prctl", PR_SET_NO_NEW_PRIVS, 1);
        }
        table.attempt("seccomp", SECCOMP_SET_MODE_FILTER, 0, description);
        return table.size() - 1;
    }
}
