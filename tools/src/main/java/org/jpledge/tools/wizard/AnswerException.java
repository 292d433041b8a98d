package org.jpledge.tools.wizard;

/** An answer that is none to its question, and why: one line. The question is asked again. */
public final class AnswerException extends Exception {
    private static final long serialVersionUID = 1L;

    /**
     * One.
     *
     * @param message what is wrong, and what would be right
     */
    public AnswerException(String message) {
        super(message);
    }
}
