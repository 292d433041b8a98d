package org.jpledge.agent;

import java.io.Serial;

/** Text behind {@code -javaagent:...=} that cannot be read. The message is one line and names the word. */
final class UsageException extends IllegalArgumentException {
    @Serial
    private static final long serialVersionUID = 1L;

    UsageException(String message) {
        super(message);
    }
}
