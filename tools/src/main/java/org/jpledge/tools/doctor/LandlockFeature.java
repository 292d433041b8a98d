package org.jpledge.tools.doctor;

import org.jpledge.landlock.Abi;
import org.jpledge.landlock.FsRight;
import org.jpledge.landlock.NetRight;
import org.jpledge.landlock.RestrictFlag;
import org.jpledge.landlock.Scope;

/** What not every version of Landlock has, and what is done without it. */
enum LandlockFeature {
    REFER("refer", FsRight.REFER.since(), "files cannot be moved between unveiled directories"),
    TRUNCATE(
            "truncate",
            FsRight.TRUNCATE.since(),
            "promises check how files are opened by seccomp, and truncate(2) is refused"),
    TCP("tcp-ports", NetRight.CONNECT_TCP.since(), "--connect and --bind cannot be enforced"),
    DEVICES("device-ioctls", FsRight.IOCTL_DEV.since(), "ioctls are decided by seccomp alone, by their numbers"),
    SCOPES(
            "scopes",
            Scope.SIGNAL.since(),
            "processes outside can be signalled, and abstract sockets reached, where promises let them"),
    THREADS("all-threads", RestrictFlag.TSYNC.since(), "a JVM restricts its threads one by one, by a signal"),
    UNIX(
            "unix-paths",
            FsRight.RESOLVE_UNIX.since(),
            "under unix, sockets outside what is unveiled can be connected to"),
    UDP("udp-ports", NetRight.CONNECT_SEND_UDP.since(), "with --connect or --bind, UDP is refused altogether");

    private final String word;
    private final Abi since;
    private final String without;

    LandlockFeature(String word, Abi since, String without) {
        this.word = word;
        this.since = since;
        this.without = without;
    }

    /** What a version means for it. */
    Finding finding(Abi abi) {
        String id = "landlock." + word;
        return abi.has(since)
                ? Finding.fine(id, "there")
                : Finding.missing(
                        id,
                        "not there",
                        without,
                        "Linux " + since.linux() + " or later has it (ABI " + since.version() + ')');
    }
}
