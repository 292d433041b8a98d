package org.jpledge.landlock;

/** What a name in a directory can be. */
public enum FileType {
    /** A regular file. */
    REGULAR(FsRight.MAKE_REG),
    /** A directory. */
    DIRECTORY(FsRight.MAKE_DIR),
    /** A symbolic link. */
    SYMLINK(FsRight.MAKE_SYM),
    /** A named pipe. */
    FIFO(FsRight.MAKE_FIFO),
    /** A Unix socket. */
    SOCKET(FsRight.MAKE_SOCK),
    /** A character device. */
    CHARACTER_DEVICE(FsRight.MAKE_CHAR),
    /** A block device. */
    BLOCK_DEVICE(FsRight.MAKE_BLOCK);

    private final FsRight make;

    FileType(FsRight make) {
        this.make = make;
    }

    /**
     * What makes one.
     *
     * @return the right that the directory must grant
     */
    public FsRight make() {
        return make;
    }

    /**
     * What removes one, or moves it away.
     *
     * @return the right that the directory must grant
     */
    public FsRight remove() {
        return this == DIRECTORY ? FsRight.REMOVE_DIR : FsRight.REMOVE_FILE;
    }
}
