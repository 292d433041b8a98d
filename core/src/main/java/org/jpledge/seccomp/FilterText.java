package org.jpledge.seccomp;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Errno;
import org.jpledge.syscall.Parameter;
import org.jpledge.syscall.Signature;
import org.jpledge.syscall.SyscallTable;

/**
 * Writes filters in the rule language. What {@link RuleParser} reads comes back as it was; what the language has no words for,
 * such as a number without a name or an int that is compared in 64 bits, is written with a comment.
 */
public final class FilterText {
    /** Numbers below are written in decimal. */
    private static final int SMALL = 10;

    /** Numbers that are negative and above this are written as such. */
    private static final int SLIGHTLY_NEGATIVE = -4096;

    private FilterText() {}

    /**
     * Writes a whole filter: the rules of each architecture in order, and as comments what happens to all other calls.
     *
     * @param filter the filter
     * @return lines that end in a newline
     */
    public static String of(Filter filter) {
        StringBuilder out = new StringBuilder(8192);
        for (Filter.Section section : filter.sections()) {
            Arch arch = section.arch();
            out.append("# ").append(arch.label()).append('\n');
            for (Rule rule : section.rules()) {
                out.append(of(rule, arch)).append('\n');
            }
            line(out, "all other calls", filter.otherwise(), arch);
            line(out, "numbers that " + arch.label() + " does not know", filter.unknown(), arch);
        }
        String others = filter.sections().getFirst().arch() == Arch.X86_64
                        && filter.sections().size() == 1
                ? "other architectures, and x32"
                : "other architectures";
        line(out, others, filter.foreign(), filter.sections().getFirst().arch());
        return out.toString();
    }

    private static void line(StringBuilder out, String what, Action action, Arch arch) {
        out.append("# ").append(what).append(" -> ").append(of(action, arch)).append('\n');
    }

    /**
     * Writes one rule; {@code -> allow} is left out.
     *
     * @param rule the rule
     * @param arch the architecture that it is for
     * @return a line without a newline
     */
    public static String of(Rule rule, Arch arch) {
        Optional<String> name = SyscallTable.of(arch).name(rule.number());
        List<Parameter> parameters = name.flatMap(call -> Signature.of(arch, call))
                .map(Signature::parameters)
                .orElse(List.of());
        List<String> remarks = new ArrayList<>();
        StringBuilder out = new StringBuilder(64);
        out.append(name.orElse("# number " + rule.number()));
        for (int i = 0; i < rule.conditions().size(); i++) {
            Condition condition = rule.conditions().get(i);
            out.append(i == 0 ? "(" : ", ");
            append(out, condition, parameters, arch, remarks);
        }
        if (!rule.conditions().isEmpty()) {
            out.append(')');
        }
        if (!rule.action().equals(Action.ALLOW)) {
            out.append(" -> ").append(of(rule.action(), arch));
        }
        for (int i = 0; i < remarks.size(); i++) {
            out.append(i == 0 ? "  # " : ", ").append(remarks.get(i));
        }
        return out.toString();
    }

    private static void append(
            StringBuilder out, Condition condition, List<Parameter> parameters, Arch arch, List<String> remarks) {
        String name = "arg" + condition.argument();
        boolean word = arch.is64Bit();
        int bits = condition.word() ? 64 : 32;
        int read = word ? 64 : 32;
        if (condition.argument() < parameters.size()) {
            Parameter parameter = parameters.get(condition.argument());
            name = parameter.name();
            read = word ? parameter.width().bits() : Math.min(parameter.width().bits(), 32);
        }
        if (bits == 32 && read == 16 && condition.mask() >>> 16 == 0) {
            bits = 16;
        }
        if (bits != read) {
            remarks.add(name + " is compared in " + bits + " bits");
        }
        long full = -1L >>> (64 - bits);
        out.append(name);
        if (condition.mask() != full) {
            out.append(" & ");
            number(out, condition.mask(), condition.word(), false);
        }
        boolean signed = condition.isMembership() || condition.op() == Operator.NE;
        out.append(' ').append(condition.op().text()).append(' ');
        if (condition.op() == Operator.IN) {
            out.append('{');
        }
        for (int i = 0; i < condition.values().size(); i++) {
            out.append(i == 0 ? "" : ", ");
            switch (condition.values().get(i)) {
                case Value.Own(Variable variable) -> out.append(variable.text());
                case Value.Constant(long value) ->
                    number(out, value, condition.word(), signed && condition.mask() == full);
            }
        }
        if (condition.op() == Operator.IN) {
            out.append('}');
        }
    }

    private static void number(StringBuilder out, long number, boolean word, boolean signed) {
        long value = word ? number : (int) number;
        if (number >= 0 && number < SMALL) {
            out.append(number);
        } else if (signed && value < 0 && value > SLIGHTLY_NEGATIVE) {
            out.append(value);
        } else {
            out.append("0x").append(Long.toHexString(number));
        }
    }

    /**
     * Writes an action.
     *
     * @param action the action
     * @param arch the architecture, which numbers errors in its own way
     * @return such as {@code errno EPERM}
     */
    public static String of(Action action, Arch arch) {
        return switch (action) {
            case Action.Allow _ -> "allow";
            case Action.Errno(int number) -> "errno " + Errno.name(arch, number).orElse(Integer.toString(number));
            case Action.KillProcess _ -> "kill";
            case Action.KillThread _ -> "kill-thread";
            case Action.Trap(int data) -> data == 0 ? "trap" : "trap " + data;
            case Action.Trace(int data) -> data == 0 ? "trace" : "trace " + data;
            case Action.Log _ -> "log";
            case Action.Notify _ -> "notify";
        };
    }
}
