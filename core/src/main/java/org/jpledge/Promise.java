package org.jpledge;

import java.util.Locale;

/**
 * The words of OpenBSD's pledge(2), and two of Linux's own. What each word allows is a row of the promise table, not
 * code: see {@code pledge explain WORD}.
 */
public enum Promise {
    /** Memory, time, signals to itself, and reading and writing what is already open. */
    STDIO,

    /** Reading files and directories, and asking about paths. */
    RPATH,

    /** Writing to files that exist. */
    WPATH,

    /** Creating, removing, linking and renaming files and directories. */
    CPATH,

    /** Making FIFOs and device nodes. */
    DPATH,

    /** Temporary files beneath /tmp; no longer in OpenBSD's own list. */
    TMPPATH,

    /** Sockets of the Internet protocols, version 4 and 6. */
    INET,

    /** Accepting Internet connections without making any; a word of pledge's port to Linux. */
    ANET,

    /** Multicast on Internet sockets; with {@link #INET}. */
    MCAST,

    /** Sockets of the local machine. */
    UNIX,

    /** Asking name servers, and what a resolver reads. */
    DNS,

    /** Looking up users and groups. */
    GETPW,

    /** Making processes, and signals to and process groups of others. */
    PROC,

    /** Executing other programs. */
    EXEC,

    /** Making memory executable. */
    PROT_EXEC,

    /** Changing times, modes and own groups of files. */
    FATTR,

    /** Changing owners of files. */
    CHOWN,

    /** File locks. */
    FLOCK,

    /** Setting and reading a terminal. */
    TTY,

    /** Receiving descriptors over a socket. */
    RECVFD,

    /** Sending descriptors over a socket. */
    SENDFD,

    /** Changing user and group ids, priorities and limits. */
    ID,

    /** Looking at processes. */
    PS,

    /** Looking at the use of memory. */
    VMINFO,

    /** Setting the clock. */
    SETTIME,

    /** Reading the routing table and the interfaces. */
    ROUTE,

    /** Changing the routing table and the interfaces. */
    WROUTE,

    /** Narrowing the view of the file system further. */
    UNVEIL,

    /** A refused call returns ENOSYS. */
    ERROR,

    /** Audio devices that are already open. */
    AUDIO,

    /** Video devices that are already open. */
    VIDEO,

    /** Statistics of packet filter devices that are already open. */
    BPF,

    /** Partition tables of disks that are already open. */
    DISKLABEL,

    /** Graphics devices that are already open. */
    DRM,

    /** The packet filter. */
    PF,

    /** Tape drives that are already open. */
    TAPE,

    /** Virtual machine monitors that are already open. */
    VMM;

    /**
     * The promise's name as the command line and pledge(2) spell it.
     *
     * @return the word, in lower case
     */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
