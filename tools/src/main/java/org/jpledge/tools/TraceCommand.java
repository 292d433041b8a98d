package org.jpledge.tools;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jpledge.syscall.Nearest;
import org.jpledge.tools.decode.Decoder;
import org.jpledge.tools.event.Event;
import org.jpledge.tools.event.Outcome;
import org.jpledge.tools.event.Syscall;
import org.jpledge.tools.html.Picture;
import org.jpledge.tools.text.RawPath;
import org.jpledge.tools.text.Words;
import org.jpledge.tools.trace.Settings;
import org.jpledge.tools.trace.Stop;
import org.jpledge.tools.trace.TraceException;
import org.jpledge.tools.trace.TracedProgram;
import org.jpledge.tools.trace.Tracer;
import org.jpledge.tools.view.JsonView;
import org.jpledge.tools.view.Selection;
import org.jpledge.tools.view.Summary;
import org.jpledge.tools.view.TextView;

/** {@code pledge trace}: what a program does, call by call. */
final class TraceCommand {
    private static final int STRINGS = 32;
    private static final int MOST_BYTES = 1 << 20;

    private final CommandLine line;
    private final Selection selection;
    private final Summary summary = new Summary();
    private final Summary.Order order;
    private final int strings;
    private final Optional<Picture> picture;

    private TraceCommand(CommandLine line, String title) throws Failure {
        this.line = line;
        picture = line.last(Option.PICTURE).map(_ -> new Picture(title));
        selection = selection(line);
        order = order(line);
        strings = line.last(Option.STRINGS).isPresent()
                ? limit(line.last(Option.STRINGS).get())
                : STRINGS;
        if (line.has(Option.SUCCESSFUL) && line.has(Option.FAILED)) {
            throw Failure.usage("options --successful-only and --failed-only leave nothing");
        }
    }

    /**
     * Does what the words say.
     *
     * @return the program's exit status
     */
    static int perform(CommandLine line, List<String> command) throws Failure, IOException {
        List<String> processes = line.all(Option.ATTACH);
        TraceCommand trace = new TraceCommand(
                line,
                String.join(" ", processes.isEmpty() ? command : List.of("process", String.join(",", processes))));
        if (processes.isEmpty()) {
            if (command.isEmpty()) {
                throw Failure.usage("no command to trace, and no -p PID; see pledge trace --help");
            }
            TracedProgram program = program(line, command, Caller.known());
            return trace.run(watcher -> Tracer.run(program, trace.settings(), watcher));
        }
        if (!command.isEmpty()) {
            throw Failure.usage("either -p PID or a command: \"" + command.getFirst() + "\" is one too many");
        }
        for (Option option : List.of(Option.TRACE_USER, Option.TRACE_ENVIRONMENT)) {
            if (line.has(option)) {
                throw Failure.usage(
                        "option --" + option.word() + " is for a command, not for a process that runs already");
            }
        }
        List<Integer> numbers = numbers(processes);
        return trace.run(watcher -> {
            Tracer.attach(numbers, trace.settings(), watcher);
            return 0;
        });
    }

    private static Selection selection(CommandLine line) throws Failure {
        try {
            return Selection.parse(line.all(Option.EXPRESSION));
        } catch (Selection.SyntaxException e) {
            throw Failure.usage("option --expr: " + e.getMessage(), e.meant());
        }
    }

    private static Summary.Order order(CommandLine line) throws Failure {
        Optional<String> word = line.last(Option.SORT);
        if (word.isEmpty()) {
            return Summary.Order.TIME;
        }
        if (!line.has(Option.SUMMARY) && !line.has(Option.SUMMARY_ONLY)) {
            throw Failure.usage("option --sort is for the table of --summary or --summary-only");
        }
        List<String> names = new ArrayList<>();
        for (Summary.Order each : Summary.Order.values()) {
            String name = each.name().toLowerCase(Locale.ROOT);
            if (name.equals(word.get())) {
                return each;
            }
            names.add(name);
        }
        throw Failure.usage(
                "option --sort: \"" + word.get() + "\" is none of " + String.join(", ", names),
                Nearest.nearest(word.get(), names));
    }

    private static int limit(String word) throws Failure {
        return (int) PolicyOptions.number(Option.STRINGS, word, MOST_BYTES);
    }

    private static List<Integer> numbers(List<String> words) throws Failure {
        List<Integer> numbers = new ArrayList<>();
        for (String each : words) {
            for (String word : each.split(",", -1)) {
                numbers.add((int) PolicyOptions.number(Option.ATTACH, word, Integer.MAX_VALUE));
            }
        }
        return numbers;
    }

