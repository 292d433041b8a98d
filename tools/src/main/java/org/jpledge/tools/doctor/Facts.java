package org.jpledge.tools.doctor;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Answers of a machine, as it gave them: nothing is concluded from a version that could be asked for.
 *
 * @param release the kernel's release, to be shown only
 * @param machine the processor, as {@code os.arch} has it
 * @param java the version of the JDK
 * @param nativeAccess why this JVM may not call the kernel; empty if it may. Then nothing else is known that takes a call
 * @param calls what system calls answered: 0 or more, or an error number below zero; by the names of {@link Probes}
 * @param files what files say, by path, without white space at the ends; a file that cannot be read is missing
 * @param ownFilters how many seccomp filters this process has already, where the kernel says so
 * @param handOver the trial of a sandboxed program
 * @param programs for a kind of foreign program (i386, x32, arm) whether the kernel executes it
 * @param library the C library: its name and perhaps version
 * @param hints for what container or virtual machine there are signs
 */
record Facts(
        String release,
        String machine,
        String java,
        Optional<String> nativeAccess,
        Map<String, Long> calls,
        Map<String, String> files,
        OptionalInt ownFilters,
        Trial handOver,
        Map<String, Boolean> programs,
        String library,
        List<String> hints) {

    /** How a sandboxed program ran. */
    sealed interface Trial {
        /**
         * It ran.
         *
         * @param filters how many filters it had more than this process; 2 with the loader's and the exact one
         * @param veiled whether a file that was not unveiled stayed closed; empty where nothing was veiled, as there is no
         *     Landlock
         */
        record Ran(int filters, Optional<Boolean> veiled) implements Trial {}

        /**
         * It did not run.
         *
         * @param reason what the launcher said, or the JVM
         */
        record Failed(String reason) implements Trial {}
    }
}
