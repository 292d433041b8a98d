package org.jpledge.tools.trace;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Traces programs: all their threads, and all processes that they start. What is traced stands still while the watcher is
 * told of it. Signals, standard input and output, and exit status are the program's own.
 *
 * <p>All tracing is done by one thread of its own, and the watcher is called in it. If the watcher throws an exception,
 * the program that was started is killed, and processes that were attached to go on.
 */
public final class Tracer {
    private Tracer() {}

    /**
     * Starts a program and traces it until it and all that it has started have ended.
     *
     * @param program what to start
     * @param settings how to trace
     * @param watcher is told of every stop, in the tracer's thread
     * @return the program's exit status; 128 and the signal's number, if a signal ended it
     * @throws TraceException if it cannot be executed, or not be traced
     */
    public static int run(TracedProgram program, Settings settings, Consumer<? super Stop> watcher)
            throws TraceException {
        return inThread(session -> session.run(program), settings, watcher);
    }

    /**
     * Traces processes that run already, with all their threads and all that they start from now on, until they have ended, or
     * SIGINT, SIGTERM or SIGHUP asks this process to end the tracing: then they go on without.
     *
     * @param processes their numbers
     * @param settings how to trace
     * @param watcher is told of every stop, in the tracer's thread
     * @throws TraceException if one of them cannot be traced; none is traced then
     */
    public static void attach(List<Integer> processes, Settings settings, Consumer<? super Stop> watcher)
            throws TraceException {
        List<Integer> numbers = new ArrayList<>(processes);
        inThread(session -> session.attach(numbers), settings, watcher);
    }

    private interface Work {
        int in(Session session) throws TraceException;
    }

    private static int inThread(Work work, Settings settings, Consumer<? super Stop> watcher) throws TraceException {
        FutureTask<Integer> task = new FutureTask<>(() -> {
            try (Session session = new Session(settings, watcher)) {
                return work.in(session);
            }
        });
        Thread.ofPlatform().name("tracer").daemon().start(task);
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return task.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (ExecutionException e) {
                    throw rethrown(e.getCause());
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static TraceException rethrown(@Nullable Throwable cause) {
        if (cause instanceof RuntimeException e) {
            throw e;
        }
        if (cause instanceof Error e) {
            throw e;
        }
        return cause instanceof TraceException e ? e : new TraceException(TraceException.OURS, String.valueOf(cause));
    }
}
