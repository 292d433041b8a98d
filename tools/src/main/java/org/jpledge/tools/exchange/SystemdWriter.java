package org.jpledge.tools.exchange;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Condition;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.FilterText;
import org.jpledge.seccomp.Operator;
import org.jpledge.seccomp.Rule;
import org.jpledge.seccomp.Value;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Constants;
import org.jpledge.syscall.Errno;
import org.jpledge.syscall.SyscallTable;

/**
 * Writes a drop-in for a systemd unit. systemd knows calls by name, not their arguments, but for the address family of socket(2):
 * a call that is allowed with some arguments is allowed with all, which is named as a loss.
 */
final class SystemdWriter {
    private static final int WIDTH = 110;

    private final Filter filter;
    private final Arch arch;
    private final Filter.Section section;
    private final Set<String> losses = new LinkedHashSet<>();
    private final List<String> remarks = new ArrayList<>();
    private final StringBuilder out = new StringBuilder(8192);

    /** Whether what is not named is refused. */
    private final boolean allowing;

    /** What happens to calls that are refused and not named for it. */
    private final Action refused;

    private SystemdWriter(Filter filter) {
        this.filter = filter;
        this.section = filter.sections().getFirst();
        this.arch = section.arch();
        this.allowing = !isMade(filter.otherwise());
        this.refused = allowing ? sayable(filter.otherwise(), "all other calls") : Action.KILL_PROCESS;
    }

    /**
     * Writes a drop-in.
     *
     * @param policy what it is to say; of several filters the first
     * @return its text, and what that cannot say
     */
    static Exported write(Exportable policy) {
        List<String> losses = new ArrayList<>();
        SystemdWriter writer = new SystemdWriter(Losses.single(policy, "a unit", losses));
        writer.losses.addAll(losses);
        return writer.written(policy);
    }

    private Exported written(Exportable policy) {
        line("# " + policy.name() + ", made by pledge: a drop-in, such as /etc/systemd/system/UNIT.service.d/"
                + policy.name() + ".conf");
        line("[Service]");
        line("NoNewPrivileges=yes");
        line("SystemCallArchitectures=native");
        for (Filter.Section other : filter.sections()) {
            if (other.arch() != arch) {
                losses.add("all calls of " + other.arch().label() + ": the unit is for " + arch.label());
            }
        }
        if (refused instanceof Action.Errno(int number)) {
            line("SystemCallErrorNumber=" + error(number));
        }
        calls();
        differences();
        new SystemdConfinement(policy.policy(), losses, remarks).lines().forEach(this::line);
        return new Exported(out.toString(), List.copyOf(losses), remarks);
    }

    private void line(String text) {
        out.append(text).append('\n');
    }

    private void differences() {
        String unknown = "numbers that " + arch.label() + " does not know: ";
        if (!filter.unknown().equals(allowing ? refused : Action.ALLOW)) {
            losses.add(unknown + FilterText.of(allowing ? refused : Action.ALLOW, arch) + " instead of "
                    + FilterText.of(filter.unknown(), arch));
        }
        if (!filter.foreign().equals(Action.KILL_THREAD)) {
            losses.add("calls of other architectures: kill-thread instead of " + FilterText.of(filter.foreign(), arch));
        }
    }

    private void calls() {
        Map<String, Action> actions = new LinkedHashMap<>();
        for (CallRules call : CallRules.of(section.rules())) {
            Optional<String> name = SyscallTable.of(arch).name(call.number());
            if (name.isEmpty()) {
                losses.add("number " + call.number() + ": systemd takes calls by name only");
                continue;
            }
            actions.put(name.get(), sayable(loosest(call, name.get()), name.get()));
        }
        Set<String> allowed = new TreeSet<>();
        Set<String> logged = new TreeSet<>();
        Set<String> plain = new TreeSet<>();
        Set<String> particular = new TreeSet<>();
        actions.forEach((name, action) -> {
            switch (action) {
                case Action.Allow _ -> allowed.add(name);
                case Action.Log _ -> {
                    allowed.add(name);
                    logged.add(name);
                }
                case Action.Errno(int number) -> {
                    if (!action.equals(refused)) {
                        particular.add(name + ":" + error(number));
                    }
                }
                default -> {
                    if (!action.equals(refused)) {
                        particular.add(name + ":kill");
                    } else {
                        plain.add(name);
                    }
                }
            }
        });
        if (allowing) {
            allowList(allowed, actions);
        } else if (!plain.isEmpty() || particular.isEmpty()) {
            // A list must be there to be the first, even if nothing is on it.
            wrapped("SystemCallFilter=~", plain);
        }
        wrapped("SystemCallFilter=~", particular);
        wrapped("SystemCallLog=", logged);
    }

