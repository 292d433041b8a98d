package org.jpledge.tools.policy;

/** A text that is no policy, and why: one line. */
public final class PolicyException extends Exception {
    private static final long serialVersionUID = 1L;

    PolicyException(String message) {
        super(message);
    }
}
