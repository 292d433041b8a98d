package org.jpledge.tools.trace;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jpledge.bpf.Program;
import org.jpledge.linux.ChildProcess;
import org.jpledge.linux.KernelException;
import org.jpledge.linux.Onward;
import org.jpledge.linux.Ptrace;
import org.jpledge.linux.SignalRelay;
import org.jpledge.seccomp.Compiler;
import org.jpledge.tools.event.Task;
import org.jpledge.tools.text.Words;
import org.jspecify.annotations.Nullable;

/** One tracing, from its start to its end, by the thread that makes it. */
final class Session implements AutoCloseable {
    private static final int SIGTRAP = 5;
    private static final int SIGSTOP = 19;
    private static final int GOOD_TRAP = SIGTRAP | 0x80;
    private static final int SIGNALLED = 128;
    private static final int ECHILD = 10;

    private static final int EVENT_FORK = 1;
    private static final int EVENT_VFORK = 2;
    private static final int EVENT_CLONE = 3;
    private static final int EVENT_EXEC = 4;
    private static final int EVENT_SECCOMP = 7;
    private static final int EVENT_STOP = 128;

    private static final int OPTIONS =
            Ptrace.TRACE_GOOD | Ptrace.TRACE_CHILDREN | Ptrace.TRACE_EXEC | Ptrace.TRACE_SECCOMP;

    /** SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGTERM, SIGWINCH. */
    private static final List<Integer> PASSED_ON = List.of(1, 2, 3, 10, 12, 14, 15, 28);

    /** SIGHUP, SIGINT, SIGTERM. */
    private static final List<Integer> ENDING = List.of(1, 2, 15);

    private static final long PATIENCE = 2_000_000_000;
    private static final long PAUSE = 100_000;

    private static final Image RUNNING = new Image(null);

    private final Settings settings;
    private final Consumer<? super Stop> watcher;
    private final Ptrace ptrace = new Ptrace();
    private final Architectures architectures = new Architectures();
    private final Clock clock = new Clock();
    private final Map<Integer, Traced> tasks = new HashMap<>();

    /** Threads that stand still until it is known who started them. */
    private final Set<Integer> unknown = new HashSet<>();

    /** A child that does nothing. When it ends, somebody wants this to end. */
    private @Nullable ChildProcess bell;

    private @Nullable SignalRelay relay;

    /** The program, while it has not stopped itself yet. */
    private @Nullable ChildProcess child;

    private @Nullable Traced last;
    private int root;
    private int rootStatus;
    private boolean launching;
    private int hiddenPrograms;
    private boolean filtered;
    private boolean leaving;
    private boolean ending;

    Session(Settings settings, Consumer<? super Stop> watcher) {
        this.settings = settings;
        this.watcher = watcher;
    }

    @Override
    public void close() {
        try {
            if (relay != null) {
                relay.close();
            }
        } catch (KernelException e) {
            throw new IllegalStateException(e);
        } finally {
            if (bell != null) {
                bell.kill();
                ptrace.awaitEnd(bell.process());
                bell.close();
            }
            ptrace.close();
        }
    }

    /** Starts a program and traces it to its end. */
    int run(TracedProgram program) throws TraceException {
        ChildProcess started = start(program);
        child = started;
        root = started.process();
        launching = true;
        hiddenPrograms = program.launcher().isPresent() ? 1 : 0;
        try {
            ptrace.seize(root, OPTIONS | Ptrace.EXIT_KILL);
        } catch (KernelException e) {
            started.kill();
            ptrace.awaitEnd(root);
            throw Refusal.ofSeizing(program.path(), root, e);
        }
        tasks.put(root, fresh(root, root, RUNNING));
        try {
            prepareSignals(PASSED_ON, root);
            started.release();
            loop();
        } finally {
            killAll();
        }
        Optional<KernelException> failure = started.failure();
        started.close();
        if (failure.isPresent()) {
            throw Refusal.ofExecuting(program, failure.get());
        }
        return rootStatus;
    }

