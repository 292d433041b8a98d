package org.jpledge.tools.serve;

import java.util.Locale;

/** How much the server takes from its clients. Beyond it, one line says so. */
public enum Limit {
    /** Bytes in a line, its end included. */
    LINE(1 << 20, "bytes in a line", "a longer one is an error, and skipped"),

    /** Bytes of long lines, of all connections, that are not taken yet. */
    ROOM(
            64 << 20,
            "bytes of lines that have not ended, of all connections",
            "whoever sends more is answered -32002, and closed"),

    /** Connections at a time. */
    CONNECTIONS(1024, "connections at a time", "another one is told -32002, and closed"),

    /** Requests in a batch. */
    BATCH(100, "requests in a batch", "a longer one is an error"),

    /** Requests at a time that take long. */
    REQUESTS(64, "requests that take long at a time", "another one is answered -32002"),

    /** Programs that run at a time. */
    CHILDREN(256, "programs that run at a time", "another one is answered -32002"),

    /** Conversations about what a program is to be allowed, each of which is a JVM. */
    WIZARDS(16, "wizards at a time, over JSON-RPC and by hand", "another one is refused, with -32002"),

    /** Descriptors that come with a request. */
    DESCRIPTORS(16, "descriptors with a request", "with more, the connection is closed"),

    /** Seconds until somebody who asks nothing, and waits for nothing, is sent away. */
    IDLE(600, "seconds without a request, or for a line to be sent", "the connection is closed"),

    /** Seconds that an answer may wait to be read. */
    ANSWER(60, "seconds for an answer to be read", "the connection is closed");

    private final int most;
    private final String subject;
    private final String beyond;

    Limit(int most, String subject, String beyond) {
        this.most = most;
        this.subject = subject;
        this.beyond = beyond;
    }

    /**
     * The limit.
     *
     * @return how many there may be
     */
    public int most() {
        return most;
    }

    /**
     * What is counted.
     *
     * @return some words, which the number comes before
     */
    public String subject() {
        return subject;
    }

    /**
     * What happens beyond.
     *
     * @return some words
     */
    public String beyond() {
        return beyond;
    }

    /**
     * Its name in answers.
     *
     * @return the word
     */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
