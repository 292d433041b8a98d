package org.jpledge.promise;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jpledge.bpf.SeccompData;
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
import org.jpledge.seccomp.Identity;
import org.jpledge.seccomp.Patch;
import org.jpledge.seccomp.Rule;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;
import org.jpledge.unveil.FileTree;
import org.jpledge.unveil.Listing;
import org.jpledge.unveil.Unveil;
import org.jspecify.annotations.Nullable;

/**
 * What a program may do, and how it is started. Immutable.
 *
 * @param promises what it may do
 * @param violation what happens when it does something else
 * @param demand how much of this a kernel must be able to enforce
 * @param view the files that it sees
 * @param ports the ports that it may use
 * @param outset how it is started
 * @param amendments what is said of system calls beside the promises, or in their place
 */
public record Policy(
        Promises promises,
        Action violation,
        Demand demand,
        View view,
        Ports ports,
        Outset outset,
        Amendments amendments) {
    private static final Action EPERM = new Action.Errno(1);

    /**
     * The policy with nothing but promises: a violation is refused with EPERM.
     *
     * @param promises what the program may do
     * @return the policy
     */
    public static Policy of(Promises promises) {
        return new Policy(promises, EPERM, Demand.WHAT_WAS_ASKED, View.WHOLE, Ports.ANY, Outset.NONE, Amendments.NONE);
    }

    /**
     * The policy without promises: a filter alone. A denied call is refused with EPERM.
     *
     * @param filter what the program is held to; before its entry point it has besides what a dynamic linker needs
     * @return the policy
     */
    public static Policy of(NamedFilter filter) {
        Amendments alone = new Amendments(List.of(), List.of(filter), false);
        return new Policy(Promises.NONE, EPERM, Demand.WHAT_WAS_ASKED, View.WHOLE, Ports.ANY, Outset.NONE, alone);
    }

    /**
     * Changes the promises.
     *
     * @param others what the program may do
     * @return the changed policy
     */
    public Policy promising(Promises others) {
        return new Policy(others, violation, demand, view, ports, outset, amendments);
    }

    /**
     * Changes what a violation means.
     *
     * @param action what happens to a call that is not promised
     * @return the changed policy
     */
    public Policy onViolation(Action action) {
        return new Policy(promises, action, demand, view, ports, outset, amendments);
    }

    /**
     * Changes how much a kernel must be able to enforce.
     *
     * @param demands {@link Demand#WHAT_WAS_ASKED} if this method is not called
     * @return the changed policy
     */
    public Policy demanding(Demand demands) {
        return new Policy(promises, violation, demands, view, ports, outset, amendments);
    }

    /**
     * Lets the program have a descriptor of the launcher's.
     *
     * @param descriptor from 3 up; 0, 1 and 2 are kept anyway
     * @return the changed policy
     */
    public Policy keeping(int descriptor) {
        return new Policy(promises, violation, demand, view, ports, outset.keeping(descriptor), amendments);
    }

    /**
     * Adds something to do before the program is started.
     *
     * @param step what
     * @return the changed policy
     */
    public Policy preparing(Step step) {
        return new Policy(promises, violation, demand, view, ports, outset.then(step), amendments);
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
        return new Policy(promises, violation, demand, other, ports, outset, amendments);
    }

    /**
     * Adds a port of others that the program may connect and send to. All ports that are not named are refused.
     *
     * @param port from 1 to 65535
     * @return the changed policy
     * @throws IllegalArgumentException if it is no port
     */
    public Policy connecting(int port) {
        return new Policy(promises, violation, demand, view, ports.connecting(port), outset, amendments);
    }

    /**
     * Adds a port of its own that the program may use. All ports that are not named are refused.
     *
     * @param port from 0 to 65535; 0 is any that the kernel picks
     * @return the changed policy
     * @throws IllegalArgumentException if it is no port
     */
    public Policy binding(int port) {
        return new Policy(promises, violation, demand, view, ports.binding(port), outset, amendments);
    }

    /**
     * Adds a rule of the user's own: it stands before the promises and filters, and after those that were added before. It is
     * about system calls alone; what Landlock refuses stays refused.
     *
     * @param rule the rule
     * @return the changed policy
     */
    public Policy amending(Amendment rule) {
        return amended(amendments.with(rule));
    }

    /**
     * Adds a filter. A call that none of the user's own rules is about is answered by the most severe of promises and filters.
     *
     * @param filter the filter
     * @return the changed policy
     */
    public Policy filtering(NamedFilter filter) {
        return amended(amendments.with(filter));
    }

    /**
     * Whether promises hold.
     *
     * @return false where a filter holds in their place
     */
    public boolean isPromised() {
        return amendments.promised();
    }

    private Policy amended(Amendments others) {
        return new Policy(promises, violation, demand, view, ports, outset, others);
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
     * @return what the policy allows, and nothing else
     * @throws org.jpledge.seccomp.RuleSyntaxException if a rule of the user's own is none on an architecture of the filter
     * @throws IllegalArgumentException if a filter says nothing of the architecture
     */
    public Filter exact(Arch arch, Enforcement enforcement) {
        if (amendments.isNothing()) {
            return Lowering.exact(promises, arch, violation, enforcement.circumstances());
        }
        return amendments.applied(promised(arch, enforcement), arch, violation, List.of());
    }

    private @Nullable Filter promised(Arch arch, Enforcement enforcement) {
        return promised(arch, violation, enforcement.circumstances());
    }

    private @Nullable Filter promised(Arch arch, Action refusal, Set<Circumstance> circumstances) {
        if (amendments.promised()) {
            return Lowering.exact(promises, arch, refusal, circumstances);
        }
        // What goes round lists of ports is closed as promises close it.
        return ports.isRestricted() ? Lowering.exact(Promises.every(), arch, refusal, circumstances) : null;
    }

    /**
     * The filter of a JVM that holds itself to this policy.
     *
     * @param arch the architecture
     * @param refusal what happens on a violation
     * @param circumstances what holds beside the promises
     * @param jvm what the JVM needs, which no rule or filter of the user's takes away
     * @return the filter
     * @throws org.jpledge.seccomp.RuleSyntaxException if a rule of the user's own is none on an architecture of the filter
     * @throws IllegalArgumentException if a filter says nothing of the architecture
     */
    public Filter jvm(Arch arch, Action refusal, Set<Circumstance> circumstances, JvmTable jvm) {
        if (amendments.isNothing()) {
            return Lowering.jvm(promises, arch, refusal, circumstances, jvm);
        }
        List<Rule> needs = new ArrayList<>(128);
        for (List<Rule> section : Lowering.needs(promises, arch, circumstances, jvm)) {
            Lowering.addAllowed(section, needs);
        }
        // A thread that cannot end tries for ever.
        Lowering.addAllowed(Section.Kind.ALWAYS, arch, needs);
        // A thread is started by clone3(2), and by clone(2) if there is no such call.
        OptionalInt clone3 = SyscallTable.of(arch).number("clone3");
        if (clone3.isPresent()) {
            needs.add(
                    new Rule(clone3.getAsInt(), List.of(), LoweredTable.of(arch).enosys()));
        }
        @Nullable
        Filter promised = amendments.promised()
                ? Lowering.jvm(promises, arch, refusal, circumstances, jvm)
                : promised(arch, refusal, circumstances);
        return Lowering.withoutSignals(amendments.applied(promised, arch, refusal, needs), arch);
    }

    /**
     * The filter until the program's entry point.
     *
     * @param arch the architecture
     * @param enforcement what goes with it
     * @return what the policy allows, and what a dynamic linker needs, which no rule or filter of the user's takes away
     */
    public Filter loader(Arch arch, Enforcement enforcement) {
        if (amendments.isNothing()) {
            return Lowering.loader(promises, arch, violation, enforcement.circumstances());
        }
        return amendments.applied(promised(arch, enforcement), arch, violation, Lowering.startup(arch));
    }

    /**
     * What somebody who answers in the filters' place cannot do: raise a signal that the program may handle, end one thread, or
     * let a call seem to succeed.
     *
     * @param arch the architecture
     * @param enforcement what goes with it
     * @return such an action of the policy; empty if it can be {@link #supervised}
     */
    public Optional<Action> unanswerable(Arch arch, Enforcement enforcement) {
        Filter filter = exact(arch, enforcement);
        if (!Supervised.isAnswerable(filter.otherwise())) {
            return Optional.of(filter.otherwise());
        }
        for (Filter.Section section : filter.sections()) {
            for (Rule rule : section.rules()) {
                if (!Supervised.isAnswerable(rule.action())) {
                    return Optional.of(rule.action());
                }
            }
        }
        return Optional.empty();
    }

    /**
     * Whether a rule of the user's own speaks of a call.
     *
     * @param number the call
     * @param arch the architecture of the number
     * @return false where nothing but promises and filters do
     */
    public boolean isAmended(int number, Arch arch) {
        List<Rule> rules = amendments.rules(arch, violation);
        for (int i = 0; i < rules.size(); i++) {
            if (rules.get(i).number() == number) {
                return true;
            }
        }
        return false;
    }

    /**
     * Who beside the promises refuses a call.
     *
     * @param call a call that the policy refuses
     * @param self the process that makes it
     * @param arch the architecture
     * @param circumstances what holds beside the promises
     * @return the rule or filter that does; empty if it is the want of a promise
     */
    public Optional<Ruling> refusal(SeccompData call, Identity self, Arch arch, Set<Circumstance> circumstances) {
        Optional<Amendment> decisive = amendments.decisive(call, self, arch);
        if (decisive.isPresent()) {
            Amendment rule = decisive.get();
            return Optional.of(new Ruling(rule.kind().option().substring(2), rule.text()));
        }
        if (amendments.filters().isEmpty()) {
            return Optional.empty();
        }
        @Nullable Filter promised = promised(arch, violation, circumstances);
        if (promised != null && !(promised.decide(call, self) instanceof Action.Allow)) {
            return Optional.empty();
        }
        return amendments.refusing(call, self).map(filter -> new Ruling("filter", filter.name()));
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
            Set<Rule> told = told(arch, List.of(loader, exact));
            loader = Supervised.loader(loader, arch, enforcement, told);
            exact = Supervised.exact(exact, arch, enforcement, told);
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
                amendments.isNothing() ? promises.contains("exec") : executes(exact, arch),
                demand == Demand.EVERYTHING || supervision.isPresent(),
                supervision.isPresent() ? Optional.empty() : watched(exact),
                enforcement.loader(),
                enforcement.exact(),
                supervision);
        return new LaunchPlan(
                arch, steps, confinement, program.file().toString().getBytes(Executable.NAMES), arguments);
    }

    /**
     * Whether a filter lets some program be executed.
     *
     * @param filter the filter
     * @param arch the architecture on which it is
     * @return false if every execve and execveat is refused
     */
    public static boolean executes(Filter filter, Arch arch) {
        for (Filter.Section section : filter.sections()) {
            if (section.arch() == arch
                    && (executes(filter, section, "execve") || executes(filter, section, "execveat"))) {
                return true;
            }
        }
        return false;
    }

    private static boolean executes(Filter filter, Filter.Section section, String call) {
        int number = SyscallTable.of(section.arch()).number(call).orElseThrow();
        for (Rule rule : section.rules()) {
            if (rule.number() == number) {
                if (!Action.isRefusal(rule.action())) {
                    return true;
                }
                if (rule.conditions().isEmpty()) {
                    return false;
                }
            }
        }
        return !Action.isRefusal(filter.otherwise());
    }

    /**
     * The rules whose refusals a supervisor is asked about: the user's own, and those of filters; not what a library tries at
     * every start and takes no for an answer.
     */
    Set<Rule> told(Arch arch, List<Filter> filters) {
        Set<Rule> told = new HashSet<>(amendments.rules(arch, violation));
        if (!amendments.filters().isEmpty()) {
            int enosys = LoweredTable.of(arch).enosys().encoded();
            for (Filter filter : filters) {
                for (Filter.Section section : filter.sections()) {
                    for (Rule rule : section.rules()) {
                        if (rule.action().encoded() != enosys) {
                            told.add(rule);
                        }
                    }
                }
            }
        }
        return told;
    }

    /** What is said of a program that dies of SIGSYS, for filters that kill. */
    private Optional<String> watched(Filter exact) {
        if (amendments.isNothing()) {
            return isDeadly(violation)
                    ? Optional.of("killed by SIGSYS: it made a system call outside its promises \"" + promises + "\"")
                    : Optional.empty();
        }
        boolean deadly = isDeadly(exact.otherwise());
        for (Filter.Section section : exact.sections()) {
            for (Rule rule : section.rules()) {
                deadly |= isDeadly(rule.action());
            }
        }
        if (!deadly) {
            return Optional.empty();
        }
        String rules =
                amendments.promised() ? "its promises \"" + promises + "\" and the rules beside them" : "its filter";
        return Optional.of("killed by SIGSYS: it made a system call outside " + rules);
    }

    private static boolean isDeadly(Action action) {
        return switch (action) {
            case Action.KillProcess _, Action.KillThread _, Action.Trap _ -> true;
            default -> false;
        };
    }

    /**
     * Compiles a filter for a launcher.
     *
     * @param filter the filter
     * @return the program, and where the process's own numbers come in
     */
    public static FilterImage image(Filter filter) {
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
