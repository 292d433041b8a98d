package org.jpledge.landlock;

import static org.jpledge.landlock.Abi.V11;
import static org.jpledge.landlock.Abi.V7;
import static org.jpledge.landlock.Abi.V8;

/** Flags of {@code landlock_restrict_self}: {@code LANDLOCK_RESTRICT_SELF_*}. */
public enum RestrictFlag implements Right {
    /** Does not log what is refused to this program. */
    LOG_SAME_EXEC_OFF(0, V7),
    /** Logs what is refused to programs that this one executes; without it a launcher's sandbox logs nothing. */
    LOG_NEW_EXEC_ON(1, V7),
    /** Does not log what sandboxes within this one refuse. */
    LOG_SUBDOMAINS_OFF(2, V7),
    /** Restricts every thread of the process; without it the calling one. */
    TSYNC(3, V8),
    /** Sets no_new_privs too. */
    NO_NEW_PRIVS(4, V11);

    private final int bit;
    private final Abi since;

    RestrictFlag(int bit, Abi since) {
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
        return "LANDLOCK_RESTRICT_SELF_" + name();
    }
}
