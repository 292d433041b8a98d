package org.jpledge;

import java.io.Serial;
import java.util.List;

/**
 * Promises that cannot be made: what pledge(2) answers with an error number. Nothing has changed then.
 */
public final class PledgeException extends IllegalArgumentException {
    @Serial
    private static final long serialVersionUID = 1L;

    /** The name of the error number. */
    private final String errno;

    /** The words that cannot be had. */
    private final transient List<String> words;

    PledgeException(String errno, List<String> words, String message) {
        super(message);
        this.errno = errno;
        this.words = List.copyOf(words);
    }

    /**
     * What OpenBSD's pledge(2) or unveil(2) answers.
     *
     * @return {@code EINVAL} for a word that is no promise, {@code EPERM} for what was given up before, {@code ENAMETOOLONG}
     */
    public String errno() {
        return errno;
    }

    /**
     * The words that are wrong or cannot be had.
     *
     * @return at least one, but for {@code ENAMETOOLONG}
     */
    public List<String> words() {
        return words == null ? List.of() : words;
    }
}
