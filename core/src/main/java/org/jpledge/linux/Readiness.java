package org.jpledge.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jpledge.syscall.Arch;
import org.jspecify.annotations.Nullable;

/**
 * Waits until a descriptor can be read or written: a socket, a pipe or a pidfd. One daemon thread waits in epoll_pwait(2) for all of
 * them and unparks who waits, so that a virtual thread does not hold the thread that carries it. Thread safe; many may wait for the same
 * descriptor.
 */
public final class Readiness implements AutoCloseable {
    private static final int EPOLL_CLOEXEC = 0x80000;
    private static final int EPOLL_CTL_ADD = 1;
    private static final int EPOLL_CTL_DEL = 2;
    private static final int EPOLL_CTL_MOD = 3;
    private static final int EPOLLIN = 0x1;
    private static final int EPOLLOUT = 0x4;
    private static final int EPOLLERR = 0x8;
    private static final int EPOLLHUP = 0x10;
    private static final int EPOLLONESHOT = 1 << 30;
    private static final int EINTR = 4;
    private static final int EPERM = 1;
    private static final int BATCH = 256;

    /** struct epoll_event is packed on x86-64, and has its natural layout elsewhere. */
    private static final long DATA = Arch.host() == Arch.X86_64 ? Integer.BYTES : Long.BYTES;

    private static final long SIZE = DATA + Long.BYTES;

    private static final Map<Long, Readiness> REGISTERED = new ConcurrentHashMap<>();
    private static final AtomicLong NEXT = new AtomicLong();

    private final int descriptor;
    private final long key = NEXT.incrementAndGet();
    private final List<Waiter> waiters = new ArrayList<>(2);
    private boolean isAdded;
    private boolean isClosed;

    /** The one epoll descriptor, made with its thread when somebody first waits. */
    private static final class Poll {
        private static @Nullable Integer descriptor;

        private Poll() {}

        static synchronized int descriptor() throws KernelException {
            Integer made = descriptor;
            if (made == null) {
                int epoll = (int) Kernel.require("epoll_create1", EPOLL_CLOEXEC);
                Thread.ofPlatform().daemon().name("readiness").start(() -> listen(epoll));
                made = epoll;
                descriptor = made;
            }
            return made;
        }
    }

    /** Who waits, for what, and whether it has come. */
    private static final class Waiter {
        private final Thread thread = Thread.currentThread();
        private final int events;
        private volatile boolean isDone;

        Waiter(int events) {
            this.events = events;
        }

        void wake() {
            isDone = true;
            LockSupport.unpark(thread);
        }
    }

    /**
     * Whether a descriptor is ready will be asked.
     *
     * @param descriptor which must stay open until this is closed
     */
    public Readiness(int descriptor) {
        this.descriptor = descriptor;
    }

    /**
     * Waits until there is something to read, somebody to accept, or the other end is gone.
     *
     * @param patience how long, at least zero
     * @return false if nothing came in time; true also if this was closed meanwhile
     * @throws KernelException EINTR if this thread was interrupted, which it then still is; or if the kernel cannot watch the descriptor
     */
    public boolean readable(Duration patience) throws KernelException {
        return await(EPOLLIN, patience);
    }

    /**
     * Waits until it can be written to, or the other end is gone.
     *
     * @param patience how long, at least zero
     * @return false if it could not in time; true also if this was closed meanwhile
     * @throws KernelException EINTR if this thread was interrupted, which it then still is; or if the kernel cannot watch the descriptor
     */
    public boolean writable(Duration patience) throws KernelException {
        return await(EPOLLOUT, patience);
    }

    /**
     * Waits until the other end is gone altogether; that it only sends no more is not enough.
     *
     * @param patience how long, at least zero
     * @return false if it was not in time; true also if this was closed meanwhile
     * @throws KernelException EINTR if this thread was interrupted, which it then still is; or if the kernel cannot watch the descriptor
     */
    public boolean gone(Duration patience) throws KernelException {
        // EPOLLERR and EPOLLHUP are told unasked.
        return await(0, patience);
    }

