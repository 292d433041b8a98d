package org.jpledge.promise;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jpledge.landlock.Abi;
import org.jpledge.landlock.FilePath;
import org.jpledge.landlock.Loss;
import org.jpledge.landlock.Ruleset;
import org.jpledge.unveil.Difference;

/**
 * How a policy is enforced on one kernel, beside its promises' filter. Immutable.
 *
 * @param abi the kernel's version of Landlock
 * @param circumstances what the filter has to know of it
 * @param exact what Landlock refuses from the program's entry point on; without anything that the version does not know;
 *     empty if there is nothing to refuse
 * @param loader what Landlock refuses before the entry point: it grants whatever {@code exact} does, and what a dynamic
 *     linker reads; empty if there is nothing to refuse
 * @param losses what the version cannot express of {@code exact}
 * @param shortfalls what that means, the most serious first; what best effort passed over is among them
 * @param differences in what Landlock's rules differ from the unveils
 * @param listed the directories whose names became rules: when such a directory changes, the rules are out of date
 * @param relative whether an unveil was taken from the working directory
 */
public record Enforcement(
        Abi abi,
        Set<Circumstance> circumstances,
        Optional<Ruleset> exact,
        Optional<Ruleset> loader,
        List<Loss> losses,
        List<Shortfall> shortfalls,
        List<Difference> differences,
        List<FilePath> listed,
        boolean relative) {
    /** No Landlock, and none that is needed: the filter alone, by the flags of open(2). */
    public static final Enforcement NONE = new Enforcement(
            Abi.NONE,
            Circumstance.UNRESTRICTED,
            Optional.empty(),
            Optional.empty(),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            false);

    /** Takes copies of the collections. */
    public Enforcement {
        circumstances = Set.copyOf(circumstances);
        losses = List.copyOf(losses);
        shortfalls = List.copyOf(shortfalls);
        differences = List.copyOf(differences);
        listed = List.copyOf(listed);
    }

    /**
     * Who decides which files the program may open.
     *
     * @return Landlock alone, or the filter too
     */
    public Paths paths() {
        return circumstances.contains(Circumstance.LANDLOCK) ? Paths.BY_LANDLOCK : Paths.BY_FLAGS;
    }

    /** Whether names have to be resolved without UDP: glibc then has to be told so. */
    boolean asksNamesOverTcp(Promises promises) {
        return promises.contains("dns") && !circumstances.contains(Circumstance.ANYUDP);
    }

    /**
     * What a user should be told where the program is started.
     *
     * @return the shortfalls that are holes he may not expect, those among them that best effort passes over
     */
    public List<Shortfall> warnings() {
        List<Shortfall> warnings = new ArrayList<>();
        for (Shortfall shortfall : shortfalls) {
            if (shortfall.severity().compareTo(Shortfall.Severity.WARNS) <= 0) {
                warnings.add(shortfall);
            }
        }
        return warnings;
    }
}
