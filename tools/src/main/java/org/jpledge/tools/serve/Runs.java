package org.jpledge.tools.serve;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.jpledge.linux.Kernel;
import org.jpledge.linux.KernelException;
import org.jpledge.linux.Pipe;
import org.jpledge.linux.ProcessState;
import org.jpledge.linux.RunningProcess;
import org.jpledge.tools.text.Json;
import org.jpledge.tools.text.Words;

/**
 * The programs that run for clients: as many as {@link Limit#CHILDREN}. Each ends with the connection that asked for it, by SIGHUP and
 * then SIGKILL, unless it is detached. Thread safe.
 */
public final class Runs implements AutoCloseable {
    private static final String NULL = "/dev/null";
    private static final int O_RDWR = 2;
    private static final int O_CLOEXEC = 0x80000;
    private static final long AT_FDCWD = -100;
    private static final int SIGHUP = 1;
    private static final int SIGTERM = 15;
    private static final int STREAMS = 3;
    private static final int PIECE = 1 << 15;
    private static final Duration LONG = Duration.ofDays(1);

    private final Map<Integer, Running> all = new ConcurrentSkipListMap<>();
    private final AtomicInteger last = new AtomicInteger();
    private final Semaphore room = new Semaphore(Limit.CHILDREN.most());

    /**
     * What is to be run.
     *
     * @param method the method that asked for it
     * @param command the program and its arguments, as words
     * @param path of the file to execute; ignored where there is an image
     * @param image an ELF file to execute instead
     * @param arguments each without NUL
     * @param environment entries {@code NAME=value}
     * @param directory an open directory, its working directory
     * @param state signals and limits
     * @param given what it gets from the server after its own descriptors, in the server's numbers
     * @param detached whether it goes on without its client, and without the server
     */
    public record Task(
            String method,
            List<String> command,
            byte[] path,
            Optional<byte[]> image,
            List<byte[]> arguments,
            List<byte[]> environment,
            int directory,
            ProcessState state,
            List<Integer> given,
            boolean detached) {
        /** Copies the lists. */
        public Task {
            command = List.copyOf(command);
            arguments = List.copyOf(arguments);
            environment = List.copyOf(environment);
            given = List.copyOf(given);
        }
    }

    /** None yet. */
    public Runs() {}

    /**
     * How many descriptors of its own a program gets: what it gets besides comes after them.
     *
     * @param call the request
     * @return at least three
     * @throws RequestException if a parameter is wrong
     */
    public static int descriptors(Call call) throws RequestException {
        return Math.max(STREAMS, call.numbers("descriptors").size());
    }

    /**
     * Runs a program until its end, or detached until it has begun. The client is told of its beginning and of what it writes.
     *
     * @param call the request
     * @param task what to run
     * @return how it ended
     * @throws RequestException if it cannot be run
     * @throws IOException if the client is gone: the program is then ending
     */
    public Handler.Answer run(Call call, Task task) throws RequestException, IOException {
        if (!room.tryAcquire()) {
            throw new RequestException(
                    ErrorCode.BUSY, "the server runs " + Limit.CHILDREN.most() + " programs already");
        }
        boolean isLeft = false;
        try (Streams streams = streams(call, task)) {
            Running running = start(call, task, streams);
            Thread waiting = Thread.ofVirtual().unstarted(() -> await(running));
            waiting.start();
            isLeft = true;
            Json.Members begun = new Json.Members()
                    .with("run", new Json.Whole(running.number()))
                    .with("pid", new Json.Whole(running.process().pid()));
            if (task.detached()) {
                return Handler.Answer.of(begun);
            }
            Runnable hangUp = () -> Thread.ofVirtual().start(() -> end(running, SIGHUP));
            call.connection().whenGone(hangUp);
            try {
                call.tell("started", begun);
                streams.pump(call, running);
                RunningProcess.End end = running.process().await();
                streams.finish();
                return new Handler.Answer(running.ended(end), OptionalInt.of(end.status()));
            } finally {
                call.connection().forget(hangUp);
            }
        } catch (KernelException e) {
            throw refused(e);
        } finally {
            if (!isLeft) {
                room.release();
            }
        }
    }

    private static RequestException refused(KernelException e) {
        return new RequestException(ErrorCode.REFUSED, "the program cannot be started: " + e.getMessage());
    }

    private Running start(Call call, Task task, Streams streams) throws KernelException {
        List<Integer> descriptors = new ArrayList<>(streams.childs);
        descriptors.addAll(task.given());
        RunningProcess process = RunningProcess.start(new RunningProcess.Plan(
                task.path(),
                task.image(),
                task.arguments(),
                task.environment(),
                task.directory(),
                descriptors,
                task.state(),
                task.detached()));
        streams.leave();
        int number = last.incrementAndGet();
        Running running = new Running(number, task, call.connection().peer().pid(), System.nanoTime(), process);
        all.put(number, running);
        return running;
    }

    /** Whoever else waits for it: nobody becomes a zombie, and it is not listed any longer than it runs. */
    private void await(Running running) {
        try {
            running.process().await();
        } catch (KernelException e) {
            throw new IllegalStateException("nobody interrupts this thread", e);
        } finally {
            all.remove(running.number());
            room.release();
        }
    }

    private static void end(Running running, int signal) {
        try {
            running.process().end(signal);
        } catch (KernelException e) {
            throw new IllegalStateException("nobody interrupts this thread", e);
        }
    }

