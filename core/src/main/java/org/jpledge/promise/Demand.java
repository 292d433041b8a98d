package org.jpledge.promise;

/** How much of a policy a kernel must be able to enforce, so that a program is started at all. */
public enum Demand {
    /**
     * The whole: not the loader's wider sandbox alone, and no Landlock that is too old for some of what the promises mean.
     */
    EVERYTHING,

    /** What was asked for by name: promises, unveils, ports. */
    WHAT_WAS_ASKED,

    /** As much as the kernel can; {@link Enforcement#shortfalls()} says what it cannot. */
    BEST_EFFORT
}
