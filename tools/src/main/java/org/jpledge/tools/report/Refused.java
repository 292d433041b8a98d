package org.jpledge.tools.report;

import java.util.Optional;
import org.jpledge.tools.event.Syscall;

/**
 * A call that was refused, and all that is known of it.
 *
 * @param program the name of the program that made it, as the kernel has it; bytes as characters
 * @param call the call
 * @param error the name of the error that it got; empty for a call that is let through and would be refused
 * @param by who refuses it
 * @param killed whether the program dies of it
 * @param advice what would allow it
 * @param rule the option of the user's that refuses it, such as {@code --deny 'socketpair'}; empty where a promise is missing
 * @param place where the call was made, where that is known
 */
record Refused(
        String program,
        Syscall call,
        String error,
        By by,
        boolean killed,
        Advice advice,
        Optional<String> rule,
        Optional<CodePlace> place) {
    /** Who refuses a call. */
    enum By {
        /** The filter of system calls. */
        SECCOMP,
        /** The ruleset of paths, ports and scopes. */
        LANDLOCK
    }
}
