package org.jpledge.tools.serve;

import java.io.IOException;

/** One of the languages that are spoken on the socket. */
public interface Language {
    /**
     * Says something to somebody who connected, before the first byte is read, and perhaps before it has come: whole lines, none of which
     * begins with a brace, so that a program that was slow can skip them.
     *
     * @param connection to whom
     * @throws IOException if nobody listens any more
     */
    default void greet(Connection connection) throws IOException {}

    /**
     * Speaks until the end; the connection is closed then. Nothing that has come is read yet, not even the byte that tells the language.
     *
     * @param connection with whom
     * @throws IOException if the other end is gone
     */
    void speak(Connection connection) throws IOException;
}
