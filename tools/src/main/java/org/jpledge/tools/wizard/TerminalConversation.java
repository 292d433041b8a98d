package org.jpledge.tools.wizard;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.jline.reader.Candidate;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jpledge.tools.text.Words;

/** A person at a terminal. Not thread safe. */
public final class TerminalConversation implements Conversation, AutoCloseable {
    private final Terminal terminal;
    private final LineReader reader;
    private List<String> words = List.of();

    /**
     * Takes the terminal of this process's standard input. Nothing is asked of the terminal itself: one that does not answer,
     * as script(1) has it, would be waited for.
     *
     * @throws IOException if there is none
     */
    public TerminalConversation() throws IOException {
        terminal = TerminalBuilder.builder()
                .system(true)
                .dumb(true)
                .type(Terminal.TYPE_DUMB)
                .encoding(StandardCharsets.UTF_8)
                .build();
        reader = LineReaderBuilder.builder()
                .terminal(terminal)
                .completer((_, _, candidates) -> words.forEach(word -> candidates.add(new Candidate(word))))
                // An exclamation mark is an answer, not a command of a shell.
                .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
                .build();
    }

    @Override
    public void say(String line) {
        terminal.writer().println(line);
        terminal.flush();
    }

    @Override
    public Optional<String> ask(Question question) {
        words = question.words();
        try {
            return Optional.of(Words.ofText(reader.readLine(question.prompt())));
        } catch (UserInterruptException | EndOfFileException _) {
            return Optional.empty();
        }
    }

    /** Gives the terminal back as it was. */
    @Override
    public void close() throws IOException {
        terminal.close();
    }
}
