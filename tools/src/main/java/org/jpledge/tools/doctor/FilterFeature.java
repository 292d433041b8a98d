package org.jpledge.tools.doctor;

import org.jpledge.FilterFlag;
import org.jpledge.linux.Seccomp;
import org.jpledge.seccomp.Action;

/** What not every kernel's seccomp(2) has, beside filters at all. */
enum FilterFeature {
    ERRNO(
            "action.errno",
            new Action.Errno(0),
            "3.5",
            Standing.FATAL,
            "a refused call fails with an error",
            "a refused call could not fail with an error"),
    KILL_THREAD(
            "action.kill-thread",
            Action.KILL_THREAD,
            "3.5",
            Standing.MISSING,
            "rules can end a single thread",
            "rules cannot end a single thread"),
    TRAP(
            "action.trap",
            new Action.Trap(0),
            "3.5",
            Standing.MISSING,
            "a JVM can report its own violations",
            "a JVM cannot report its own violations"),
    TRACE(
            "action.trace",
            new Action.Trace(0),
            "3.5",
            Standing.MISSING,
            "pledge trace -e stops at the calls that are asked for alone",
            "pledge trace -e stops at every call"),
    KILL_PROCESS(
            "action.kill",
            Action.KILL_PROCESS,
            "4.14",
            Standing.MISSING,
            "-k ends the process with all its threads",
            "-k ends the calling thread alone"),
    LOG(
            "action.log",
            Action.LOG,
            "4.14",
            Standing.MISSING,
            "--on-violation log can be used",
            "--on-violation log cannot be used"),
    NOTIFY("action.notify", Action.NOTIFY, "5.0", Standing.MISSING, "--report can be used", "--report cannot be used"),
    TSYNC(
            "flag.tsync",
            FilterFlag.TSYNC.bit(),
            "3.17",
            Standing.FATAL,
            "threads that exist already are confined, too",
            "threads that exist already could not be confined"),
    LOGGED(
            "flag.log",
            FilterFlag.LOG.bit(),
            "4.14",
            Standing.MISSING,
            "refusals with an error can be in the kernel's log",
            "refusals with an error are not in the kernel's log"),
    SPEC_ALLOW(
            "flag.spec-allow",
            FilterFlag.SPEC_ALLOW.bit(),
            "4.17",
            Standing.MISSING,
            "filters do not slow the program down on old processors",
            "filters may slow the program down on old processors"),
    NEW_LISTENER(
            "flag.new-listener",
            FilterFlag.NEW_LISTENER.bit(),
            "5.0",
            Standing.MISSING,
            "somebody can be asked about a call, as --report is",
            "--report cannot be used"),
    TSYNC_ESRCH(
            "flag.tsync-esrch",
            FilterFlag.TSYNC_ESRCH.bit(),
            "5.7",
            Standing.MISSING,
            "all threads can have a listener",
            "TSYNC and a listener exclude each other"),
    WAIT_KILLABLE(
            "flag.wait-killable-recv",
            FilterFlag.NEW_LISTENER.bit() | FilterFlag.WAIT_KILLABLE_RECV.bit(),
            "5.19",
            Standing.MISSING,
            "under --report, signals interrupt a call no more often than without",
            "under --report, signals may interrupt a call more often");

    private final String id;
    private final long asked;
    private final boolean action;
    private final String since;
    private final Standing standing;
    private final String with;
    private final String without;

    FilterFeature(String id, Action action, String since, Standing standing, String with, String without) {
        this(id, Integer.toUnsignedLong(action.encoded()), true, since, standing, with, without);
    }

    FilterFeature(String id, long flags, String since, Standing standing, String with, String without) {
        this(id, flags, false, since, standing, with, without);
    }

    FilterFeature(String id, long asked, boolean action, String since, Standing standing, String with, String without) {
        this.id = "seccomp." + id;
        this.asked = asked;
        this.action = action;
        this.since = since;
        this.standing = standing;
        this.with = with;
        this.without = without;
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
            return Finding.fine(id, "there", with);
        }
        String remedy = "Linux " + since + " or later has it";
        return new Finding(id, standing, "not there", without, remedy);
    }
}
