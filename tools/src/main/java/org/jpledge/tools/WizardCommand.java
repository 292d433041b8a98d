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
import org.jpledge.tools.learn.Seen;
import org.jpledge.tools.policy.CommandText;
import org.jpledge.tools.policy.PolicyDocument;
import org.jpledge.tools.policy.TomlText;
import org.jpledge.tools.policy.Variables;
import org.jpledge.tools.text.RawPath;
import org.jpledge.tools.text.Words;
import org.jpledge.tools.wizard.Conversation;
import org.jpledge.tools.wizard.Dialogue;
import org.jpledge.tools.wizard.Interview;
import org.jpledge.tools.wizard.LineConversation;
import org.jpledge.tools.wizard.Outcome;
import org.jpledge.tools.wizard.TerminalConversation;

/**
 * {@code pledge wizard}: tries a program, asks what it is to be allowed, and runs it. What it says is on standard error, so that
 * standard output is the program's.
 */
final class WizardCommand {
    private static final int MOST_CALLS = 40;

    private final List<String> command;
    private final List<String> environment;
    private final PrintStream err;
    private final Verification.Command pledge;

    private WizardCommand(
            List<String> command, List<String> environment, PrintStream err, Verification.Command pledge) {
        this.command = command;
        this.environment = environment;
        this.err = err;
        this.pledge = pledge;
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
        if (operands.isEmpty()) {
            throw Failure.usage("no command to ask about; see pledge wizard --help");
        }
        return new WizardCommand(operands, environment, err, pledge).perform(line.has(Option.UNCONTAINED), kernel);
    }

    private int perform(boolean free, RunningKernel kernel) throws Failure, IOException {
        List<String> words = new ArrayList<>(List.of("learn"));
        if (!free) {
            words.add("--contained");
        }
        say(
                free
                        ? "trying it, with nothing to hold it..."
                        : "trying it: it can read everything, write nothing but to a scratch directory, and has no network...");
        CommandLine learning = CommandLine.parse(words);
        LearnCommand.Lecture lecture =
                StandardStreams.aside(() -> LearnCommand.lecture(learning, command, err, kernel));
        calls(lecture.learnt().evidence().wanted());
        lecture.learnt().notes().forEach(this::say);
        return ask(lecture.policy());
    }

    private void say(String line) {
        err.print(Failure.line(line));
        err.flush();
    }

    private void calls(List<Seen> calls) {
        StringBuilder text = new StringBuilder();
        for (Seen seen : calls.subList(0, Math.min(calls.size(), MOST_CALLS))) {
            text.append(String.format("%6d  %s%n", seen.count(), Words.readable(seen.example())));
        }
        if (calls.size() > MOST_CALLS) {
            text.append("        ").append(calls.size() - MOST_CALLS).append(" more\n");
        }
        err.print(Words.ofText(text.toString()));
        err.flush();
    }

    private int ask(PolicyDocument proposal) throws Failure, IOException {
        String directory = RawPath.word(RawPath.here());
        String program = command.getFirst();
        String name = program.substring(program.lastIndexOf('/') + 1);
        Interview interview = Interview.of(proposal, name, Arch.host(), directory);
        Optional<Outcome> outcome = hold(interview, directory);
        if (outcome.isEmpty()) {
            throw new Failure(Failure.OURS, "aborted: nothing was written, and nothing run but the trial");
        }
        if (!outcome.get().file().isEmpty()) {
            OutputFile.writeText(
                    Option.LEARNT,
                    outcome.get().file(),
                    Words.bytes(text(outcome.get().policy(), directory)));
        }
        return outcome.get().run()
                ? pledge.perform(CommandText.words(outcome.get().policy(), ""))
                : 0;
    }

    private Optional<Outcome> hold(Interview interview, String directory) throws IOException {
        boolean terminal =
                StandardStreams.isTerminal(StandardStreams.INPUT) && StandardStreams.isTerminal(StandardStreams.ERROR);
        if (terminal) {
            String type = Words.value(environment, "TERM");
            Optional<TerminalConversation> drawn =
                    TerminalConversation.open(type == null ? "" : type, Arch.host(), isColoured());
            if (drawn.isPresent()) {
                try (TerminalConversation conversation = drawn.get()) {
                    return hold(interview, conversation, directory);
                }
            }
        }
        Conversation conversation = new LineConversation(
                new FileInputStream(FileDescriptor.in), new FileOutputStream(FileDescriptor.err), terminal);
        return hold(interview, conversation, directory);
    }

    /** See no-color.org. */
    private boolean isColoured() {
        String none = Words.value(environment, "NO_COLOR");
        return none == null || none.isEmpty();
    }

    private static Optional<Outcome> hold(Interview interview, Conversation conversation, String directory)
            throws IOException {
        return Dialogue.hold(
                interview,
                conversation,
                policy -> Words.readable(CommandText.line(policy, directory)) + "\n\n" + lines(text(policy, directory))
                        + '\n');
    }

    /** Lines of bytes as text. */
    private static String lines(String bytes) {
        return String.join("\n", bytes.lines().map(Words::readable).toList());
    }

    private static String text(PolicyDocument policy, String directory) throws IllegalStateException {
        return Words.ofText(TomlText.of(policy, new Variables("", directory), List.of(), Map.of()));
    }
}
