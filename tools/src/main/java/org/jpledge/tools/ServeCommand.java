package org.jpledge.tools;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jpledge.linux.UnixSocket;
import org.jpledge.tools.doctor.Examination;
import org.jpledge.tools.doctor.Finding;
import org.jpledge.tools.serve.Activation;
import org.jpledge.tools.serve.Call;
import org.jpledge.tools.serve.ClientFrames;
import org.jpledge.tools.serve.ErrorCode;
import org.jpledge.tools.serve.Handler;
import org.jpledge.tools.serve.Limit;
import org.jpledge.tools.serve.Method;
import org.jpledge.tools.serve.Place;
import org.jpledge.tools.serve.PlaceException;
import org.jpledge.tools.serve.RequestException;
import org.jpledge.tools.serve.RequestLog;
import org.jpledge.tools.serve.Server;
import org.jpledge.tools.text.Json;
import org.jpledge.tools.text.RawPath;
import org.jpledge.tools.text.Words;
import org.jspecify.annotations.Nullable;

/** {@code pledge serve}: answers requests on a unix socket, with what the other commands do. */
final class ServeCommand {
    private static final String NAME = "pledge.sock";
    private static final String DIRECTORY = "XDG_RUNTIME_DIR";
    private static final int DRAIN_SECONDS = 30;
    private static final int MOST_SECONDS = 86_400;

    private final Supplier<RunningKernel> kernel;
    private final Interviews interviews;

    /** An examination tries things with processes and files: one at a time is enough. */
    private final ReentrantLock examining = new ReentrantLock();

    private final ProgramMethods programs;

    private ServeCommand(Supplier<RunningKernel> kernel, Interviews interviews, ProgramMethods programs) {
        this.kernel = kernel;
        this.interviews = interviews;
        this.programs = programs;
    }

    /** Serves until this process is told to end. */
    static int perform(
            CommandLine line,
            List<String> words,
            List<String> environment,
            String version,
            Supplier<RunningKernel> kernel)
            throws Failure, IOException {
        List<String> operands = words.subList(line.operands(), words.size());
        if (!operands.isEmpty()) {
            throw Failure.usage("serve takes no \"" + operands.getFirst() + "\"; see pledge serve --help");
        }
        Duration drain = drain(line);
        RequestLog log = new RequestLog(log(line));
        @Nullable Place place = null;
        try {
            Optional<UnixSocket> given = Activation.given(environment);
            if (given.isPresent() && line.has(Option.SOCKET)) {
                throw Failure.usage("option --socket: this process was started for a socket already (LISTEN_FDS)");
            }
            if (given.isEmpty()) {
                place = Place.take(path(line, environment));
            }
            UnixSocket socket = place == null ? given.orElseThrow() : place.socket();
            String where = place == null ? "descriptor 3" : place.path();
            OwnJvm jvm = OwnJvm.asThis(words.size());
            Semaphore wizards = new Semaphore(Limit.WIZARDS.most());
            ServeCommand command =
                    new ServeCommand(kernel, new Interviews(jvm, wizards), new ProgramMethods(kernel, jvm));
            Server server = new Server(
                    socket,
                    Words.readable(where),
                    version,
                    log,
                    command.handlers(),
                    new ClientFrames(ViaSocket::make, log),
                    new Guide(version, jvm, wizards, log));
            Runtime.getRuntime()
                    .addShutdownHook(
                            Thread.ofPlatform().unstarted(ending(server, command.programs, place, log, drain)));
            log.event("listening", new Json.Members().with("socket", Words.readable(where)));
            server.serve();
            return 0;
        } catch (PlaceException e) {
            throw new Failure(Failure.OURS, String.valueOf(e.getMessage()));
        }
    }

    private static Duration drain(CommandLine line) throws Failure {
        Optional<String> word = line.last(Option.DRAIN);
        if (word.isEmpty()) {
            return Duration.ofSeconds(DRAIN_SECONDS);
        }
        String digits = word.get();
        if (digits.isEmpty()
                || digits.length() > 5
                || !digits.chars().allMatch(c -> c >= '0' && c <= '9')
                || Integer.parseInt(digits) > MOST_SECONDS) {
            throw Failure.usage("option --drain: \"" + digits + "\" is no number of seconds from 0 to " + MOST_SECONDS);
        }
        return Duration.ofSeconds(Integer.parseInt(digits));
    }

