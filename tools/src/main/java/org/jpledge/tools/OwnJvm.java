package org.jpledge.tools;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jpledge.linux.KernelException;
import org.jpledge.linux.MemoryFile;
import org.jpledge.linux.ProcessState;
import org.jpledge.linux.RunningProcess;
import org.jpledge.tools.text.RawPath;
import org.jpledge.tools.text.Words;

/**
 * JVMs like this one, for what needs standard streams and a working directory of its own, or stays beside a program.
 *
 * @param start the words that start this JVM, up to its main class, without what it was told of its caller
 * @param caller what it was started with
 */
record OwnJvm(List<String> start, Caller caller) {
    private static final int STREAMS = 3;
    private static final int SIGHUP = 1;
    private static final String REMOVED = " (deleted)";

    /** Copies the list. */
    OwnJvm {
        start = List.copyOf(start);
    }

    /**
     * Those like this one.
     *
     * @param arguments how many words follow the main class
     */
    static OwnJvm asThis(int arguments) throws IOException {
        List<String> all = Words.commandLine();
        List<String> start = new ArrayList<>(all.subList(0, all.size() - arguments));
        start.removeIf(word -> word.startsWith("-D" + Caller.PROPERTY + "="));
        return new OwnJvm(start, Caller.known());
    }

    /**
     * The file to execute.
     *
     * @throws Failure if it or what it starts with is gone: pledge or the JDK was replaced since this JVM was started
     */
    byte[] path() throws Failure, IOException {
        // As proc_pid_exe(5) has it, the name of one that was removed says so.
        String name = RawPath.word(Files.readSymbolicLink(Path.of("/proc/self/exe")));
        Path java = RawPath.of(name.endsWith(REMOVED) ? name.substring(0, name.length() - REMOVED.length()) : name);
        List<Path> needed = new ArrayList<>(List.of(java));
        int classes = start.indexOf("-cp");
        if (classes >= 0) {
            for (String each : start.get(classes + 1).split(":", -1)) {
                needed.add(RawPath.of(each));
            }
        }
        for (Path each : needed) {
            if (!Files.exists(each)) {
                throw new Failure(
                        Failure.OURS,
                        "the server is older than what is installed, and cannot start what it needs for this ("
                                + RawPath.word(each) + " is gone): start the server anew");
            }
        }
        return Words.bytes(RawPath.word(java));
    }

    /** Signals and limits of what is started for somebody else. */
    ProcessState state() {
        return new ProcessState(0, 0, caller.state().softDescriptorLimit(), List.of());
    }

    /**
     * The arguments of one.
     *
     * @param words the command line after {@code pledge}
     * @param told its descriptor of {@link #environment}
     */
    List<byte[]> arguments(List<String> words, int told) {
        List<String> arguments = new ArrayList<>(start);
        long limit = caller.state().softDescriptorLimit();
        arguments.add(
                1, "-D" + Caller.PROPERTY + "=" + told + ":0:0:" + (limit == -1 ? "unlimited" : Long.toString(limit)));
        arguments.addAll(words);
        return Words.bytes(arguments);
    }

    /** An environment for the command, not for the JVM, to whom its variables would mean something. */
    static MemoryFile environment(List<String> entries) throws KernelException {
        StringBuilder digits = new StringBuilder();
        for (byte[] entry : Words.bytes(entries)) {
            for (byte each : entry) {
                digits.append(Character.forDigit(each >> 4 & 15, 16)).append(Character.forDigit(each & 15, 16));
            }
            digits.append("00");
        }
        return new MemoryFile(Words.bytes(digits.toString()));
    }

    /**
     * Starts one.
     *
     * @param words the command line after {@code pledge}
     * @param environment what the command takes as its caller's
     * @param directory an open directory, where it works
     * @param streams its standard input, output and error, in this process's numbers
     * @throws Failure as {@link #path}
     */
    RunningProcess run(List<String> words, List<String> environment, int directory, List<Integer> streams)
            throws Failure, IOException, KernelException {
        try (MemoryFile told = environment(environment)) {
            List<Integer> descriptors = new ArrayList<>(streams);
            descriptors.add(told.descriptor());
            return RunningProcess.start(new RunningProcess.Plan(
                    path(),
                    Optional.empty(),
                    arguments(words, STREAMS),
                    Words.bytes(Words.environment("self")),
                    directory,
                    descriptors,
                    state(),
                    false));
        }
    }

    /** Ends one, as a terminal that is hung up does, so that it can tidy up. Waits for its end. */
    static void hangUp(RunningProcess process) {
        try {
            process.end(SIGHUP);
        } catch (KernelException e) {
            throw new IllegalStateException("nobody interrupts this thread", e);
        }
    }
}
