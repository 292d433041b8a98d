package org.jpledge.tools.exchange;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Condition;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.FilterText;
import org.jpledge.seccomp.Rule;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Errno;
import org.jpledge.syscall.SyscallTable;

/**
 * Writes minijail's policies. A filter of calls that are allowed, allowed where a condition holds or failed whatever their
 * arguments, and killed otherwise, is written so that {@code minijail0 -S} and {@code compile_seccomp_policy.py} take it alike;
 * any other in the compiler's language, which {@code minijail0 -S} refuses.
 */
final class MinijailWriter {
    /** So many ways of one rule are more than anybody could read. */
    private static final int MOST_WAYS = 512;

    /** A condition that every call meets. */
    private static final String ALWAYS = "arg0 >= 0";

    private final Filter filter;
    private final Set<String> losses = new LinkedHashSet<>();
    private final StringBuilder out = new StringBuilder(8192);

    private MinijailWriter(Filter filter) {
        this.filter = filter;
    }

    /**
     * Writes a policy.
     *
     * @param policy what it is to say; of several filters the first
     * @return its text, and what that cannot say
     */
    static Exported write(Exportable policy) {
        List<String> losses = new ArrayList<>();
        MinijailWriter writer = new MinijailWriter(Losses.single(policy, "a minijail policy", losses));
        Losses.ofPaths(policy, "a minijail policy", losses);
        writer.losses.addAll(losses);
        return writer.write(policy.name());
    }

    private Exported write(String name) {
        Action fallback = isDefault(filter.otherwise()) ? filter.otherwise() : Action.KILL_PROCESS;
        List<Filter.Section> sections = new ArrayList<>();
        boolean wide =
                filter.sections().stream().anyMatch(section -> section.arch().is64Bit());
        for (Filter.Section section : filter.sections()) {
            if (arch(section.arch()).isEmpty()) {
                losses.add("all calls of " + section.arch().label() + ": minijail does not know the architecture");
            } else if (wide && !section.arch().is64Bit()) {
                // The compiler wants every number of the file to fit the one architecture that it compiles for.
                losses.add("all calls of " + section.arch().label()
                        + ": numbers of 64 and of 32 bits do not go into one minijail policy");
            } else {
                sections.add(section);
            }
        }
        boolean simple = sections.size() == 1 && filter.otherwise().equals(Action.KILL_THREAD);
        for (Filter.Section section : sections) {
            simple &= isSimple(CallRules.of(section.rules()));
        }
        out.append("# ")
                .append(name)
                .append(", a minijail policy (")
                .append(simple ? "minijail0 -S, or " : "")
                .append("compile_seccomp_policy.py)\n");
        if (!simple) {
            out.append("@default ").append(word(fallback)).append('\n');
        }
        for (Filter.Section section : sections) {
            boolean tagged = sections.size() > 1;
            List<Rule> rules = new ArrayList<>(WithoutVariables.of(section, losses));
            if (!isDefault(filter.otherwise())) {
                for (int number : SyscallTable.of(section.arch()).byNumber().keySet()) {
                    rules.add(new Rule(number, List.of(), filter.otherwise()));
                }
            }
            for (CallRules call : CallRules.of(rules)) {
                call(section.arch(), call, tagged, simple);
            }
            unknown(section.arch(), fallback);
        }
        if (!filter.foreign().equals(Action.KILL_THREAD)) {
            Arch first = filter.sections().getFirst().arch();
            losses.add(
                    "calls of other architectures: kill-thread instead of " + FilterText.of(filter.foreign(), first));
        }
        return new Exported(out.toString(), List.copyOf(losses));
    }

    private void unknown(Arch arch, Action fallback) {
        if (!filter.unknown().equals(fallback)) {
            losses.add("numbers that " + arch.label() + " does not know: " + FilterText.of(fallback, arch)
                    + " instead of " + FilterText.of(filter.unknown(), arch));
        }
    }

    /** Whether both of minijail's readers understand the rules alike. */
    private static boolean isSimple(List<CallRules> calls) {
        for (CallRules call : calls) {
            for (Rule rule : call.rules()) {
                boolean plain = rule.conditions().isEmpty();
                boolean readAlike = plain
                        ? call.rules().size() == 1
                                && (rule.action() instanceof Action.Allow || rule.action() instanceof Action.Errno)
                        : rule.action() instanceof Action.Allow;
                if (!readAlike) {
                    return false;
                }
            }
        }
        return true;
    }

