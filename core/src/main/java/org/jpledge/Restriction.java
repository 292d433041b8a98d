package org.jpledge;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.jpledge.bpf.Program;
import org.jpledge.landlock.Abi;
import org.jpledge.landlock.Degraded;
import org.jpledge.landlock.FilePath;
import org.jpledge.landlock.Ruleset;
import org.jpledge.linux.KernelException;
import org.jpledge.linux.Landlock;
import org.jpledge.linux.Seccomp;
import org.jpledge.linux.ThreadException;

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

    /** Does it; for a virtual thread, which may be another thread of the kernel's after each call, in a thread of its own. */
    Done apply() throws KernelException {
        Attempt attempt = new Attempt(this);
        try {
            return Thread.currentThread().isVirtual() ? new Aside<>(attempt).get() : attempt.call();
        } catch (ExecutionException e) {
            throw attempt.failure(Objects.requireNonNullElse(e.getCause(), e));
        } catch (KernelException | ThreadException | RuntimeException e) {
            throw attempt.failure(e);
        }
    }

    /** One run. The field is read after the thread has ended. */
    private static final class Attempt implements Callable<Done> {
        private final Restriction restriction;
        private boolean restricted;

        Attempt(Restriction restriction) {
            this.restriction = restriction;
        }

        @Override
        public Done call() throws KernelException, ThreadException {
            return restriction.restrict(this);
        }

        SandboxException failure(Throwable cause) throws KernelException {
            if (cause instanceof ThreadException e) {
                return new SandboxException(
                        e.getMessage() + (restricted ? ", but Landlock's rules hold" : ""),
                        restricted || e.restricted() > 0,
                        e);
            }
            if (cause instanceof KernelException e && !restricted) {
                throw e;
            }
            String why = String.valueOf(cause.getMessage());
            return new SandboxException(
                    restricted ? "Landlock's rules hold, but no filter: ".concat(why) : why, restricted, cause);
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
