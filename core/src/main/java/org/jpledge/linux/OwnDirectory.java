package org.jpledge.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Constants;

/**
 * A working directory that is one thread's alone: for who does something for others, each of whom is elsewhere. A relative path in a system
 * call of that thread starts there, and so does {@code /proc/thread-self/cwd}; {@code /proc/self/cwd} and what Java calls absolute do
 * not. See CLONE_FS in unshare(2), for which no privilege is needed.
 */
public final class OwnDirectory {
    private static final int CLONE_FS = 0x200;
    private static final int AT_FDCWD = -100;
    private static final int O_DIRECTORY = flag("O_DIRECTORY");
    private static final int O_PATH = flag("O_PATH");
    private static final int O_CLOEXEC = flag("O_CLOEXEC");

    private OwnDirectory() {}

    /**
     * Does something in a platform thread of its own, which has its own working directory and ends with it. Its umask is its own, too.
     *
     * @param <T> what comes of it
     * @param directory an open directory, which may be closed when this returns
     * @param work what is to be done
     * @return what came of it
     * @throws KernelException if there can be no such thread: ENOTDIR if it is no directory, EACCES if it may not be entered
     * @throws ExecutionException what the work threw
     * @throws InterruptedException if this thread is interrupted; the other one is then, too
     */
    public static <T> T in(int directory, Callable<T> work)
            throws KernelException, ExecutionException, InterruptedException {
        CompletableFuture<T> done = new CompletableFuture<>();
        CompletableFuture<KernelException> refused = new CompletableFuture<>();
        Thread thread = Thread.ofPlatform().daemon().name("in-directory").start(() -> {
            try {
                Kernel.require("unshare", CLONE_FS);
                Kernel.require("fchdir", directory);
            } catch (KernelException e) {
                refused.complete(e);
                done.cancel(false);
                return;
            }
            try {
                done.complete(work.call());
            } catch (Throwable e) {
                done.completeExceptionally(e);
            }
        });
        try {
            thread.join();
        } catch (InterruptedException e) {
            thread.interrupt();
            throw e;
        }
        if (refused.isDone()) {
            throw refused.join();
        }
        return done.get();
    }

    /**
     * Opens a directory, to work in it.
     *
     * @param path its bytes, without NUL; a relative one starts in the calling thread's directory
     * @return the descriptor, to be closed; it can be used for nothing but this
     * @throws KernelException ENOENT, ENOTDIR, EACCES, and whatever else the kernel says
     */
    public static int open(byte[] path) throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocate(path.length + 1L);
            MemorySegment.copy(path, 0, name, ValueLayout.JAVA_BYTE, 0, path.length);
            return (int) Kernel.require("openat", AT_FDCWD, name.address(), O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
        }
    }

    private static int flag(String name) {
        return Math.toIntExact(Constants.of(Arch.host()).value(name).orElseThrow());
    }
}
