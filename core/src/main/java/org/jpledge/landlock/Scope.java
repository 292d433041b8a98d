package org.jpledge.landlock;

import static org.jpledge.landlock.Abi.V6;

/** What a sandbox cannot reach outside itself, without exceptions: {@code LANDLOCK_SCOPE_*}. */
public enum Scope implements Right {
    /** Connecting to abstract Unix sockets that were made outside. */
    ABSTRACT_UNIX_SOCKET(0, V6),
    /** Signals to processes outside. */
    SIGNAL(1, V6);

    private final int bit;
    private final Abi since;

    Scope(int bit, Abi since) {
        this.bit = bit;
        this.since = since;
    }

    @Override
    public int bit() {
        return bit;
    }

    @Override
    public Abi since() {
        return since;
    }

    @Override
    public String uapi() {
        return "LANDLOCK_SCOPE_" + name();
    }
}
