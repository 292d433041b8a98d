package org.jpledge.tools.doctor;

import org.jpledge.FilterFlag;
import org.jpledge.linux.Seccomp;
import org.jpledge.seccomp.Action;

/** What not every kernel's seccomp(2) has, beside filters at all. */
enum FilterFeature {
    ERRNO("action.errno", new Action.Errno(0), "3.5", Standing.FATAL, "a refused call could not fail with an error"),
    KILL_THREAD("action.kill-thread", Action.KILL_THREAD, "3.5", Standing.MISSING, "rules cannot end a single thread"),
    TRAP("action.trap", new Action.Trap(0), "3.5", Standing.MISSING, "a JVM cannot report its own violations"),
    TRACE("action.trace", new Action.Trace(0), "3.5", Standing.MISSING, "pledge trace -e stops at every call"),
    KILL_PROCESS("action.kill", Action.KILL_PROCESS, "4.14", Standing.MISSING, "-k ends the calling thread alone"),
    LOG("action.log", Action.LOG, "4.14", Standing.MISSING, "--on-violation log cannot be used"),
    NOTIFY("action.notify", Action.NOTIFY, "5.0", Standing.MISSING, "--report cannot be used"),
    TSYNC(
            "flag.tsync",
            FilterFlag.TSYNC.bit(),
            "3.17",
            Standing.FATAL,
            "threads that exist already could not be confined"),
    LOGGED(
            "flag.log",
            FilterFlag.LOG.bit(),
            "4.14",
            Standing.MISSING,
            "refusals with an error are not in the kernel's log"),
    SPEC_ALLOW(
            "flag.spec-allow",
            FilterFlag.SPEC_ALLOW.bit(),
            "4.17",
            Standing.MISSING,
            "filters may slow the program down on old processors"),
    NEW_LISTENER(
            "flag.new-listener", FilterFlag.NEW_LISTENER.bit(), "5.0", Standing.MISSING, "--report cannot be used"),
    TSYNC_ESRCH(
            "flag.tsync-esrch",
            FilterFlag.TSYNC_ESRCH.bit(),
            "5.7",
            Standing.MISSING,
            "TSYNC and a listener exclude each other"),
    WAIT_KILLABLE(
            "flag.wait-killable-recv",
            FilterFlag.NEW_LISTENER.bit() | FilterFlag.WAIT_KILLABLE_RECV.bit(),
            "5.19",
            Standing.MISSING,
            "under --report, signals may interrupt a call more often");

    private final String id;
    private final long asked;
    private final boolean action;
    private final String since;
    private final Standing without;
    private final String meaning;

    FilterFeature(String id, Action action, String since, Standing without, String meaning) {
        this(id, Integer.toUnsignedLong(action.encoded()), true, since, without, meaning);
    }

    FilterFeature(String id, long flags, String since, Standing without, String meaning) {
        this(id, flags, false, since, without, meaning);
    }

    FilterFeature(String id, long asked, boolean action, String since, Standing without, String meaning) {
        this.id = "seccomp." + id;
        this.asked = asked;
        this.action = action;
        this.since = since;
        this.without = without;
        this.meaning = meaning;
    }

    /** What its finding is called. */
    String id() {
        return id;
    }

    /** Asks the running kernel: 0, or an error below zero. */
    long ask() {
        return action ? Seccomp.availability((int) asked) : Seccomp.acceptance(asked);
    }

    /** What an answer means. */
    Finding finding(long answer) {
        if (answer == 0) {
            return Finding.fine(id, "there");
        }
        String remedy = "Linux " + since + " or later has it";
        return new Finding(id, without, "not there", meaning, remedy);
    }
}
