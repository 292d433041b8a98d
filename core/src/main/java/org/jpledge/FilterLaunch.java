package org.jpledge;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jpledge.bpf.SeccompData;
import org.jpledge.launch.Confinement;
import org.jpledge.launch.Executable;
import org.jpledge.launch.ExecutableException;
import org.jpledge.launch.LaunchPlan;
import org.jpledge.launch.Launcher;
import org.jpledge.launch.Step;
import org.jpledge.launch.Supervision;
import org.jpledge.linux.KernelException;
import org.jpledge.promise.Lowering;
import org.jpledge.promise.Policy;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Identity;
import org.jpledge.seccomp.Rule;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Errno;
import org.jpledge.syscall.SyscallTable;

/**
 * How a program is started under a filter of the user's own.
 *
 * @param filter from the entry point on
 * @param flags what the kernel gets with it
 */
record FilterLaunch(Filter filter, Set<FilterFlag> flags) {
    private static final Set<FilterFlag> PASSED_ON = Set.of(FilterFlag.LOG, FilterFlag.SPEC_ALLOW);

    /**
     * Before the entry point, nobody is asked: the kernel, or the launcher's helper, says ENOSYS for this. From there on the filter's own
     * answer holds, which must not be less severe: this filter stays, too.
     */
    private static final Action NOBODY = new Action.Trace(Errno.ENOSYS.number(Arch.host()));

    static FilterLaunch of(Filter filter, Set<FilterFlag> flags) {
        Architectures.require(filter);
        return new FilterLaunch(filter, flags);
    }

    /** Whether somebody has to listen. */
    boolean asks() {
        return flags.contains(FilterFlag.NEW_LISTENER) || asks(filter);
    }

    /** Whether a filter asks by notify. */
    static boolean asks(Filter filter) {
        boolean asks = filter.otherwise() instanceof Action.Notify
                || filter.unknown() instanceof Action.Notify
                || filter.foreign() instanceof Action.Notify;
        for (Filter.Section section : filter.sections()) {
            for (Rule rule : section.rules()) {
                asks |= rule.action() instanceof Action.Notify;
            }
        }
        return asks;
    }

    /** Starts it, if nobody has to listen. */
    Process start(ProcessBuilder builder) throws IOException {
        if (asks()) {
            throw new IllegalStateException("the filter asks by notify, and nobody would listen: use startListening()");
        }
        List<String> command = List.copyOf(builder.command());
        if (command.isEmpty()) {
            throw new IllegalArgumentException("no command");
        }
        return StartedLauncher.start(builder, Launcher.of(plan(command, Optional.empty())));
    }

    /** Starts it, with this process as the one that is asked. */
    SupervisedProcess startListening(ProcessBuilder builder) throws IOException {
        Arch arch = Arch.host();
        SeccompData close = SeccompData.of(SyscallTable.of(arch).number("close").orElseThrow(), arch.audit(), 3);
        Action closing = filter.decide(close, new Identity(0, 0, 0));
        if (Action.isRefusal(closing) || closing instanceof Action.Trace) {
            throw new IllegalArgumentException(
                    "the filter refuses close(2), by which a program gives its listener away: allow it, or notify");
        }
        List<String> command = List.copyOf(builder.command());
        if (command.isEmpty()) {
            throw new IllegalArgumentException("no command");
        }
        try {
            Machine.abi();
            return new Hearing(this, closing instanceof Action.Notify).start(command, builder);
        } catch (KernelException e) {
            throw new IOException(command.getFirst() + " cannot be started: " + e.getMessage(), e);
        }
    }

    /** What the launcher is to do. */
    LaunchPlan plan(List<String> command, Optional<Supervision> supervision) throws IOException {
        Arch arch = Arch.host();
        List<byte[]> arguments = new ArrayList<>(command.size());
        for (String argument : command) {
            if (argument.indexOf('\0') >= 0) {
                throw new IllegalArgumentException("an argument has a NUL character");
            }
            arguments.add(argument.getBytes(Executable.NAMES));
        }
        Executable program;
        try {
            String path = System.getenv().getOrDefault("PATH", "/usr/local/bin:/usr/bin:/bin");
            program = Executable.find(command.getFirst(), path, arch);
        } catch (ExecutableException e) {
            throw new IOException(e.getMessage(), e);
        }
        Confinement confinement = new Confinement(
                Policy.image(loader(arch)),
                Policy.image(filter),
                program.dynamicLinker().map(linker -> linker.toString().getBytes(Executable.NAMES)),
                Policy.executes(filter, arch),
                true,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                bits(),
                supervision);
        return new LaunchPlan(
                arch,
                List.of(new Step.CloseDescriptors(new TreeSet<>())),
                confinement,
                program.file().toString().getBytes(Executable.NAMES),
                arguments);
    }

    private int bits() {
        int bits = 0;
        for (FilterFlag flag : flags) {
            bits |= PASSED_ON.contains(flag) ? flag.bit() : 0;
        }
        return bits;
    }

    /** What holds before the entry point: what the launcher and a dynamic linker need, and then the filter. */
    private Filter loader(Arch arch) {
        List<Rule> needed = new ArrayList<>(Lowering.startup(arch));
        if (asks()) {
            // The listener's flag is not among those of programs that promise less. The launcher's helper sees other
            // filters.
            needed.add(new Rule(SyscallTable.of(arch).number("seccomp").orElseThrow(), List.of(), Action.ALLOW));
        }
        List<Filter.Section> sections = new ArrayList<>();
        for (Filter.Section section : filter.sections()) {
            List<Rule> rules = new ArrayList<>();
            if (section.arch() == arch) {
                rules.addAll(needed);
            }
            for (Rule rule : section.rules()) {
                rules.add(new Rule(rule.number(), rule.conditions(), unanswered(rule.action())));
            }
            sections.add(new Filter.Section(section.arch(), rules, section.frequencies()));
        }
        return new Filter(
                sections, unanswered(filter.otherwise()), unanswered(filter.unknown()), unanswered(filter.foreign()));
    }

    private static Action unanswered(Action action) {
        return action instanceof Action.Notify || action instanceof Action.Trace ? NOBODY : action;
    }
}
