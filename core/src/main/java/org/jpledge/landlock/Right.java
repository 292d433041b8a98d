package org.jpledge.landlock;

/** One bit of one of the kernel's sets of Landlock rights or flags. */
public sealed interface Right permits FsRight, NetRight, Scope, RestrictFlag {
    /**
     * Where the bit stands.
     *
     * @return 0 for the lowest
     */
    int bit();

    /**
     * The version that brought it; an older kernel refuses the bit.
     *
     * @return the version
     */
    Abi since();

    /**
     * The short name.
     *
     * @return the UAPI name without its prefix
     */
    String name();

    /**
     * The name in {@code linux/landlock.h}.
     *
     * @return the whole name
     */
    String uapi();
}
