package org.jpledge.landlock;

/** Something in a ruleset that a version of Landlock cannot express. */
public sealed interface Loss {
    /**
     * The right that the version does not know.
     *
     * @return the right
     */
    Right right();

    /**
     * The kernel does not refuse what the ruleset refuses: a hole, unless something else closes it.
     *
     * @param right what everybody may do
     */
    record Unenforced(Right right) implements Loss {}

    /**
     * The kernel refuses what the ruleset grants: the sandbox is tighter than asked for.
     *
     * @param right what nobody may do
     */
    record Ungrantable(Right right) implements Loss {}
}
