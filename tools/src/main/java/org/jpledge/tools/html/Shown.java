package org.jpledge.tools.html;

import org.jpledge.tools.text.Json;
import org.jpledge.tools.text.Words;

/** Bytes of a traced program as text of the page. */
final class Shown {
    /** A path has no more; what else is longer is cut. */
    private static final int LONGEST = 4096;

    private Shown() {}

    /** Text of bytes: what is no UTF-8 and what controls a terminal stands as {@code \xNN}. */
    static Json.Value text(String bytes) {
        String cut = bytes.length() > LONGEST ? bytes.substring(0, LONGEST) : bytes;
        return new Json.Text(Words.readable(cut) + (cut.length() < bytes.length() ? "..." : ""));
    }
}
