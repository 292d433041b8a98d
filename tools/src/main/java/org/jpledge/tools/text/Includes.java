package org.jpledge.tools.text;

import java.io.FileNotFoundException;
import java.io.IOException;

/** Where the files are found that a file names. */
@FunctionalInterface
public interface Includes {
    /** Nowhere: for a file that comes from a pipe, or must stand alone. */
    Includes NONE = (name, from) -> {
        throw new FileNotFoundException("nothing can be included here");
    };

    /**
     * The text of a file that another includes.
     *
     * @param name as the other names it: a word, whose characters are bytes
     * @param from the path of the file that includes it, as it was named itself; empty for the first
     * @return its text
     * @throws IOException if it cannot be read; the message, a word, says why
     */
    String text(String name, String from) throws IOException;
}
