package org.jpledge.tools;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jpledge.bpf.InvalidProgramException;
import org.jpledge.launch.LaunchPlan;
import org.jpledge.launch.Launcher;
import org.jpledge.linux.Execution;
import org.jpledge.linux.KernelException;
import org.jpledge.tools.text.Words;
import org.jspecify.annotations.Nullable;

/** The command as {@code java -jar}: this JVM becomes the program. */
public final class Main {
    private Main() {}

    /**
     * Runs the command.
     *
     * @param arguments the command line
     */
    public static void main(String[] arguments) {
        System.exit(guarded(() -> perform(Words.arguments(arguments.length))));
    }

    /** Does what the words say. */
    static int perform(List<String> words) throws Failure, IOException {
        Caller caller = Caller.known();
        List<String> environment = caller.environment();
        Start become = prepared -> prepared.reporting().isPresent()
                ? prepared.reporting().get().run(prepared, caller)
                : become(prepared.plan(), caller);
        String process = Long.toString(ProcessHandle.current().pid());
        return new Pledge(environment, output(), errors(), process, RunningKernel::asked, List.of(), become)
                .perform(words);
    }

    private static int become(LaunchPlan plan, Caller caller) throws Failure, IOException {
        List<byte[]> entries = Words.bytes(caller.environment());
        try {
            Execution.become(Launcher.of(plan), plan.arguments().subList(0, 1), entries, caller.state());
        } catch (KernelException e) {
            throw new Failure(Failure.OURS, String.valueOf(e.getMessage()));
        }
        throw new IllegalStateException("execve returned without an error");
    }

    /** What may fail, as an exit status. */
    interface Work {
        int run() throws Failure, IOException;
    }

    /** Runs, and says on standard error in one line why it failed. */
    static int guarded(Work work) {
        return guarded(work, errors());
    }

    /** Runs, and says there in one line why it failed. */
    static int guarded(Work work, PrintStream errors) {
        Failure failure;
        @Nullable RuntimeException unforeseen = null;
        try {
            return work.run();
        } catch (Failure e) {
            failure = e;
        } catch (IOException e) {
            failure = new Failure(Failure.OURS, e.getClass().getSimpleName() + ": " + e.getMessage());
        } catch (InvalidProgramException | UnsupportedOperationException e) {
            // A policy can be too long for the kernel, or for another processor, whatever is done with it.
            failure = new Failure(Failure.OURS, String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            failure = new Failure(Failure.OURS, "internal error, please report it: " + e);
            unforeseen = e;
        }
        errors.print(failure.line());
        if (unforeseen != null) {
            unforeseen.printStackTrace(errors);
        }
        errors.flush();
        return failure.status();
    }

    /** Standard error, a character for a byte. */
    static PrintStream errors() {
        return new PrintStream(new FileOutputStream(FileDescriptor.err), false, StandardCharsets.ISO_8859_1);
    }

    /** Standard output, a character for a byte. */
    static PrintStream output() {
        return new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.ISO_8859_1);
    }
}
