package org.jpledge.unveil;

import java.io.Serial;

/** Unveils that cannot be made into a veil. */
public final class UnveilException extends IllegalArgumentException {
    @Serial
    private static final long serialVersionUID = 1L;

    /** See the accessor; exceptions of this kind are not sent anywhere. */
    private final transient Problem problem;

    /**
     * An exception about a problem.
     *
     * @param problem what is wrong
     */
    public UnveilException(Problem problem) {
        super(problem.message());
        this.problem = problem;
    }

    /**
     * What is wrong.
     *
     * @return the problem, with the word that caused it
     */
    public Problem problem() {
        return problem;
    }
}
