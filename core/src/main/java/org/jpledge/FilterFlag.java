package org.jpledge;

/** How the kernel installs a filter: SECCOMP_FILTER_FLAG_… of seccomp(2). */
public enum FilterFlag {
    /** For all threads of the process at once (Linux 3.17). A JVM is filtered with it, whether it is named or not. */
    TSYNC(1),
    /** Everything but allow is logged, as far as /proc/sys/kernel/seccomp/actions_logged says (Linux 4.14). */
    LOG(1 << 1),
    /** Without what the processor does against speculative store bypass (Linux 4.17); since 5.16 the default anyway. */
    SPEC_ALLOW(1 << 2),
    /** Whoever installs the filter is asked, where it says notify (Linux 5.0); see {@link Notifications}. */
    NEW_LISTENER(1 << 3),
    /** A thread that cannot be filtered is ESRCH and not its number (Linux 5.7). TSYNC with NEW_LISTENER has it, named or not. */
    TSYNC_ESRCH(1 << 4),
    /** A call that a listener has been told of is interrupted by deadly signals only (Linux 5.19); needs NEW_LISTENER. */
    WAIT_KILLABLE_RECV(1 << 5);

    private final int bit;

    FilterFlag(int bit) {
        this.bit = bit;
    }

    /**
     * The flag as the kernel has it.
     *
     * @return one bit
     */
    public int bit() {
        return bit;
    }
}