    private void call(Arch arch, CallRules call, boolean tagged, boolean simple) {
        Optional<String> name = SyscallTable.of(arch).name(call.number());
        if (name.isEmpty() && !simple) {
            losses.add("number " + call.number() + ": minijail's compiler takes calls by name only");
            return;
        }
        List<String> clauses = new ArrayList<>();
        List<String> alternatives = new ArrayList<>();
        for (Rule rule : call.rules()) {
            List<String> ways = ways(rule, arch);
            if (ways.isEmpty()) {
                continue;
            }
            alternatives.addAll(ways);
            String action = action(rule.action(), arch, simple);
            boolean always = rule.conditions().isEmpty() || ways.contains("");
            if (always && rule.action() instanceof Action.Allow && !clauses.isEmpty()) {
                // The compiler passes over all conditions of a call that ends in "allow".
                clauses.add(ALWAYS);
            } else if (always) {
                clauses.add(action);
            } else {
                clauses.add(String.join(" || ", ways) + (rule.action() instanceof Action.Allow ? "" : "; " + action));
            }
            if (always) {
                break;
            }
        }
        if (clauses.isEmpty()) {
            return;
        }
        for (Rule rule : call.rules()) {
            if (!rule.conditions().isEmpty()) {
                out.append("# ").append(FilterText.of(rule, arch)).append('\n');
            }
        }
        out.append(name.orElse(Integer.toString(call.number())));
        if (tagged) {
            out.append("[arch=").append(arch(arch).orElseThrow()).append(']');
        }
        out.append(": ");
        if (clauses.size() == 1) {
            out.append(clauses.getFirst());
        } else if (simple) {
            out.append(String.join(" || ", alternatives));
        } else {
            out.append("{ ").append(String.join(", \\\n    ", clauses)).append(" }");
        }
        out.append('\n');
    }

    /** The ways in which a rule holds; an empty one if it always does. */
    private List<String> ways(Rule rule, Arch arch) {
        List<List<String>> all = List.of(List.of());
        for (Condition condition : rule.conditions()) {
            List<List<String>> next = new ArrayList<>();
            List<List<String>> further = MinijailCondition.ways(condition, arch);
            if ((long) all.size() * further.size() > MOST_WAYS) {
                boolean open = WithoutVariables.isPermissive(rule.action());
                losses.add(FilterText.of(rule, arch) + ": too long to be said in minijail's words, so "
                        + (open ? "this is not allowed" : "this holds for any arguments"));
                return open ? List.of() : List.of("");
            }
            for (List<String> way : all) {
                for (List<String> more : further) {
                    Set<String> together = new LinkedHashSet<>(way);
                    together.addAll(more);
                    next.add(List.copyOf(together));
                }
            }
            all = next;
        }
        return all.stream().map(way -> String.join(" && ", way)).collect(Collectors.toCollection(ArrayList::new));
    }

    private String action(Action action, Arch arch, boolean simple) {
        return switch (action) {
            case Action.Allow _ -> simple ? "1" : "allow";
            case Action.Errno(int number) ->
                "return " + Errno.name(arch, number).orElse(Integer.toString(number));
            case Action.Trap(int data) -> {
                lost(data, "trap");
                yield "trap";
            }
            case Action.Trace(int data) -> {
                lost(data, "trace");
                yield "trace";
            }
            case Action.Log _ -> "log";
            case Action.KillProcess _, Action.KillThread _, Action.Notify _ -> word(action);
        };
    }

    private void lost(int data, String action) {
        if (data != 0) {
            losses.add(action + " " + data + ": minijail's " + action + " has no number");
        }
    }

    private static boolean isDefault(Action action) {
        return switch (action) {
            case Action.KillProcess _, Action.KillThread _, Action.Notify _ -> true;
            case Action.Trap(int data) -> data == 0;
            case Action.Allow _, Action.Errno _, Action.Log _, Action.Trace _ -> false;
        };
    }

    private static String word(Action action) {
        return switch (action) {
            case Action.KillProcess _ -> "kill-process";
            case Action.KillThread _ -> "kill-thread";
            case Action.Notify _ -> "user-notify";
            case Action.Trap _ -> "trap";
            case Action.Allow _, Action.Errno _, Action.Log _, Action.Trace _ ->
                throw new IllegalArgumentException("no default of minijail's: " + action);
        };
    }

    private static Optional<String> arch(Arch arch) {
        return switch (arch) {
            case X86_64 -> Optional.of("x86_64");
            case I386 -> Optional.of("x86");
            case AARCH64 -> Optional.of("arm64");
            case ARM -> Optional.of("arm");
            case RISCV64 -> Optional.of("riscv64");
            case PPC64LE, S390X -> Optional.empty();
        };
    }
}
