package org.jpledge.tools;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jpledge.seccomp.Filter;
import org.jpledge.syscall.Arch;
import org.jpledge.tools.decode.Decoder;
import org.jpledge.tools.event.Event;
import org.jpledge.tools.event.Syscall;
import org.jpledge.tools.html.Picture;
import org.jpledge.tools.learn.Interesting;
import org.jpledge.tools.learn.JsonText;
import org.jpledge.tools.learn.Learner;
import org.jpledge.tools.learn.Learnt;
import org.jpledge.tools.learn.Lesson;
import org.jpledge.tools.learn.Places;
import org.jpledge.tools.learn.Printed;
import org.jpledge.tools.learn.Reasons;
import org.jpledge.tools.policy.CommandText;
import org.jpledge.tools.policy.PolicyDocument;
import org.jpledge.tools.policy.PolicyException;
import org.jpledge.tools.policy.PolicyFiles;
import org.jpledge.tools.policy.Reading;
import org.jpledge.tools.policy.TomlText;
import org.jpledge.tools.policy.Variables;
import org.jpledge.tools.text.Includes;
import org.jpledge.tools.text.RawPath;
import org.jpledge.tools.text.Words;
import org.jpledge.tools.trace.Settings;
import org.jpledge.tools.trace.Stop;
import org.jpledge.tools.trace.TraceException;
import org.jpledge.tools.trace.TracedProgram;
import org.jpledge.tools.trace.Tracer;
import org.jpledge.tools.transcript.Transcript;
import org.jspecify.annotations.Nullable;

/** {@code pledge learn}: runs a program, and says with how little it would have done. */
final class LearnCommand {
    /** More files than this of one directory are the directory, unless --fold says otherwise. */
    private static final int FOLD = 5;

    /** The clock by which files are dated may be so far behind. */
    private static final int CLOCK_MILLIS = 20;

    /** What --verify exits with, if the second run did not go as the first. */
    private static final int UNVERIFIED = 1;

    private static final int SIGHUP = 1;
    private static final int SIGTERM = 15;

    private final CommandLine line;
    private final List<String> command;
    private final PrintStream out;
    private final PrintStream err;
    private final RunningKernel kernel;
    private final Verification.Command pledge;
    private final Caller caller;
    private final String home;
    private final String directory;
    private final Optional<Picture> picture;
    private volatile boolean isToldToEnd;

    private LearnCommand(
            CommandLine line,
            List<String> command,
            PrintStream out,
            PrintStream err,
            RunningKernel kernel,
            Verification.Command pledge)
            throws IOException {
        this.line = line;
        this.command = command;
        this.out = out;
        this.err = err;
        this.kernel = kernel;
        this.pledge = pledge;
        this.picture = line.last(Option.PICTURE)
                .map(_ -> new Picture(String.join(" ", command.isEmpty() ? line.all(Option.FROM) : command)));
        this.caller = Caller.known();
        this.directory = RawPath.word(RawPath.here());
        this.home = real(Words.value(caller.environment(), "HOME"));
    }

    static String real(@Nullable String home) {
        if (home == null || !home.startsWith("/")) {
            return "";
        }
        try {
            return RawPath.word(RawPath.of(home).toRealPath());
        } catch (IOException _) {
            return ""; // Who has none keeps no keys there.
        }
    }

    /**
     * Does what the words say.
     *
     * @return the program's exit status
     */
    static int perform(
            CommandLine line,
            List<String> operands,
            PrintStream out,
            PrintStream err,
            RunningKernel kernel,
            Verification.Command pledge)
            throws Failure, IOException {
        LearnCommand learn = new LearnCommand(line, operands, out, err, kernel, pledge);
        if (line.has(Option.MERGE)) {
            return learn.merge();
        }
        Optional<String> transcript = line.last(Option.FROM);
        return transcript.isPresent() ? learn.transcript(transcript.get()) : learn.run();
    }

    private int run() throws Failure, IOException {
        if (command.isEmpty()) {
            throw Failure.usage("no command to learn from; see pledge learn --help");
        }
        List<String> allowed = allowed();
        int fold = fold();
        CommandSearch found = CommandSearch.find(command.getFirst(), Words.value(caller.environment(), "PATH"), null);
        Lecture lecture = lecture(found, allowed, fold);
        return line.has(Option.VERIFY) && !line.has(Option.CONTAINED)
                ? verified(lecture.learnt(), lecture.status())
                : shown(lecture.learnt(), lecture.status());
    }

    /**
     * What a run taught.
     *
     * @param learnt what was learnt
     * @param policy the policy that it makes
     * @param status the program's exit status
     * @param isCutShort whether somebody told this process to end meanwhile, by SIGHUP or SIGTERM, which the program got
     */
    record Lecture(Learnt learnt, PolicyDocument policy, int status, boolean isCutShort) {}

