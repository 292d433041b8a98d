package org.jpledge;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Work on a platform thread of its own, which begins at once.
 *
 * @param <T> what comes of it
 */
final class Aside<T> {
    private final FutureTask<T> work;
    private final Thread thread;

    Aside(Callable<T> work) {
        this.work = new FutureTask<>(work);
        thread = Thread.ofPlatform().daemon().name("jpledge").start(this.work);
    }

    /**
     * What came of it. Its thread has ended then. An interruption is left for later.
     *
     * @throws ExecutionException if it failed; the cause says how
     */
    T get() throws ExecutionException {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    thread.join();
                    return work.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
