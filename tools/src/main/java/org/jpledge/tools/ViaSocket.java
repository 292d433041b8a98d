package org.jpledge.tools;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jpledge.launch.LaunchPlan;
import org.jpledge.launch.Launcher;
import org.jpledge.tools.serve.ClientFrames;
import org.jpledge.tools.text.Errand;
import org.jpledge.tools.text.RawPath;

/** What {@code run --via-socket} does in the server: all that it does without the server, but become the program. */
final class ViaSocket {
    /** What is said to the front alone. */
    static final Set<Option> OPTIONS = Set.of(Option.VIA_SOCKET, Option.SERVER);

    private static final String OPTION = "option --" + Option.VIA_SOCKET.word() + ": ";

    /** Where every process finds something of its own. */
    private static final List<String> OWN =
            List.of("/dev/fd", "/dev/stdin", "/dev/stdout", "/dev/stderr", "/proc/self", "/proc/thread-self");

    private ViaSocket() {}

    /**
     * Makes a launcher, in a thread that is in the client's working directory.
     *
     * @param client who asks, and what
     * @return the launcher, or what is said in its place
     */
    static ClientFrames.Made make(ClientFrames.Order client) {
        return Errand.run(() -> made(client));
    }

    private static ClientFrames.Made made(ClientFrames.Order client) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        AtomicReference<Optional<ClientFrames.Prepared>> made = new AtomicReference<>(Optional.empty());
        PrintStream errors = stream(err);
        Start keep = prepared -> {
            made.set(Optional.of(launcher(client.words(), prepared)));
            return 0;
        };
        int status = Main.guarded(
                () -> {
                    if (!isSomewhere()) {
                        throw new Failure(Failure.OURS, Failure.NOWHERE);
                    }
                    String process = Integer.toString(client.process());
                    return new Pledge(
                                    client.environment(),
                                    stream(out),
                                    errors,
                                    process,
                                    RunningKernel::asked,
                                    List.of(),
                                    keep)
                            .performServed(client.words());
                },
                errors);
        errors.flush();
        return new ClientFrames.Made(status, out.toByteArray(), err.toByteArray(), made.get());
    }

    private static PrintStream stream(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, false, StandardCharsets.ISO_8859_1);
    }

    /** The program's arguments are the client's, but for those that a policy's file has. */
    private static ClientFrames.Prepared launcher(List<String> words, Preparation prepared) {
        LaunchPlan plan = prepared.plan();
        int operands = prepared.operands();
        if (operands >= words.size()) {
            return new ClientFrames.Prepared(Launcher.of(plan), words.size() - 1);
        }
        return new ClientFrames.Prepared(Launcher.of(plan.general()), operands);
    }

    /** As the front asks it: whether the directory still has its name. */
    private static boolean isSomewhere() throws IOException {
        try {
            return Files.isSameFile(RawPath.here(), RawPath.of("."));
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    /** What the server can do for nobody. */
    static void check(CommandLine line, List<String> words) throws Failure {
        if (line.command() != Command.RUN) {
            throw Failure.usage(OPTION + "only pledge run goes through the server");
        }
        if (line.has(Option.REPORT) || line.has(Option.REPORT_DESCRIPTOR)) {
            throw reporting();
        }
        Optional<String> own = own(line, words);
        if (own.isPresent()) {
            throw Failure.usage(
                    OPTION + own.get() + " is another file for the server; leave out --" + Option.VIA_SOCKET.word());
        }
    }

    /** Of the files that a command line names, one that each process has for itself. */
    static Optional<String> own(CommandLine line, List<String> words) {
        List<String> files = new ArrayList<>(line.all(Option.FILTER));
        files.addAll(line.all(Option.LOADER_PATH));
        line.last(Option.DIRECTORY).ifPresent(files::add);
        Optional<String> policy = line.last(Option.POLICY);
        if (policy.isPresent()) {
            InputFile input = InputFile.of("", policy.get());
            files.add(input.isStandardInput() ? "/dev/stdin" : input.file());
        }
        if (line.operands() < words.size()) {
            files.add(words.get(line.operands()));
        }
        for (String file : files) {
            Path path = RawPath.of(file).normalize();
            for (String own : OWN) {
                if (path.startsWith(own)) {
                    return Optional.of(own);
                }
            }
            Optional<Path> way = Errand.own(file);
            if (way.isPresent()) {
                return Optional.of(file + " leads through " + way.get() + ", which");
            }
        }
        return Optional.empty();
    }

    /** The options are the front's to obey: who reads them here has been asked in another way. */
    static void refuse(CommandLine line) throws Failure {
        if (line.has(Option.VIA_SOCKET)) {
            if (line.has(Option.REPORT) || line.has(Option.REPORT_DESCRIPTOR)) {
                throw reporting();
            }
            throw Failure.usage(
                    OPTION + "the front ./pledge goes to the server, and this is a JVM already; leave it out");
        }
        if (line.has(Option.SERVER)) {
            throw Failure.usage("option --" + Option.SERVER.word() + " is for --" + Option.VIA_SOCKET.word());
        }
    }

    private static Failure reporting() {
        return Failure.usage(OPTION + "the server does not stay beside the program, as --" + Option.REPORT.word()
                + " needs; leave one of them out");
    }
}
