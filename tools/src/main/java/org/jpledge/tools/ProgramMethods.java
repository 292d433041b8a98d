package org.jpledge.tools;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import org.jpledge.launch.LaunchPlan;
import org.jpledge.launch.Launcher;
import org.jpledge.linux.Kernel;
import org.jpledge.linux.KernelException;
import org.jpledge.linux.MemoryFile;
import org.jpledge.linux.OwnDirectory;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Constants;
import org.jpledge.tools.serve.Call;
import org.jpledge.tools.serve.CommandWords;
import org.jpledge.tools.serve.ErrorCode;
import org.jpledge.tools.serve.Flag;
import org.jpledge.tools.serve.Handler;
import org.jpledge.tools.serve.Method;
import org.jpledge.tools.serve.RequestException;
import org.jpledge.tools.serve.Runs;
import org.jpledge.tools.text.Errand;
import org.jpledge.tools.text.Json;
import org.jpledge.tools.text.RawPath;
import org.jpledge.tools.text.Words;
import org.jspecify.annotations.Nullable;

/**
 * The server's methods that run or compile programs. A request is a command line: this JVM reads it, in a thread that is where the client
 * says, and compiles the launcher, which is started as a child. What stays beside a program while it runs (trace, learn, {@code --report}),
 * and what is meant for one process alone, is done by a JVM of its own.
 */
final class ProgramMethods implements AutoCloseable {
    private static final int MAX_SIGNAL = 64;

    private final Supplier<RunningKernel> kernel;
    private final OwnJvm jvm;
    private final Runs runs = new Runs();

    /**
     * Methods.
     *
     * @param kernel asks the kernel what it can enforce
     * @param jvm how to start another one
     */
    ProgramMethods(Supplier<RunningKernel> kernel, OwnJvm jvm) {
        this.kernel = kernel;
        this.jvm = jvm;
    }

    Map<Method, Handler> handlers() {
        Map<Method, Handler> handlers = new EnumMap<>(Method.class);
        handlers.put(Method.RUN, call -> with(call, this::run));
        handlers.put(Method.COMPILE, call -> with(call, this::compile));
        handlers.put(Method.TRACE, call -> with(call, asked -> beside(Command.TRACE, asked)));
        handlers.put(Method.LEARN, call -> with(call, this::learn));
        handlers.put(Method.LIST, _ -> Handler.Answer.of(new Json.Members().with("runs", runs.list())));
        handlers.put(Method.KILL, this::kill);
        return handlers;
    }

    /** A request that is about a program, where it is to run, and in what environment. */
    private record Asked(Call call, int directory, List<String> environment, Optional<String> policy) {
        List<String> words(Command command) throws RequestException {
            List<Flag> flags = new ArrayList<>();
            for (Option option : command.options()) {
                flags.add(new Flag(option.word(), option.takesArgument(), option.repeated()));
            }
            return CommandWords.of(command.word(), flags, policy, call);
        }
    }

    private interface Work {
        Handler.Answer on(Asked asked) throws RequestException, IOException, Failure, KernelException;
    }

    private Handler.Answer with(Call call, Work work) throws RequestException, IOException {
        List<String> environment = CommandWords.environment(call, jvm.caller().environment());
        Optional<String> text = CommandWords.policyText(call);
        int directory = call.openDirectory();
        try {
            if (text.isEmpty()) {
                return work.on(new Asked(call, directory, environment, Optional.empty()));
            }
            return withPolicy(text.get(), call, directory, environment, work);
        } catch (Failure e) {
            throw ServeCommand.refused(e);
        } catch (KernelException e) {
            throw new RequestException(ErrorCode.REFUSED, String.valueOf(e.getMessage()));
        } finally {
            Kernel.call("close", directory);
        }
    }

    private static Handler.Answer withPolicy(String text, Call call, int directory, List<String> environment, Work work)
            throws RequestException, IOException, Failure, KernelException {
        try (MemoryFile policy = new MemoryFile(Words.bytes(text))) {
            // By a name that a child can read, too.
            String name = "/proc/" + ProcessHandle.current().pid() + "/fd/" + policy.descriptor();
            try {
                return work.on(new Asked(call, directory, environment, Optional.of(name)));
            } catch (Failure e) {
                // The name is ours, and means nothing to the client.
                throw new Failure(e.status(), String.valueOf(e.getMessage()).replace(name, "policy"));
            }
        }
    }

