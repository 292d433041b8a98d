package org.jpledge;

import java.util.List;
import java.util.Set;

/**
 * What is enforced on this process since {@link Sandbox#enter()}. Immutable.
 *
 * @param promises what the process may still do
 * @param instructions the length of the seccomp filter that was added, for all threads (SECCOMP_FILTER_FLAG_TSYNC); 0 if the same
 *     one held already
 * @param landlockAbi the kernel's version of Landlock; 0 if it has none
 * @param landlock how the threads were restricted by Landlock
 * @param shortfalls what the promises mean and this kernel could not enforce, one line each; what was asked for by name is
 *     never among it, because then the sandbox is not entered
 * @param differences in what the kernel's rules differ from the unveils, one line each
 * @param skipped unveiled or implied paths that do not exist
 */
public record Report(
        Set<Promise> promises,
        int instructions,
        int landlockAbi,
        Landlock landlock,
        List<String> shortfalls,
        List<String> differences,
        List<String> skipped) {
    /** How Landlock came to all threads. */
    public enum Landlock {
        /** It did not: there was nothing that needed it, or it is not in this kernel. */
        NONE,
        /** The kernel restricted all threads at once (LANDLOCK_RESTRICT_SELF_TSYNC, ABI 8). */
        KERNEL,
        /** Each thread restricted itself, told to by a real-time signal. */
        SIGNAL
    }

    /** Copies the collections. */
    public Report {
        promises = Set.copyOf(promises);
        shortfalls = List.copyOf(shortfalls);
        differences = List.copyOf(differences);
        skipped = List.copyOf(skipped);
    }
}
