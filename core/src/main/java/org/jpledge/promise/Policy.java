package org.jpledge.promise;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jpledge.landlock.Abi;
import org.jpledge.landlock.FilePath;
import org.jpledge.launch.Confinement;
import org.jpledge.launch.Credential;
import org.jpledge.launch.Executable;
import org.jpledge.launch.FilterImage;
import org.jpledge.launch.LaunchPlan;
import org.jpledge.launch.Step;
import org.jpledge.launch.Supervision;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Compiled;
import org.jpledge.seccomp.Compiler;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Patch;
import org.jpledge.syscall.Arch;
import org.jpledge.unveil.FileTree;
import org.jpledge.unveil.Listing;
import org.jpledge.unveil.Unveil;

/**
 * What a program may do, and how it is started. Immutable.
 *
 * @param promises what it may do
 * @param violation what happens when it does something else
 * @param demand how much of this a kernel must be able to enforce
 * @param view the files that it sees
 * @param ports the ports that it may use
 * @param outset how it is started
 */
public record Policy(Promises promises, Action violation, Demand demand, View view, Ports ports, Outset outset) {
    private static final Action EPERM = new Action.Errno(1);

    /**
     * The policy with nothing but promises: a violation is refused with EPERM.
     *
     * @param promises what the program may do
     * @return the policy
     */
    public static Policy of(Promises promises) {
        return new Policy(promises, EPERM, Demand.WHAT_WAS_ASKED, View.WHOLE, Ports.ANY, Outset.NONE);
    }

    /**
     * Changes the promises.
     *
     * @param others what the program may do
     * @return the changed policy
     */
    public Policy promising(Promises others) {
        return new Policy(others, violation, demand, view, ports, outset);
    }

    /**
     * Changes what a violation means.
     *
     * @param action what happens to a call that is not promised
     * @return the changed policy
     */
    public Policy onViolation(Action action) {
        return new Policy(promises, action, demand, view, ports, outset);
    }

    /**
     * Changes how much a kernel must be able to enforce.
     *
     * @param demands {@link Demand#WHAT_WAS_ASKED} if this method is not called
     * @return the changed policy
     */
    public Policy demanding(Demand demands) {
        return new Policy(promises, violation, demands, view, ports, outset);
    }

    /**
     * Lets the program have a descriptor of the launcher's.
     *
     * @param descriptor from 3 up; 0, 1 and 2 are kept anyway
     * @return the changed policy
     */
    public Policy keeping(int descriptor) {
        return new Policy(promises, violation, demand, view, ports, outset.keeping(descriptor));
    }

    /**
     * Adds something to do before the program is started.
     *
     * @param step what
     * @return the changed policy
     */
    public Policy preparing(Step step) {
        return new Policy(promises, violation, demand, view, ports, outset.then(step));
    }

    /**
     * Adds a call of unveil(2). The first one closes the file system.
     *
     * @param unveil the call
     * @return the changed policy
     */
    public Policy unveiling(Unveil unveil) {
        return seeing(view.unveiling(unveil));
    }

    /**
     * Passes over unveiled paths that do not exist.
     *
     * @return the changed policy
     */
    public Policy ignoringMissing() {
        return seeing(view.ignoringMissing());
    }

    /**
     * Changes what happens to directories in which others are hidden.
     *
     * @param choice {@link Listing#KEPT} if this method is not called
     * @return the changed policy
     */
    public Policy listing(Listing choice) {
        return seeing(view.listing(choice));
    }

    /**
     * Lets the dynamic linker look for libraries in one more directory.
     *
     * @param directory absolute
     * @return the changed policy
     */
    public Policy loaderPath(FilePath directory) {
        return seeing(view.loaderPath(directory));
    }

    private Policy seeing(View other) {
        return new Policy(promises, violation, demand, other, ports, outset);
    }

    /**
     * Adds a port of others that the program may connect and send to. All ports that are not named are refused.
     *
     * @param port from 1 to 65535
     * @return the changed policy
     * @throws IllegalArgumentException if it is no port
     */
    public Policy connecting(int port) {
        return new Policy(promises, violation, demand, view, ports.connecting(port), outset);
    }

    /**
     * Adds a port of its own that the program may use. All ports that are not named are refused.
     *
     * @param port from 0 to 65535; 0 is any that the kernel picks
     * @return the changed policy
     * @throws IllegalArgumentException if it is no port
     */
    public Policy binding(int port) {
        return new Policy(promises, violation, demand, view, ports.binding(port), outset);
    }

    /**
     * How the policy is enforced by a kernel, in a process that restricts itself.
     *
     * @param arch the machine, whose libraries and their data may lie in directories of its own
     * @param abi the kernel's version of Landlock
     * @param workingDirectory from where unveils that are not absolute are taken
     * @param tree the files that there are
     * @return the rulesets, of which a process that restricts itself has no use for the loader's
     * @throws org.jpledge.unveil.UnveilException if the unveils cannot be made into rules
     * @throws UnenforceableException if the kernel cannot enforce what was asked for
     */
    public Enforcement enforce(Arch arch, Abi abi, FilePath workingDirectory, FileTree tree) {
        return new Composition(this, arch, abi).enforcement(null, workingDirectory, tree);
    }

