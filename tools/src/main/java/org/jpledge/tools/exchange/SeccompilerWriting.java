package org.jpledge.tools.exchange;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Condition;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.FilterText;
import org.jpledge.seccomp.Operator;
import org.jpledge.seccomp.Value;
import org.jpledge.syscall.Arch;
import org.jpledge.tools.text.Json;

/** Writes filters for seccompiler and Firecracker: each has one action for all its rules and one for the rest. */
final class SeccompilerWriting {
    private static final long LOW = 0xffffffffL;

    private SeccompilerWriting() {}

    /** All filters of a policy. */
    static Exported write(Exportable policy) {
        List<String> losses = new ArrayList<>();
        List<String> remarks = new ArrayList<>();
        Losses.ofPaths(policy, "a seccompiler filter", losses);
        Json.Members threads = new Json.Members();
        policy.filters().forEach((name, filter) -> {
            List<String> lost = new ArrayList<>();
            threads.with(name, filter(filter, lost, remarks));
            lost.forEach(line -> losses.add(policy.filters().size() > 1 ? name + ": " + line : line));
        });
        return new Exported(
                Json.pretty(threads), losses, remarks.stream().distinct().toList());
    }

    private static Json.Members filter(Filter filter, List<String> losses, List<String> remarks) {
        Filter.Section section = filter.sections().getFirst();
        Arch arch = section.arch();
        for (Filter.Section other :
                filter.sections().subList(1, filter.sections().size())) {
            losses.add(
                    "the rules of " + other.arch().label() + ": a file is for one architecture, here " + arch.label());
        }
        List<Unordered.Named> rules = Unordered.of(filter, section, SeccompilerWriting::isSayable, true, losses);
        Action match = mostCommon(rules, filter.otherwise());
        Json.Members members = new Json.Members();
        members.with("mismatch_action", action(filter.otherwise(), losses));
        members.with("match_action", action(match, losses));
        List<Json.Value> written = new ArrayList<>();
        for (Unordered.Named rule : rules) {
            if (!rule.action().equals(match)) {
                losses.add(rule.call() + " -> " + FilterText.of(rule.action(), arch)
                        + ": a filter has one action for its rules; it gets "
                        + FilterText.of(filter.otherwise(), arch));
            } else if (Vocabulary.SECCOMPILER.has(rule.call(), arch)) {
                written.add(rule(rule));
            } else {
                String lost = rule.call() + ": seccompiler has no name for it; it gets "
                        + FilterText.of(filter.otherwise(), arch);
                if (!losses.contains(lost)) {
                    losses.add(lost);
                }
            }
        }
        if (!filter.unknown().equals(filter.otherwise())) {
            losses.add("numbers that no kernel knows yet get " + FilterText.of(filter.otherwise(), arch) + ", not "
                    + FilterText.of(filter.unknown(), arch));
        }
        if (!filter.foreign().equals(Seccompiler.FOREIGN)) {
            remarks.add("a call of another architecture kills the process: seccompiler has no other action for it");
        }
        return members.with("filter", new Json.Items(written));
    }

    /** The action that most rules have. */
    private static Action mostCommon(List<Unordered.Named> rules, Action otherwise) {
        Map<Action, Integer> counts = new HashMap<>();
        Action most = otherwise.equals(Action.ALLOW) ? Action.KILL_PROCESS : Action.ALLOW;
        for (Unordered.Named rule : rules) {
            int count = counts.merge(rule.action(), 1, Integer::sum);
            if (count > counts.getOrDefault(most, 0)) {
                most = rule.action();
            }
        }
        return most;
    }

    private static Json.Value action(Action action, List<String> losses) {
        return switch (action) {
            case Action.Allow _ -> new Json.Text("allow");
            case Action.Errno(int number) -> new Json.Members().with("errno", new Json.Whole(number));
            case Action.KillProcess _ -> new Json.Text("kill_process");
            case Action.KillThread _ -> new Json.Text("kill_thread");
            case Action.Trap(int data) -> {
                if (data != 0) {
                    losses.add("trap " + data + ": seccompiler's trap has no number");
                }
                yield new Json.Text("trap");
            }
            case Action.Trace(int data) -> new Json.Members().with("trace", new Json.Whole(data));
            case Action.Log _ -> new Json.Text("log");
            case Action.Notify _ -> {
                losses.add("notify: seccompiler knows no supervisor; such calls end the process");
                yield new Json.Text("kill_process");
            }
        };
    }

    /** Under a mask there is one comparison. */
    private static boolean isSayable(Condition condition) {
        long value = ((Value.Constant) condition.values().getFirst()).number();
        return condition.mask() == (condition.word() ? -1 : LOW)
                || condition.op() == Operator.EQ && (value & ~condition.mask()) == 0;
    }

    private static Json.Members rule(Unordered.Named rule) {
        Json.Members members = new Json.Members().with("syscall", rule.call());
        if (rule.conditions().isEmpty()) {
            return members;
        }
        List<Json.Value> args = new ArrayList<>();
        for (Condition condition : rule.conditions()) {
            boolean masked = condition.mask() != (condition.word() ? -1 : LOW);
            args.add(new Json.Members()
                    .with("index", new Json.Whole(condition.argument()))
                    .with("type", condition.word() ? "qword" : "dword")
                    .with(
                            "op",
                            masked
                                    ? new Json.Members().with("masked_eq", new Json.Bits(condition.mask()))
                                    : new Json.Text(condition.op().name().toLowerCase(Locale.ROOT)))
                    .with(
                            "val",
                            new Json.Bits(((Value.Constant) condition.values().getFirst()).number())));
        }
        return members.with("args", new Json.Items(args));
    }
}