    /** So that signals reach the program, or at least this loop. */
    private void prepareSignals(List<Integer> signals, int target) throws TraceException {
        try {
            ChildProcess waiting = ChildProcess.waiting();
            bell = waiting;
            if (settings.forwarding()) {
                relay = new SignalRelay(signals, target, waiting.process());
            }
        } catch (KernelException e) {
            throw new TraceException(TraceException.OURS, "cannot prepare for signals (" + e.getMessage() + ")");
        }
    }

    /** Ends what was started and is left, and waits until it has ended. */
    private void killAll() {
        ending = true;
        for (Traced traced : tasks.values()) {
            ptrace.kill(traced.task.process());
        }
        loop();
    }

    private ChildProcess start(TracedProgram program) throws TraceException {
        Optional<Program> filter =
                settings.stopping().map(stopping -> Compiler.compile(stopping).program());
        try {
            return new ChildProcess(new ChildProcess.Plan(
                    Words.bytes(program.path()),
                    program.launcher(),
                    Words.bytes(program.arguments()),
                    Words.bytes(program.environment()),
                    program.directory().map(Words::bytes),
                    program.user(),
                    program.group(),
                    filter,
                    program.state()));
        } catch (KernelException e) {
            throw new TraceException(TraceException.OURS, "no process can be started (" + e.getMessage() + ")");
        }
    }

    /** Traces processes that run already. */
    int attach(List<Integer> processes) throws TraceException {
        try {
            for (int process : processes) {
                seizeAll(ProcessStatus.of(process).number("Tgid").orElse(process));
            }
            prepareSignals(ENDING, 0);
            for (Traced traced : List.copyOf(tasks.values())) {
                ptrace.interrupt(traced.task.thread());
                tell(new Stop.Started(traced.task, clock.now(), 0));
            }
            loop();
        } finally {
            detachAll();
        }
        return 0;
    }

    private void seizeAll(int process) throws TraceException {
        seize(process, process, true);
        // Threads start others meanwhile; those of threads that are traced already are traced, too.
        boolean more = true;
        while (more) {
            more = false;
            for (int thread : ProcessStatus.threads(process)) {
                more |= seize(process, thread, false);
            }
        }
    }

    /** Becomes a thread's tracer. Whether it was not before. */
    private boolean seize(int process, int thread, boolean first) throws TraceException {
        if (tasks.containsKey(thread)) {
            return false;
        }
        try {
            ptrace.seize(thread, OPTIONS);
        } catch (KernelException e) {
            if (!first) {
                // Ended meanwhile, or traced already because its starter is.
                return false;
            }
            throw Refusal.ofSeizing("process " + process, process, e);
        }
        tasks.put(thread, fresh(process, thread, RUNNING));
        return true;
    }

    /** Leaves what is left alone, as it is. */
    private void detachAll() {
        leaving = true;
        for (int waiting : unknown) {
            ptrace.resume(waiting, Onward.DETACHED, 0);
        }
        unknown.clear();
        for (Traced traced : tasks.values()) {
            ptrace.interrupt(traced.task.thread());
        }
        // A thread that has made vfork(2) does not stop before its child has executed a program. The kernel detaches it
        // when
        // this thread ends.
        long end = System.nanoTime() + PATIENCE;
        while (!tasks.isEmpty() && System.nanoTime() - end < 0) {
            int thread = ptrace.poll();
            if (thread > 0) {
                happened(thread, ptrace.status());
            } else if (thread < 0) {
                return;
            } else {
                LockSupport.parkNanos(PAUSE);
            }
        }
    }

    private void detach(Traced traced, int signal) {
        Ptrace.Breakpoint entry = traced.image.entry;
        int delivered = signal;
        if (entry != null) {
            if (ptrace.remove(traced.task.thread(), entry, true)) {
                delivered = 0;
            } else {
                ptrace.remove(traced.task.thread(), entry, false);
            }
            traced.image.entry = null;
        }
        ptrace.resume(traced.task.thread(), Onward.DETACHED, delivered);
        tasks.remove(traced.task.thread());
        last = null;
    }

    private void tell(Stop stop) {
        if (!leaving && !ending) {
            watcher.accept(stop);
        }
    }

    private void loop() {
        while (!tasks.isEmpty()) {
            int thread = ptrace.await();
            if (bell != null && thread == bell.process()) {
                rung();
            } else if (thread > 0) {
                happened(thread, ptrace.status());
            } else if (thread == -ECHILD) {
                return;
            }
            if (leaving) {
                return;
            }
        }
    }

