package org.jpledge.tools;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jpledge.syscall.Arch;
import org.jpledge.tools.learn.Held;
import org.jpledge.tools.learn.Seen;
import org.jpledge.tools.policy.CommandText;
import org.jpledge.tools.policy.PolicyDocument;
import org.jpledge.tools.policy.TomlText;
import org.jpledge.tools.policy.Variables;
import org.jpledge.tools.text.Json;
import org.jpledge.tools.text.RawPath;
import org.jpledge.tools.text.Words;
import org.jpledge.tools.wizard.AnswerException;
import org.jpledge.tools.wizard.Conversation;
import org.jpledge.tools.wizard.Dialogue;
import org.jpledge.tools.wizard.Interview;
import org.jpledge.tools.wizard.JsonConversation;
import org.jpledge.tools.wizard.LineConversation;
import org.jpledge.tools.wizard.Outcome;
import org.jpledge.tools.wizard.TerminalConversation;

/**
 * {@code pledge wizard}: tries a program, asks what it is to be allowed, and runs it. What it says is on standard error, so that
 * standard output is the program's; as JSON it is on standard output, and the program is not run.
 */
final class WizardCommand {
    private static final int MOST_CALLS = 40;

    private final CommandLine line;
    private final List<String> environment;
    private final PrintStream err;
    private final RunningKernel kernel;
    private final Verification.Command pledge;
    private final String directory;

    private WizardCommand(
            CommandLine line,
            List<String> environment,
            PrintStream err,
            RunningKernel kernel,
            Verification.Command pledge)
            throws IOException {
        this.line = line;
        this.environment = environment;
        this.err = err;
        this.kernel = kernel;
        this.pledge = pledge;
        this.directory = RawPath.word(RawPath.here());
    }

    /** Does what the words say. */
    static int perform(
            CommandLine line,
            List<String> operands,
            List<String> environment,
            PrintStream err,
            RunningKernel kernel,
            Verification.Command pledge)
            throws Failure, IOException {
        WizardCommand wizard = new WizardCommand(line, environment, err, kernel, pledge);
        return line.has(Option.CONVERSATION_JSON) ? wizard.told(operands) : wizard.talked(operands);
    }

    /** With a person, or whoever answers like one. */
    private int talked(List<String> operands) throws Failure, IOException {
        List<String> command = operands.isEmpty()
                ? conversing(conversation -> Dialogue.command(conversation, this::find))
                        .orElseThrow(() -> new Failure(Failure.OURS, "aborted: nothing was run, nor written"))
                : operands;
        boolean free = line.has(Option.UNCONTAINED);
        say(
                free
                        ? "trying it, with nothing to hold it..."
                        : "trying it: it can read everything, write nothing but to a scratch directory, and has no network...");
        LearnCommand.Lecture lecture = lecture(command);
        calls(lecture.learnt().evidence().wanted());
        lecture.learnt().held().forEach(this::held);
        lecture.learnt().notes().forEach(this::say);
        Outcome outcome = written(
                conversing(conversation -> Dialogue.hold(interview(lecture, command), conversation, this::summary)));
        return outcome.run() ? pledge.perform(CommandText.words(outcome.policy(), "")) : 0;
    }

    /** With a program. */
    private int told(List<String> operands) throws Failure, IOException {
        JsonConversation conversation =
                new JsonConversation(new FileInputStream(FileDescriptor.in), new FileOutputStream(FileDescriptor.out));
        Optional<List<String>> command =
                operands.isEmpty() ? Dialogue.command(conversation, this::find) : Optional.of(operands);
        if (command.isEmpty()) {
            throw new Failure(Failure.OURS, "aborted: nothing was run, nor written");
        }
        LearnCommand.Lecture lecture = lecture(command.get());
        List<Json.Value> calls = new ArrayList<>();
        for (Seen seen : lecture.learnt().evidence().wanted()) {
            calls.add(new Json.Members()
                    .with("count", new Json.Whole(seen.count()))
                    .with("call", Words.readable(seen.example())));
        }
        conversation.tell(new Json.Members()
                .with(
                        "trial",
                        new Json.Members()
                                .with("contained", new Json.Truth(!line.has(Option.UNCONTAINED)))
                                .with("status", new Json.Whole(lecture.status()))
                                .with("calls", new Json.Items(calls))
                                .with("notes", lecture.learnt().notes())));
        Outcome outcome = written(Dialogue.hold(interview(lecture, command.get()), conversation, this::summary));
        List<String> words = CommandText.words(outcome.policy(), "");
        conversation.tell(new Json.Members()
                .with(
                        "outcome",
                        new Json.Members()
                                .with("name", outcome.name())
                                .with("policy", TomlText.of(outcome.policy(), variables(), List.of(), Map.of()))
                                .with("line", Words.readable(CommandText.line(outcome.policy(), directory)))
                                .with(
                                        "words",
                                        words.stream().map(Words::readable).toList())
                                .with("file", Words.readable(outcome.file()))
                                .with("run", new Json.Truth(outcome.run()))));
        return 0;
    }

