package org.jpledge.linux;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import org.jpledge.bpf.SeccompData;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Constants;
import org.jpledge.syscall.Errno;

/**
 * Who is asked about the calls of other processes, by filters that return {@code SECCOMP_RET_USER_NOTIF}. See
 * seccomp_unotify(2).
 *
 * <p>When it is closed, or this process dies, all calls that it would have been asked about fail with ENOSYS. Not thread
 * safe: one thread asks and answers.
 */
public final class Listener implements AutoCloseable {
    private static final long RECV = 0xc0502100L;
    private static final long SEND = 0xc0182101L;
    private static final long ID_VALID = 0x40082102L;
    private static final long ADD_DESCRIPTOR = 0x40182103L;
    private static final long SET_FLAGS = 0x40082104L;
    private static final long SYNC_WAKE_UP = 1;
    private static final int NOTIFICATION = 80;
    private static final int RESPONSE = 24;
    private static final int ADDED = 24;
    private static final int ADD_AT = 1;
    private static final int ADD_AND_ANSWER = 2;
    private static final int TIMESPEC = 16;
    private static final int DATA = 16;
    private static final int ARGUMENTS = DATA + SeccompData.ARGS;
    private static final int CONTINUE = 1;
    private static final int POLLFD = 8;
    private static final int POLLIN = 1;
    private static final int SECCOMP_SET_MODE_FILTER = 1;
    private static final int NEW_LISTENER = 1 << 3;
    private static final int WAIT_KILLABLE_RECV = 1 << 5;
    private static final int CLOSE_ON_EXEC =
            (int) Constants.of(Arch.host()).value("O_CLOEXEC").orElseThrow();
    private static final int EFAULT = errno("EFAULT");
    private static final int EINTR = errno("EINTR");
    private static final int ENOENT = errno("ENOENT");

    private final long descriptor;
    private final MemorySegment notification;
    private final MemorySegment response;
    private final MemorySegment poll;
    private final MemorySegment added;
    private final MemorySegment limit;

    private Listener(long descriptor) throws KernelException {
        MemorySegment memory = GeneratedCode.memory(NOTIFICATION + RESPONSE + POLLFD + ADDED + TIMESPEC);
        this.descriptor = descriptor;
        this.notification = memory.asSlice(0, NOTIFICATION);
        this.response = memory.asSlice(NOTIFICATION, RESPONSE);
        this.poll = memory.asSlice(NOTIFICATION + RESPONSE, POLLFD);
        this.added = memory.asSlice(NOTIFICATION + RESPONSE + POLLFD, ADDED);
        this.limit = memory.asSlice(NOTIFICATION + RESPONSE + POLLFD + ADDED, TIMESPEC);
        // Since Linux 6.6 asker and answerer can take turns on one processor. An older kernel refuses, and is only
        // slower.
        Kernel.call("ioctl", descriptor, SET_FLAGS, SYNC_WAKE_UP);
    }

    /**
     * A call that is waiting for its answer.
     *
     * @param id what it is called
     * @param thread who made it, in this process's own counting; 0 for a thread that it cannot see
     * @param data what the filter saw
     */
    public record Call(long id, int thread, SeccompData data) {}

    /**
     * Whether the kernel can keep signals from interrupting a call once the listener has been told of it.
     *
     * @return whether it is Linux 5.19 or later
     */
    public static boolean isUndisturbed() {
        return Kernel.call("seccomp", SECCOMP_SET_MODE_FILTER, NEW_LISTENER | WAIT_KILLABLE_RECV, 0) == -EFAULT;
    }

    /**
     * Takes the listener over that another process has.
     *
     * @param process the process, which this one has to be allowed to trace
     * @param descriptor its descriptor there
     * @return the listener
     * @throws KernelException if the kernel does not give it
     */
    public static Listener of(int process, int descriptor) throws KernelException {
        long pidfd = Kernel.require("pidfd_open", process, 0);
        try {
            return new Listener(Kernel.require("pidfd_getfd", pidfd, descriptor, 0));
        } finally {
            Kernel.call("close", pidfd);
        }
    }

    /** The listener that this process has at a descriptor. */
    static Listener at(long descriptor) throws KernelException {
        return new Listener(descriptor);
    }

    /**
     * Waits for a call.
     *
     * @return the call, whose thread stands still; nothing when no process is left that could make one
     * @throws KernelException if the kernel does not say
     */
    public Optional<Call> next() throws KernelException {
        while (true) {
            Optional<Call> call = next(0);
            if (call.isPresent() || hasEnded()) {
                return call;
            }
        }
    }

    /**
     * Waits for a call for some time.
     *
     * @param time how long, which the kernel makes shorter
     * @return the call, whose thread stands still; nothing when the time is over, or no process is left that could make one
     * @throws KernelException if the kernel does not say
     */
    public Optional<Call> next(Duration time) throws KernelException {
        limit.setAtIndex(ValueLayout.JAVA_LONG, 0, time.toSeconds());
        limit.setAtIndex(ValueLayout.JAVA_LONG, 1, time.toNanosPart());
        return next(limit.address());
    }

    /**
     * Whether no process is left that could make a call, as the last wait found out.
     *
     * @return true if nothing will come any more
     */
    public boolean hasEnded() {
        short events = poll.get(ValueLayout.JAVA_SHORT, Integer.BYTES + Short.BYTES);
        return events != 0 && (events & POLLIN) == 0;
    }

