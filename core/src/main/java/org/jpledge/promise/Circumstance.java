package org.jpledge.promise;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * What stands in the promise table beside the promises' own words, and holds or not without being promised: a rule that
 * depends on it is one that something else makes harmless, or that nobody has asked to do without. So the more of them hold,
 * the more calls are allowed.
 */
public enum Circumstance {
    /** Landlock, not the flags of open(2), decides which paths are opened. */
    LANDLOCK("landlock", "where Landlock decides about paths"),
    /** No list of ports is given, so the filter need not keep anybody from going round Landlock's. */
    ANYPORT("anyport", "unless a list of ports is given"),
    /** No list of ports is given, or Landlock can hold UDP to it. */
    ANYUDP("anyudp", "unless a list of ports is given that Landlock cannot hold UDP to"),
    /** No list of ports is given, or one with own ports, or TCP sockets cannot be made anyway. */
    LISTENING("listening", "unless a list of ports is given that has none to bind to"),
    /** Nothing is unveiled, or Landlock can keep files that are not unveiled with w from being truncated. */
    TRUNCATING("truncating", "unless paths are unveiled and Landlock cannot keep files from being truncated");

    /** Without Landlock and without anything that would need it. */
    public static final Set<Circumstance> UNRESTRICTED =
            Collections.unmodifiableSet(EnumSet.complementOf(EnumSet.of(LANDLOCK)));

    private static final Circumstance[] ALL = values();

    private final String word;
    private final String meaning;

    Circumstance(String word, String meaning) {
        this.word = word;
        this.meaning = meaning;
    }

    /**
     * The word that stands for it in the table.
     *
     * @return no promise's word
     */
    public String word() {
        return word;
    }

    /**
     * When it holds.
     *
     * @return a clause that can follow a rule
     */
    public String meaning() {
        return meaning;
    }

    /**
     * The circumstance that a word of the table stands for.
     *
     * @param word any word
     * @return empty for a promise
     */
    public static Optional<Circumstance> of(String word) {
        for (Circumstance circumstance : ALL) {
            if (circumstance.word.equals(word)) {
                return Optional.of(circumstance);
            }
        }
        return Optional.empty();
    }
}
