package org.jpledge;

import java.util.Locale;

/**
 * The words of OpenBSD's pledge(2), and two of Linux's own. What each word allows is a row of the promise table, not
 * code: see {@code pledge explain WORD}.
 */
public enum Promise {
    STDIO,
    RPATH,
    WPATH,
    CPATH,
    DPATH,
    TMPPATH,
    INET,
    ANET,
    MCAST,
    UNIX,
    DNS,
    GETPW,
    PROC,
    EXEC,
    PROT_EXEC,
    FATTR,
    CHOWN,
    FLOCK,
    TTY,
    RECVFD,
    SENDFD,
    ID,
    PS,
    VMINFO,
    SETTIME,
    ROUTE,
    WROUTE,
    UNVEIL,
    ERROR,
    AUDIO,
    VIDEO,
    BPF,
    DISKLABEL,
    DRM,
    PF,
    TAPE,
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
