package org.jpledge;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import org.jpledge.linux.KernelException;
import org.jpledge.linux.Listener;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Errno;

/**
 * The calls about which a filter asks by {@link SyscallFilter#NOTIFY}, and the answers to them: seccomp_unotify(2), Linux 5.0. The
 * thread that makes such a call waits until it is answered.
 *
 * {@snippet :
 * try (Notifications calls = child.notifications()) {
 *     for (var call = calls.receive(); call.isPresent(); call = calls.receive()) {
 *         calls.respond(call.get(), Errno.EPERM);
 *     }
 * }
 * }
 *
 * <p>To answer by {@link #proceed} is no way to forbid anything: between the look at an argument in memory and the call, another thread
 * may have changed it. What is to be refused must be refused by the filter, or done here in the caller's place ({@link #respond},
 * {@link #respondWithDescriptor}).
 *
 * <p>When it is closed, or this process dies, the calls that wait and all that would be asked about fail with ENOSYS. Not thread safe:
 * one thread asks and answers.
 */
public final class Notifications implements AutoCloseable {
    private final Listener listener;

    Notifications(Listener listener) {
        this.listener = listener;
    }

    /**
     * Waits for a call.
     *
     * @return the call; nothing when no process is left that could make one
     * @throws SandboxException if the kernel does not say
     */
    public Optional<Notification> receive() {
        try {
            return listener.next().map(Notifications::of);
        } catch (KernelException e) {
            throw failed(e);
        }
    }

    /**
     * Waits for a call for some time.
     *
     * @param limit how long
     * @return the call; nothing when the time is over, or {@link #hasEnded}
     * @throws SandboxException if the kernel does not say
     */
    public Optional<Notification> receive(Duration limit) {
        try {
            return listener.next(limit).map(Notifications::of);
        } catch (KernelException e) {
            throw failed(e);
        }
    }

    /**
     * Whether no process is left that could make a call, as the last {@link #receive} found out.
     *
     * @return true if nothing will come any more
     */
    public boolean hasEnded() {
        return listener.hasEnded();
    }

    private static Notification of(Listener.Call call) {
        return new Notification(call.id(), call.thread(), call.data());
    }

    private static Listener.Call of(Notification notification) {
        return new Listener.Call(notification.id(), notification.thread(), notification.data());
    }

    /**
     * Whether a call still waits. If it does, what was read of its thread before (in {@code /proc}, say) was that thread's, and not that
     * of another one with its number.
     *
     * @param call the call
     * @return false if its thread was killed, or interrupted by a signal
     */
    public boolean isValid(Notification call) {
        return listener.waits(of(call));
    }

    /**
     * Lets a call return a value, without its being made. One that does not wait any more needs no answer.
     *
     * @param call the call
     * @param value what it returns; not a negative number up to -4095, which would be an error
     * @throws SandboxException if the kernel does not take the answer
     */
    public void respond(Notification call, long value) {
        answer(() -> listener.answer(of(call), value));
    }

    /**
     * Fails a call. One that does not wait any more needs no answer.
     *
     * @param call the call
     * @param error its error
     * @throws SandboxException if the kernel does not take the answer
     */
    public void respond(Notification call, Errno error) {
        answer(() -> listener.refuse(of(call), error.number(Arch.host())));
    }

    /**
     * Lets the kernel make a call as if nobody had been asked (Linux 5.5). This forbids nothing, see above: other filters may.
     *
     * @param call the call
     * @throws SandboxException if the kernel does not take the answer
     */
    public void proceed(Notification call) {
        answer(() -> listener.proceed(of(call)));
    }

    /**
     * Opens in the caller what this process has open (Linux 5.9); the call goes on waiting.
     *
     * @param call the call
     * @param descriptor this process's descriptor, which stays open
     * @param at the number that it is to have there, closing what has it; empty for the lowest that is free
     * @param closeOnExec whether a program that the caller executes does not get it
     * @return the number there; empty if the call does not wait any more
     * @throws SandboxException if the kernel refuses: EMFILE, EBADF
     */
    public OptionalInt addDescriptor(Notification call, int descriptor, OptionalInt at, boolean closeOnExec) {
        return add(call, descriptor, at.orElse(-1), closeOnExec, false);
    }

    /**
     * Opens in the caller what this process has open, and lets the call return its number there, at once (Linux 5.14): nothing is left
     * open if the caller is interrupted in between.
     *
     * @param call the call
     * @param descriptor this process's descriptor, which stays open
     * @param closeOnExec whether a program that the caller executes does not get it
     * @return the number there; empty if the call does not wait any more
     * @throws SandboxException if the kernel refuses: EMFILE, EBADF
     */
    public OptionalInt respondWithDescriptor(Notification call, int descriptor, boolean closeOnExec) {
        return add(call, descriptor, -1, closeOnExec, true);
    }

    private OptionalInt add(Notification call, int descriptor, int at, boolean closeOnExec, boolean answer) {
        try {
            return listener.add(of(call), descriptor, at, closeOnExec, answer);
        } catch (KernelException e) {
            throw failed(e);
        }
    }

    /** An answer that the kernel may refuse. */
    private interface Reply {
        void send() throws KernelException;
    }

    private static void answer(Reply reply) {
        try {
            reply.send();
        } catch (KernelException e) {
            throw failed(e);
        }
    }

    private static SandboxException failed(KernelException cause) {
        return new SandboxException("notification: " + cause.getMessage(), false, cause);
    }

    @Override
    public void close() {
        listener.close();
    }
}
