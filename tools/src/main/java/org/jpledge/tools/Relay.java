package org.jpledge.tools;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jpledge.tools.event.Argument;
import org.jpledge.tools.event.Event;
import org.jpledge.tools.event.Syscall;
import org.jspecify.annotations.Nullable;

/**
 * Hands events on to a consumer in a thread of its own, in their order, so that the traced program does not wait for what is
 * made of them. It does wait where what its call means is looked up among the files, which must be as the call found them:
 * for programs that are executed, and for opens that may make a file.
 */
final class Relay implements Consumer<Event>, AutoCloseable {
    private static final int MOST_WAITING = 1 << 12;

    /** A moment in which events gather: waking a thread for each would cost more than the event. */
    private static final long MOMENT_NANOS = 900_000;

    private final Consumer<Event> consumer;
    private final Thread thread = new Thread(this::work, "relay");
    private List<Event> waiting = new ArrayList<>();
    private boolean busy;
    private boolean hurried;
    private boolean closed;
    private @Nullable Throwable problem;

    /**
     * Starts the thread.
     *
     * @param consumer gets the events, one at a time
     */
    Relay(Consumer<Event> consumer) {
        this.consumer = consumer;
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * Hands on an event, now or soon.
     *
     * @param event the event
     * @throws IllegalStateException if the consumer failed on an earlier one
     */
    @Override
    public void accept(Event event) {
        if (isInStep(event)) {
            settle();
            consumer.accept(event);
            return;
        }
        synchronized (this) {
            await(() -> waiting.size() < MOST_WAITING);
            check();
            waiting.add(event);
            if (waiting.size() == 1) {
                notifyAll();
            }
        }
    }

    private static boolean isInStep(Event event) {
        if (!(event instanceof Syscall call)) {
            return false;
        }
        String name = call.name();
        if (name.startsWith("execve")) {
            return true;
        }
        if (name.startsWith("open")) {
            for (Argument argument : call.arguments()) {
                if (argument instanceof Argument.Symbols symbols
                        && symbols.text().contains("O_CREAT")) {
                    return true;
                }
            }
        }
        return name.equals("openat2");
    }

    /** Waits until all has been handed on. */
    private synchronized void settle() {
        hurried = true;
        notifyAll();
        await(() -> !busy && waiting.isEmpty());
        hurried = false;
        check();
    }

    private void check() {
        if (problem != null) {
            throw new IllegalStateException("an event could not be shown", problem);
        }
    }

    /** Waits until something holds, or the other thread has failed. */
    private synchronized void await(BooleanSupplier holds) {
        try {
            while (!holds.getAsBoolean() && problem == null) {
                wait();
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Waits until all has been handed on, and ends the thread. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        settle();
    }

    private void work() {
        try {
            List<Event> taken = take(new ArrayList<>());
            while (!taken.isEmpty()) {
                for (int i = 0; i < taken.size(); i++) {
                    consumer.accept(taken.get(i));
                }
                taken.clear();
                taken = take(taken);
            }
        } catch (RuntimeException | Error e) {
            fail(e);
        }
    }

    /** The next events, in place of an empty list; none at the end. */
    private List<Event> take(List<Event> done) {
        awaitSome();
        synchronized (this) {
            List<Event> taken = waiting;
            waiting = done;
            busy = !taken.isEmpty();
            notifyAll();
            return taken;
        }
    }

    private void awaitSome() {
        try {
            synchronized (this) {
                busy = false;
                notifyAll();
                while (waiting.isEmpty() && !closed) {
                    wait();
                }
                long end = System.nanoTime() + MOMENT_NANOS;
                for (long left = MOMENT_NANOS; left > 0 && !closed && !hurried; left = end - System.nanoTime()) {
                    wait(0, (int) left);
                }
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private synchronized void fail(Throwable thrown) {
        problem = thrown;
        notifyAll();
    }
}
