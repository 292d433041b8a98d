package org.jpledge.promise;

import java.io.Serial;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Promises that cannot be made; the message names the word, with the nearest valid one where there is one. */
public final class PromiseException extends IllegalArgumentException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final transient String errno;
    private final transient String word;
    private final transient @Nullable String nearest;

    PromiseException(String errno, String word, @Nullable String nearest, String message) {
        super(message);
        this.errno = errno;
        this.word = word;
        this.nearest = nearest;
    }

    /**
     * What OpenBSD's pledge(2) answers in this case.
     *
     * @return {@code EINVAL} for a word that is none, {@code EPERM} for one that was given up before, {@code ENAMETOOLONG}
     */
    public String errno() {
        return errno;
    }

    /**
     * The word that is wrong.
     *
     * @return the word as it was written; empty where a space stands before the first one, or where all of it is too long
     */
    public String word() {
        return word;
    }

    /**
     * The promise that may have been meant.
     *
     * @return empty where none is like it
     */
    public Optional<String> nearest() {
        return Optional.ofNullable(nearest);
    }
}
