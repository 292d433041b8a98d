package org.jpledge.tools.policy;

import org.jpledge.syscall.Arch;
import org.jpledge.tools.text.Includes;

/**
 * What the meaning of a policy's file depends on.
 *
 * @param arch the architecture that a filter is for that names none, and whose numbers errors have
 * @param variables what names in paths stand for
 * @param includes where included files are found: asked for paths, in which names of files already start where the including
 *     file lies
 */
public record Reading(Arch arch, Variables variables, Includes includes) {
    /**
     * For this machine.
     *
     * @param variables what names in paths stand for
     * @param includes where included files are found
     * @return the settings
     */
    public static Reading here(Variables variables, Includes includes) {
        return new Reading(Arch.host(), variables, includes);
    }
}
