package org.jpledge.linux;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jpledge.landlock.RestrictFlag;
import org.jpledge.landlock.Rights;
import org.jspecify.annotations.Nullable;

/**
 * Has every thread of this process restrict itself, for kernels whose landlock_restrict_self(2) speaks for one thread only.
 *
 * <p>Each thread gets a real-time signal, whose handler is a {@link RestrictHandler}. First all are asked whether they
 * answer: a thread that does not is found before anything is restricted. Then all are asked to restrict themselves, and after
 * them those that were started meanwhile, until a list of all threads has none that was not restricted when the list was
 * read: so nobody is left who could start an unrestricted one.
 */
final class Broadcast {
    private static final int FIRST_REALTIME = 35;
    private static final int LAST_REALTIME = 64;

    /** In nanoseconds: how long an answer may take before it is asked why. */
    private static final long USUAL = 200_000;

    private static final long PATIENCE = 50_000_000;

    private static @Nullable Broadcast prepared;

    private final ThreadList.Source source = new ThreadList.Source();
    private final RestrictHandler handler = new RestrictHandler();

    /** A thread, and the number of the answer that it owes. */
    private record Asked(ThreadList.Entry thread, int answer) {}

    /** What became of a question. */
    private enum Outcome {
        ANSWERED,
        ENDED,
        SILENT
    }

    private Broadcast() throws KernelException {}

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
     * @throws ThreadException if a thread does not answer, or cannot restrict itself; the message says what is restricted
     */
    synchronized void restrictOthers(int ruleset, Rights<RestrictFlag> flags, long limit)
            throws KernelException, ThreadException {
        long deadline = System.nanoTime() + limit;
        int self = (int) Kernel.require("gettid");
        handler.load(ruleset, flags);
        int signal = chooseSignal(self, deadline);
        restrict(signal, self, deadline);
        // Nobody owes an answer any more, so no such signal is on its way.
        SignalAction.DEFAULT.install(signal);
    }

    /**
     * Finds a signal that nobody uses and to which all threads answer. Where one does not, the handler stays: the signal waits
     * for that thread, and would end the process.
     */
    private int chooseSignal(int self, long deadline) throws KernelException, ThreadException {
        long free = free();
        int silent = 0;
        while (free != 0) {
            int signal = Long.SIZE - Long.numberOfLeadingZeros(free);
            handler.action().install(signal);
            silent = silent(signal, self, deadline);
            if (silent == 0) {
                return signal;
            }
            long blocked = ThreadList.blocked(silent);
            if ((blocked & 1L << signal - 1) == 0) {
                throw new ThreadException(silent, 0, "did not answer a signal in time");
            }
            free &= ~blocked;
        }
        throw silent == 0
                ? new ThreadException(self, 0, "finds no real-time signal that has no handler")
                : new ThreadException(silent, 0, "blocks every free real-time signal");
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

    /** Asks all threads whether they are there, and names one that does not answer; 0 if there is none. */
    private int silent(int signal, int self, long deadline) throws KernelException {
        List<Asked> asked = new ArrayList<>();
        for (ThreadList.Entry thread : source.read().threads()) {
            if (thread.id() != self) {
                int answer = handler.ask(signal, thread.id(), RestrictHandler.Question.ARE_YOU_THERE);
                if (answer >= 0) {
                    asked.add(new Asked(thread, answer));
                }
            }
        }
        for (Asked one : asked) {
            if (await(one, signal, deadline) == Outcome.SILENT) {
                return one.thread().id();
            }
        }
        return 0;
    }

    private void restrict(int signal, int self, long deadline) throws KernelException, ThreadException {
        Set<ThreadList.Entry> settled = new HashSet<>();
        int restricted = 0;
        RestrictHandler.Question question = RestrictHandler.Question.RESTRICT;
        boolean all;
        do {
            ThreadList list = source.read();
            all = list.complete();
            List<Asked> asked = new ArrayList<>();
            for (ThreadList.Entry thread : list.threads()) {
                if (thread.id() != self && !settled.contains(thread)) {
                    int answer = handler.ask(signal, thread.id(), question);
                    if (answer >= 0) {
                        asked.add(new Asked(thread, answer));
                    } else {
                        // It may have started another one after the list was read.
                        all = false;
                    }
                }
            }
            for (Asked one : asked) {
                Outcome outcome = await(one, signal, deadline);
                settled.add(one.thread());
                if (outcome == Outcome.ANSWERED) {
                    int result = handler.result(one.answer());
                    check(one.thread().id(), result, restricted);
                    restricted++;
                    all &= result == RestrictHandler.WAS_MARKED;
                } else if (outcome == Outcome.SILENT) {
                    throw new ThreadException(one.thread().id(), restricted, "did not answer a signal in time");
                } else {
                    all = false;
                }
            }
            if (!all && System.nanoTime() - deadline > 0) {
                throw new ThreadException(self, restricted, "found new threads until its time was up");
            }
            question = RestrictHandler.Question.RESTRICT_UNLESS_MARKED;
        } while (!all);
    }

    private static void check(int thread, int result, int restricted) throws ThreadException {
        if (result < 0) {
            String why = KernelException.of("landlock_restrict_self", -result).getMessage();
            throw new ThreadException(thread, restricted, "cannot restrict itself (" + why + ')');
        }
    }

    private Outcome await(Asked asked, int signal, long deadline) {
        int thread = asked.thread().id();
        long start = System.nanoTime();
        boolean looked = false;
        while (!handler.hasAnswered(asked.answer(), thread)) {
            long now = System.nanoTime();
            if (now - start > USUAL && source.isGone(thread)) {
                return Outcome.ENDED;
            }
            if (now - deadline > 0) {
                return Outcome.SILENT;
            }
            if (!looked && now - start > PATIENCE) {
                looked = true;
                if (ThreadList.hasEnded(thread)) {
                    return Outcome.ENDED;
                }
                if ((ThreadList.blocked(thread) & 1L << signal - 1) != 0) {
                    return Outcome.SILENT;
                }
            }
            Thread.yield();
        }
        return Outcome.ANSWERED;
    }
}
