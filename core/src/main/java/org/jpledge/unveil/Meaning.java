package org.jpledge.unveil;

import org.jpledge.landlock.FsRight;
import org.jpledge.landlock.Rights;

/**
 * What each permission is worth under the promises that are made. A permission that is worth nothing counts as if it had not
 * been asked for, so that nothing is taken away for its sake.
 *
 * @param read what r grants
 * @param write what w grants
 * @param execute what x grants
 * @param create what c grants
 */
public record Meaning(Rights<FsRight> read, Rights<FsRight> write, Rights<FsRight> execute, Rights<FsRight> create) {
    /** What r grants where rpath is promised. */
    public static final Rights<FsRight> RPATH = Rights.of(FsRight.READ_FILE, FsRight.READ_DIR);

    /** What w grants where wpath is promised. */
    public static final Rights<FsRight> WPATH = Rights.of(FsRight.WRITE_FILE, FsRight.TRUNCATE, FsRight.IOCTL_DEV);

    /** What x grants where exec is promised: the kernel wants both. */
    public static final Rights<FsRight> EXEC = Rights.of(FsRight.EXECUTE, FsRight.READ_FILE);

    /** What c grants where cpath is promised. */
    public static final Rights<FsRight> CPATH = Rights.of(
            FsRight.MAKE_REG,
            FsRight.MAKE_DIR,
            FsRight.MAKE_SYM,
            FsRight.MAKE_FIFO,
            FsRight.MAKE_SOCK,
            FsRight.REMOVE_FILE,
            FsRight.REMOVE_DIR,
            FsRight.REFER);

    /** What c grants where dpath is promised. */
    public static final Rights<FsRight> DPATH =
            Rights.of(FsRight.MAKE_FIFO, FsRight.MAKE_SOCK, FsRight.MAKE_CHAR, FsRight.MAKE_BLOCK);

    /** What c grants where unix is promised: binding a socket makes its name. */
    public static final Rights<FsRight> UNIX_BIND = Rights.of(FsRight.MAKE_SOCK);

    /** What w grants where unix is promised. */
    public static final Rights<FsRight> UNIX_CONNECT = Rights.of(FsRight.RESOLVE_UNIX);

    /** Without any promise in the way: every letter at its full worth. */
    public static final Meaning UNPLEDGED = new Meaning(RPATH, WPATH.plus(UNIX_CONNECT), EXEC, CPATH.plus(DPATH));

    /** The permissions that are worth something. */
    Permissions effective(Permissions permissions) {
        int bits = permissions.bits();
        for (Permission permission : Permission.values()) {
            if (of(permission).isEmpty()) {
                bits &= ~permission.bit();
            }
        }
        return new Permissions(bits);
    }

    /**
     * What a permission grants.
     *
     * @param permission the permission
     * @return rights; none if it is worth nothing
     */
    public Rights<FsRight> of(Permission permission) {
        return switch (permission) {
            case READ -> read;
            case WRITE -> write;
            case EXECUTE -> execute;
            case CREATE -> create;
        };
    }

    /**
     * What permissions grant.
     *
     * @param permissions the permissions
     * @return the rights of them all
     */
    public Rights<FsRight> of(Permissions permissions) {
        Rights<FsRight> rights = Rights.none();
        for (Permission permission : Permission.values()) {
            if (permissions.has(permission)) {
                rights = rights.plus(of(permission));
            }
        }
        return rights;
    }
}
