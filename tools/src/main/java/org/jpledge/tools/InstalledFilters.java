package org.jpledge.tools;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jpledge.linux.KernelException;
import org.jpledge.linux.Onward;
import org.jpledge.linux.Ptrace;
import org.jpledge.tools.trace.ProcessStatus;

/** The seccomp filters of a process, which is stopped for as long as it takes to copy them. */
final class InstalledFilters {
    private static final int ENOENT = 2;
    private static final int ESRCH = 3;
    private static final int EINVAL = 22;
    private static final int EMEDIUMTYPE = 124;
    private static final int STOPPED = 0x7f;
    private static final int EVENT = 16;
    private static final int PATIENCE_SECONDS = 5;

    /** What /proc/PID/status says of a process with filters. */
    private static final String FILTERED = "2";

    private InstalledFilters() {}

    /** The programs of all filters of a process's first thread, the one that was installed first in front. */
    static List<byte[]> of(int process) throws Failure {
        if (process == 0 || ProcessStatus.of(process).isGone()) {
            throw failure(process, "there is no such process");
        }
        if (process == ProcessHandle.current().pid()) {
            throw failure(process, "that is this command itself");
        }
        boolean confined = isFiltered(process);
        try (Ptrace ptrace = new Ptrace()) {
            int signal = stop(ptrace, process);
            try {
                return filters(ptrace, process, confined);
            } finally {
                ptrace.resume(process, Onward.DETACHED, signal);
            }
        }
    }

    /** Stops a process, and gives the signal that it is to get when it goes on. */
    private static int stop(Ptrace ptrace, int process) throws Failure {
        try {
            ptrace.seize(process, 0);
        } catch (KernelException e) {
            throw failure(
                    process,
                    e.errno() == ESRCH
                            ? "there is no such process"
                            : "it may not be looked at by this user, or something else traces it; root may"
                                    + " (CAP_SYS_PTRACE and CAP_SYS_ADMIN)");
        }
        ptrace.interrupt(process);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (System.nanoTime() < deadline) {
            int thread = ptrace.poll();
            int status = ptrace.status();
            if (thread == process && (status & 0xff) != STOPPED) {
                throw failure(process, "it has ended");
            }
            if (thread == process) {
                return status >> EVENT == 0 ? status >> 8 & 0xff : 0;
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
        // It is let go when this command ends.
        throw failure(
                process, "it could not be stopped within " + PATIENCE_SECONDS + " seconds: it waits in the kernel");
    }

    private static List<byte[]> filters(Ptrace ptrace, int process, boolean confined) throws Failure {
        List<byte[]> filters = new ArrayList<>();
        while (true) {
            try {
                filters.add(ptrace.filter(process, filters.size()));
            } catch (KernelException e) {
                if (e.errno() == ENOENT && !filters.isEmpty()) {
                    return filters;
                }
                throw failure(process, reason(e.errno(), confined, filters.size()));
            }
        }
    }

    private static String reason(int errno, boolean confined, int index) {
        return switch (errno) {
            case ENOENT -> "it has no seccomp filter";
            case EINVAL ->
                confined
                        ? "this kernel does not give filters away (it lacks CONFIG_CHECKPOINT_RESTORE)"
                        : "it has no seccomp filter";
            case EMEDIUMTYPE -> "filter " + index + " was not made of classic BPF";
            case ESRCH -> "it has ended";
            default ->
                "its filters may not be looked at: that takes CAP_SYS_ADMIN, and a command without a seccomp filter of its"
                        + " own";
        };
    }

    private static boolean isFiltered(int process) {
        return ProcessStatus.of(process).field("Seccomp").equals(FILTERED);
    }

    private static Failure failure(int process, String reason) {
        return new Failure(Failure.OURS, "process " + process + ": " + reason);
    }
}