    /** Runs a program, contained if the command line says so, and shows nothing of what is learnt. */
    static Lecture lecture(CommandLine line, List<String> command, PrintStream err, RunningKernel kernel)
            throws Failure, IOException {
        LearnCommand learn = new LearnCommand(line, command, err, err, kernel, _ -> Failure.OURS);
        CommandSearch found =
                CommandSearch.find(command.getFirst(), Words.value(learn.caller.environment(), "PATH"), null);
        return learn.lecture(found, List.of(), FOLD);
    }

    private Lecture lecture(CommandSearch found, List<String> allowed, int fold) throws Failure, IOException {
        if (line.has(Option.CONTAINED)) {
            try (Containment containment = Containment.make(kernel, caller.environment(), directory, home)) {
                Learner learner = learner(containment::elsewhere);
                int status =
                        containment.run(() -> trace(found, containment.environment(), containment.filter(), learner));
                return lecture(learnt(learner, allowed, fold).noting(containment.note()), status);
            }
        }
        Learner learner = learner(UnaryOperator.identity());
        int status = trace(found, caller.environment(), Interesting.filter(Arch.host()), learner);
        return lecture(learnt(learner, allowed, fold), status);
    }

    private Lecture lecture(Learnt learnt, int status) {
        return new Lecture(learnt, learnt.policy(places(List.of()), command), status, isToldToEnd);
    }

    private int shown(Learnt learnt, int status) throws Failure {
        show(learnt);
        return status;
    }

    /** The program's status, if the second run went as the first. */
    private int verified(Learnt learnt, int status) throws Failure, IOException {
        Verification again = Verification.of(learnt.policy(places(List.of()), command), learnt, pledge);
        Learnt noted = learnt;
        for (String note : again.notes()) {
            noted = noted.noting("verify: " + note);
        }
        for (String refused : again.refused()) {
            noted = noted.noting("verify: refused: " + Words.ofText(Words.readable(refused)));
        }
        if (again.status() != status) {
            noted = noted.noting("verify: ended with status " + again.status() + ", and with " + status + " before");
        }
        boolean same = again.refused().isEmpty() && again.status() == status;
        show(same ? noted.noting("verify: ran again under this, and nothing was refused") : noted);
        return same ? status : UNVERIFIED;
    }

    private Learner learner(UnaryOperator<String> elsewhere) throws IOException {
        Instant start = Instant.now();
        return new Learner(owner("uid"), owner("gid"), path -> wasThere(path, start), elsewhere);
    }

    private int trace(CommandSearch found, List<String> environment, Filter filter, Learner learner) throws Failure {
        Decoder decoder = new Decoder(new Decoder.Settings(Decoder.Detail.NEEDS, 0, false, true), seen(learner));
        Settings settings = new Settings(Optional.of(filter), true, true);
        TracedProgram program = TracedProgram.of(found.path(), command, environment, caller.state());
        try {
            return Tracer.run(program, settings, stop -> {
                isToldToEnd |= stop instanceof Stop.Signalled signalled && isPassedOn(signalled);
                decoder.accept(stop);
            });
        } catch (TraceException e) {
            throw new Failure(e.status(), Words.ofText(String.valueOf(e.getMessage())));
        }
    }

    /** Whether a signal was this process's to end, and is passed on to the program. */
    private static boolean isPassedOn(Stop.Signalled stop) {
        return (stop.signal() == SIGHUP || stop.signal() == SIGTERM)
                && stop.why().code() <= 0
                && stop.why().sender() == ProcessHandle.current().pid();
    }

    /** Who is told of events: the learner, and who draws them. */
    private Consumer<Event> seen(Learner learner) {
        return event -> {
            learner.accept(event);
            picture.ifPresent(drawn -> drawn.accept(event));
        };
    }

    private Learnt learnt(Learner learner, List<String> allowed, int fold) {
        return Lesson.of(learner.evidence(), places(allowed), fold, kernel.abi());
    }

    private Places places(List<String> allowed) {
        return new Places(home, directory, LearnCommand::exists, allowed);
    }

    private int transcript(String file) throws Failure, IOException {
        Learner learner = new Learner(owner("uid"), owner("gid"), _ -> false, UnaryOperator.identity());
        Transcript transcript;
        Map<Arch, Integer> made = new EnumMap<>(Arch.class);
        Consumer<Event> seen = seen(learner);
        Consumer<Event> counting = event -> {
            if (event instanceof Syscall call) {
                made.merge(call.arch(), 1, Integer::sum);
            }
            seen.accept(event);
        };
        try (InputStream in = file.equals("-") ? System.in : Files.newInputStream(RawPath.of(file))) {
            transcript = Transcript.read(in, directory, counting);
        } catch (IOException e) {
            throw unreadable(file);
        }
        int own = made.getOrDefault(Arch.host(), 0);
        for (Map.Entry<Arch, Integer> each : made.entrySet()) {
            if (each.getKey() != Arch.host() && each.getValue() > own) {
                throw new Failure(
                        Failure.OURS,
                        file + ": the calls of an " + each.getKey().label() + " program; only "
                                + Arch.host().label() + " programs can be confined here");
            }
        }
        if (learner.evidence().calls() == 0) {
            throw new Failure(
                    Failure.OURS,
                    file + ": no system call of a program in " + transcript.lines()
                            + " lines; a transcript is what strace -f -y -o or lurk --json writes");
        }
        if (transcript.misread() > 0) {
            err.print(Failure.line(file + ": " + transcript.misread() + " of " + transcript.lines()
                    + " lines were not understood, the first of them line " + transcript.first()));
        }
        show(learnt(learner, allowed(), fold()));
        return 0;
    }