    private static TracedProgram program(CommandLine line, List<String> command, Caller caller) throws Failure {
        List<String> environment = new ArrayList<>(caller.environment());
        for (String entry : line.all(Option.TRACE_ENVIRONMENT)) {
            int equals = entry.indexOf('=');
            String name = equals < 0 ? entry : entry.substring(0, equals);
            if (name.isEmpty()) {
                throw Failure.usage("option --env: \"" + entry + "\" has no name");
            }
            environment.removeIf(each -> each.startsWith(name + "="));
            if (equals >= 0) {
                environment.add(entry);
            }
        }
        String path = CommandSearch.path(command.getFirst(), Words.value(environment, "PATH"), null);
        if (path.indexOf('/') >= 0 && !Files.exists(RawPath.of(path), LinkOption.NOFOLLOW_LINKS)) {
            throw new Failure(
                    Failure.NOT_FOUND, Failure.suggesting(path + ": no such file", RawPath.nearest(path, null)));
        }
        TracedProgram program = TracedProgram.of(path, command, environment, caller.state());
        Optional<String> user = line.last(Option.TRACE_USER);
        if (user.isEmpty()) {
            return program;
        }
        Accounts.User account = Accounts.user(user.get());
        if (account.gid() < 0) {
            throw Failure.usage("option --user: the group of user " + user.get() + " is not known; name the user");
        }
        return program.as(account.uid(), account.gid());
    }

    private Settings settings() {
        if (selection.isEverything()) {
            return Settings.ALL;
        }
        Set<String> told = new TreeSet<>(selection.wanted());
        told.addAll(Decoder.moving());
        return Settings.ALL.only(told);
    }

    /** Traces, and tells how it went. */
    private interface Tracing {
        int with(Consumer<Stop> watcher) throws TraceException;
    }

    private int run(Tracing tracing) throws Failure, IOException {
        Optional<String> file = line.last(Option.TRACE_OUTPUT);
        TraceLines lines = file.isPresent() ? TraceLines.toFile(file.get()) : TraceLines.toStandardError();
        int status;
        try (lines) {
            boolean colours = file.isEmpty() && isTerminal();
            Consumer<Event> view = isSilent() ? _ -> {} : view(lines, colours);
            Consumer<Event> watcher = event -> {
                if (isWanted(event)) {
                    view.accept(event);
                    picture.ifPresent(drawn -> drawn.accept(event));
                    if (event instanceof Syscall call) {
                        summary.add(call);
                    }
                }
            };
            if (file.isPresent() || isSilent()) {
                try (Relay relay = new Relay(watcher)) {
                    status = tracing.with(new Decoder(detail(), relay));
                }
            } else {
                // Lines among what the program itself writes there are to stand where they belong.
                status = tracing.with(new Decoder(detail(), watcher));
            }
            if (line.has(Option.SUMMARY) || line.has(Option.SUMMARY_ONLY)) {
                lines.write(line.has(Option.TRACE_JSON) ? summary.json(order) : summary.text(order));
            }
        } catch (TraceException e) {
            throw new Failure(e.status(), String.valueOf(e.getMessage()));
        }
        if (picture.isPresent()) {
            OutputFile.writeText(
                    Option.PICTURE,
                    line.last(Option.PICTURE).orElseThrow(),
                    Words.bytes(picture.get().page("")));
        }
        Optional<String> problem = lines.problem();
        if (problem.isPresent()) {
            throw new Failure(
                    Failure.OURS,
                    "the trace is not whole: cannot write to " + file.orElse("standard error") + ": " + problem.get());
        }
        return status;
    }

    /** Whether nobody reads the calls one by one. */
    private boolean isSilent() {
        return line.has(Option.SUMMARY_ONLY)
                || picture.isPresent() && !line.has(Option.TRACE_OUTPUT) && !line.has(Option.TRACE_JSON);
    }

    private Decoder.Settings detail() {
        boolean counts = isSilent();
        Decoder.Detail detail =
                counts ? Decoder.Detail.NEEDS : line.has(Option.UNABRIDGED) ? Decoder.Detail.ALL : Decoder.Detail.USUAL;
        return new Decoder.Settings(detail, counts ? 0 : strings, selection.isEverything(), true);
    }

    private Consumer<Event> view(TraceLines lines, boolean colours) {
        if (line.has(Option.TRACE_JSON)) {
            JsonView view = new JsonView(NeedText::json);
            return event -> lines.write(view.line(event));
        }
        TextView.Style style = new TextView.Style(
                line.has(Option.NUMBERS), line.has(Option.TIMES), line.has(Option.DESCRIPTORS), strings, colours);
        TextView view = new TextView(style, NeedText::text);
        return event -> {
            String text = view.line(event);
            if (!text.isEmpty()) {
                lines.write(text);
            }
        };
    }

    private boolean isWanted(Event event) {
        if (!(event instanceof Syscall call)) {
            return true;
        }
        if (line.has(Option.SUCCESSFUL) && !(call.outcome() instanceof Outcome.Returned)
                || line.has(Option.FAILED) && !(call.outcome() instanceof Outcome.Failed)) {
            return false;
        }
        return selection.includes(call.name());
    }

    /** Whether standard error is a terminal that shows colours, and nobody has asked for none. */
    private static boolean isTerminal() throws IOException {
        List<String> environment = Caller.known().environment();
        String none = Words.value(environment, "NO_COLOR");
        if (none != null && !none.isEmpty() || "dumb".equals(Words.value(environment, "TERM"))) {
            return false;
        }
        return StandardStreams.isTerminal(StandardStreams.ERROR);
    }
}
