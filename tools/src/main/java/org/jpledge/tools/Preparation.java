package org.jpledge.tools;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jpledge.landlock.FilePath;
import org.jpledge.launch.LaunchPlan;
import org.jpledge.launch.Supervision;
import org.jpledge.promise.Enforcement;
import org.jpledge.promise.Shortfall;
import org.jpledge.tools.text.Words;
import org.jpledge.unveil.Difference;
import org.jpledge.unveil.Unveil;

/**
 * All that is known before a program is started.
 *
 * @param options what the options mean
 * @param found the program
 * @param kernel the running kernel
 * @param here where relative paths start: the working directory, if there are any
 * @param enforcement what the kernel enforces
 * @param plan how the program is started, with all of the command's arguments
 * @param tree the files, and what was asked of them
 * @param operands index of the command's word on the command line
 * @param reporting how refusals are told, where they are
 */
record Preparation(
        PolicyOptions options,
        CommandSearch found,
        RunningKernel kernel,
        FilePath here,
        Enforcement enforcement,
        LaunchPlan plan,
        ObservedTree tree,
        int operands,
        Optional<Reporting> reporting) {
    private static final int MOST_WARNINGS = 4;

    /** How the program is started by a launcher that asks a supervisor. */
    LaunchPlan supervised(Supervision supervision) {
        LaunchPlan asking = options.policy()
                .supervised(found.executable(), plan.arch(), plan.arguments(), enforcement, supervision);
        return new LaunchPlan(asking.arch(), asking.steps(), asking.confinement(), plan.program(), asking.arguments());
    }

    /** In what the sandbox is less than was asked for: a line each, words of ours. Nothing if the user wants quiet. */
    List<String> warnings() {
        List<String> all = new ArrayList<>();
        if (!options.quiet()) {
            for (Shortfall shortfall : enforcement.warnings()) {
                all.add(Words.ofText(shortfall.text()));
            }
            for (Difference difference : enforcement.differences()) {
                if (difference.allowsMore() && isUnexpected(difference)) {
                    all.add(Words.ofText(difference.text()));
                }
            }
        }
        if (all.size() <= MOST_WARNINGS) {
            return all;
        }
        List<String> some = new ArrayList<>(all.subList(0, MOST_WARNINGS - 1));
        some.add("and " + (all.size() - some.size()) + " more differences; see pledge --print");
        return some;
    }

    /** That x means r too holds for every x there is; that names can be listed matters where they were to be hidden. */
    private static boolean isUnexpected(Difference difference) {
        return switch (difference) {
            case Difference.ReadableToo _ -> false;
            case Difference.Listable(Unveil unveil, FilePath _) ->
                unveil.permissions().isEmpty();
            default -> true;
        };
    }
}
