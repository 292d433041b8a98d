package org.jpledge.promise;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jpledge.bpf.SeccompData;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Condition;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Identity;
import org.jpledge.seccomp.Rule;
import org.jpledge.seccomp.Value;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;

/**
 * The calls at which the promise table's rules change their mind: for every rule one call that meets it, and that call with
 * each argument in turn set to every value that some rule compares it with, and to the neighbours of these values.
 */
final class BoundaryCalls {
    static final Identity SELF = new Identity(4242, 1000, 1000);

    private final Arch arch;

    /** By number, so that a filter's rules for it are picked out once. */
    private final Map<Integer, List<SeccompData>> calls = new TreeMap<>();

    /** Most promises have the same rules about a number: which of its calls get an action is then known. */
    private final Map<Asked, BitSet> answers = new HashMap<>();

    private record Asked(List<Rule> rules, Action otherwise, Class<? extends Action> kind) {}

    BoundaryCalls(Arch arch) {
        this.arch = arch;
        Map<Integer, List<Rule>> rules = new TreeMap<>();
        for (int i = 0; i < PromiseTable.standard().sections().size(); i++) {
            for (Rule rule : LoweredTable.of(arch).rules(i)) {
                rules.computeIfAbsent(rule.number(), number -> new ArrayList<>())
                        .add(rule);
            }
        }
        for (int number : SyscallTable.of(arch).byNumber().keySet()) {
            calls.put(number, calls(number, rules.getOrDefault(number, List.of())));
        }
    }

    private List<SeccompData> calls(int number, List<Rule> rules) {
        List<Set<Long>> candidates = new ArrayList<>();
        for (int argument = 0; argument < SeccompData.ARGUMENTS; argument++) {
            candidates.add(new LinkedHashSet<>(List.of(0L)));
        }
        for (Rule rule : rules) {
            for (Condition condition : rule.conditions()) {
                boundaries(condition, candidates.get(condition.argument()));
            }
        }
        Set<SeccompData> found = new LinkedHashSet<>();
        for (Rule rule : rules) {
            long[] arguments = witness(rule, candidates);
            for (int argument = 0; argument < SeccompData.ARGUMENTS; argument++) {
                for (long value : candidates.get(argument)) {
                    long[] changed = arguments.clone();
                    changed[argument] = value;
                    found.add(SeccompData.of(number, arch.audit(), changed));
                }
            }
        }
        found.add(SeccompData.of(number, arch.audit()));
        return List.copyOf(found);
    }

    private void boundaries(Condition condition, Set<Long> into) {
        for (Value value : condition.values()) {
            long number = value.in(SELF);
            into.add(number);
            into.add(number - 1);
            into.add(number + 1);
            into.add(number | ~condition.mask());
            if (arch.is64Bit()) {
                into.add(number ^ 1L << 32);
            }
        }
    }

    /** Arguments that meet all conditions of a rule, chosen from the candidates. */
    private static long[] witness(Rule rule, List<Set<Long>> candidates) {
        long[] arguments = new long[SeccompData.ARGUMENTS];
        for (int argument = 0; argument < arguments.length; argument++) {
            for (long candidate : candidates.get(argument)) {
                boolean meets = true;
                for (Condition condition : rule.conditions()) {
                    meets &= condition.argument() != argument || condition.holds(candidate, SELF);
                }
                if (meets) {
                    arguments[argument] = candidate;
                    break;
                }
            }
        }
        return arguments;
    }

    List<SeccompData> all() {
        return calls.values().stream().flatMap(List::stream).toList();
    }

    /** Decides a call by a filter's own rules. */
    static Action decide(Filter filter, SeccompData call) {
        return decide(filter.sections().getFirst().rules(), call, filter.otherwise());
    }

    int count() {
        return calls.values().stream().mapToInt(List::size).sum();
    }

    SeccompData call(int index) {
        int left = index;
        for (List<SeccompData> some : calls.values()) {
            if (left < some.size()) {
                return some.get(left);
            }
            left -= some.size();
        }
        throw new IndexOutOfBoundsException(index);
    }

    /** Which of the calls a filter gives an action of some kind. */
    BitSet decidedAs(Filter filter, Class<? extends Action> kind) {
        Map<Integer, List<Rule>> rules = new TreeMap<>();
        for (Rule rule : filter.sections().getFirst().rules()) {
            rules.computeIfAbsent(rule.number(), number -> new ArrayList<>()).add(rule);
        }
        BitSet decided = new BitSet();
        int index = 0;
        for (Map.Entry<Integer, List<SeccompData>> entry : calls.entrySet()) {
            List<Rule> own = rules.getOrDefault(entry.getKey(), List.of());
            boolean whole = own.isEmpty() || own.getFirst().conditions().isEmpty();
            if (whole) {
                Action action =
                        own.isEmpty() ? filter.otherwise() : own.getFirst().action();
                decided.set(index, index + entry.getValue().size(), kind.isInstance(action));
                index += entry.getValue().size();
            } else {
                BitSet some = answers.computeIfAbsent(
                        new Asked(own, filter.otherwise(), kind), asked -> decidedAs(asked, entry.getValue()));
                for (int i = some.nextSetBit(0); i >= 0; i = some.nextSetBit(i + 1)) {
                    decided.set(index + i);
                }
                index += entry.getValue().size();
            }
        }
        return decided;
    }

    private static BitSet decidedAs(Asked asked, List<SeccompData> calls) {
        BitSet decided = new BitSet();
        for (int i = 0; i < calls.size(); i++) {
            decided.set(i, asked.kind().isInstance(decide(asked.rules(), calls.get(i), asked.otherwise())));
        }
        return decided;
    }

    /** What {@link Filter#decide} does, for a number that is known, among the rules for it. */
    private static Action decide(List<Rule> rules, SeccompData call, Action otherwise) {
        for (Rule rule : rules) {
            if (rule.matches(call, SELF)) {
                return rule.action();
            }
        }
        return otherwise;
    }

    BitSet allowed(Filter filter) {
        return decidedAs(filter, Action.Allow.class);
    }

    /** Which of the calls some rule of the never section speaks about. */
    BitSet never() {
        List<Rule> rules = new ArrayList<>();
        for (int i = 0; i < PromiseTable.standard().sections().size(); i++) {
            if (PromiseTable.standard().sections().get(i).kind() == Section.Kind.NEVER) {
                rules.addAll(LoweredTable.of(arch).rules(i));
            }
        }
        return allowed(Filter.of(arch, rules, Action.KILL_PROCESS, Action.KILL_PROCESS, Action.KILL_PROCESS));
    }
}
