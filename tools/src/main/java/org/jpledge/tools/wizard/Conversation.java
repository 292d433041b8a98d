package org.jpledge.tools.wizard;

import java.io.IOException;
import java.util.Optional;

/** Somebody who can be asked. */
public interface Conversation {
    /**
     * Tells something.
     *
     * @param line text without an end of line; it drives no terminal
     * @throws IOException if nobody listens any more
     */
    void say(String line) throws IOException;

    /**
     * Asks.
     *
     * @param question what
     * @return a line; empty if there are no more answers, or none that could be one
     * @throws IOException if the answer cannot be read
     */
    Optional<String> ask(Question question) throws IOException;
}