    /**
     * How the policy is enforced by a kernel on a program.
     *
     * @param program the program
     * @param arch the machine it is for
     * @param abi the kernel's version of Landlock
     * @param workingDirectory from where unveils that are not absolute are taken
     * @param tree the files that there are
     * @return the rulesets
     * @throws org.jpledge.unveil.UnveilException if the unveils cannot be made into rules
     * @throws UnenforceableException if the kernel cannot enforce what was asked for
     */
    public Enforcement enforce(Executable program, Arch arch, Abi abi, FilePath workingDirectory, FileTree tree) {
        return new Composition(this, arch, abi).enforcement(program, workingDirectory, tree);
    }

    /**
     * The filter from the program's entry point on.
     *
     * @param arch the architecture
     * @param enforcement what goes with it
     * @return the promises, and nothing else
     */
    public Filter exact(Arch arch, Enforcement enforcement) {
        return Lowering.exact(promises, arch, violation, enforcement.circumstances());
    }

    /**
     * The filter until the program's entry point.
     *
     * @param arch the architecture
     * @param enforcement what goes with it
     * @return the promises, and what a dynamic linker needs
     */
    public Filter loader(Arch arch, Enforcement enforcement) {
        return Lowering.loader(promises, arch, violation, enforcement.circumstances());
    }

    /**
     * How a program is started under this policy.
     *
     * @param program the program
     * @param arch the machine it is for
     * @param arguments its first arguments, its name foremost
     * @param abi the version of Landlock that the machine's kernel has
     * @param workingDirectory from where unveils that are not absolute are taken
     * @param tree the files that there are
     * @return the plan, for {@link org.jpledge.launch.Launcher}
     * @throws org.jpledge.unveil.UnveilException if the unveils cannot be made into rules
     * @throws UnenforceableException if the kernel cannot enforce what was asked for
     */
    public LaunchPlan plan(
            Executable program, Arch arch, List<byte[]> arguments, Abi abi, FilePath workingDirectory, FileTree tree) {
        return plan(program, arch, arguments, enforce(program, arch, abi, workingDirectory, tree));
    }

    /**
     * As {@link #plan(Executable, Arch, List, Abi, FilePath, FileTree)}, for who wants to look at the enforcement too.
     *
     * @param program the program
     * @param arch the machine it is for
     * @param arguments its first arguments, its name foremost
     * @param enforcement what this policy's {@link #enforce(Executable, Arch, Abi, FilePath, FileTree)} gave for the program
     * @return the plan
     */
    public LaunchPlan plan(Executable program, Arch arch, List<byte[]> arguments, Enforcement enforcement) {
        return plan(program, arch, arguments, enforcement, Optional.empty());
    }

    /**
     * As {@link #plan(Executable, Arch, List, Enforcement)}, with somebody who answers for the filters as they would have, and
     * so knows what they refuse.
     *
     * @param program the program
     * @param arch the machine it is for
     * @param arguments its first arguments, its name foremost
     * @param enforcement what this policy's {@link #enforce(Executable, Arch, Abi, FilePath, FileTree)} gave for the program
     * @param supervision how the launcher reaches the supervisor
     * @return the plan
     * @throws IllegalArgumentException if a violation raises a signal that the program may handle: nobody can do that in the
     *     filter's place
     */
    public LaunchPlan supervised(
            Executable program, Arch arch, List<byte[]> arguments, Enforcement enforcement, Supervision supervision) {
        return plan(program, arch, arguments, enforcement, Optional.of(supervision));
    }

    private LaunchPlan plan(
            Executable program,
            Arch arch,
            List<byte[]> arguments,
            Enforcement enforcement,
            Optional<Supervision> supervision) {
        Filter loader = loader(arch, enforcement);
        Filter exact = exact(arch, enforcement);
        if (supervision.isPresent()) {
            loader = Supervised.loader(loader, arch, enforcement);
            exact = Supervised.exact(exact, arch, enforcement);
        }
        List<Step> steps = new ArrayList<>();
        steps.add(new Step.CloseDescriptors(outset.kept()));
        steps.addAll(outset.steps());
        if (enforcement.asksNamesOverTcp(promises)) {
            steps.add(new Step.Environment(true, List.of("RES_OPTIONS=use-vc".getBytes(StandardCharsets.US_ASCII))));
        }
        Confinement confinement = new Confinement(
                image(loader),
                image(exact),
                program.dynamicLinker().map(linker -> linker.toString().getBytes(Executable.NAMES)),
                promises.contains("exec"),
                demand == Demand.EVERYTHING || supervision.isPresent(),
                supervision.isPresent() ? Optional.empty() : watched(),
                enforcement.loader(),
                enforcement.exact(),
                supervision);
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
