package org.jpledge.tools.trace;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.jpledge.linux.KernelException;

/** Why something cannot be traced, in the words of whoever asked for it. */
final class Refusal {
    private static final int EPERM = 1;
    private static final int ENOENT = 2;
    private static final int ESRCH = 3;
    private static final Path YAMA = Path.of("/proc/sys/kernel/yama/ptrace_scope");

    private Refusal() {}

    /** A program that was started, or a process that runs, cannot be traced. */
    static TraceException ofSeizing(String what, int process, KernelException error) {
        return new TraceException(TraceException.OURS, what + ": " + reason(process, error));
    }

    private static String reason(int process, KernelException error) {
        if (error.errno() == ESRCH) {
            return "there is no such process";
        }
        OptionalInt tracer = ProcessStatus.of(process).number("TracerPid");
        if (tracer.orElse(0) > 0) {
            return "it is traced already, by process "
                    + ProcessStatus.of(tracer.getAsInt()).number("Tgid").orElse(tracer.getAsInt());
        }
        if (process == ProcessHandle.current().pid()) {
            return "it is pledge itself, which cannot be traced by itself";
        }
        if (ProcessStatus.of(process).hasEnded()) {
            return "it has ended already, and its parent has not noticed yet";
        }
        if (ProcessStatus.of(process).number("Kthread").orElse(0) > 0) {
            return "it belongs to the kernel, and cannot be traced";
        }
        if (error.errno() != EPERM) {
            return "it cannot be traced (" + error.getMessage() + ")";
        }
        OptionalInt owner = ProcessStatus.of(process).number("Uid");
        OptionalInt self = ProcessStatus.of((int) ProcessHandle.current().pid()).number("Uid");
        if (owner.isPresent() && !owner.equals(self)) {
            return "it cannot be traced: it belongs to another user (uid " + owner.getAsInt() + ")";
        }
        int scope = yama();
        if (scope > 0) {
            return ofScope(scope);
        }
        return "it cannot be traced: it has more privileges than pledge, or is protected";
    }

    /** What a value of kernel.yama.ptrace_scope forbids. See ptrace(2). */
    static String ofScope(int scope) {
        return "it cannot be traced: kernel.yama.ptrace_scope is " + scope
                + switch (scope) {
                    case 1 -> ", so only descendants can be; root may set it to 0";
                    case 2 -> ", so only root may trace";
                    default -> ", so nobody may trace until the machine starts again";
                };
    }

    private static int yama() {
        try {
            return Integer.parseInt(Files.readString(YAMA).strip());
        } catch (IOException | NumberFormatException e) {
            return 0;
        }
    }

    /** A program was not executed. */
    static TraceException ofExecuting(TracedProgram program, KernelException error) {
        String message = String.valueOf(error.getMessage());
        if (!message.startsWith("execve")) {
            String what = message.startsWith("chdir") ? program.directory().orElse("") : program.path();
            return new TraceException(TraceException.OURS, what + ": cannot be started (" + message + ")");
        }
        int status = error.errno() == ENOENT ? TraceException.NOT_FOUND : TraceException.CANNOT_EXECUTE;
        String what = program.launcher().isPresent() ? "the launcher" : program.path();
        return new TraceException(status, what + ": cannot be executed (" + message + ")");
    }
}
