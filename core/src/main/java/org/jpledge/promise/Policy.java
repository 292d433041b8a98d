package org.jpledge.promise;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jpledge.launch.Confinement;
import org.jpledge.launch.Credential;
import org.jpledge.launch.Executable;
import org.jpledge.launch.FilterImage;
import org.jpledge.launch.LaunchPlan;
import org.jpledge.launch.Step;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Compiled;
import org.jpledge.seccomp.Compiler;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Patch;
import org.jpledge.syscall.Arch;

/**
 * What a program may do, and how it is started. Immutable.
 *
 * @param promises what it may do
 * @param violation what happens when it does something else
 * @param strict refuse to start where the kernel can enforce only the loader's wider sandbox
 * @param kept descriptors from 3 up that the program gets; all others are closed
 * @param preparations what the launcher does before it gives up its rights
 */
public record Policy(
        Promises promises, Action violation, boolean strict, SortedSet<Integer> kept, List<Step> preparations) {
    private static final Action EPERM = new Action.Errno(1);

    /** Copies its collections. */
    public Policy {
        kept = Collections.unmodifiableSortedSet(new TreeSet<>(kept));
        preparations = List.copyOf(preparations);
    }

    /**
     * The policy with nothing but promises: a violation is refused with EPERM.
     *
     * @param promises what the program may do
     * @return the policy
     */
    public static Policy of(Promises promises) {
        return new Policy(promises, EPERM, false, new TreeSet<>(), List.of());
    }

    /**
     * Changes what a violation means.
     *
     * @param action what happens to a call that is not promised
     * @return the changed policy
     */
    public Policy onViolation(Action action) {
        return new Policy(promises, action, strict, kept, preparations);
    }

    /**
     * Changes whether the loader's wider sandbox alone is good enough.
     *
     * @param refuse true to refuse to start there
     * @return the changed policy
     */
    public Policy strictly(boolean refuse) {
        return new Policy(promises, violation, refuse, kept, preparations);
    }

    /**
     * Lets the program have a descriptor of the launcher's.
     *
     * @param descriptor from 3 up; 0, 1 and 2 are kept anyway
     * @return the changed policy
     */
    public Policy keeping(int descriptor) {
        SortedSet<Integer> more = new TreeSet<>(kept);
        more.add(descriptor);
        return new Policy(promises, violation, strict, more, preparations);
    }

    /**
     * Adds something to do before the program is started.
     *
     * @param step what
     * @return the changed policy
     */
    public Policy preparing(Step step) {
        List<Step> more = new ArrayList<>(preparations);
        more.add(step);
        return new Policy(promises, violation, strict, kept, more);
    }

    /**
     * The filter from the program's entry point on.
     *
     * @param arch the architecture
     * @return the promises, and nothing else
     */
    public Filter exact(Arch arch) {
        return Lowering.exact(promises, arch, violation);
    }

    /**
     * The filter until the program's entry point.
     *
     * @param arch the architecture
     * @return the promises, and what a dynamic linker needs
     */
    public Filter loader(Arch arch) {
        return Lowering.loader(promises, arch, violation);
    }

    /**
     * How a program is started under this policy.
     *
     * @param program the program
     * @param arch the machine it is for
     * @param arguments its first arguments, its name foremost
     * @return the plan, for {@link org.jpledge.launch.Launcher}
     */
    public LaunchPlan plan(Executable program, Arch arch, List<byte[]> arguments) {
        List<Step> steps = new ArrayList<>();
        steps.add(new Step.CloseDescriptors(kept));
        steps.addAll(preparations);
        Confinement confinement = new Confinement(
                image(loader(arch)),
                image(exact(arch)),
                program.dynamicLinker().map(linker -> linker.toString().getBytes(Executable.NAMES)),
                promises.contains("exec"),
                strict,
                watched(),
                Optional.empty(),
                Optional.empty());
        return new LaunchPlan(
                arch, steps, confinement, program.file().toString().getBytes(Executable.NAMES), arguments);
    }

    private Optional<String> watched() {
        return switch (violation) {
            case Action.KillProcess _, Action.KillThread _, Action.Trap _ ->
                Optional.of("killed by SIGSYS: it made a system call outside its promises \"" + promises + "\"");
            default -> Optional.empty();
        };
    }

    private static FilterImage image(Filter filter) {
        Compiled compiled = Compiler.compile(filter);
        List<FilterImage.Patch> patches = new ArrayList<>();
        for (Patch patch : compiled.patches()) {
            patches.add(new FilterImage.Patch(
                    patch.instruction(),
                    switch (patch.variable()) {
                        case PID -> Credential.PID;
                        case UID -> Credential.UID;
                        case GID -> Credential.GID;
                    }));
        }
        return new FilterImage(compiled.program(), patches);
    }
}
