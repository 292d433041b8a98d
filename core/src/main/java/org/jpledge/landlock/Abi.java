package org.jpledge.landlock;

/** The versions of the kernel's Landlock interface. What each brought stands beside the rights: {@link Right#since()}. */
public enum Abi {
    /** No Landlock: not built into the kernel, or switched off when it was booted. */
    NONE(0, "", 0),
    /** Files: thirteen rights. */
    V1(1, "5.13", 8),
    /** REFER. */
    V2(2, "5.19", 8),
    /** TRUNCATE. */
    V3(3, "6.2", 8),
    /** TCP ports. */
    V4(4, "6.7", 16),
    /** IOCTL_DEV. */
    V5(5, "6.10", 16),
    /** Scopes. */
    V6(6, "6.12", 24),
    /** Flags that say what is logged. */
    V7(7, "6.15", 24),
    /** All threads of a process at once. */
    V8(8, "7.0", 24),
    /** RESOLVE_UNIX. */
    V9(9, "7.1", 24),
    /** UDP ports, and rules whose refusals are not logged. */
    V10(10, "7.2", 48),
    /** no_new_privs together with the restriction. */
    V11(11, "", 48);

    /** The newest version that this table knows. */
    public static final Abi LATEST = V11;

    private static final Abi[] ALL = values();

    private final int version;
    private final String linux;
    private final int rulesetAttrSize;

    Abi(int version, String linux, int rulesetAttrSize) {
        this.version = version;
        this.linux = linux;
        this.rulesetAttrSize = rulesetAttrSize;
    }

    /**
     * Reads the kernel's answer to {@code landlock_create_ruleset(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION)}.
     *
     * @param answer a version, or an error number below zero
     * @return the version; the latest known one for a kernel that is newer, which goes on to understand it
     */
    public static Abi of(long answer) {
        if (answer <= 0) {
            return NONE;
        }
        return answer < ALL.length ? ALL[(int) answer] : LATEST;
    }

    /**
     * The kernel's number for this version.
     *
     * @return 1 or more; 0 for none
     */
    public int version() {
        return version;
    }

    /**
     * The release of Linux that brought this version.
     *
     * @return such as {@code 6.12}; empty for none, and for a version that is in no release that we have seen
     */
    public String linux() {
        return linux;
    }

    /**
     * The size of {@code struct landlock_ruleset_attr}.
     *
     * @return in bytes
     */
    public int rulesetAttrSize() {
        return rulesetAttrSize;
    }

    /**
     * Whether this version has what another one brought.
     *
     * @param other the other one
     * @return whether this is the same or a later one
     */
    public boolean has(Abi other) {
        return compareTo(other) >= 0;
    }
}
