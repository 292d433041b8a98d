package org.jpledge.tools.wizard;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Somebody who answers one line at a time: a pipe, a socket, a dumb terminal. Not a byte more than the line is read, so that what follows the
 * answers is there for the program. Not thread safe.
 */
public final class LineConversation implements Conversation {
    /** No answer is as long. */
    private static final int LONGEST = 1 << 16;

    private final InputStream in;
    private final OutputStream out;
    private final boolean echoed;
    private boolean isAsked;

    /**
     * Makes one.
     *
     * @param in answers, each ending in a newline; not buffered
     * @param out questions, and what is told
     * @param echoed whether answers can be seen beside the questions, as on a terminal; otherwise a question is a line
     */
    public LineConversation(InputStream in, OutputStream out, boolean echoed) {
        this.in = in;
        this.out = out;
        this.echoed = echoed;
    }

    /**
     * Makes one with somebody who has been asked the first question already, each of which is a line.
     *
     * @param in answers, each ending in a newline; not buffered
     * @param out further questions, and what is told
     * @return the conversation
     */
    public static LineConversation asked(InputStream in, OutputStream out) {
        LineConversation conversation = new LineConversation(in, out, false);
        conversation.isAsked = true;
        return conversation;
    }

    @Override
    public void say(String line) throws IOException {
        write(line + "\n");
    }

    @Override
    public Optional<String> ask(Question question) throws IOException {
        if (!isAsked) {
            write(echoed ? question.prompt() : question.line());
        }
        isAsked = false;
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        int next = in.read();
        boolean any = next >= 0;
        while (next >= 0 && next != '\n') {
            if (line.size() == LONGEST) {
                // What comes after so much is no answer to anything.
                say("an answer is longer than " + LONGEST + " bytes");
                return Optional.empty();
            }
            line.write(next);
            next = in.read();
        }
        return any ? Optional.of(line.toString(StandardCharsets.ISO_8859_1)) : Optional.empty();
    }

    private void write(String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.UTF_8));
        out.flush();
    }
}
