package org.jpledge.tools.report;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import org.jpledge.bpf.SeccompData;
import org.jpledge.launch.LaunchPlan;
import org.jpledge.launch.Launcher;
import org.jpledge.launch.Supervision;
import org.jpledge.linux.ChildProcess;
import org.jpledge.linux.Kernel;
import org.jpledge.linux.KernelException;
import org.jpledge.linux.Listener;
import org.jpledge.linux.OwnDeath;
import org.jpledge.linux.ProcessState;
import org.jpledge.linux.SignalRelay;
import org.jpledge.linux.SocketPair;
import org.jpledge.promise.Enforcement;
import org.jpledge.promise.Policy;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Identity;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Errno;
import org.jpledge.syscall.SyscallTable;

/**
 * Runs a program under its promises as a child, answers in its filters' place, and tells what is refused. The program has this
 * process's standard input, output and error, its group and its terminal, and gets the signals that are sent to this process.
 */
public final class Supervisor {
    private static final Arch ARCH = Arch.host();
    private static final int CLOSE = SyscallTable.of(ARCH).number("close").orElseThrow();
    private static final long EINTR = -Errno.number(ARCH, "EINTR").orElseThrow();

    /** Of the words behind the name in /proc/PID/stat. */
    private static final int TERMINAL = 4;

    private static final int SIGCONT = 18;
    private static final int SIGSTOP = 19;
    private static final int FIRST_REAL_TIME = 34;
    private static final int LAST_SIGNAL = 64;

    /** HUP, INT, QUIT, USR1, USR2, ALRM, TERM, CONT, TSTP, URG, VTALRM, WINCH, IO, PWR. */
    private static final List<Integer> PASSED_ON = List.of(1, 2, 3, 10, 12, 14, 15, 18, 20, 23, 26, 28, 29, 30);

    private static final int WAIT_STOPPED = 2;
    private static final int WAIT_ALL = 0x40000000;
    private static final int STOPPED = 0x7f;
    private static final int ANSWER = 1;

    private final Task task;
    private final Reports reports;

    /**
     * What is to be run.
     *
     * @param policy what the program is held to
     * @param enforcement how
     * @param plan how it is launched by a launcher that knows its supervisor
     * @param environment entries {@code NAME=value}
     * @param state signals and limits that it starts with
     * @param user its effective user
     * @param group its effective group
     * @param here from where unveils that are not absolute are taken
     */
    public record Task(
            Policy policy,
            Enforcement enforcement,
            Function<Supervision, LaunchPlan> plan,
            List<byte[]> environment,
            ProcessState state,
            int user,
            int group,
            String here) {
        /** Copies the list. */
        public Task {
            environment = List.copyOf(environment);
        }
    }

    private Supervisor(Task task, Reports reports) {
        this.task = task;
        this.reports = reports;
    }

    /**
     * Runs a program to its end, and all that it starts. To be called by the thread that called main, once.
     *
     * @param task what to run
     * @param reports gets what is refused
     * @return its exit status; this process dies itself of the signal that ends the program
     * @throws KernelException if the program cannot be started, or not be supervised any more, which ends it
     */
    public static int run(Task task, Reports reports) throws KernelException {
        return new Supervisor(task, reports).run();
    }

    private int run() throws KernelException {
        SocketPair socket = new SocketPair();
        Supervision supervision = new Supervision(socket.others(), Listener.isUndisturbed());
        LaunchPlan plan = task.plan().apply(supervision);
        ChildProcess child = new ChildProcess(new ChildProcess.Plan(
                new byte[0],
                Optional.of(Launcher.of(plan)),
                plan.arguments().subList(0, 1),
                task.environment(),
                Optional.empty(),
                OptionalInt.empty(),
                OptionalInt.empty(),
                Optional.empty(),
                task.state().giving(socket.others())));
        socket.leaveToOthers();
        int process = child.process();
        CompletableFuture<Optional<KernelException>> talk = new CompletableFuture<>();
        Thread.ofPlatform().name("supervisor").daemon().start(() -> {
            try {
                supervise(process, socket);
                talk.complete(Optional.empty());
            } catch (KernelException e) {
                child.kill();
                talk.complete(Optional.of(e));
            } catch (RuntimeException | Error e) {
                child.kill();
                talk.completeExceptionally(e);
            }
        });
        int status;
        try (SignalRelay _ = new SignalRelay(signals(), process, 0)) {
            child.release();
            status = wait(process);
        }
        Optional<KernelException> unstarted = child.failure();
        if (unstarted.isPresent()) {
            throw unstarted.get();
        }
        Optional<KernelException> failure = outcome(talk);
        reports.end();
        if (failure.isPresent()) {
            throw failure.get();
        }
        int signal = status & STOPPED;
        if (signal == 0) {
            return status >> 8 & 0xff;
        }
        OwnDeath.by(signal);
        return 128 + signal;
    }