    private static String path(CommandLine line, List<String> environment) throws Failure {
        Optional<String> word = line.last(Option.SOCKET);
        if (word.isPresent()) {
            return word.get();
        }
        String directory = Words.value(environment, DIRECTORY);
        if (directory == null || !directory.startsWith("/")) {
            throw Failure.usage("where to listen? There is no " + DIRECTORY + "; write --socket PATH");
        }
        return directory + "/" + NAME;
    }

    private static FileChannel log(CommandLine line) throws Failure {
        Optional<String> file = line.last(Option.LOG);
        if (file.isEmpty()) {
            return new FileOutputStream(FileDescriptor.err).getChannel();
        }
        Path path = RawPath.of(file.get());
        Set<OpenOption> options =
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.APPEND, LinkOption.NOFOLLOW_LINKS);
        String reason;
        try {
            return FileChannel.open(
                    path, options, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        } catch (NoSuchFileException e) {
            reason = "its directory does not exist";
        } catch (AccessDeniedException e) {
            reason = "permission denied";
        } catch (IOException e) {
            reason = Files.isSymbolicLink(path)
                    ? "it is a symbolic link, and is not followed"
                    : e instanceof FileSystemException known && known.getReason() != null
                            ? String.valueOf(known.getReason())
                            : String.valueOf(e.getMessage());
        }
        throw new Failure(Failure.OURS, "option --log: " + file.get() + ": " + reason);
    }

    /** What is done when this process is told to end, before it does. */
    private static Runnable ending(
            Server server, ProgramMethods programs, @Nullable Place place, RequestLog log, Duration drain) {
        return () -> {
            log.event("ending", new Json.Members().with("seconds", new Json.Whole(drain.toSeconds())));
            boolean isDone = server.drain(drain);
            programs.close();
            server.close();
            try {
                if (place != null) {
                    place.close();
                }
            } catch (IOException e) {
                log.event("left", new Json.Members().with("reason", String.valueOf(e.getMessage())));
            }
            log.event("ended", new Json.Members().with("answered", new Json.Truth(isDone)));
            log.close();
            // To be told to end is no failure.
            Runtime.getRuntime().halt(0);
        };
    }

    private Map<Method, Handler> handlers() {
        Map<Method, Handler> handlers = new EnumMap<>(Method.class);
        handlers.put(Method.EXPLAIN, this::explain);
        handlers.put(Method.DOCTOR, this::doctor);
        handlers.put(Method.WIZARD, interviews::answer);
        handlers.putAll(programs.handlers());
        return handlers;
    }

    private Handler.Answer explain(Call call) throws RequestException, IOException {
        List<String> words = new ArrayList<>(List.of(Command.EXPLAIN.word()));
        Optional<String> arch = call.text("arch");
        if (arch.isPresent()) {
            words.add("--" + Option.ARCHITECTURE.word());
            words.add(arch.get());
        }
        try {
            String text = ExplainCommand.of(CommandLine.parse(words), call.words("words"), kernel);
            return Handler.Answer.of(new Json.Members().with("text", Words.text(text)));
        } catch (Failure e) {
            throw refused(e);
        }
    }

    private Handler.Answer doctor(Call call) throws IOException {
        List<Finding> findings;
        examining.lock();
        try {
            findings = Examination.ofThisMachine();
        } finally {
            examining.unlock();
        }
        List<Json.Value> all = new ArrayList<>();
        findings.forEach(finding -> all.add(DoctorCommand.json(finding)));
        int status = DoctorCommand.status(findings);
        return new Handler.Answer(
                new Json.Members().with("status", new Json.Whole(status)).with("findings", new Json.Items(all)),
                OptionalInt.of(status));
    }

    /** What the command would have printed and exited with. */
    static RequestException refused(Failure failure) {
        String line = failure.line().strip();
        return new RequestException(
                ErrorCode.REFUSED,
                Words.readable(String.valueOf(failure.getMessage())),
                Optional.of(new Json.Members()
                        .with("status", new Json.Whole(failure.status()))
                        .with("stderr", Words.readable(line))));
    }
}
