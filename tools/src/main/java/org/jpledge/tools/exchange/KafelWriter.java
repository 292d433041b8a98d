package org.jpledge.tools.exchange;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Condition;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.FilterText;
import org.jpledge.seccomp.Operator;
import org.jpledge.seccomp.Rule;
import org.jpledge.seccomp.Value;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Signature;
import org.jpledge.syscall.SyscallTable;

/**
 * Writes kafel's policies. Arguments are declared, so that their names are ours and kafel takes them for whole registers; where
 * only the low word counts, that is said by a mask.
 */
final class KafelWriter {
    /** A set of more values is said in several rules: kafel's conditions nest 200 deep at the most. */
    private static final int MOST_VALUES = 64;

    private final Filter filter;
    private final Set<String> losses = new LinkedHashSet<>();
    private final StringBuilder out = new StringBuilder(8192);

    private KafelWriter(Filter filter) {
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
        KafelWriter writer = new KafelWriter(Losses.single(policy, "a kafel policy", losses));
        Losses.ofPaths(policy, "a kafel policy", losses);
        writer.losses.addAll(losses);
        return writer.write(identifier(policy.name()));
    }

    private static String identifier(String name) {
        StringBuilder word = new StringBuilder(name.replaceAll("[^A-Za-z0-9_]", "_"));
        if (word.isEmpty() || !Character.isLetter(word.charAt(0))) {
            word.insert(0, "policy_");
        }
        return word.toString();
    }

    private Exported write(String name) {
        List<String> blocks = new ArrayList<>();
        for (Filter.Section section : filter.sections()) {
            Arch arch = section.arch();
            if (guard(arch).isEmpty()) {
                losses.add("all calls of " + arch.label() + ": kafel does not know the architecture");
                continue;
            }
            blocks(section, blocks);
            if (!filter.unknown().equals(filter.otherwise())) {
                losses.add("numbers that " + arch.label() + " does not know: "
                        + FilterText.of(filter.otherwise(), arch) + " instead of "
                        + FilterText.of(filter.unknown(), arch));
            }
        }
        out.append("POLICY ").append(name).append(" {\n");
        out.append(String.join(",\n", blocks))
                .append(blocks.isEmpty() ? "" : "\n")
                .append("}\n");
        out.append("USE ")
                .append(name)
                .append(" DEFAULT ")
                .append(word(filter.otherwise()))
                .append('\n');
        if (!filter.foreign().equals(Action.KILL_THREAD)) {
            Arch first = filter.sections().getFirst().arch();
            losses.add(
                    "calls of other architectures: kill-thread instead of " + FilterText.of(filter.foreign(), first));
        }
        return new Exported(out.toString(), List.copyOf(losses));
    }

    /** Rules with one action that follow each other are a block. */
    private void blocks(Filter.Section section, List<String> blocks) {
        List<String> calls = new ArrayList<>();
        Action action = filter.otherwise();
        for (CallRules all : CallRules.of(WithoutVariables.of(section, losses))) {
            for (Rule rule : all.rules()) {
                if (!rule.action().equals(action) && !calls.isEmpty()) {
                    blocks.add(block(action, calls));
                    calls.clear();
                }
                action = rule.action();
                calls.addAll(calls(rule, section.arch()));
            }
        }
        if (!calls.isEmpty()) {
            blocks.add(block(action, calls));
        }
    }

    private static String block(Action action, List<String> calls) {
        return "  " + word(action) + " {\n    " + String.join(",\n    ", calls) + "\n  }";
    }

    /** The rules of kafel's that a rule of ours is. */
    private List<String> calls(Rule rule, Arch arch) {
        for (int i = 0; i < rule.conditions().size(); i++) {
            Condition condition = rule.conditions().get(i);
            List<Value> values = condition.values();
            if (values.size() > MOST_VALUES) {
                List<String> calls = new ArrayList<>();
                for (int from = 0; from < values.size(); from += MOST_VALUES) {
                    List<Condition> part = new ArrayList<>(rule.conditions());
                    part.set(
                            i,
                            new Condition(
                                    condition.argument(),
                                    condition.word(),
                                    condition.mask(),
                                    Operator.IN,
                                    values.subList(from, Math.min(values.size(), from + MOST_VALUES))));
                    calls.addAll(calls(new Rule(rule.number(), part, rule.action()), arch));
                }
                return calls;
            }
        }
        return List.of(call(rule, arch));
    }

    private String call(Rule rule, Arch arch) {
        Optional<String> name = SyscallTable.of(arch).name(rule.number());
        StringBuilder call = new StringBuilder(name.filter(known -> Vocabulary.KAFEL.has(known, arch))
                .map(known -> KafelCalls.kafelName(known, arch))
                .orElse("SYSCALL[" + rule.number() + "]"));
        List<String> arguments = arguments(rule, name, arch);
        if (!arguments.isEmpty()) {
            call.append('(').append(String.join(", ", arguments)).append(')');
        }
        if (filter.sections().size() > 1) {
            call.append(" ON ").append(guard(arch).orElseThrow());
        }
        for (int i = 0; i < rule.conditions().size(); i++) {
            call.append(i == 0 ? " { " : " && ").append(text(rule.conditions().get(i), arguments));
        }
        return call.append(rule.conditions().isEmpty() ? "" : " }").toString();
    }

    /** Names for the arguments up to the last that counts. */
    private static List<String> arguments(Rule rule, Optional<String> name, Arch arch) {
        int count =
                rule.conditions().stream().mapToInt(Condition::argument).max().orElse(-1) + 1;
        Optional<Signature> signature = name.flatMap(call -> Signature.of(arch, call));
        List<String> arguments = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int known = signature.map(call -> call.parameters().size()).orElse(0);
            String word =
                    i < known ? signature.orElseThrow().parameters().get(i).name() : "arg" + i;
            arguments.add(arguments.contains(word) || !Character.isLetter(word.charAt(0)) ? "argument" + i : word);
        }
        return arguments;
    }

    private static String text(Condition condition, List<String> arguments) {
        String subject = arguments.get(condition.argument());
        if (condition.mask() != -1) {
            subject = "(" + subject + " & " + Numbers.text(condition.mask()) + ")";
        }
        String sign = condition.op() == Operator.IN ? "==" : condition.op().text();
        List<String> alternatives = new ArrayList<>();
        for (Value value : condition.values()) {
            if (value instanceof Value.Constant(long number)) {
                alternatives.add(subject + " " + sign + " " + Numbers.text(number));
            }
        }
        String all = String.join(" || ", alternatives);
        return alternatives.size() > 1 ? "(" + all + ")" : all;
    }

    private static String word(Action action) {
        return switch (action) {
            case Action.Allow _ -> "ALLOW";
            case Action.Errno(int number) -> "ERRNO(" + number + ")";
            case Action.KillProcess _ -> "KILL_PROCESS";
            case Action.KillThread _ -> "KILL";
            case Action.Trap(int data) -> "TRAP(" + data + ")";
            case Action.Trace(int data) -> "TRACE(" + data + ")";
            case Action.Log _ -> "LOG";
            case Action.Notify _ -> "USER_NOTIF";
        };
    }

    private static Optional<String> guard(Arch arch) {
        return switch (arch) {
            case X86_64 -> Optional.of("x86_64");
            case I386 -> Optional.of("x86");
            case AARCH64 -> Optional.of("aarch64");
            case ARM -> Optional.of("arm");
            case RISCV64 -> Optional.of("riscv64");
            case PPC64LE, S390X -> Optional.empty();
        };
    }
}
