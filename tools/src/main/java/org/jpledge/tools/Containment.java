package org.jpledge.tools;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jpledge.landlock.Degraded;
import org.jpledge.landlock.FilePath;
import org.jpledge.landlock.FsRight;
import org.jpledge.landlock.Rights;
import org.jpledge.landlock.Ruleset;
import org.jpledge.landlock.Scope;
import org.jpledge.linux.KernelException;
import org.jpledge.linux.Landlock;
import org.jpledge.promise.Policy;
import org.jpledge.promise.Promises;
import org.jpledge.seccomp.Filter;
import org.jpledge.syscall.Arch;
import org.jpledge.tools.learn.Interesting;
import org.jpledge.tools.text.RawPath;
import org.jpledge.tools.text.Words;
import org.jpledge.unveil.HostTree;
import org.jpledge.unveil.Unveil;
import org.jspecify.annotations.Nullable;

/**
 * Where a program runs that is learnt from and not trusted: it reads everything and writes to a scratch directory. Landlock holds the
 * thread that starts the program, and with it all that comes of it; the filter by which the tracer stops refuses the rest.
 */
final class Containment implements AutoCloseable {
    /** No network, no owners, no modes: these are not a matter of Landlock, and would change files everywhere. */
    private static final Promises PROMISES = Promises.of(
            "stdio",
            "rpath",
            "wpath",
            "cpath",
            "flock",
            "getpw",
            "tty",
            "proc",
            "exec",
            "prot_exec",
            "ps",
            "vminfo",
            "id");

    /** It starts processes, and signals these, but no others. */
    private static final Rights<Scope> CLOSED = Rights.of(Scope.SIGNAL);

    private final Path scratch;
    private final Ruleset ruleset;
    private final RunningKernel kernel;
    private final List<String> environment;
    private final String home;

    private Containment(Path scratch, Ruleset ruleset, RunningKernel kernel, List<String> environment, String home) {
        this.scratch = scratch;
        this.ruleset = ruleset;
        this.kernel = kernel;
        this.environment = environment;
        this.home = home;
    }

    /** Makes the scratch directory. */
    static Containment make(RunningKernel kernel, List<String> environment, String directory, String home)
            throws Failure, IOException {
        if (!kernel.abi().has(FsRight.TRUNCATE.since())) {
            throw new Failure(
                    Failure.OURS,
                    "option --contained: needs Landlock ABI "
                            + FsRight.TRUNCATE.since().version() + " (Linux "
                            + FsRight.TRUNCATE.since().linux() + "), and here is " + kernel.text());
        }
        Path scratch = Files.createTempDirectory("pledge-learn").toRealPath();
        Files.createDirectory(scratch.resolve("home"));
        Files.createDirectory(scratch.resolve("tmp"));
        Policy policy = Policy.of(PROMISES)
                .unveiling(Unveil.of("/", "rx"))
                .unveiling(Unveil.parse(Words.bytes("rwxc:" + RawPath.word(scratch))));
        Ruleset ruleset = policy.enforce(Arch.host(), kernel.abi(), FilePath.of(Words.bytes(directory)), new HostTree())
                .exact()
                .orElseThrow()
                .withScopes(kernel.abi().has(Scope.SIGNAL.since()) ? CLOSED : Rights.none());
        List<String> changed = new ArrayList<>();
        for (String entry : environment) {
            if (!entry.startsWith("HOME=") && !entry.startsWith("TMPDIR=")) {
                changed.add(entry);
            }
        }
        changed.add("HOME=" + RawPath.word(scratch.resolve("home")));
        changed.add("TMPDIR=" + RawPath.word(scratch.resolve("tmp")));
        return new Containment(scratch, ruleset, kernel, changed, home);
    }

    /** The caller's, with the scratch directory for HOME and TMPDIR. */
    List<String> environment() {
        return environment;
    }

    /** By which the tracer stops, and that refuses what a contained program may not do. */
    Filter filter() {
        return Interesting.contained(Arch.host(), PROMISES);
    }

    /** Where a path of the scratch directory lies otherwise. */
    String elsewhere(String path) {
        String place = RawPath.word(scratch);
        if (path.startsWith(place + "/home") && !home.isEmpty()) {
            return home + path.substring((place + "/home").length());
        }
        return path.startsWith(place + "/tmp") ? "/tmp" + path.substring((place + "/tmp").length()) : path;
    }

    /** What a user should know. */
    String note() {
        return "contained: there was no network, and nothing could be written outside of a scratch directory, nor modes or"
                + " owners be changed; what the program would do with them is not learnt"
                + (ruleset.scoped().hasAll(CLOSED)
                        ? ""
                        : "; it could send signals to any process of its user (Linux "
                                + Scope.SIGNAL.since().linux() + " refuses that)");
    }

    /** What is done in a restricted thread. */
    interface Work {
        int run() throws Failure;
    }

    /** Does it. The thread, and all that it starts, is restricted for good. */
    int run(Work work) throws Failure {
        FutureTask<Integer> task = new FutureTask<>(() -> {
            try (Landlock.Layer layer = Landlock.make(new Degraded(kernel.abi(), ruleset, List.of()))) {
                layer.restrictThread(Rights.none());
            }
            return work.run();
        });
        Thread.ofPlatform().name("contained").start(task);
        try {
            return task.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Failure(Failure.OURS, "interrupted");
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case Failure failure -> throw failure;
                case KernelException failure ->
                    throw new Failure(Failure.OURS, "option --contained: " + failure.getMessage());
                case null, default -> throw new IllegalStateException(e);
            }
        }
    }

    /** Removes the scratch directory. */
    @Override
    public void close() throws IOException {
        Files.walkFileTree(scratch, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e) throws IOException {
                Files.delete(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
