package org.jpledge.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * A child of this process that runs beside it, in a session of its own, on descriptors that it was given and no others.
 *
 * <p>For who runs very many: none of them has a thread here. One thread makes them all, and lives as long as the JVM, so that the signal
 * at its parent's death (PR_SET_PDEATHSIG, which means the thread) comes to a child exactly when this JVM dies. Whoever waits for an
 * end waits for a pidfd with everybody else, see {@link Readiness}. A {@link Process} of the JDK has a thread each, goes through a
 * helper program, opens files again instead of passing descriptors, and outlives a JVM that is killed.
 *
 * <p>Its end has to be {@link #await}ed, or it stays a zombie and its pidfd open. Thread safe. Linux 5.9 (close_range(2)).
 */
public final class RunningProcess {
    private static final int CLONE_VM = 0x100;
    private static final int CLONE_VFORK = 0x4000;
    private static final int SIGKILL = 9;
    private static final int SIGCHLD = 17;
    private static final int PR_SET_PDEATHSIG = 1;
    private static final int P_PIDFD = 3;
    private static final int WNOHANG = 1;
    private static final int WEXITED = 4;
    private static final int EINTR = 4;
    private static final int F_DUPFD_CLOEXEC = 1030;
    private static final int CLD_EXITED = 1;
    private static final int SIGNALLED = 128;
    private static final long LAST = 0xffff_ffffL;
    private static final Duration GRACE = Duration.ofSeconds(5);
    private static final Duration LONG = Duration.ofDays(1);

    /** As many descriptors a child can be given: above are those from which they are copied. */
    public static final int MAX_DESCRIPTORS = 64;

    // siginfo_t, as waitid(2) fills it in.
    private static final int INFO_SIZE = 128;
    private static final int CODE = 8;
    private static final int PID = 16;
    private static final int STATUS = 24;

    private final int pid;
    private final int pidfd;
    private final Readiness readiness;
    private @Nullable End end;

    /**
     * What to start.
     *
     * @param path of the file, as execve(2) gets it; ignored where there is an image
     * @param image an ELF file that is nowhere but in memory, to be executed instead
     * @param arguments each without NUL
     * @param environment entries {@code NAME=value}, each without NUL
     * @param directory an open directory, its working directory
     * @param descriptors the child's 0, 1 and so on, in this process's numbers; all are still this process's to close
     * @param state signals, and the soft limit of descriptors; what was open is not looked at
     * @param outlives whether it goes on when this JVM is dead; otherwise it is killed then, unless it becomes another user
     */
    public record Plan(
            byte[] path,
            Optional<byte[]> image,
            List<byte[]> arguments,
            List<byte[]> environment,
            int directory,
            List<Integer> descriptors,
            ProcessState state,
            boolean outlives) {
        /** Copies the lists. */
        public Plan {
            arguments = List.copyOf(arguments);
            environment = List.copyOf(environment);
            descriptors = List.copyOf(descriptors);
            if (descriptors.size() > MAX_DESCRIPTORS) {
                throw new IllegalArgumentException(descriptors.size() + " descriptors");
            }
        }
    }

    /**
     * How a child has ended.
     *
     * @param exit its exit status, 0 if a signal has ended it
     * @param signal the signal that has ended it, or 0
     */
    public record End(int exit, int signal) {
        /**
         * The exit status as a shell has it.
         *
         * @return 128 and the signal's number if one has ended it
         */
        public int status() {
            return signal == 0 ? exit : SIGNALLED + signal;
        }
    }

    /** The one thread whose children they all are. */
    private static final class Parent {
        private static final LinkedBlockingQueue<Runnable> WORK = new LinkedBlockingQueue<>();

        static {
            Thread.ofPlatform().daemon().name("parent").start(Parent::live);
        }

        private Parent() {}

        private static void live() {
            try {
                while (true) {
                    WORK.take().run();
                }
            } catch (InterruptedException e) {
                throw new IllegalStateException("nobody interrupts this thread", e);
            }
        }

        static RunningProcess start(Plan plan) throws KernelException {
            CompletableFuture<RunningProcess> started = new CompletableFuture<>();
            WORK.add(() -> {
                try {
                    started.complete(spawn(plan));
                } catch (KernelException | RuntimeException | Error e) {
                    started.completeExceptionally(e);
                }
            });
            try {
                return started.join();
            } catch (CompletionException e) {
                if (e.getCause() instanceof KernelException refused) {
                    throw refused;
                }
                throw e;
            }
        }
    }

    private RunningProcess(int pid, int pidfd) {
        this.pid = pid;
        this.pidfd = pidfd;
        this.readiness = new Readiness(pidfd);
    }

    /**
     * Starts a child, and returns when it executes its program.
     *
     * @param plan what
     * @return the child
     * @throws KernelException if there can be no child, or it cannot execute the program: the call that failed, and why
     */
    public static RunningProcess start(Plan plan) throws KernelException {
        return Parent.start(plan);
    }

    private static RunningProcess spawn(Plan plan) throws KernelException {
        if (SignalAction.of(SIGCHLD).handler() == 1) {
            // Who ignores it, as this JVM's own parent may have, cannot wait for children.
            SignalAction.DEFAULT.install(SIGCHLD);
        }
        List<Integer> lifted = new ArrayList<>();
        try (SpawnTable table = new SpawnTable()) {
            if (!plan.outlives()) {
                table.add("prctl", PR_SET_PDEATHSIG, SIGKILL);
            }
            table.add("setsid");
            table.add("fchdir", plan.directory());
            table.restore(plan.state());
            for (int i = 0; i < plan.descriptors().size(); i++) {
                table.add("dup3", lift(plan.descriptors().get(i), plan, lifted), i, 0);
            }
            int count = lifted.size();
            int image = -1;
            if (plan.image().isPresent()) {
                try (MemoryFile file = new MemoryFile(plan.image().get())) {
                    image = lift(file.descriptor(), plan, lifted);
                }
            }
            // The JVM's own files, and what Java opens, would stay open otherwise. The image closes itself.
            table.add("close_range", count, image < 0 ? LAST : image - 1L, 0);
            if (image >= 0) {
                table.add("close_range", image + 1L, LAST, 0);
            }
            table.execute(plan.state(), plan.path(), image, plan.arguments(), plan.environment());
            return spawn(table);
        } finally {
            for (int descriptor : lifted) {
                Kernel.call("close", descriptor);
            }
        }
    }

    /** A copy with a number above all of a child's, so that none is overwritten before it is copied. */
    private static int lift(int descriptor, Plan plan, List<Integer> lifted) throws KernelException {
        int copy = (int) Kernel.require(
                "fcntl", descriptor, F_DUPFD_CLOEXEC, plan.descriptors().size());
        lifted.add(copy);
        return copy;
    }

    /** Until the child executes its program, or is dead, this thread stands still, and the table is the child's. */
    private static RunningProcess spawn(SpawnTable table) throws KernelException {
        int pid = table.start(CLONE_VM | CLONE_VFORK | SIGCHLD);
        long pidfd = Kernel.call("pidfd_open", pid, 0);
        if (pidfd < 0) {
            Kernel.call("kill", pid, SIGKILL);
            Kernel.call("wait4", pid, 0, 0, 0);
            throw KernelException.of("pidfd_open", (int) -pidfd);
        }
        RunningProcess started = new RunningProcess(pid, (int) pidfd);
        Optional<KernelException> failure = table.failure();
        if (failure.isPresent()) {
            started.await();
            throw failure.get();
        }
        return started;
    }

    /**
     * Its number.
     *
     * @return the process; another's as soon as its end was awaited
     */
    public int pid() {
        return pid;
    }

    /**
     * Sends a signal to it and all in its process group, which is what it has started and has not made a group of its own.
     *
     * @param signal the number
     * @return false if it has ended
     */
    public synchronized boolean signal(int signal) {
        // Until it has been waited for, nobody else has its number.
        return end == null && Kernel.call("kill", -pid, signal) == 0;
    }

    /**
     * Waits for its end.
     *
     * @param patience how long
     * @return how it ended, or nothing if it has not in time
     * @throws KernelException EINTR if this thread was interrupted
     */
    public Optional<End> await(Duration patience) throws KernelException {
        long deadline = System.nanoTime() + patience.toNanos();
        while (true) {
            Optional<End> ended = reap();
            Duration left = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
            if (ended.isPresent() || left.isZero()) {
                return ended;
            }
            readiness.readable(left);
        }
    }

    /**
     * Waits for its end, however long that takes.
     *
     * @return how it ended
     * @throws KernelException EINTR if this thread was interrupted
     */
    public End await() throws KernelException {
        while (true) {
            Optional<End> ended = await(LONG);
            if (ended.isPresent()) {
                return ended.get();
            }
        }
    }

    /**
     * Sends a signal to it and its process group, which lets it tidy up, and SIGKILL if it has not ended five seconds later. Waits for its
     * end.
     *
     * @param signal the number
     * @throws KernelException EINTR if this thread was interrupted
     */
    public void end(int signal) throws KernelException {
        if (signal(signal) && await(GRACE).isEmpty()) {
            signal(SIGKILL);
            await();
        }
    }

    private synchronized Optional<End> reap() throws KernelException {
        if (end != null) {
            return Optional.of(end);
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment info = arena.allocate(INFO_SIZE, Long.BYTES);
            long result = Kernel.call("waitid", P_PIDFD, pidfd, info.address(), WEXITED | WNOHANG, 0);
            if (result < 0 && result != -EINTR) {
                throw KernelException.of("waitid", (int) -result);
            }
            if (info.get(ValueLayout.JAVA_INT, PID) == 0) {
                return Optional.empty();
            }
            int status = info.get(ValueLayout.JAVA_INT, STATUS);
            boolean exited = info.get(ValueLayout.JAVA_INT, CODE) == CLD_EXITED;
            End ended = exited ? new End(status, 0) : new End(0, status);
            end = ended;
            readiness.close();
            Kernel.call("close", pidfd);
            return Optional.of(ended);
        }
    }
}
