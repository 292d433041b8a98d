package org.jpledge.tools.wizard;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jpledge.tools.text.Json;

/** A program that answers: what it is asked and told are JSON objects, one a line, and its answers are lines. Not thread safe. */
public final class JsonConversation implements Conversation {
    private final LineConversation lines;
    private final OutputStream out;
    private final List<String> said = new ArrayList<>();

    /**
     * Makes one.
     *
     * @param in answers, each ending in a newline; not buffered
     * @param out objects
     */
    public JsonConversation(InputStream in, OutputStream out) {
        this.lines = new LineConversation(in, OutputStream.nullOutputStream(), true);
        this.out = out;
    }

    /** Tells it with the next question. */
    @Override
    public void say(String line) {
        said.add(line);
    }

    @Override
    public Optional<String> ask(Question question) throws IOException {
        tell(new Json.Members()
                .with(
                        "question",
                        new Json.Members()
                                .with("topic", question.topic().name().toLowerCase(Locale.ROOT))
                                .with("text", question.text())
                                .with("suggestion", question.suggestion())
                                .with("words", question.words())
                                .with("help", question.help())));
        return lines.ask(question);
    }

    /**
     * Sends an object, with what was said before.
     *
     * @param members of the object
     * @throws IOException if nobody listens any more
     */
    public void tell(Json.Members members) throws IOException {
        Json.Members all = new Json.Members().with("said", said);
        members.members().forEach(all::with);
        said.clear();
        out.write(Json.text(all).getBytes(StandardCharsets.UTF_8));
        out.flush();
    }
}