    /**
     * What became of a command line.
     *
     * @param prepared the program that is to be started; none if only something was printed
     * @param status the exit status, if no program is started
     * @param out what was printed
     * @param err what was said
     */
    private record Performed(Optional<Preparation> prepared, int status, String out, String err) {
        Json.Members printed() {
            return new Json.Members()
                    .with("run", new Json.Nothing())
                    .with("status", new Json.Whole(status))
                    .with("stdout", Words.text(out))
                    .with("stderr", Words.text(err));
        }

        List<String> warnings() {
            return err.lines().map(Words::readable).toList();
        }
    }

    /** Performs a command line where the client is, short of starting a program. */
    private Performed perform(Asked asked, List<String> words) throws Failure, IOException, KernelException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        List<Preparation> prepared = new ArrayList<>(1);
        Start start = preparation -> {
            prepared.add(preparation);
            return 0;
        };
        try (PrintStream toOut = new PrintStream(out, false, StandardCharsets.ISO_8859_1);
                PrintStream toErr = new PrintStream(err, false, StandardCharsets.ISO_8859_1)) {
            String own = Long.toString(ProcessHandle.current().pid());
            Pledge pledge = new Pledge(asked.environment(), toOut, toErr, own, kernel, List.of(), start);
            int status = OwnDirectory.in(asked.directory(), () -> Errand.run(() -> performed(pledge, words)));
            toOut.flush();
            toErr.flush();
            return new Performed(
                    prepared.stream().findFirst(),
                    status,
                    out.toString(StandardCharsets.ISO_8859_1),
                    err.toString(StandardCharsets.ISO_8859_1));
        } catch (ExecutionException e) {
            throw thrown(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    private static int performed(Pledge pledge, List<String> words) throws Failure, IOException {
        Optional<String> own = ViaSocket.own(CommandLine.parse(words), words);
        if (own.isPresent()) {
            throw Failure.usage(
                    own.get() + " is another file for the server; name one that is the same for all processes");
        }
        return pledge.perform(words);
    }

    private static IOException thrown(ExecutionException e) throws Failure {
        return switch (e.getCause()) {
            case Failure failure -> throw failure;
            case IOException problem -> problem;
            case UnsupportedOperationException problem ->
                throw new Failure(Failure.OURS, String.valueOf(problem.getMessage()));
            case RuntimeException problem -> throw problem;
            case null, default -> throw new IllegalStateException(e.getCause());
        };
    }

    private Handler.Answer run(Asked asked) throws RequestException, IOException, Failure, KernelException {
        List<String> words = asked.words(Command.RUN);
        if (CommandLine.parse(words).has(Option.REPORT)) {
            return beside(Command.RUN, asked);
        }
        Performed performed = perform(asked, words);
        if (performed.prepared().isEmpty()) {
            return new Handler.Answer(performed.printed(), OptionalInt.of(performed.status()));
        }
        Preparation prepared = performed.prepared().get();
        if (prepared.tree().isOfOneProcess()) {
            // A veil through /proc/self is made by the process that is to be the program.
            return beside(Command.RUN, asked);
        }
        for (String warning : performed.warnings()) {
            asked.call().tell("warning", new Json.Members().with("text", warning));
        }
        return runs.run(asked.call(), task(asked, prepared.plan()));
    }

    private Runs.Task task(Asked asked, LaunchPlan plan) {
        List<String> program = new ArrayList<>();
        for (byte[] argument : plan.arguments()) {
            program.add(new String(argument, StandardCharsets.ISO_8859_1));
        }
        return new Runs.Task(
                Command.RUN.word(),
                program,
                new byte[0],
                Optional.of(Launcher.of(plan)),
                plan.arguments().subList(0, 1),
                Words.bytes(asked.environment()),
                asked.directory(),
                jvm.state(),
                List.of(),
                asked.call().isTrue("detached"));
    }

    private Handler.Answer compile(Asked asked) throws RequestException, IOException, Failure, KernelException {
        Performed performed = perform(asked, asked.words(Command.RUN));
        if (performed.prepared().isEmpty()) {
            return new Handler.Answer(performed.printed(), OptionalInt.of(performed.status()));
        }
        Preparation prepared = performed.prepared().get();
        if (prepared.tree().isOfOneProcess()) {
            throw Failure.usage("compile: an unveil goes through /proc/self, which each process has for itself");
        }
        byte[] launcher = Launcher.of(prepared.plan());
        Json.Members result = new Json.Members().with("size", new Json.Whole(launcher.length));
        Optional<String> output = asked.call().text("output");
        if (output.isPresent()) {
            write(asked, output.get(), launcher);
            result.with("output", Words.readable(output.get()));
        } else {
            result.with("launcher", Base64.getEncoder().encodeToString(launcher));
        }
        return Handler.Answer.of(result.with("warnings", performed.warnings()));
    }

    private static void write(Asked asked, String output, byte[] launcher)
            throws Failure, IOException, KernelException {
        try {
            OwnDirectory.in(
                    asked.directory(),
                    () -> Errand.run(() -> {
                        OutputFile.writeExecutable(output, launcher);
                        return output;
                    }));
        } catch (ExecutionException e) {
            throw thrown(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    /** The policy is written to a file of ours, where the program, if it is contained, cannot. */
    private Handler.Answer learn(Asked asked) throws RequestException, IOException, Failure, KernelException {
        List<String> words = asked.words(Command.LEARN);
        if (CommandLine.parse(words).has(Option.LEARNT)) {
            return beside(asked, Command.LEARN, words);
        }
        Path directory = Files.createTempDirectory("pledge");
        Path file = directory.resolve("learnt");
        try {
            List<String> writing = new ArrayList<>(words);
            writing.add(1, "--output=" + RawPath.word(file));
            Handler.Answer answer = beside(asked, Command.LEARN, writing);
            if (answer.result() instanceof Json.Members result && Files.exists(file)) {
                String learnt = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
                result.with("learnt", Words.text(learnt));
            }
            return answer;
        } finally {
            Files.deleteIfExists(file);
            Files.delete(directory);
        }
    }

    private Handler.Answer beside(Command command, Asked asked)
            throws RequestException, IOException, Failure, KernelException {
        List<String> words = asked.words(command);
        // Here a wrong word is an error of the request.
        CommandLine.parse(words);
        return beside(asked, command, words);
    }

    /** Has a JVM of its own do it, which is told the environment on a descriptor. */
    private Handler.Answer beside(Asked asked, Command command, List<String> words)
            throws RequestException, IOException, Failure, KernelException {
        try (MemoryFile environment = OwnJvm.environment(asked.environment())) {
            return runs.run(
                    asked.call(),
                    new Runs.Task(
                            command.word(),
                            words.subList(1, words.size()),
                            jvm.path(),
                            Optional.empty(),
                            jvm.arguments(words, Runs.descriptors(asked.call())),
                            Words.bytes(Words.environment("self")),
                            asked.directory(),
                            jvm.state(),
                            List.of(environment.descriptor()),
                            asked.call().isTrue("detached")));
        }
    }

    private Handler.Answer kill(Call call) throws RequestException {
        int run = call.numbers("run").getFirst();
        runs.kill(run, signal(call.text("signal").orElse("SIGTERM")));
        return Handler.Answer.of(new Json.Members().with("run", new Json.Whole(run)));
    }

    private static int signal(String word) throws RequestException {
        String name = word.startsWith("SIG") ? word : "SIG" + word;
        Constants constants = Constants.of(Arch.host());
        long number = constants.value(name).orElse(0);
        // SIG_BLOCK and the like are constants, too.
        if (number <= 0 || number > MAX_SIGNAL || name.startsWith("SIG_")) {
            @Nullable String nearest = constants.nearest(name).orElse(null);
            throw Call.wrong(
                    "signal",
                    "there is no signal " + Words.readable(word)
                            + (nearest == null ? "" : " (did you mean " + nearest + "?)"));
        }
        return (int) number;
    }

    /** Ends what runs and is not detached. */
    @Override
    public void close() {
        runs.close();
    }
}
