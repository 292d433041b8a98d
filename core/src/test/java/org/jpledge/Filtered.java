package org.jpledge;

import static org.jpledge.SyscallFilter.*;
import static org.jpledge.syscall.Errno.*;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.jpledge.bpf.Program;
import org.jpledge.linux.Kernel;
import org.jpledge.syscall.Errno;

/** A JVM that filters itself; what {@link JvmFilterTest} runs. */
final class Filtered {
    private Filtered() {}

    public static void main(String[] arguments) throws Exception {
        switch (arguments[0]) {
            case "threads" -> threads();
            case "narrower" -> narrower();
            case "own" -> own();
            case "listening" -> listening();
            case "virtual" -> virtual();
            case "open" -> open();
            case "kill" -> kill();
            case "exactly" -> exactly();
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }

    /** Every thread, old and new. */
    private static void threads() throws InterruptedException {
        CountDownLatch filtered = new CountDownLatch(1);
        AtomicLong seen = new AtomicLong();
        Thread old = Thread.ofPlatform().start(() -> {
            try {
                filtered.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            seen.set(Kernel.call("getppid"));
        });
        Program program =
                SyscallFilter.defaultAction(ALLOW).rule(errno(EDOM), "getppid").load();
        System.out.println("instructions " + (program.length() > 3));
        filtered.countDown();
        old.join();
        System.out.println("old " + seen.get());
        Thread.ofPlatform().start(() -> seen.set(Kernel.call("getppid") - 1000)).join();
        System.out.println("new " + seen.get());
        System.out.println("own " + Kernel.call("getppid"));
    }

    /** There is no way back. */
    private static void narrower() {
        SyscallFilter.defaultAction(ALLOW)
                .rule(errno(EDOM), "getppid")
                .rule(LOG, "getuid")
                .load();
        SyscallFilter.defaultAction(ALLOW).load();
        System.out.println("still " + Kernel.call("getppid"));
        SyscallFilter.defaultAction(ALLOW)
                .rule(ALLOW, "getppid")
                .rule(errno(ERANGE), "getuid")
                .load();
        System.out.println("both " + Kernel.call("getppid") + " " + Kernel.call("getuid"));
        SyscallFilter.defaultAction(ALLOW).rule(errno(1), "getppid").load();
        System.out.println("newest " + Kernel.call("getppid"));
    }

    /** What a JVM needs is allowed, and nothing else; rules of one's own come before. */
    private static void own() throws IOException {
        Path file = Files.createTempFile("filtered", "");
        SyscallFilter.defaultAction(EPERM).rule(errno(EDOM), "getpid").load();
        System.out.println("getpid " + Kernel.call("getpid"));
        System.out.println("socket " + Kernel.call("socket", 1, 1, 0));
        Object[] garbage = new Object[100];
        for (int i = 0; i < 2000; i++) {
            garbage[i % garbage.length] = new byte[100_000];
        }
        System.gc();
        Thread thread = Thread.ofPlatform().start(() -> System.out.println("thread " + garbage.length));
        try {
            thread.join();
            Files.readString(file);
            System.out.println("read");
        } catch (IOException e) {
            System.out.println("refused " + e.getClass().getSimpleName());
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        System.out.printf("%,d %s%n", 1234, String.join("-", "a", "b"));
    }

    /** A thread of this JVM answers for the others. */
    private static void listening() throws InterruptedException {
        Notifications calls = SyscallFilter.defaultAction(ALLOW)
                .rule(NOTIFY, "getppid")
                .flags(FilterFlag.NEW_LISTENER, FilterFlag.WAIT_KILLABLE_RECV)
                .loadListening();
        Thread answering = Thread.ofPlatform().daemon().start(() -> {
            calls.respond(calls.receive().orElseThrow(), 4711);
            calls.respond(calls.receive().orElseThrow(), Errno.EDOM);
        });
        System.out.println("answered " + Kernel.call("getppid") + " " + Kernel.call("getppid"));
        answering.join();
        try {
            SyscallFilter.defaultAction(ALLOW).rule(NOTIFY, "getuid").loadListening();
            System.out.println("two listeners");
        } catch (SandboxException e) {
            System.out.println(e.getMessage());
        }
        calls.close();
        System.out.println("closed " + Kernel.call("getppid"));
    }

    private static void virtual() throws InterruptedException {
        Thread.ofVirtual()
                .start(() -> SyscallFilter.defaultAction(ALLOW)
                        .rule(errno(EDOM), "getppid")
                        .load())
                .join();
        System.out.println("main " + Kernel.call("getppid"));
    }

    /** Denying single calls leaves a JVM all that it had. */
    private static void open() throws IOException {
        SyscallFilter.defaultAction(ALLOW)
                .rule(errno(EACCES), "mkdir")
                .rule(errno(EACCES), "mkdirat")
                .load();
        Path file = Files.createTempFile("filtered", "");
        System.out.println("read " + Files.readString(file).length());
        Files.delete(file);
        try {
            Files.createDirectory(file);
            System.out.println("made");
        } catch (IOException e) {
            System.out.println(e.getClass().getSimpleName());
        }
    }

    private static void kill() {
        SyscallFilter.defaultAction(KILL).load();
        System.out.println("alive");
        System.out.println("dead " + Kernel.call("socket", 1, 1, 0));
    }

    private static void exactly() {
        SyscallFilter.defaultAction(ALLOW).rule(KILL, "getppid").loadExactly();
        System.out.println("alive");
        Kernel.call("getppid");
    }
}
