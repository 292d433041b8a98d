package org.jpledge;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jpledge.bpf.Program;
import org.jpledge.landlock.Abi;
import org.jpledge.landlock.Degraded;
import org.jpledge.landlock.FilePath;
import org.jpledge.landlock.Ruleset;
import org.jpledge.linux.KernelException;
import org.jpledge.linux.Landlock;
import org.jpledge.linux.Seccomp;
import org.jpledge.linux.ThreadException;
import org.jspecify.annotations.Nullable;

/**
 * A ruleset and a filter, for all threads of this process: first the ruleset, as the filter may forbid Landlock's calls.
 *
 * @param ruleset what Landlock refuses, as the kernel can have it; may be nothing
 * @param abi the kernel's version of Landlock
 * @param program what seccomp refuses
 * @param limit how long reaching all threads may take
 */
record Restriction(Optional<Ruleset> ruleset, Abi abi, Program program, Duration limit) {
    /**
     * What was done.
     *
     * @param landlock how
     * @param instructions the filter's length
     * @param skipped paths that are not there
     */
    record Done(Report.Landlock landlock, int instructions, List<FilePath> skipped) {}

    /** Does it, in a thread of its own: a virtual thread may be another thread of the kernel's after each call. */
    Done apply() throws KernelException {
        Attempt attempt = new Attempt(this);
        Thread thread = Thread.ofPlatform().name("jpledge").start(attempt);
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return attempt.result();
    }

    /** One run. The fields are read after the thread has ended. */
    private static final class Attempt implements Runnable {
        private final Restriction restriction;
        private boolean restricted;
        private @Nullable Done done;
        private @Nullable Exception failure;

        Attempt(Restriction restriction) {
            this.restriction = restriction;
        }

        @Override
        public void run() {
            try {
                done = restriction.restrict(this);
            } catch (KernelException | ThreadException | RuntimeException e) {
                failure = e;
            }
        }

        Done result() throws KernelException {
            return switch (failure) {
                case null -> Objects.requireNonNull(done);
                case ThreadException e ->
                    throw new SandboxException(
                            e.getMessage() + (restricted ? ", but Landlock's rules hold" : ""),
                            restricted || e.restricted() > 0,
                            e);
                case KernelException e when !restricted -> throw e;
                case Exception e ->
                    throw new SandboxException(
                            (restricted ? "Landlock's rules hold, but no filter: " : "") + e.getMessage(),
                            restricted,
                            e);
            };
        }
    }

    private Done restrict(Attempt attempt) throws KernelException, ThreadException {
        Report.Landlock how = Report.Landlock.NONE;
        List<FilePath> skipped = List.of();
        if (ruleset.isPresent()) {
            try (Landlock.Layer layer = Landlock.make(new Degraded(abi, ruleset.get(), List.of()))) {
                skipped = layer.skipped();
                how = switch (layer.restrictProcess(abi, limit)) {
                    case KERNEL -> Report.Landlock.KERNEL;
                    case SIGNAL -> Report.Landlock.SIGNAL;
                };
                attempt.restricted = true;
            }
        }
        Seccomp.install(program);
        return new Done(how, program.length(), skipped);
    }
}