    /** Somebody wants this to end. */
    private void rung() {
        if (root == 0) {
            leaving = true;
        } else {
            for (Traced traced : tasks.values()) {
                ptrace.kill(traced.task.process());
            }
        }
    }

    private void happened(int thread, int status) {
        Traced traced = last;
        if (traced == null || traced.task.thread() != thread) {
            traced = tasks.get(thread);
        }
        boolean stopped = (status & 0xff) == 0x7f;
        if (traced == null) {
            if (stopped && leaving) {
                ptrace.resume(thread, Onward.DETACHED, 0);
            } else if (stopped) {
                unknown(thread);
            }
            return;
        }
        last = traced;
        if (stopped) {
            stopped(traced, status >>> 8 & 0xff, status >>> 16);
        } else {
            ended(traced, status);
        }
    }

    private void stopped(Traced traced, int signal, int event) {
        int thread = traced.task.thread();
        if (leaving) {
            detach(traced, event == 0 && signal != GOOD_TRAP ? signal : 0);
            return;
        }
        if (signal == GOOD_TRAP) {
            call(traced);
            return;
        }
        switch (event) {
            case 0 -> arrived(traced, signal);
            case EVENT_SECCOMP -> call(traced);
            case EVENT_FORK, EVENT_VFORK, EVENT_CLONE -> {
                started(traced, ptrace.eventMessage(thread), event);
                resume(traced, 0);
            }
            case EVENT_EXEC -> executed(traced, ptrace.eventMessage(thread));
            case EVENT_STOP -> {
                if (signal == SIGTRAP) {
                    resume(traced, 0);
                } else {
                    ptrace.resume(thread, Onward.STAYING, 0);
                }
            }
            default -> resume(traced, 0);
        }
    }

    private void resume(Traced traced, int signal) {
        Onward how = filtered && !traced.inCall ? Onward.FREELY : Onward.TO_NEXT_CALL;
        ptrace.resume(traced.task.thread(), how, signal);
    }

    /** At the entry of a system call, or at its exit. */
    private void call(Traced traced) {
        int thread = traced.task.thread();
        if (!ptrace.inspect(thread)) {
            // It has been killed; what follows is its end.
            resume(traced, 0);
            return;
        }
        if (ptrace.operation() == Ptrace.EXIT) {
            if (traced.inCall) {
                traced.inCall = false;
                tell(new Stop.Left(traced.task, System.nanoTime() - traced.since, ptrace.result(), traced.memory));
            }
        } else if (ptrace.operation() != Ptrace.NO_CALL && isShown(traced)) {
            traced.inCall = true;
            Stop.Entered entered = entered(traced);
            tell(entered);
            traced.since = System.nanoTime();
        }
        resume(traced, 0);
    }

    /** Whether a call is told: not what the child does before it executes the program. */
    private boolean isShown(Traced traced) {
        if (!launching || traced.task.process() != root) {
            return true;
        }
        if (hiddenPrograms == 0 && architectures.isExecution(ptrace.architecture(), ptrace.number())) {
            launching = false;
            return true;
        }
        return false;
    }

    private Stop.Entered entered(Traced traced) {
        return new Stop.Entered(
                traced.task,
                clock.now(),
                architectures.of(ptrace.architecture()),
                ptrace.number(),
                List.of(
                        ptrace.argument(0),
                        ptrace.argument(1),
                        ptrace.argument(2),
                        ptrace.argument(3),
                        ptrace.argument(4),
                        ptrace.argument(5)),
                ptrace.instruction(),
                traced.image.isEarly(),
                traced.memory);
    }

    /** A signal is about to be delivered. */
    private void arrived(Traced traced, int signal) {
        int thread = traced.task.thread();
        Ptrace.Breakpoint entry = traced.image.entry;
        if (signal == SIGTRAP && entry != null && ptrace.remove(thread, entry, true)) {
            traced.image.entry = null;
            resume(traced, 0);
            return;
        }
        if (child != null && thread == root && signal == SIGSTOP) {
            // The child stops itself when it has done all but executing the program.
            filtered = child.isFiltered();
            child = null;
            tell(new Stop.Started(traced.task, clock.now(), 0));
            resume(traced, 0);
            return;
        }
        tell(new Stop.Signalled(traced.task, clock.now(), signal, ptrace.arrival(thread)));
        resume(traced, signal);
    }