    private Optional<Call> next(long timespec) throws KernelException {
        while (true) {
            poll.set(ValueLayout.JAVA_INT, 0, (int) descriptor);
            poll.set(ValueLayout.JAVA_INT, Integer.BYTES, POLLIN);
            long polled = Kernel.call("ppoll", poll.address(), 1, timespec, 0, 0);
            if (polled == -EINTR) {
                continue;
            }
            if (polled == 0) {
                return Optional.empty();
            }
            if (polled < 0) {
                throw KernelException.of("poll of the listener", (int) -polled);
            }
            if ((poll.get(ValueLayout.JAVA_SHORT, Integer.BYTES + Short.BYTES) & POLLIN) == 0) {
                return Optional.empty();
            }
            notification.fill((byte) 0);
            long received = Kernel.call("ioctl", descriptor, RECV, notification.address());
            if (received >= 0) {
                return Optional.of(received());
            }
            // The thread may have been killed meanwhile.
            if (received != -ENOENT && received != -EINTR) {
                throw KernelException.of("the listener", (int) -received);
            }
        }
    }

    private Call received() {
        SeccompData data = new SeccompData(
                notification.get(ValueLayout.JAVA_INT, DATA),
                notification.get(ValueLayout.JAVA_INT, DATA + SeccompData.ARCH),
                notification.get(ValueLayout.JAVA_LONG, DATA + SeccompData.INSTRUCTION_POINTER),
                argument(0),
                argument(1),
                argument(2),
                argument(3),
                argument(4),
                argument(5));
        return new Call(
                notification.get(ValueLayout.JAVA_LONG, 0), notification.get(ValueLayout.JAVA_INT, Long.BYTES), data);
    }

    private long argument(int index) {
        return notification.get(ValueLayout.JAVA_LONG, ARGUMENTS + (long) Long.BYTES * index);
    }

    /**
     * Whether a call still waits: what was read of its thread meanwhile is of that thread then, and of no other that has its
     * number now.
     *
     * @param call the call
     * @return false if its thread has been killed or interrupted
     */
    public boolean waits(Call call) {
        response.set(ValueLayout.JAVA_LONG, 0, call.id());
        return Kernel.call("ioctl", descriptor, ID_VALID, response.address()) == 0;
    }

    /**
     * Fails a call. One that does not wait any more needs no answer.
     *
     * @param call the call
     * @param errno its error, greater than 0
     * @throws KernelException if the kernel does not take the answer
     */
    public void refuse(Call call, int errno) throws KernelException {
        answer(call, 0, -errno, 0);
    }

    /**
     * Answers a call with a value, without its being made.
     *
     * @param call the call
     * @param value what it returns
     * @throws KernelException if the kernel does not take the answer
     */
    public void answer(Call call, long value) throws KernelException {
        answer(call, value, 0, 0);
    }

    /**
     * Gives the process of a call another descriptor for a file that this process has open. See seccomp_unotify(2); Linux 5.9.
     *
     * @param call the call
     * @param own this process's descriptor
     * @param at the number that it gets there, whatever that is now; or -1 for the lowest that is free
     * @param closeOnExec whether a program that the process executes does not get it
     * @param answer whether the call returns with that number at once (Linux 5.14)
     * @return the number; empty if the call does not wait any more
     * @throws KernelException if the kernel refuses: EMFILE where the process has too many
     */
    public OptionalInt add(Call call, int own, int at, boolean closeOnExec, boolean answer) throws KernelException {
        added.set(ValueLayout.JAVA_LONG, 0, call.id());
        added.set(ValueLayout.JAVA_INT, 8, (at >= 0 ? ADD_AT : 0) | (answer ? ADD_AND_ANSWER : 0));
        added.set(ValueLayout.JAVA_INT, 12, own);
        added.set(ValueLayout.JAVA_INT, 16, Math.max(at, 0));
        added.set(ValueLayout.JAVA_INT, 20, closeOnExec ? CLOSE_ON_EXEC : 0);
        long number = Kernel.call("ioctl", descriptor, ADD_DESCRIPTOR, added.address());
        if (number == -ENOENT) {
            return OptionalInt.empty();
        }
        if (number < 0) {
            throw KernelException.of("a descriptor for the listener's process", (int) -number);
        }
        return OptionalInt.of((int) number);
    }

    /**
     * Lets the kernel go on with a call, which everything else may still refuse. What it points to may have changed.
     *
     * @param call the call
     * @throws KernelException if the kernel does not take the answer
     */
    public void proceed(Call call) throws KernelException {
        answer(call, 0, 0, CONTINUE);
    }

    private void answer(Call call, long value, int error, int flags) throws KernelException {
        response.set(ValueLayout.JAVA_LONG, 0, call.id());
        response.set(ValueLayout.JAVA_LONG, Long.BYTES, value);
        response.set(ValueLayout.JAVA_INT, 2 * Long.BYTES, error);
        response.set(ValueLayout.JAVA_INT, 2 * Long.BYTES + Integer.BYTES, flags);
        long answered = Kernel.call("ioctl", descriptor, SEND, response.address());
        if (answered < 0 && answered != -ENOENT) {
            throw KernelException.of("the answer to the listener", (int) -answered);
        }
    }

    @Override
    public void close() {
        // Linux has closed the descriptor even where close(2) reports an error.
        Kernel.call("close", descriptor);
    }

    private static int errno(String name) {
        return Errno.number(Arch.host(), name).orElseThrow();
    }
}
