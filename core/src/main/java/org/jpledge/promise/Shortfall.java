package org.jpledge.promise;

import org.jpledge.landlock.Abi;

/**
 * Something that a policy means and the kernel's Landlock is too old to enforce.
 *
 * @param what what it is, in the words of the command line: {@code --connect}, {@code a veil with unix}
 * @param needs the version that it takes
 * @param has the version that the kernel has
 * @param severity how much that matters
 * @param open what the program can do all the same, or cannot do though it should; a sentence without a full stop
 */
public record Shortfall(String what, Abi needs, Abi has, Severity severity, String open) {
    /** How much a shortfall matters; the most serious comes first. */
    public enum Severity {
        /** The user has asked for just this: nothing is started, unless by best effort. */
        FAILS,
        /** A hole that he may well not expect: worth a line where the program is started; refused if strict. */
        WARNS,
        /** A hole that promises alone have on this kernel: documented, not worth a line; refused if strict. */
        STRICT,
        /** No hole: seccomp closes it, or the kernel refuses more than it should. */
        FINE
    }

    /**
     * Says what is missing.
     *
     * @return one line, without a full stop
     */
    public String text() {
        StringBuilder text = new StringBuilder(160);
        text.append(what).append(" needs Landlock ABI ").append(needs.version());
        if (!needs.linux().isEmpty()) {
            text.append(" (Linux ").append(needs.linux()).append(')');
        }
        text.append(", and this kernel has ");
        if (has == Abi.NONE) {
            text.append("none");
        } else {
            text.append("ABI ").append(has.version());
        }
        return text.append(": ").append(open).toString();
    }
}
