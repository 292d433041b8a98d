package org.jpledge;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jpledge.bpf.SeccompData;
import org.jpledge.linux.Kernel;
import org.jpledge.linux.KernelException;
import org.jpledge.linux.Violations;
import org.jpledge.promise.Circumstance;
import org.jpledge.promise.Missing;
import org.jpledge.promise.Policy;
import org.jpledge.promise.Promises;
import org.jpledge.promise.Ruling;
import org.jpledge.seccomp.Identity;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;
import org.jspecify.annotations.Nullable;

/** Turns what the signal handler records into log lines and events. A daemon thread sleeps until there is something. */
final class Reporting implements Runnable {
    private static final System.Logger LOG = System.getLogger("org.jpledge");
    private static final boolean JFR = ModuleLayer.boot().findModule("jdk.jfr").isPresent();

    /** No hook of this JVM. */
    private static final Thread NO_HOOK = Thread.ofPlatform().unstarted(Reporting::tellAll);

    /** Between two looks for violations, while this JVM ends. */
    private static final long MOMENT_NANOS = 1_000_000;

    private static final List<Consumer<Violation>> LISTENERS = new CopyOnWriteArrayList<>();

    private static @Nullable Reporting installed;

    private final Arch arch = Arch.host();
    private final Identity self;
    private final Violations violations;
    private long told;
    private boolean loggable = true;
    private volatile int thread;
    private volatile boolean leaving;
    private volatile Policy policy;
    private volatile Promises promises;
    private volatile Set<Circumstance> circumstances;

    private Reporting(Identity self, Policy policy, Promises promises, Set<Circumstance> circumstances)
            throws KernelException {
        this.self = self;
        this.policy = policy;
        this.promises = promises;
        this.circumstances = circumstances;
        SyscallTable table = SyscallTable.of(arch);
        String[] lines = new String[Math.min(table.highest() + 1, 1024)];
        String start = "java[" + self.pid() + "]: ";
        for (int i = 0; i < lines.length; i++) {
            Optional<String> name = table.name(i);
            if (name.isPresent()) {
                String own = policy.isAmended(i, arch) ? "a rule of its own sandbox" : "";
                lines[i] = start + Violation.text(name.get(), Missing.words(i, arch, promises), own, " or ") + '\n';
            }
        }
        violations = new Violations(lines, start + "a system call without a name is not allowed by any promise\n");
    }

    /** Installs the handler, or tells the installed one what holds from now on. */
    static synchronized void install(Identity self, Policy policy, Promises promises, Set<Circumstance> circumstances)
            throws KernelException {
        Reporting reporting = installed;
        if (reporting != null) {
            reporting.policy = policy;
            reporting.promises = promises;
            reporting.circumstances = circumstances;
            return;
        }
        Reporting fresh = new Reporting(self, policy, promises, circumstances);
        installed = fresh;
        fresh.rehearse();
        Thread.ofPlatform().daemon().name("jpledge-reports").start(fresh);
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(fresh::leave));
    }

    /** Adds somebody who is told of each violation, by the thread that logs them. */
    static void listen(Consumer<Violation> listener) {
        LISTENERS.add(listener);
    }

    /** Tells all that has been recorded by now. */
    static void tellAll() {
        Reporting reporting = installed();
        if (reporting != null) {
            reporting.drain();
        }
    }

    /** How many violations have not been told one by one. */
    static long lost() {
        Reporting reporting = installed();
        return reporting == null ? 0 : reporting.violations.lost();
    }

    private static synchronized @Nullable Reporting installed() {
        return installed;
    }

    /** Afterwards, classes may be out of reach. */
    private void rehearse() {
        Violation none = violation(new Violations.Refused(0, 0, "", 0, new long[6], 0));
        loggable = LOG.isLoggable(System.Logger.Level.WARNING);
        if (JFR) {
            ViolationEvent.prepare(none);
        }
    }

    @Override
    public void run() {
        thread = (int) Kernel.call("gettid");
        while (true) {
            long begun = violations.begun();
            drain();
            if (leaving) {
                LockSupport.parkNanos(MOMENT_NANOS);
            } else {
                violations.await(begun);
            }
        }
    }

    /** At its end a JVM waits 0.3 s for threads that are in native code, as one is that waits for the kernel to wake it. */
    private void leave() {
        leaving = true;
        violations.wake();
        drain();
    }

    private synchronized void drain() {
        while (true) {
            Optional<Violations.Refused> next = violations.next();
            if (next.isEmpty()) {
                tellLost();
                return;
            }
            if (next.get().thread() == thread) {
                // A logger that asks for more than the sandbox allows must not report itself for ever.
                continue;
            }
            Violation violation = violation(next.get());
            if (JFR) {
                ViolationEvent.record(violation);
            }
            for (Consumer<Violation> listener : LISTENERS) {
                tell(listener, violation);
            }
            tell(violation.text());
        }
    }

    /** Who cannot hear it, must not keep it from the others. */
    private void tell(Consumer<Violation> listener, Violation violation) {
        try {
            listener.accept(violation);
        } catch (RuntimeException | LinkageError e) {
            tell("who listens to violations fails: " + e);
        }
    }

    private void tellLost() {
        long lost = violations.lost();
        if (lost > told) {
            tell((lost - told) + " violations came too fast to be told one by one");
            told = lost;
        }
    }

    /**
     * Logs a line. When the JVM ends, java.util.logging closes its handlers while others may still log: so what it may not have
     * got any more goes to standard error. It may be said twice then, but is said.
     */
    private void tell(String what) {
        String line = "java[" + self.pid() + "]: " + what;
        if (!isEnding()) {
            log(line);
        }
        if (loggable && isEnding()) {
            System.err.println(line);
        }
    }

    /** A logger may want what the sandbox refuses; the line is to be seen all the same. */
    private void log(String line) {
        try {
            loggable = LOG.isLoggable(System.Logger.Level.WARNING);
            LOG.log(System.Logger.Level.WARNING, line);
        } catch (RuntimeException | LinkageError e) {
            System.err.println(line + " (the logger fails: " + e + ')');
        }
    }

    /** Whether this JVM is about to end: then nothing can be said about its hooks any more. */
    private static boolean isEnding() {
        try {
            return Runtime.getRuntime().removeShutdownHook(NO_HOOK);
        } catch (IllegalStateException e) {
            return true;
        }
    }

    private Violation violation(Violations.Refused record) {
        List<Long> arguments = new ArrayList<>();
        for (long argument : record.arguments()) {
            arguments.add(argument);
        }
        SeccompData call = SeccompData.of(record.call(), arch.audit(), record.arguments());
        Optional<Ruling> ruling = policy.refusal(call, self, arch, circumstances);
        return new Violation(
                SyscallTable.of(arch).name(record.call()).orElse(Integer.toString(record.call())),
                arguments,
                ruling.isPresent() ? List.of() : Missing.words(call, self, arch, promises, circumstances),
                ruling.map(Ruling::call).orElse(""),
                record.thread(),
                record.name(),
                record.address());
    }
}
