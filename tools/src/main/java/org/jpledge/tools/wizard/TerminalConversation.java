package org.jpledge.tools.wizard;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.jline.reader.Candidate;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.reader.impl.DefaultParser;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.InfoCmp;
import org.jpledge.syscall.Arch;
import org.jpledge.tools.text.Words;
import org.jspecify.annotations.Nullable;

/** A person at a terminal, who edits lines and has words completed by the tabulator key. Not thread safe. */
public final class TerminalConversation implements Conversation, AutoCloseable {
    /** As many as are listed without asking whether all of them are to be. */
    private static final int LISTED = 500;

    /** What a line reader colours or puts in another style. */
    private static final List<String> STYLES = List.of(
            LineReader.COMPLETION_STYLE_GROUP,
            LineReader.COMPLETION_STYLE_LIST_GROUP,
            LineReader.COMPLETION_STYLE_DESCRIPTION,
            LineReader.COMPLETION_STYLE_LIST_DESCRIPTION,
            LineReader.COMPLETION_STYLE_STARTING,
            LineReader.COMPLETION_STYLE_LIST_STARTING,
            LineReader.COMPLETION_STYLE_BACKGROUND,
            LineReader.COMPLETION_STYLE_LIST_BACKGROUND);

    /** Another style than the default one, which would stand for coloured ones, but none that can be seen. */
    private static final String PLAIN = "bg:default";

    private final Terminal terminal;
    private final LineReader reader;
    private @Nullable Question asked;

    private TerminalConversation(Terminal terminal, Arch arch, boolean coloured) {
        this.terminal = terminal;
        reader = LineReaderBuilder.builder()
                .terminal(terminal)
                .parser(new AnswerParser())
                .completer((_, line, candidates) -> {
                    if (asked != null) {
                        String begun = line.word().substring(0, line.wordCursor());
                        for (Completion.Candidate each : Completion.of(asked, begun, arch)) {
                            candidates.add(
                                    new Candidate(each.word(), each.word(), null, null, null, null, each.whole()));
                        }
                    }
                })
                .variable(LineReader.LIST_MAX, LISTED)
                // An exclamation mark is an answer, not a command of a shell.
                .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
                // Lines that are pasted are an answer each.
                .option(LineReader.Option.BRACKETED_PASTE, false)
                // The first key shows what there is and completes as far as it is the same; no menu takes the next one.
                .option(LineReader.Option.AUTO_MENU, false)
                .build();
        if (!coloured) {
            STYLES.forEach(style -> reader.setVariable(style, PLAIN));
        }
    }

    /**
     * Takes the terminal that standard input and standard error are: standard output is the program's. Nothing is asked of the
     * terminal itself: one that does not answer, as script(1) has it, would be waited for.
     *
     * @param type the terminal's, as {@code TERM} says it; may be empty
     * @param arch whose names of constants are completed
     * @param coloured whether colours may be used
     * @return empty if nothing can be drawn on it: it is dumb, or unknown, or does not say how large it is
     * @throws IOException if there is none
     */
    public static Optional<TerminalConversation> open(String type, Arch arch, boolean coloured) throws IOException {
        if (!isKnown(type)) {
            return Optional.empty();
        }
        Terminal terminal = TerminalBuilder.builder()
                .system(true)
                .systemOutput(TerminalBuilder.SystemOutput.SysErr)
                .type(type)
                // Whether it has grapheme clusters is asked of a terminal by an escape sequence, and its answer
                // awaited.
                .graphemeCluster(false)
                .encoding(StandardCharsets.UTF_8)
                .build();
        if (terminal.getSize().getColumns() == 0 || terminal.getSize().getRows() == 0) {
            terminal.close();
            return Optional.empty();
        }
        return Optional.of(new TerminalConversation(terminal, arch, coloured));
    }

    /** Whether there is a description of terminals of a type: JLine's own, or one that infocmp(1) prints. */
    private static boolean isKnown(String type) throws IOException {
        if (type.isEmpty() || type.startsWith(Terminal.TYPE_DUMB)) {
            return false;
        }
        try {
            String own = InfoCmp.getDefaultInfoCmp(type);
            InfoCmp.setLoadedInfoCmp(type, own == null ? InfoCmp.getInfoCmp(type) : own);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException(e.getMessage());
        } catch (IOException _) {
            // That is the answer.
            return false;
        }
    }

    /** Splits an answer as its question has it; nothing is quoted in it, and nothing escaped. */
    private final class AnswerParser extends DefaultParser {
        AnswerParser() {
            setQuoteChars(new char[0]);
            setEscapeChars(null);
        }

        @Override
        public boolean isDelimiterChar(CharSequence line, int position) {
            return asked != null && asked.topic().form().separates(line.charAt(position));
        }
    }

    @Override
    public void say(String line) {
        terminal.writer().println(line);
        terminal.flush();
    }

    @Override
    public Optional<String> ask(Question question) {
        asked = question;
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