    private boolean await(int events, Duration patience) throws KernelException {
        // Longer than a JVM lives is for ever; Duration.toNanos would overflow.
        long nanos =
                patience.compareTo(Duration.ofDays(10_000)) > 0 ? Long.MAX_VALUE >> 1 : Math.max(0, patience.toNanos());
        long deadline = System.nanoTime() + nanos;
        Waiter waiter = new Waiter(events);
        synchronized (this) {
            if (isClosed) {
                return true;
            }
            waiters.add(waiter);
            if (!arm()) {
                // A regular file is always ready.
                waiters.remove(waiter);
                return true;
            }
        }
        try {
            while (!waiter.isDone) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                if (Thread.currentThread().isInterrupted()) {
                    throw KernelException.of("epoll_pwait", EINTR);
                }
                LockSupport.parkNanos(this, left);
            }
            return true;
        } finally {
            synchronized (this) {
                waiters.remove(waiter);
            }
        }
    }

    /** Asks to be told once of what the waiters wait for; false if the descriptor is none that can be waited for. */
    private boolean arm() throws KernelException {
        int events = 0;
        for (Waiter waiter : waiters) {
            events |= waiter.events;
        }
        int epoll = Poll.descriptor();
        REGISTERED.put(key, this);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment event = arena.allocate(SIZE, Long.BYTES);
            event.set(ValueLayout.JAVA_INT, 0, events | EPOLLONESHOT);
            event.set(ValueLayout.JAVA_LONG_UNALIGNED, DATA, key);
            long result = Kernel.call(
                    "epoll_ctl", epoll, isAdded ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, descriptor, event.address());
            if (result < 0) {
                REGISTERED.remove(key);
                if (result == -EPERM) {
                    return false;
                }
                throw KernelException.of("epoll_ctl", (int) -result);
            }
            isAdded = true;
            return true;
        }
    }

    private synchronized void happened(int events) {
        boolean isOver = (events & (EPOLLERR | EPOLLHUP)) != 0;
        boolean isWanted = false;
        for (Waiter waiter : waiters) {
            if (isOver || (waiter.events & events) != 0) {
                waiter.wake();
            } else {
                isWanted = true;
            }
        }
        waiters.removeIf(waiter -> waiter.isDone);
        if (isWanted && !isClosed) {
            try {
                arm();
            } catch (KernelException e) {
                // Nobody is to wait for what is not watched: who waits tries its call again, and gets the reason.
                wakeAll();
            }
        }
    }

    private void wakeAll() {
        waiters.forEach(Waiter::wake);
        waiters.clear();
    }

    /** Wakes all who wait, and watches no longer. To be done before the descriptor is closed. */
    @Override
    public synchronized void close() {
        if (isClosed) {
            return;
        }
        isClosed = true;
        REGISTERED.remove(key);
        if (isAdded) {
            try {
                Kernel.call("epoll_ctl", Poll.descriptor(), EPOLL_CTL_DEL, descriptor, 0);
            } catch (KernelException e) {
                throw new IllegalStateException("added to what there is not", e);
            }
        }
        wakeAll();
    }

    private static void listen(int epoll) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment events = arena.allocate(SIZE * BATCH, Long.BYTES);
            while (true) {
                long count = Kernel.call("epoll_pwait", epoll, events.address(), BATCH, -1, 0, 0);
                for (int i = 0; i < count; i++) {
                    Readiness ready = REGISTERED.get(events.get(ValueLayout.JAVA_LONG_UNALIGNED, i * SIZE + DATA));
                    if (ready != null) {
                        ready.happened(events.get(ValueLayout.JAVA_INT_UNALIGNED, i * SIZE));
                    }
                }
            }
        }
    }
}
