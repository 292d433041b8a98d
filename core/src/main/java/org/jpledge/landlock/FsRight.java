package org.jpledge.landlock;

import static org.jpledge.landlock.Abi.V1;
import static org.jpledge.landlock.Abi.V2;
import static org.jpledge.landlock.Abi.V3;
import static org.jpledge.landlock.Abi.V5;
import static org.jpledge.landlock.Abi.V9;

/** Rights on files and directories: {@code LANDLOCK_ACCESS_FS_*}. */
public enum FsRight implements Right {
    /** Execute a file. The kernel also wants READ_FILE of whoever does. */
    EXECUTE(0, V1, true),
    /** Open a file for writing. */
    WRITE_FILE(1, V1, true),
    /** Open a file for reading. */
    READ_FILE(2, V1, true),
    /** Open a directory, to list it. */
    READ_DIR(3, V1, false),
    /** Remove or rename an empty directory that lies in this one. */
    REMOVE_DIR(4, V1, false),
    /** Unlink or rename a file that lies in this directory. */
    REMOVE_FILE(5, V1, false),
    /** Make a character device. */
    MAKE_CHAR(6, V1, false),
    /** Make a directory. */
    MAKE_DIR(7, V1, false),
    /** Make a regular file. */
    MAKE_REG(8, V1, false),
    /** Make a Unix socket. */
    MAKE_SOCK(9, V1, false),
    /** Make a named pipe. */
    MAKE_FIFO(10, V1, false),
    /** Make a block device. */
    MAKE_BLOCK(11, V1, false),
    /** Make a symbolic link. */
    MAKE_SYM(12, V1, false),
    /** Link or rename a file from one directory to another. Every ruleset refuses it, even one that does not handle it. */
    REFER(13, V2, false),
    /** Truncate a file. */
    TRUNCATE(14, V3, true),
    /** Send an ioctl to a device that is opened from now on. */
    IOCTL_DEV(15, V5, true),
    /** Connect to, or send to, a Unix socket that was made outside the sandbox, by its path. */
    RESOLVE_UNIX(16, V9, true);

    /** What a rule on anything but a directory may grant; the kernel refuses other bits there. */
    public static final Rights<FsRight> ON_FILES = onFiles();

    private final int bit;
    private final Abi since;
    private final boolean onFile;

    FsRight(int bit, Abi since, boolean onFile) {
        this.bit = bit;
        this.since = since;
        this.onFile = onFile;
    }

    private static Rights<FsRight> onFiles() {
        Rights<FsRight> rights = Rights.none();
        for (FsRight right : values()) {
            if (right.onFile) {
                rights = rights.plus(right);
            }
        }
        return rights;
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
        return "LANDLOCK_ACCESS_FS_" + name();
    }
}
