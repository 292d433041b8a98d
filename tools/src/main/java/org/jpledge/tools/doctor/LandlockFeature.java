package org.jpledge.tools.doctor;

import org.jpledge.landlock.Abi;
import org.jpledge.landlock.FsRight;
import org.jpledge.landlock.NetRight;
import org.jpledge.landlock.RestrictFlag;
import org.jpledge.landlock.Scope;

/** What not every version of Landlock has, and what is done without it. */
enum LandlockFeature {
    REFER(
            "refer",
            FsRight.REFER.since(),
            "files can be moved between unveiled directories",
            "files cannot be moved between unveiled directories"),
    TRUNCATE(
            "truncate",
            FsRight.TRUNCATE.since(),
            "paths decide what is opened and truncated",
            "promises check how files are opened by seccomp, and truncate(2) is refused"),
    TCP(
            "tcp-ports",
            NetRight.CONNECT_TCP.since(),
            "--connect and --bind can be enforced",
            "--connect and --bind cannot be enforced"),
    DEVICES(
            "device-ioctls",
            FsRight.IOCTL_DEV.since(),
            "paths decide about ioctls of devices, too",
            "ioctls are decided by seccomp alone, by their numbers"),
    SCOPES(
            "scopes",
            Scope.SIGNAL.since(),
            "without proc, no process outside is signalled; without unix, no abstract socket reached",
            "processes outside can be signalled, and abstract sockets reached, where promises let them"),
    THREADS(
            "all-threads",
            RestrictFlag.TSYNC.since(),
            "a JVM restricts its threads all at once",
            "a JVM restricts its threads one by one, by a signal"),
    UNIX(
            "unix-paths",
            FsRight.RESOLVE_UNIX.since(),
            "under unix, only sockets within what is unveiled can be connected to",
            "under unix, sockets outside what is unveiled can be connected to"),
    UDP(
            "udp-ports",
            NetRight.CONNECT_SEND_UDP.since(),
            "--connect and --bind count for UDP, too",
            "with --connect or --bind, UDP is refused altogether");

    private final String word;
    private final Abi since;
    private final String with;
    private final String without;

    LandlockFeature(String word, Abi since, String with, String without) {
        this.word = word;
        this.since = since;
        this.with = with;
        this.without = without;
    }

    /** What a version means for it. */
    Finding finding(Abi abi) {
        String id = "landlock." + word;
        return abi.has(since)
                ? Finding.fine(id, "there", with)
                : Finding.missing(
                        id,
                        "not there",
                        without,
                        "Linux " + since.linux() + " or later has it (ABI " + since.version() + ')');
    }
}
