package org.jpledge.tools.exchange;

import java.util.List;

/**
 * A policy in a form of others.
 *
 * @param text the whole file
 * @param losses what of the policy the file cannot say, a line each that names it; whoever uses the file does without
 * @param remarks what is good to know and loses nothing, a line each
 */
public record Exported(String text, List<String> losses, List<String> remarks) {
    /** Copies the lists. */
    public Exported {
        losses = List.copyOf(losses);
        remarks = List.copyOf(remarks);
    }

    /**
     * A policy of which there is nothing more to say than what is lost.
     *
     * @param text the whole file
     * @param losses what the file cannot say
     */
    public Exported(String text, List<String> losses) {
        this(text, losses, List.of());
    }
}
