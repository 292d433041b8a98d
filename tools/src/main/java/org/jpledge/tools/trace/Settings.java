package org.jpledge.tools.trace;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Rule;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;

/**
 * How to trace.
 *
 * @param stopping a filter whose answer {@link Action.Trace} names the calls that are told about; a program that is started
 *     gets it as a seccomp filter, and loses no time with other calls. Where the kernel has no filters, or a process is
 *     attached to, all calls are told about: whoever wants only some has to choose again. Empty: all calls
 * @param early whether it is to be known which calls come before a program's entry point; costs a breakpoint for each
 *     execve(2)
 * @param forwarding whether signals that are sent to this process meanwhile are the program's, but those of the terminal,
 *     which reach it anyway; when attached, SIGINT, SIGTERM and SIGHUP end the tracing
 */
public record Settings(Optional<Filter> stopping, boolean early, boolean forwarding) {
    /** Every call, with {@code early}, and forwarded signals. */
    public static final Settings ALL = new Settings(Optional.empty(), true, true);

    /**
     * The same, but only some calls are told about. Calls of another architecture, of which names say nothing, are told
     * about too.
     *
     * @param names of system calls; those that this machine does not have are passed over
     * @return the settings
     */
    public Settings only(Collection<String> names) {
        Arch arch = Arch.host();
        List<Rule> rules = new ArrayList<>();
        for (String name : names) {
            SyscallTable.of(arch)
                    .number(name)
                    .ifPresent(number -> rules.add(new Rule(number, List.of(), new Action.Trace(0))));
        }
        Filter filter = Filter.of(arch, rules, Action.ALLOW, new Action.Trace(0), new Action.Trace(0));
        return new Settings(Optional.of(filter), early, forwarding);
    }

    /**
     * The same without forwarded signals: for use within another program.
     *
     * @return the settings
     */
    public Settings quiet() {
        return new Settings(stopping, early, false);
    }
}