    /** A thread or process was started, and is traced. */
    private void started(Traced parent, int number, int event) {
        if (number <= 0) {
            return;
        }
        Traced fresh;
        if (event == EVENT_CLONE && ptrace.isThreadOf(parent.task.process(), number)) {
            fresh = fresh(parent.task.process(), number, parent.image);
        } else {
            fresh = fresh(number, number, event == EVENT_VFORK ? parent.image : copy(parent.image));
        }
        tasks.put(number, fresh);
        tell(new Stop.Started(fresh.task, clock.now(), parent.task.thread()));
        if (unknown.remove(number)) {
            resume(fresh, 0);
        }
    }

    private Traced fresh(int process, int thread, Image image) {
        return new Traced(new Task(process, thread), new ThreadMemory(ptrace, thread), image);
    }

    private static Image copy(Image image) {
        return image.isEarly() ? image.copy() : image;
    }

    /** A thread that nobody has told of yet: its parent's stop may come later, or never if its parent was killed. */
    private void unknown(int thread) {
        OptionalInt process = ProcessStatus.of(thread).number("Tgid");
        OptionalInt parent = ProcessStatus.of(thread).number("PPid");
        if (process.isEmpty()) {
            // Killed, too.
            ptrace.resume(thread, Onward.FREELY, 0);
            return;
        }
        unknown.add(thread);
        if (!isTraced(process.getAsInt()) && !isTraced(parent.orElse(0))) {
            adopt(thread);
        }
    }

    private boolean isTraced(int process) {
        for (Traced traced : tasks.values()) {
            if (traced.task.process() == process) {
                return true;
            }
        }
        return false;
    }

    /** A thread whose parent was killed before it could be told who it is. */
    private void adopt(int thread) {
        unknown.remove(thread);
        int process = ProcessStatus.of(thread).number("Tgid").orElse(thread);
        Traced orphan = fresh(process, thread, RUNNING);
        tasks.put(thread, orphan);
        tell(new Stop.Started(orphan.task, clock.now(), 0));
        resume(orphan, 0);
    }

    private void executed(Traced leader, int former) {
        Traced traced = leader;
        int process = leader.task.process();
        if (former > 0 && former != process) {
            // Another thread than the first has become the process, and took its number.
            Traced by = tasks.remove(former);
            traced = fresh(process, process, RUNNING);
            if (by != null) {
                traced.inCall = by.inCall;
                traced.since = by.since;
            }
            tasks.put(process, traced);
            last = traced;
        }
        if (process == root && launching && hiddenPrograms > 0) {
            hiddenPrograms--;
            resume(traced, 0);
            return;
        }
        if (process == root) {
            launching = false;
        }
        tell(new Stop.Executed(traced.task, clock.now(), former));
        traced.image = settings.early() ? image(process) : RUNNING;
        resume(traced, 0);
    }

    private Image image(int process) {
        boolean wide = !ptrace.inspect(process)
                || architectures.of(ptrace.architecture()).is64Bit();
        OptionalLong entry = EntryPoint.of(process, wide);
        if (entry.isEmpty()) {
            return RUNNING;
        }
        Optional<Ptrace.Breakpoint> breakpoint = ptrace.breakAt(process, entry.getAsLong());
        return breakpoint.isPresent() ? new Image(breakpoint.get()) : RUNNING;
    }

    private void ended(Traced traced, int status) {
        int thread = traced.task.thread();
        int signal = status & 0x7f;
        int code = signal == 0 ? status >>> 8 & 0xff : SIGNALLED + signal;
        tasks.remove(thread);
        last = null;
        if (thread == root) {
            rootStatus = code;
            if (relay != null) {
                relay.untargeted();
            }
        }
        tell(new Stop.Ended(traced.task, clock.now(), code, signal));
        if (!unknown.isEmpty()) {
            for (int waiting : List.copyOf(unknown)) {
                adopt(waiting);
            }
        }
    }
}
