package org.jpledge.unveil;

import org.jpledge.landlock.FilePath;

/**
 * Something that a program does to a path.
 *
 * @param call what it does
 * @param path to what; for link and rename the old name
 * @param second for link and rename the new name; otherwise the path once more
 * @param flags how a file is opened
 */
record Operation(Call call, FilePath path, FilePath second, Flags flags) {
    /** The calls of which unveil(2) speaks. */
    enum Call {
        OPEN(true),
        LIST(true),
        TRUNCATE(true),
        EXECUTE(true),
        CONNECT(true),
        STAT(true),
        LSTAT(false),
        READLINK(false),
        CHDIR(true),
        ACCESS_READ(true),
        ACCESS_WRITE(true),
        CHMOD(true),
        UNLINK(false),
        RMDIR(false),
        MKDIR(false),
        MKFIFO(false),
        MKNOD(false),
        SYMLINK(false),
        BIND(false),
        LINK(false),
        RENAME(false);

        private final boolean follows;

        Call(boolean follows) {
            this.follows = follows;
        }

        /** Whether a symbolic link at the end of the path is followed. */
        boolean follows() {
            return follows;
        }
    }

    /** Flags of open(2). */
    record Flags(boolean read, boolean write, boolean create, boolean truncate) {
        static final Flags NONE = new Flags(false, false, false, false);
    }

    static Operation of(Call call, FilePath path) {
        return new Operation(call, path, path, Flags.NONE);
    }

    static Operation open(FilePath path, Flags flags) {
        return new Operation(Call.OPEN, path, path, flags);
    }

    @Override
    public String toString() {
        return call + " " + path + (call == Call.LINK || call == Call.RENAME ? " " + second : "")
                + (call == Call.OPEN ? " " + flags : "");
    }
}