    /**
     * The programs that run.
     *
     * @return an array, in the order of their numbers
     */
    public Json.Value list() {
        List<Json.Value> listed = new ArrayList<>();
        all.values().forEach(running -> listed.add(running.listed()));
        return new Json.Items(listed);
    }

    /**
     * Sends a signal to a program and what it has started.
     *
     * @param run the number of the run
     * @param signal the signal's number
     * @throws RequestException if no such program runs
     */
    public void kill(int run, int signal) throws RequestException {
        Running running = all.get(run);
        if (running == null || !running.process().signal(signal)) {
            throw Call.wrong("run", "no program runs that has the number " + run + "; list has those that do");
        }
    }

    /** Ends all programs that are not detached, by SIGTERM and then SIGKILL, and waits for that. */
    @Override
    public void close() {
        List<Thread> threads = new ArrayList<>();
        for (Running running : all.values()) {
            if (!running.task().detached()) {
                threads.add(Thread.ofVirtual().start(() -> end(running, SIGTERM)));
            }
        }
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    /** What a program has as its descriptors: what came with the request, pipes, and nothing. */
    private static final class Streams implements AutoCloseable {
        private final List<Integer> childs = new ArrayList<>();
        private final List<Pipe> from = new ArrayList<>();
        private final List<String> names = new ArrayList<>();
        private final List<Thread> pumps = new ArrayList<>();
        private Optional<Pipe> to = Optional.empty();
        private Optional<String> input = Optional.empty();
        private int nothing = -1;

        private int nothing() throws KernelException {
            if (nothing < 0) {
                try (Arena arena = Arena.ofConfined()) {
                    nothing = (int) Kernel.require(
                            "openat", AT_FDCWD, arena.allocateFrom(NULL).address(), O_RDWR | O_CLOEXEC, 0);
                }
            }
            return nothing;
        }

        private int pipe(String name) throws KernelException {
            Pipe pipe = Pipe.from();
            from.add(pipe);
            names.add(name);
            return pipe.childs();
        }

        private int input(String text) throws KernelException {
            Pipe pipe = Pipe.to();
            to = Optional.of(pipe);
            input = Optional.of(text);
            return pipe.childs();
        }

        /** Closes the program's ends here. */
        private void leave() {
            from.forEach(Pipe::leave);
            to.ifPresent(Pipe::leave);
        }

        private void pump(Call call, Running running) {
            if (to.isPresent()) {
                Pipe pipe = to.get();
                byte[] bytes = Words.bytes(input.orElseThrow());
                Thread.ofVirtual().start(() -> write(pipe, bytes));
            }
            for (int i = 0; i < from.size(); i++) {
                Pipe pipe = from.get(i);
                Output output = new Output(call, running.number(), names.get(i));
                pumps.add(Thread.ofVirtual().start(() -> read(pipe, output)));
            }
        }

        private static void write(Pipe pipe, byte[] bytes) {
            try (pipe) {
                pipe.write(bytes);
            } catch (KernelException e) {
                // The program has ended, and the pipe is closed.
                return;
            }
        }

        private static void read(Pipe pipe, Output output) {
            byte[] buffer = new byte[PIECE];
            try (pipe) {
                while (true) {
                    OptionalInt count = pipe.read(buffer, LONG);
                    if (count.isEmpty() || count.getAsInt() < 0) {
                        output.end();
                        return;
                    }
                    output.tell(buffer, count.getAsInt());
                }
            } catch (IOException | KernelException e) {
                // The client is gone, and the program is told so; or all is over.
                return;
            }
        }

        /** The program has ended: what it has written until now is all that is passed on. */
        private void finish() {
            from.forEach(Pipe::finish);
            for (Thread pump : pumps) {
                try {
                    pump.join();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return;
                }
            }
        }

        @Override
        public void close() {
            from.forEach(Pipe::close);
            to.ifPresent(Pipe::close);
            if (nothing >= 0) {
                Kernel.call("close", nothing);
            }
        }
    }

    private static Streams streams(Call call, Task task) throws RequestException, KernelException {
        List<Integer> places = call.numbers("descriptors");
        Optional<String> input = call.text("input");
        if (input.isPresent() && !places.isEmpty()) {
            throw Call.wrong("input", "\"descriptors\" says already what is standard input");
        }
        if (places.size() > Limit.DESCRIPTORS.most()) {
            throw Call.wrong(
                    "descriptors", "a program gets at most " + Limit.DESCRIPTORS.most() + ", not " + places.size());
        }
        Streams streams = new Streams();
        boolean done = false;
        try {
            for (int place : places) {
                if (place >= call.descriptors().size()) {
                    throw Call.wrong(
                            "descriptors",
                            "there is no descriptor " + place + ": "
                                    + call.descriptors().size() + " came with the request, counted from 0");
                }
                streams.childs.add(call.descriptors().get(place));
            }
            for (int stream = places.size(); stream < STREAMS; stream++) {
                streams.childs.add(
                        switch (stream) {
                            case 0 -> input.isPresent() ? streams.input(input.get()) : streams.nothing();
                            default ->
                                task.detached() ? streams.nothing() : streams.pipe(stream == 1 ? "stdout" : "stderr");
                        });
            }
            done = true;
            return streams;
        } finally {
            if (!done) {
                streams.close();
            }
        }
    }
}
