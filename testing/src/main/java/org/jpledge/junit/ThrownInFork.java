package org.jpledge.junit;

import java.io.Serial;

/** Stands for an exception of the JVM in which a test ran; its message begins with the name of that one's class. */
final class ThrownInFork extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    ThrownInFork(String type, String message) {
        super(message.equals("null") ? type : type + ": " + message);
    }
}