    private static List<Integer> signals() {
        List<Integer> signals = new ArrayList<>(PASSED_ON);
        for (int signal = FIRST_REAL_TIME; signal <= LAST_SIGNAL; signal++) {
            signals.add(signal);
        }
        return signals;
    }

    private static Optional<KernelException> outcome(CompletableFuture<Optional<KernelException>> talk) {
        try {
            return talk.get();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("the supervisor failed, and the program was killed", e.getCause());
        }
    }

    /** Waits for the program's end, and stops when it stops: then a shell knows that its job has. */
    private static int wait(int process) throws KernelException {
        boolean hasTerminal = hasTerminal();
        boolean started = false;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment status = arena.allocate(ValueLayout.JAVA_INT);
            while (true) {
                long waited = Kernel.call("wait4", process, status.address(), WAIT_ALL | WAIT_STOPPED, 0);
                if (waited == EINTR) {
                    continue;
                }
                if (waited < 0) {
                    throw new IllegalStateException("the program was waited for by somebody else");
                }
                int what = status.get(ValueLayout.JAVA_INT, 0);
                if ((what & 0xff) != STOPPED) {
                    return what;
                }
                boolean bySignal = what >> 16 == 0;
                if (!started && bySignal) {
                    started = true; // By itself, before it became the launcher.
                    Kernel.call("kill", process, SIGCONT);
                } else if (bySignal && hasTerminal) {
                    Kernel.call("kill", Kernel.require("getpid"), SIGSTOP);
                }
            }
        }
    }

    /** Whether this process has a terminal, from which somebody may stop its group. */
    private static boolean hasTerminal() {
        try {
            String status = Files.readString(Path.of("/proc/self/stat"), StandardCharsets.ISO_8859_1);
            String[] words = status.substring(status.lastIndexOf(')') + 2).split(" ", -1);
            return !words[TERMINAL].equals("0");
        } catch (IOException _) {
            return false; // Without /proc nothing of this works.
        }
    }

    private void supervise(int process, SocketPair socket) throws KernelException {
        Held held = Held.of(task.policy(), task.enforcement(), new Identity(process, task.user(), task.group()));
        Family family = new Family(process);
        try (socket;
                Judge judge = new Judge(held, family, task.here(), reports::refused)) {
            Optional<Listener> listener = handOver(process, socket, held, judge);
            if (listener.isEmpty()) {
                return;
            }
            try (Answers answers = new Answers(listener.get())) {
                for (Optional<Listener.Call> call = listener.get().next();
                        call.isPresent();
                        call = listener.get().next()) {
                    Listener.Call asked = call.get();
                    Action action = judge.judge(
                            asked.thread(),
                            asked.data(),
                            false,
                            () -> listener.get().waits(asked));
                    answers.answer(asked, action);
                }
            }
        }
    }

    /** Until the entry point, the launcher's helper does what the filter says. Nothing, if the program does not get there. */
    private Optional<Listener> handOver(int process, SocketPair socket, Held held, Judge judge) throws KernelException {
        Optional<Listener> listener = Optional.empty();
        for (Optional<byte[]> message = socket.read(Supervision.MESSAGE);
                message.isPresent();
                message = socket.read(Supervision.MESSAGE)) {
            ByteBuffer numbers = ByteBuffer.wrap(message.get()).order(ByteOrder.nativeOrder());
            int about = numbers.getInt();
            int number = numbers.getInt();
            switch (about) {
                case Supervision.STOPPED -> {
                    Optional<SeccompData> data = CurrentCall.of(number);
                    if (data.isPresent()) {
                        judge.judge(number, data.get(), true, () -> true);
                    }
                    socket.write(ANSWER);
                }
                case Supervision.LISTENER -> {
                    Listener taken = Listener.of(process, number);
                    listener = Optional.of(taken);
                    socket.write(ANSWER);
                    SeccompData close = SeccompData.of(CLOSE, ARCH.audit(), number);
                    if (!(held.exact().decide(close, held.identity()) instanceof Action.Allow)) {
                        // Not the program's, and not yet its own.
                        Optional<Listener.Call> call = taken.next();
                        if (call.isPresent()) {
                            taken.proceed(call.get());
                        }
                    }
                }
                case Supervision.HANDED_OVER -> {
                    socket.write(ANSWER);
                    return listener;
                }
                default -> throw new IllegalStateException("the launcher says " + about);
            }
        }
        listener.ifPresent(Listener::close);
        return Optional.empty();
    }
}
