package org.jpledge.unveil;

/** What a veil has to know of a file. */
public enum FileKind {
    /** There is nothing. */
    MISSING,
    /** A directory. */
    DIRECTORY,
    /** A symbolic link. */
    SYMLINK,
    /** Anything else: files, pipes, sockets, devices. */
    OTHER
}
