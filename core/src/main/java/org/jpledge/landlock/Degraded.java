package org.jpledge.landlock;

import java.util.List;

/**
 * A ruleset as a version of Landlock can have it.
 *
 * @param abi the version
 * @param ruleset the ruleset; it names nothing that the version does not know
 * @param losses what the version cannot express
 */
public record Degraded(Abi abi, Ruleset ruleset, List<Loss> losses) {
    /** Takes a copy of the list. */
    public Degraded {
        losses = List.copyOf(losses);
    }

    /**
     * Says whether the sandbox is at least as tight as asked for.
     *
     * @return whether nothing was lost that leaves a hole
     */
    public boolean holds() {
        for (Loss loss : losses) {
            if (loss instanceof Loss.Unenforced) {
                return false;
            }
        }
        return true;
    }
}
