package org.jpledge.seccomp;

import java.util.Locale;

/** A number that is known only in the process that will be confined. */
public enum Variable {
    /** The process id, {@code $pid} in rules. */
    PID,
    /** The real user id, {@code $uid} in rules. */
    UID,
    /** The real group id, {@code $gid} in rules. */
    GID;

    private final String text = "$" + name().toLowerCase(Locale.ROOT);

    /**
     * The variable as rules write it.
     *
     * @return a word that starts with a dollar sign
     */
    public String text() {
        return text;
    }
}
