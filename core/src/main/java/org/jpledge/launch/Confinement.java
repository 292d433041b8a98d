package org.jpledge.launch;

import java.util.Optional;
import org.jpledge.landlock.Ruleset;

/**
 * The two stages in which a program loses its rights.
 *
 * @param loader the filter from {@code execve} to the entry point: {@code exact}, and what a dynamic linker needs
 * @param exact the filter from the entry point on
 * @param dynamicLinker the real path of the one program interpreter that is allowed to run under {@code loader}; any
 *     other first instruction than its own gets {@code exact} at once. Empty for a program without an interpreter.
 * @param mayExecute whether {@code exact} lets the program execute others
 * @param strict refuse to start, instead of saying so and staying under {@code loader}, where the kernel does not let
 *     us hand over at the entry point
 * @param watched the words to say when the program dies of SIGSYS, for filters that kill; the launcher's helper then
 *     stays until the program ends, waiting
 * @param loaderRuleset what Landlock refuses from {@code execve} on, for good; empty for nothing. Without any right,
 *     scope or rule that the kernel does not know on which the launcher is to run.
 * @param exactRuleset what Landlock refuses besides from the entry point on; empty for nothing. As {@code
 *     loaderRuleset}, it is made before the program starts. If {@code exact} lets the program make rulesets (the promise {@code
 *     unveil}), code that runs before the entry point can add to this one, and reaches as far as {@code loaderRuleset}.
 * @param filterFlags what seccomp(2) gets with both filters besides what is needed anyway: {@code SECCOMP_FILTER_FLAG_LOG}, {@code
 *     SECCOMP_FILTER_FLAG_SPEC_ALLOW}
 * @param supervision who is asked about calls, for filters that ask; then nothing is started where the kernel does not let
 *     us hand over at the entry point
 */
public record Confinement(
        FilterImage loader,
        FilterImage exact,
        Optional<byte[]> dynamicLinker,
        boolean mayExecute,
        boolean strict,
        Optional<String> watched,
        Optional<Ruleset> loaderRuleset,
        Optional<Ruleset> exactRuleset,
        int filterFlags,
        Optional<Supervision> supervision) {
    /** A supervisor learns of the listener at the entry point only, so that there is no staying before it. */
    public Confinement {
        if (supervision.isPresent() && !strict) {
            throw new IllegalArgumentException("a supervised launch is strict");
        }
    }

    /**
     * A confinement whose filters are installed without any flag that is not needed.
     *
     * @param loader the filter from {@code execve} to the entry point
     * @param exact the filter from the entry point on
     * @param dynamicLinker the real path of the one program interpreter that is allowed to run under {@code loader}
     * @param mayExecute whether {@code exact} lets the program execute others
     * @param strict refuse to start where the kernel does not let us hand over at the entry point
     * @param watched the words to say when the program dies of SIGSYS
     * @param loaderRuleset what Landlock refuses from {@code execve} on
     * @param exactRuleset what Landlock refuses besides from the entry point on
     * @param supervision who is asked about calls
     */
    public Confinement(
            FilterImage loader,
            FilterImage exact,
            Optional<byte[]> dynamicLinker,
            boolean mayExecute,
            boolean strict,
            Optional<String> watched,
            Optional<Ruleset> loaderRuleset,
            Optional<Ruleset> exactRuleset,
            Optional<Supervision> supervision) {
        this(loader, exact, dynamicLinker, mayExecute, strict, watched, loaderRuleset, exactRuleset, 0, supervision);
    }

    /**
     * The same without words when the program dies: no helper stays.
     *
     * @return the quieter confinement
     */
    public Confinement unwatched() {
        return new Confinement(
                loader,
                exact,
                dynamicLinker,
                mayExecute,
                strict,
                Optional.empty(),
                loaderRuleset,
                exactRuleset,
                filterFlags,
                supervision);
    }
}
