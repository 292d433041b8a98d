package org.jpledge.launch;

/**
 * The launcher's zeroed memory: offsets from its beginning, which register S5 holds. Launcher and helper share it
 * until the launcher becomes the program; from then on it is the helper's alone.
 */
final class Memory {
    /** What came of attaching; see {@link HelperCode}. A futex, and zeroed by the kernel when the helper dies. */
    static final int READY = 0;
    /** Not zero when the helper may attach. A futex. */
    static final int GO = 4;

    static final int HELPER = 8;
    static final int PID = 12;
    static final int STATUS = 16;
    static final int PHASE = 20;
    /** How many entries {@link #THREADS} has. */
    static final int COUNT = 24;

    /** The thread at the entry point, while another is being looked at. */
    static final int CURRENT = 28;

    /** The launcher's own, while there is no helper: 56 bytes, which are the helper's after that. */
    static final int NOTES = 32;

    static final int OLD_MASK = 32;
    static final int NEW_MASK = 40;
    static final int MESSAGE = 48;
    static final int ENTRY = 56;
    static final int WORD = 64;
    static final int STUB = 72;
    static final int LOCAL = 80;
    static final int REMOTE = 96;
    static final int POLL = 112;
    /** Not zero when the program has already been told to end. */
    static final int FAILING = 120;

    static final int SUBREAPER = 124;
    static final int LIMIT = 128;
    /** Registers of the program at its entry point. */
    static final int SAVED = 144;
    /** Registers for a call that the program makes on our behalf. */
    static final int WORK = 448;

    /** How many seccomp filters there were at execve, if code runs before the entry point. */
    static final int FILTERS = 724;
    /** SIGTRAP's bit, if the caller had it blocked. */
    static final int TRAP_MASK = 728;
    /** SIGTRAP's {@code struct sigaction} in the kernel's form, 32 bytes. */
    static final int ACTION = 736;

    /** The descriptor of the exact ruleset in the program, and the flags to restrict oneself with; 64 bits each. */
    static final int EXACT_RULESET = 768;

    static final int RESTRICT_FLAGS = 776;
    static final int LOADER_RULESET = 784;

    /** Signal mask of a thread that is not the one at the entry point. */
    static final int OTHER_MASK = 792;

    static final int LINE = 800;
    /** Room for a path and words. */
    static final int LINE_SIZE = 4096 + 256;

    static final int THREADS = LINE + LINE_SIZE;
    static final int MAX_THREADS = 500;
    /** A signal to deliver when the thread of the same index is let go. */
    static final int SIGNALS = THREADS + 4 * MAX_THREADS;

    static final int TEXT = SIGNALS + 4 * MAX_THREADS + 32;
    static final int TEXT_SIZE = 8192;
    static final int GO_BETWEEN_STACK = TEXT + TEXT_SIZE + 512;
    static final int HELPER_STACK = GO_BETWEEN_STACK + 1024;
    static final int SIZE = HELPER_STACK;

    private Memory() {}
}
