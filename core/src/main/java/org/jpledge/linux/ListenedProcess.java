package org.jpledge.linux;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/**
 * A child of this process about whose calls this process is asked. It is not the JDK that starts it, as that leaves no
 * descriptor but the standard ones to a child, and one is needed to hand over the listener.
 */
public final class ListenedProcess extends Process {
    private static final int SIGKILL = 9;
    private static final int SIGTERM = 15;
    private static final int SIGCONT = 18;
    private static final int WAIT_STOPPED = 2;
    private static final int WAIT_ALL = 0x40000000;
    private static final int STOPPED = 0x7f;
    private static final int SIGNALLED = 128;
    private static final long EINTR = -4;

    private final Streams streams;
    private final CompletableFuture<Integer> number = new CompletableFuture<>();
    private final CompletableFuture<Optional<Listener>> listener = new CompletableFuture<>();
    private final CompletableFuture<Integer> end = new CompletableFuture<>();

    /** How this process and the child's launcher come to a listener. */
    @FunctionalInterface
    public interface Conversation {
        /**
         * Talks with the launcher of a child that was just started.
         *
         * @param process the child
         * @return the listener; nothing if the child did not get as far as its program
         * @throws KernelException if the kernel does not give it
         */
        Optional<Listener> with(int process) throws KernelException;
    }

    /**
     * Starts a child.
     *
     * @param plan what it executes
     * @param builder its streams; the rest of it is not looked at
     * @param conversation gets it the listener, on the child's own thread here
     * @throws KernelException if there can be no child
     * @throws IOException if a stream cannot be opened
     */
    public ListenedProcess(ChildProcess.Plan plan, ProcessBuilder builder, Conversation conversation)
            throws KernelException, IOException {
        streams = new Streams(builder);
        Thread.ofPlatform().daemon().name("jpledge-child").start(() -> live(plan, conversation));
        try {
            number.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof KernelException refused) {
                throw refused;
            }
            throw e;
        }
    }

    /** The whole life of the child, on one thread. */
    private void live(ChildProcess.Plan plan, Conversation conversation) {
        try (ChildProcess child = new ChildProcess(plan, streams.childs())) {
            number.complete(child.process());
            streams.closeChilds();
            child.release();
            Optional<Integer> early = untilStopped(child.process());
            if (early.isPresent()) {
                Optional<KernelException> why = child.failure();
                if (why.isPresent()) {
                    listener.completeExceptionally(why.get());
                }
                listener.complete(Optional.empty());
                end.complete(early.get());
                return;
            }
            try {
                listener.complete(conversation.with(child.process()));
            } catch (KernelException | RuntimeException e) {
                child.kill();
                listener.completeExceptionally(e);
            }
            end.complete(status(child.process(), 0));
        } catch (KernelException | RuntimeException | Error e) {
            streams.closeChilds();
            number.completeExceptionally(e);
            listener.completeExceptionally(e);
            end.completeExceptionally(e);
        }
    }

    /** Before it becomes the launcher the child stops itself: it goes on then. Its exit status, if it has not come so far. */
    private static Optional<Integer> untilStopped(int process) {
        int status = status(process, WAIT_STOPPED);
        if (status >= 0) {
            return Optional.of(status);
        }
        Kernel.call("kill", process, SIGCONT);
        return Optional.empty();
    }

    /** Waits for an exit status, as a shell has it; or -1 for a stop. */
    private static int status(int process, int options) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment status = arena.allocate(ValueLayout.JAVA_INT);
            long waited = EINTR;
            while (waited == EINTR) {
                waited = Kernel.call("wait4", process, status.address(), WAIT_ALL | options, 0);
            }
            if (waited < 0) {
                throw new IllegalStateException("the child was waited for by somebody else");
            }
            int what = status.get(ValueLayout.JAVA_INT, 0);
            int signal = what & STOPPED;
            if (signal == STOPPED) {
                return -1;
            }
            return signal == 0 ? what >> 8 & 0xff : SIGNALLED + signal;
        }
    }

    /**
     * Who is asked, when the child is at its program's entry point.
     *
     * @return the listener; nothing if the child has ended before
     * @throws KernelException if it could not be handed over: the child is killed then
     */
    public Optional<Listener> listener() throws KernelException {
        try {
            return listener.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof KernelException refused) {
                throw refused;
            }
            throw e;
        }
    }

    @Override
    public OutputStream getOutputStream() {
        return streams.input();
    }

    @Override
    public InputStream getInputStream() {
        return streams.output();
    }

    @Override
    public InputStream getErrorStream() {
        return streams.error();
    }

    @Override
    public long pid() {
        return number.join();
    }

    @Override
    public int waitFor() throws InterruptedException {
        try {
            return end.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    @Override
    public int exitValue() {
        if (!end.isDone()) {
            throw new IllegalThreadStateException("process " + pid() + " has not exited");
        }
        return end.join();
    }

    @Override
    public void destroy() {
        kill(SIGTERM);
    }

    @Override
    public Process destroyForcibly() {
        kill(SIGKILL);
        return this;
    }

    private void kill(int signal) {
        // Until it has been waited for, nobody else has its number.
        if (!end.isDone()) {
            Kernel.call("kill", pid(), signal);
        }
    }
}