    private void find(List<String> command) throws AnswerException {
        try {
            CommandSearch.find(command.getFirst(), Words.value(environment, "PATH"), null);
        } catch (Failure e) {
            throw new AnswerException(Words.readable(String.valueOf(e.getMessage())));
        }
    }

    private LearnCommand.Lecture lecture(List<String> command) throws Failure, IOException {
        List<String> words = new ArrayList<>(List.of("learn"));
        if (!line.has(Option.UNCONTAINED)) {
            words.add("--contained");
        }
        CommandLine learning = CommandLine.parse(words);
        LearnCommand.Lecture lecture =
                StandardStreams.aside(() -> LearnCommand.lecture(learning, command, err, kernel));
        if (lecture.isCutShort()) {
            // Who wants this to end wants no program to be run by answers that wait in a pipe.
            throw aborted();
        }
        return lecture;
    }

    private void say(String text) {
        err.print(Failure.line(text));
        err.flush();
    }

    private void calls(List<Seen> calls) {
        StringBuilder text = new StringBuilder(Failure.line(
                calls.isEmpty()
                        ? "it made no system calls but those that stdio gives every program"
                        : "it made these system calls, and others that stdio gives every program:"));
        for (Seen seen : calls.subList(0, Math.min(calls.size(), MOST_CALLS))) {
            text.append(String.format("%6d  %s%n", seen.count(), Words.readable(seen.example())));
        }
        if (calls.size() > MOST_CALLS) {
            text.append("        ").append(calls.size() - MOST_CALLS).append(" more\n");
        }
        err.print(Words.ofText(text.toString()));
        err.flush();
    }

    /** Nobody is to agree by an empty line to what is asked about for good reasons; but he is to know of it. */
    private void held(Held held) {
        String path = Words.readable(held.path());
        say("it used " + path + ", which is not proposed unasked: as a path to change, " + held.letters() + ":" + path
                + " gives it");
    }

    private Interview interview(LearnCommand.Lecture lecture, List<String> command) {
        String program = command.getFirst();
        String name = program.substring(program.lastIndexOf('/') + 1);
        return Interview.of(lecture.policy(), name, Arch.host(), directory);
    }

    private static Failure aborted() {
        return new Failure(Failure.OURS, "aborted: nothing was written, and nothing run but the trial");
    }

    private Outcome written(Optional<Outcome> outcome) throws Failure {
        if (outcome.isEmpty()) {
            throw aborted();
        }
        if (!outcome.get().file().isEmpty()) {
            OutputFile.writeText(
                    Option.LEARNT,
                    outcome.get().file(),
                    Words.bytes(text(outcome.get().policy())));
        }
        return outcome.get();
    }

    /** What is asked in a conversation. */
    private interface Talk<T> {
        Optional<T> hold(Conversation conversation) throws IOException;
    }

    private <T> Optional<T> conversing(Talk<T> talk) throws IOException {
        boolean terminal =
                StandardStreams.isTerminal(StandardStreams.INPUT) && StandardStreams.isTerminal(StandardStreams.ERROR);
        if (terminal) {
            String type = Words.value(environment, "TERM");
            Optional<TerminalConversation> drawn =
                    TerminalConversation.open(type == null ? "" : type, Arch.host(), isColoured());
            if (drawn.isPresent()) {
                try (TerminalConversation conversation = drawn.get()) {
                    return talk.hold(conversation);
                }
            }
        }
        return talk.hold(new LineConversation(
                new FileInputStream(FileDescriptor.in), new FileOutputStream(FileDescriptor.err), terminal));
    }

    /** See no-color.org. */
    private boolean isColoured() {
        String none = Words.value(environment, "NO_COLOR");
        return none == null || none.isEmpty();
    }

    private String summary(PolicyDocument policy) {
        return Words.readable(CommandText.line(policy, directory)) + "\n\n" + lines(text(policy)) + '\n';
    }

    /** Lines of bytes as text. */
    private static String lines(String bytes) {
        return String.join("\n", bytes.lines().map(Words::readable).toList());
    }

    private String text(PolicyDocument policy) {
        return Words.ofText(TomlText.of(policy, variables(), List.of(), Map.of()));
    }

    private Variables variables() {
        return new Variables("", directory);
    }
}
