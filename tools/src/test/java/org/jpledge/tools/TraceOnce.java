package org.jpledge.tools;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jpledge.linux.ProcessState;
import org.jpledge.syscall.SyscallTable;
import org.jpledge.tools.text.Words;
import org.jpledge.tools.trace.Settings;
import org.jpledge.tools.trace.Stop;
import org.jpledge.tools.trace.TraceException;
import org.jpledge.tools.trace.TracedProgram;
import org.jpledge.tools.trace.Tracer;

/**
 * Traces in a process of its own, and writes a line for each stop. Arguments: the file to write; {@code all}, or names of calls
 * with commas in between; {@code -p} and processes to attach to, or a program and its arguments.
 */
public final class TraceOnce {
    private TraceOnce() {}

    /**
     * Traces.
     *
     * @param arguments see above
     * @throws IOException if the file cannot be written
     */
    public static void main(String[] arguments) throws IOException {
        List<String> words = Words.arguments(arguments.length);
        ProcessState before = ProcessState.guessed();
        int status;
        try (PrintWriter out = new PrintWriter(words.get(0), StandardCharsets.ISO_8859_1)) {
            status = trace(words, out, before);
        } catch (TraceException e) {
            System.err.println("pledge: " + e.getMessage());
            status = e.status();
        }
        System.exit(status);
    }

    private static int trace(List<String> words, PrintWriter out, ProcessState before)
            throws TraceException, IOException {
        Settings settings = words.get(1).equals("all")
                ? Settings.ALL
                : Settings.ALL.only(Arrays.asList(words.get(1).split(",")));
        List<String> program = words.subList(2, words.size());
        if (program.getFirst().equals("-p")) {
            List<Integer> processes = new ArrayList<>();
            for (String number : program.subList(1, program.size())) {
                processes.add(Integer.valueOf(number));
            }
            Tracer.attach(processes, settings, stop -> {
                out.println(line(stop));
                out.flush();
            });
            return 0;
        }
        return Tracer.run(
                TracedProgram.of(program.getFirst(), program, Words.environment("self"), before),
                settings,
                stop -> out.println(line(stop)));
    }

    /** A stop as a test looks for it: with the number of the thread, but {@code self} for the first. */
    private static String line(Stop stop) {
        String thread = stop.task().process() + "/" + stop.task().thread() + " ";
        return thread
                + switch (stop) {
                    case Stop.Entered call -> entered(call);
                    case Stop.Left left -> "left " + left.result();
                    case Stop.Started started -> "started by " + started.parent();
                    case Stop.Executed executed -> "executed by " + executed.former();
                    case Stop.Signalled signal ->
                        "signal " + signal.signal() + " code " + signal.why().code() + " from "
                                + signal.why().sender();
                    case Stop.Ended ended -> "ended " + ended.status() + " signal " + ended.signal();
                };
    }

    private static String entered(Stop.Entered call) {
        String name = SyscallTable.of(call.arch()).name(call.number()).orElse("number-" + call.number());
        String early = call.early() ? "early " : "";
        String path = name.equals("openat")
                ? call.memory()
                        .string(call.arguments().get(1), 4096)
                        .map(bytes -> " " + new String(bytes, StandardCharsets.ISO_8859_1))
                        .orElse(" ?")
                : "";
        return early + call.arch().label() + " " + name + path;
    }
}
