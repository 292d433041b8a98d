package org.jpledge.tools.report;

import org.jpledge.launch.Supervision;
import org.jpledge.linux.Kernel;
import org.jpledge.linux.KernelException;
import org.jpledge.linux.Listener;
import org.jpledge.linux.Onward;
import org.jpledge.linux.Ptrace;
import org.jpledge.seccomp.Action;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Errno;

/** Answers calls after the entry point. For one thread. */
final class Answers implements AutoCloseable {
    private static final int EPERM = Errno.number(Arch.host(), "EPERM").orElseThrow();
    private static final int SIGKILL = 9;
    private static final int TRIES = 2000;

    private final Listener listener;
    private final Ptrace ptrace = new Ptrace();

    Answers(Listener listener) {
        this.listener = listener;
    }

    @Override
    public void close() {
        ptrace.close();
        listener.close();
    }

    /** Does what the policy says. */
    void answer(Listener.Call call, Action action) throws KernelException {
        switch (action) {
            case Action.Allow _, Action.Log _ -> listener.proceed(call);
            case Action.Errno(int number) -> listener.refuse(call, number);
            default -> kill(call);
        }
    }

    /**
     * Kills the process of a call as the filter itself would. A signal that is sent could be caught, and another one would be
     * another death: so the thread is made to do what the filter still kills for.
     */
    private void kill(Listener.Call call) throws KernelException {
        boolean done = false;
        try {
            ptrace.seize(call.thread(), 0);
            ptrace.interrupt(call.thread());
            listener.refuse(call, EPERM);
            for (int i = 0; i < TRIES && !done; i++) {
                done = ptrace.callAgain(call.thread(), Supervision.DEADLY);
                if (!done) {
                    Thread.sleep(1);
                }
            }
            ptrace.resume(call.thread(), Onward.DETACHED, 0);
        } catch (KernelException _) {
            done = false; // Somebody else traces it.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (!done) {
            Kernel.call("kill", call.thread(), SIGKILL);
            listener.refuse(call, EPERM);
        }
    }
}
