package org.jpledge.launch;

import java.util.List;
import java.util.SortedSet;

/** One thing that a launcher does, in its own process, before it becomes the program. */
public sealed interface Step {
    /**
     * Closes every descriptor but 0, 1, 2 and those named: here, and once more at the program's entry point, where
     * code that ran before it may have opened others.
     *
     * @param kept descriptors from 3 up that stay open
     */
    record CloseDescriptors(SortedSet<Integer> kept) implements Step {}

    /**
     * Sets a resource limit, soft and hard.
     *
     * @param resource the kernel's number, {@code RLIMIT_…}
     * @param value the limit, in the resource's own unit
     */
    record Limit(int resource, long value) implements Step {}

    /**
     * Changes the working directory.
     *
     * @param path absolute, or relative to where the launcher is started; no NUL
     */
    record Directory(byte[] path) implements Step {}

    /**
     * Becomes another user for good: no supplementary groups, then all group ids, then all user ids.
     *
     * @param uid user, or -1 to stay
     * @param gid group, or -1 to stay
     */
    record Identity(int uid, int gid) implements Step {}

    /**
     * Takes the environment from the launcher's first argument, which is then none of the program's: entries that each
     * end in a byte 1. For a launcher that is executed by something that cannot help changing its environment, as a
     * shell.
     */
    record PassedEnvironment() implements Step {}

    /**
     * Changes the environment that the program gets.
     *
     * @param inherit whether the launcher's own environment is the start; otherwise it is empty
     * @param changes entries {@code NAME=value} that are set and {@code NAME} that are removed
     */
    record Environment(boolean inherit, List<byte[]> changes) implements Step {}
}
