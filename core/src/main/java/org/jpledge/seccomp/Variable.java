package org.jpledge.seccomp;

/** A number that is known only in the process that will be confined. */
public enum Variable {
    /** The process id, {@code $pid} in rules. */
    PID("$pid"),
    /** The real user id, {@code $uid} in rules. */
    UID("$uid"),
    /** The real group id, {@code $gid} in rules. */
    GID("$gid");

    private final String text;

    Variable(String text) {
        this.text = text;
    }

    /**
     * The variable as rules write it.
     *
     * @return a word that starts with a dollar sign
     */
    public String text() {
        return text;
    }
}
