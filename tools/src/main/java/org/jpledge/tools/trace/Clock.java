package org.jpledge.tools.trace;

import java.time.Instant;

/** Wall time that never goes back, and costs no more than {@link System#nanoTime}. */
final class Clock {
    private static final long SECOND = 1_000_000_000;

    private final long offset;

    Clock() {
        Instant now = Instant.now();
        offset = now.getEpochSecond() * SECOND + now.getNano() - System.nanoTime();
    }

    /** Nanoseconds since 1970. */
    long now() {
        return System.nanoTime() + offset;
    }
}