    /** What systemd would allow unasked is taken off the list again. */
    private void allowList(Set<String> allowed, Map<String, Action> actions) {
        Set<String> unasked =
                new TreeSet<>(SystemdGroups.calls(SystemdGroups.DEFAULT).orElseThrow());
        unasked.removeAll(allowed);
        unasked.removeIf(name -> SyscallTable.of(arch).number(name).isEmpty());
        if (allowed.isEmpty()) {
            line("SystemCallFilter=" + SystemdGroups.DEFAULT);
        }
        wrapped("SystemCallFilter=", allowed);
        wrapped("SystemCallFilter=~", unasked);
        if (!isMade(actions.getOrDefault("execve", filter.otherwise()))) {
            remarks.add(
                    "execve is refused: systemd installs the filter before it executes the program, which then fails");
        }
    }

    private void wrapped(String key, Set<String> words) {
        StringBuilder line = new StringBuilder();
        for (String word : words) {
            if (line.length() + word.length() + key.length() > WIDTH) {
                line(key + line);
                line.setLength(0);
            }
            line.append(line.isEmpty() ? "" : " ").append(word);
        }
        if (!line.isEmpty()) {
            line(key + line);
        }
    }

    /** What can happen to a call, whatever its arguments: what lets the most through. */
    private Action loosest(CallRules call, String name) {
        Action last = call.isComplete() ? call.rules().getLast().action() : filter.otherwise();
        if (name.equals("socket") && families(call, last)) {
            return Action.ALLOW;
        }
        for (Rule rule : call.rules()) {
            if (!rule.conditions().isEmpty()) {
                String text = FilterText.of(rule, arch);
                if (isMade(rule.action()) && !isMade(last)) {
                    losses.add(text + ": " + name + " is allowed with any arguments");
                    return rule.action();
                }
                losses.add(text + ": " + name + " is " + (isMade(last) ? "allowed" : FilterText.of(last, arch))
                        + " with any arguments");
            }
        }
        return last;
    }

    /** Writes rules that are about the family of a socket alone as such. */
    private boolean families(CallRules call, Action last) {
        OptionalInt refusal = Errno.number(arch, "EAFNOSUPPORT");
        Set<String> names = new TreeSet<>();
        boolean deny = isMade(last);
        boolean supported = switch (arch) {
            case X86_64, AARCH64, ARM, RISCV64 -> true;
            case I386, S390X, PPC64LE -> false;
        };
        for (Rule rule : call.rules()) {
            if (rule.conditions().isEmpty()) {
                continue;
            }
            if (!supported || rule.conditions().size() != 1 || isMade(rule.action()) == deny) {
                return false;
            }
            Condition condition = rule.conditions().getFirst();
            boolean membership = condition.op() == Operator.EQ || condition.op() == Operator.IN;
            boolean whole = condition.mask() == -1L || condition.mask() == 0xffffffffL && !condition.word();
            if (condition.argument() != 0 || !membership || !whole) {
                return false;
            }
            for (Value value : condition.values()) {
                Optional<String> family = family(value);
                if (family.isEmpty()) {
                    return false;
                }
                names.add(family.get());
            }
        }
        if (names.isEmpty()) {
            return false;
        }
        wrapped("RestrictAddressFamilies=" + (deny ? "~" : ""), names);
        for (Rule rule : call.rules()) {
            Action action = isMade(rule.action()) ? last : rule.action();
            boolean same =
                    action instanceof Action.Errno(int number) && refusal.isPresent() && number == refusal.getAsInt();
            if (!isMade(action) && !same) {
                losses.add("socket of another family: errno EAFNOSUPPORT instead of " + FilterText.of(action, arch));
                break;
            }
        }
        return true;
    }

    private Optional<String> family(Value value) {
        if (!(value instanceof Value.Constant(long number))) {
            return Optional.empty();
        }
        for (String name : SystemdFamilies.NAMES) {
            if (Constants.of(arch).value(name).orElse(-1) == number) {
                return Optional.of(name);
            }
        }
        return Optional.empty();
    }

    /** The nearest of what systemd can say. */
    private Action sayable(Action action, String what) {
        return switch (action) {
            case Action.Allow _, Action.Log _, Action.Errno _, Action.KillProcess _ -> action;
            case Action.KillThread _, Action.Trap _, Action.Trace _, Action.Notify _ -> {
                losses.add(what + ": kill instead of " + FilterText.of(action, arch));
                yield Action.KILL_PROCESS;
            }
        };
    }

    private static boolean isMade(Action action) {
        return action instanceof Action.Allow || action instanceof Action.Log;
    }

    private String error(int number) {
        return Errno.name(arch, number).orElse(Integer.toString(number));
    }
}
