package org.jpledge.linux;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.locks.LockSupport;
import org.jpledge.landlock.RestrictFlag;
import org.jpledge.landlock.Rights;
import org.jspecify.annotations.Nullable;

/**
 * Has every thread of this process restrict itself, for kernels whose landlock_restrict_self(2) speaks for one thread only.
 *
 * <p>Each thread gets a real-time signal that nobody uses, and waits in its handler. When all wait, so that no thread can
 * start another, they are told to restrict themselves. Where one does not come in time all are told to go on: then nothing has
 * been restricted. Tried again with more time and, where the thread blocks the signal, with another one.
 */
final class Broadcast {
    private static final int FIRST_REALTIME = 35;
    private static final int LAST_REALTIME = 64;
    private static final int SI_QUEUE = -1;
    private static final int SIGINFO_SIZE = 128;
    private static final int SI_CODE = 8;
    private static final int SI_PID = 16;
    private static final int SI_UID = 20;
    private static final int CLOCK_MONOTONIC = 1;
    private static final int MADV_DONTNEED = 4;
    private static final int LIST_SIZE = 1 << 20;
    private static final int LOOKS = 10;
    private static final long SECOND = 1_000_000_000;

    /** Nanoseconds that the first attempt may take; each later one may take four times as long. */
    private static final long FIRST_LIMIT = SECOND / 10;

    /** How much longer than an attempt a thread waits to be told something: for ever, but for the worst. */
    private static final long PATIENCE_SECONDS = 60;

    private static @Nullable Broadcast prepared;

    private final MemorySegment shared = GeneratedCode.memory(StoppedThreads.SIZE);
    private final MemorySegment states = GeneratedCode.memory(StoppedThreads.MOST_THREADS);
    private final MemorySegment info = GeneratedCode.memory(SIGINFO_SIZE);
    private final SignalAction handler = StoppedThreads.handler(shared);
    private final MemorySegment function = StoppedThreads.function();
    private final int process = (int) Kernel.require("getpid");

    private Broadcast() throws KernelException {
        set(StoppedThreads.STATES, states.address());
        set(StoppedThreads.LIST, GeneratedCode.memory(LIST_SIZE).address());
        set(StoppedThreads.LIST_SIZE, LIST_SIZE);
        set(StoppedThreads.TASKS, ThreadInfo.openDirectory());
        set(StoppedThreads.PROCESS, process);
        set(StoppedThreads.INFO, info.address());
        info.set(ValueLayout.JAVA_INT, SI_CODE, SI_QUEUE);
        info.set(ValueLayout.JAVA_INT, SI_PID, process);
        info.set(ValueLayout.JAVA_INT, SI_UID, (int) Kernel.require("getuid"));
    }

    /**
     * Makes all that is needed, as long as executable memory can be had and /proc can be read.
     *
     * @return the same every time
     */
    static synchronized Broadcast prepare() throws KernelException {
        Broadcast ready = prepared;
        if (ready == null) {
            ready = new Broadcast();
            prepared = ready;
        }
        return ready;
    }

    /**
     * Restricts all threads but the calling one, which is to follow at once and starts none before that.
     *
     * @param ruleset the ruleset's descriptor
     * @param flags for landlock_restrict_self(2)
     * @param limit nanoseconds for all of it
     * @throws ThreadException if a thread does not come, or cannot restrict itself; the message says what is restricted
     */
    synchronized void restrictOthers(int ruleset, Rights<RestrictFlag> flags, long limit)
            throws KernelException, ThreadException {
        set(StoppedThreads.RULESET, ruleset);
        set(StoppedThreads.FLAGS, flags.bits());
        set(StoppedThreads.SELF, Kernel.require("gettid"));
        long end = System.nanoTime() + limit;
        long free = free();
        for (long attempt = FIRST_LIMIT; free != 0; attempt *= 4) {
            int signal = Long.SIZE - Long.numberOfLeadingZeros(free);
            handler.install(signal);
            long result = attempt(signal, Math.min(attempt, end - System.nanoTime()));
            int thread = (int) get(StoppedThreads.THREAD);
            if (result == StoppedThreads.ALL_RESTRICTED) {
                if (attempt == FIRST_LIMIT) {
                    SignalAction.DEFAULT.install(signal);
                }
                // Otherwise a signal of an earlier attempt may be waiting somewhere, and would end the process.
                return;
            }
            if (result == StoppedThreads.THREAD_FAILED) {
                int error = (int) -get(StoppedThreads.ERROR);
                String why = error == 0
                        ? "has not restricted itself"
                        : "cannot restrict itself (" + Landlock.refusal(error).getMessage() + ')';
                throw new ThreadException(thread, (int) get(StoppedThreads.COUNT), why);
            }
            free &= ~blockedForGood(thread);
            if (System.nanoTime() - end >= 0) {
                throw new ThreadException(thread, 0, "did not answer a signal in time");
            }
            if (free == 0) {
                throw new ThreadException(thread, 0, "blocks every free real-time signal");
            }
        }
        throw new ThreadException((int) get(StoppedThreads.SELF), 0, "finds no real-time signal without a handler");
    }

    private long attempt(int signal, long limit) throws KernelException {
        Kernel.require("madvise", states.address(), states.byteSize(), MADV_DONTNEED);
        info.set(ValueLayout.JAVA_INT, 0, signal);
        set(StoppedThreads.SIGNAL, signal);
        // The first thread stays in the list when it ends before the others.
        set(StoppedThreads.ENDED, ThreadInfo.hasEnded(process) ? process : 0);
        set(StoppedThreads.THREAD, 0);
        set(StoppedThreads.ERROR, 0);
        set(StoppedThreads.PATIENCE, limit / SECOND + PATIENCE_SECONDS);
        Kernel.require("clock_gettime", CLOCK_MONOTONIC, shared.address() + StoppedThreads.DEADLINE);
        long nanos = get(StoppedThreads.DEADLINE + Long.BYTES) + limit;
        set(StoppedThreads.DEADLINE, get(StoppedThreads.DEADLINE) + Math.floorDiv(nanos, SECOND));
        set(StoppedThreads.DEADLINE + Long.BYTES, Math.floorMod(nanos, SECOND));
        shared.set(ValueLayout.JAVA_INT, StoppedThreads.ORDER, StoppedThreads.WAIT);
        return Kernel.run(function, shared.address());
    }

    /**
     * Signals that a thread goes on blocking. One that is just starting or ending blocks all, and may wait for what another
     * thread had locked when that one was stopped.
     */
    private static long blockedForGood(int thread) {
        long blocked = -1;
        for (int i = 0; i < LOOKS && blocked != 0; i++) {
            blocked &= ThreadInfo.blocked(thread);
            LockSupport.parkNanos(SECOND / 100);
        }
        return blocked;
    }

    /** Signals that have no handler: bit n-1 is signal n. */
    private static long free() throws KernelException {
        long free = 0;
        for (int signal = FIRST_REALTIME; signal <= LAST_REALTIME; signal++) {
            if (SignalAction.of(signal).isDefault()) {
                free |= 1L << signal - 1;
            }
        }
        return free;
    }

    private void set(int field, long value) {
        shared.set(ValueLayout.JAVA_LONG, field, value);
    }

    private long get(int field) {
        return shared.get(ValueLayout.JAVA_LONG, field);
    }
}
