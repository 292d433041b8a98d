package org.jpledge.tools;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.jpledge.launch.Step;
import org.jpledge.linux.Kernel;
import org.jpledge.linux.KernelException;
import org.jpledge.promise.Policy;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.FilterText;
import org.jpledge.syscall.Arch;
import org.jpledge.tools.report.DescriptorOutput;
import org.jpledge.tools.report.Reports;
import org.jpledge.tools.report.Supervisor;
import org.jpledge.tools.text.Words;

/**
 * How a program is run whose refusals are told: {@code --report}.
 *
 * @param descriptor where they are written
 * @param json whether as JSON
 */
record Reporting(int descriptor, boolean json) {
    private static final int STANDARD_ERROR = 2;

    /** Reads options; nothing if none is about it. */
    static Optional<Reporting> read(CommandLine line) throws Failure {
        if (!line.has(Option.REPORT)) {
            if (line.has(Option.REPORT_DESCRIPTOR)) {
                throw Failure.usage("option --report-fd is for --report");
            }
            return Optional.empty();
        }
        if (line.has(Option.PRINT)) {
            throw Failure.usage("options --print and --report contradict each other: --print runs nothing");
        }
        int descriptor = STANDARD_ERROR;
        Optional<String> word = line.last(Option.REPORT_DESCRIPTOR);
        if (word.isPresent()) {
            descriptor = (int) PolicyOptions.number(Option.REPORT_DESCRIPTOR, word.get(), Integer.MAX_VALUE);
            if (!DescriptorOutput.isWritable(descriptor)) {
                throw Failure.usage("option --report-fd: descriptor " + descriptor + " is not open for writing");
            }
        }
        return Optional.of(new Reporting(descriptor, line.has(Option.JSON)));
    }

    /** Runs a program, and stays until it and all that it started have ended. */
    int run(Preparation prepared, Caller caller) throws Failure {
        Policy policy = prepared.options().policy();
        if (policy.violation() instanceof Action.Trap) {
            throw Failure.usage("option --report: under --on-violation trap the program itself is told, nobody else");
        }
        Optional<Action> unanswerable = policy.unanswerable(Arch.host(), prepared.enforcement());
        if (unanswerable.isPresent()) {
            throw Failure.usage("option --report: nobody can do in a filter's place what it does with the action "
                    + FilterText.of(unanswerable.get(), Arch.host()));
        }
        if (prepared.tree().isOfOneProcess()) {
            throw Failure.usage(
                    "option --report: an unveil goes through /proc/self, which each process has for itself");
        }
        List<byte[]> environment = Words.bytes(caller.environment());
        int user = (int) Kernel.call("geteuid");
        int group = (int) Kernel.call("getegid");
        for (Step step : policy.outset().steps()) {
            if (step instanceof Step.Identity(int uid, int gid)) {
                user = uid == -1 ? user : uid;
                group = gid == -1 ? group : gid;
            }
        }
        OutputStream out = new DescriptorOutput(descriptor);
        PrintStream errors = Main.errors();
        Reports reports = new Reports(out, json, complaint -> {
            errors.print(Failure.line(complaint));
            errors.flush();
        });
        String here = new String(prepared.here().bytes(), StandardCharsets.ISO_8859_1);
        try {
            return Supervisor.run(
                    new Supervisor.Task(
                            policy,
                            prepared.enforcement(),
                            prepared::supervised,
                            environment,
                            caller.state(),
                            user,
                            group,
                            here),
                    reports);
        } catch (KernelException e) {
            throw new Failure(Failure.OURS, "--report: " + e.getMessage());
        }
    }
}