    private List<String> allowed() throws Failure {
        List<String> allowed = new ArrayList<>();
        for (String word : line.all(Option.ALLOW)) {
            try {
                allowed.add(RawPath.word(RawPath.of(word).toRealPath()));
            } catch (IOException e) {
                throw new Failure(
                        Failure.OURS,
                        Failure.suggesting("option --allow: " + word + ": no such file", RawPath.nearest(word, null)));
            }
        }
        return allowed;
    }

    private int fold() throws Failure {
        Optional<String> word = line.last(Option.FOLD);
        return word.isEmpty() ? FOLD : (int) PolicyOptions.number(Option.FOLD, word.get(), Integer.MAX_VALUE);
    }

    private static int owner(String attribute) throws IOException {
        return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:" + attribute);
    }

    private static boolean exists(String path) {
        return Files.exists(RawPath.of(path), LinkOption.NOFOLLOW_LINKS);
    }

    /** Whether a file is older than the program's start. */
    private static boolean wasThere(String path, Instant start) {
        try {
            FileTime made = Files.readAttributes(RawPath.of(path), BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                    .creationTime();
            return made.toInstant().isBefore(start.minusMillis(CLOCK_MILLIS));
        } catch (IOException _) {
            return false; // It was made and removed since, or nobody can say.
        }
    }

    private void show(Learnt learnt) throws Failure {
        PolicyDocument policy = learnt.policy(places(List.of()), command);
        Variables variables = new Variables(home, directory);
        String json = JsonText.of(learnt, policy);
        Optional<String> file = line.last(Option.LEARNT);
        if (file.isPresent()) {
            List<String> remarks = Printed.remarks(learnt);
            List<String> head = new ArrayList<>(List.of("Learnt by pledge learn."));
            head.addAll(remarks);
            String text = line.has(Option.LEARNT_JSON)
                    ? json
                    : Words.ofText(TomlText.of(policy, variables, head, Reasons.comments(learnt)));
            write(Option.LEARNT, file.get(), text);
            for (String remark : remarks) {
                err.print(Failure.line(file.get() + ": " + Words.ofText(remark)));
            }
            err.flush();
        } else {
            err.print(line.has(Option.LEARNT_JSON) ? json : Words.ofText(Printed.of(learnt, policy, directory)));
            err.flush();
            if (err.checkError()) {
                throw new Failure(Failure.OURS, "cannot write to standard error");
            }
        }
        if (picture.isPresent()) {
            String result = Words.ofText(CommandText.line(policy, directory));
            write(
                    Option.PICTURE,
                    line.last(Option.PICTURE).orElseThrow(),
                    picture.get().page(result));
        }
    }

    private int merge() throws Failure, IOException {
        if (command.isEmpty()) {
            throw Failure.usage("option --merge: no files to merge; name two or more that learn -o wrote");
        }
        if (picture.isPresent()) {
            throw Failure.usage("option --html: with --merge nothing is run that could be drawn");
        }
        Variables variables = new Variables(home, directory);
        Optional<PolicyDocument> all = Optional.empty();
        for (String file : command) {
            PolicyDocument policy = read(file, variables);
            all = Optional.of(all.isEmpty() ? policy : all.get().plus(policy));
        }
        String text =
                Words.ofText(TomlText.of(all.orElseThrow(), variables, List.of("Merged by pledge learn."), Map.of()));
        Optional<String> file = line.last(Option.LEARNT);
        if (file.isPresent()) {
            write(Option.LEARNT, file.get(), text);
        } else {
            out.print(text);
            out.flush();
            if (out.checkError()) {
                throw new Failure(Failure.OURS, "cannot write to standard output");
            }
        }
        return 0;
    }

    private static PolicyDocument read(String file, Variables variables) throws Failure {
        try {
            PolicyDocument policy = new PolicyFiles().read(file, Reading.here(variables, Includes.NONE));
            if (policy.promises().isEmpty()) {
                throw new Failure(Failure.OURS, file + ": no promises, so nothing to merge: promises = \"WORD...\"");
            }
            return policy;
        } catch (PolicyException e) {
            throw new Failure(Failure.OURS, Words.ofText(String.valueOf(e.getMessage())));
        } catch (IOException e) {
            throw unreadable(file);
        }
    }

    private static Failure unreadable(String file) {
        return new Failure(
                Failure.OURS,
                Failure.suggesting(
                        "cannot read " + file + ": "
                                + (Files.exists(RawPath.of(file)) ? "permission denied, or no file" : "no such file"),
                        RawPath.nearest(file, null)));
    }

    private static void write(Option option, String file, String text) throws Failure {
        OutputFile.writeText(option, file, Words.bytes(text));
    }
}
