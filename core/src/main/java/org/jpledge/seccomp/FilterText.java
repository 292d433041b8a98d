package org.jpledge.seccomp;

import java.util.Optional;
import java.util.function.BiFunction;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Errno;
import org.jpledge.syscall.Parameter;
import org.jpledge.syscall.Signature;
import org.jpledge.syscall.SyscallTable;
import org.jspecify.annotations.Nullable;

/**
 * Writes filters in the rule language. What is written comes back as it was from {@link RuleParser}; what a whole filter does
 * besides its rules is written as comments.
 */
public final class FilterText {
    /** Numbers below are written in decimal. */
    private static final int SMALL = 10;

    /** Numbers that are negative and above this are written as such. */
    private static final int SLIGHTLY_NEGATIVE = -4096;

    private FilterText() {}

    /** Words for the numbers in the conditions of one rule. */
    @FunctionalInterface
    public interface Naming {
        /** All numbers are written as numbers. */
        Naming NONE = (argument, number, mask) -> Optional.empty();

        /**
         * A word for a number.
         *
         * @param argument with which argument it stands, 0 to 5
         * @param number the number, or bits
         * @param mask whether it is a mask; a mask's word must not need parentheses around it
         * @return what {@link RuleParser} reads as that number, or nothing
         */
        Optional<String> name(int argument, long number, boolean mask);
    }

    /**
     * Writes a whole filter: the rules of each architecture in order, and as comments what happens to all other calls.
     *
     * @param filter the filter
     * @return lines that end in a newline
     */
    public static String of(Filter filter) {
        return of(filter, FilterText::of);
    }

    /**
     * Writes a whole filter, with rules as somebody else writes them.
     *
     * @param filter the filter
     * @param written writes one rule for an architecture, in a line without a newline
     * @return lines that end in a newline
     */
    public static String of(Filter filter, BiFunction<Rule, Arch, String> written) {
        StringBuilder out = new StringBuilder(8192);
        for (Filter.Section section : filter.sections()) {
            Arch arch = section.arch();
            out.append("# ").append(arch.label()).append('\n');
            for (Rule rule : section.rules()) {
                out.append(written.apply(rule, arch)).append('\n');
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
        return of(rule, arch, Naming.NONE);
    }

    /**
     * Writes one rule with words for some of its numbers; {@code -> allow} is left out.
     *
     * @param rule the rule
     * @param arch the architecture that it is for
     * @param naming the words
     * @return a line without a newline
     */
    public static String of(Rule rule, Arch arch, Naming naming) {
        Optional<String> name = SyscallTable.of(arch).name(rule.number());
        Signature signature = name.flatMap(call -> Signature.of(arch, call)).orElse(null);
        StringBuilder out = new StringBuilder(64);
        String separator = "(";
        if (name.isPresent()) {
            out.append(name.get());
        } else {
            out.append("syscall(").append(rule.number());
            separator = ", ";
        }
        for (int i = 0; i < rule.conditions().size(); i++) {
            out.append(separator);
            append(out, rule.conditions().get(i), signature, arch, naming);
            separator = ", ";
        }
        if (name.isEmpty() || !rule.conditions().isEmpty()) {
            out.append(')');
        }
        if (!rule.action().equals(Action.ALLOW)) {
            out.append(" -> ").append(of(rule.action(), arch));
        }
        return out.toString();
    }

    private static void append(
            StringBuilder out, Condition condition, @Nullable Signature signature, Arch arch, Naming naming) {
        String name = "arg" + condition.argument();
        boolean wide = arch.is64Bit();
        int bits = condition.word() ? 64 : 32;
        int read = wide ? 64 : 32;
        if (signature != null && condition.argument() < signature.parameters().size()) {
            Parameter parameter = signature.parameters().get(condition.argument());
            // Of two arguments with one name, the first has it.
            if (signature.position(parameter.name()).orElse(-1) == condition.argument()) {
                name = parameter.name();
            }
            read = wide ? parameter.width().bits() : Math.min(parameter.width().bits(), 32);
        }
        // Calls such as keyctl have arguments that are called arg2, in another place.
        if (signature != null && signature.position(name).orElse(condition.argument()) != condition.argument()) {
            name = "arg(" + condition.argument() + ")";
        }
        if (bits == 32 && read == 16 && condition.mask() >>> 16 == 0) {
            bits = 16;
        }
        boolean exact = bits != read || isAstray(condition);
        bits = exact ? condition.word() ? 64 : 32 : bits;
        long full = -1L >>> (64 - bits);
        out.append(name);
        if (exact) {
            out.append(':').append(bits);
        }
        if (condition.mask() != full) {
            out.append(" & ");
            Optional<String> word = naming.name(condition.argument(), condition.mask(), true);
            if (word.isPresent()) {
                out.append(word.get());
            } else {
                number(out, condition.mask(), condition.word(), false);
            }
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
                case Value.Constant(long value) -> {
                    // That none of some bits is set is not what a word for 0 says.
                    boolean none = value == 0 && condition.mask() != full;
                    Optional<String> word = none ? Optional.empty() : naming.name(condition.argument(), value, false);
                    if (word.isPresent()) {
                        out.append(word.get());
                    } else {
                        number(out, value, condition.word(), signed && condition.mask() == full);
                    }
                }
            }
        }
        if (condition.op() == Operator.IN) {
            out.append('}');
        }
    }

    /** Whether a condition is one that the parser takes for a mistake, unless a width stands with it. */
    private static boolean isAstray(Condition condition) {
        boolean ordered = Condition.isOrder(condition.op());
        for (int i = 0; i < condition.values().size(); i++) {
            if (condition.values().get(i) instanceof Value.Constant(long number)
                    && (ordered ? number < 0 : (number & ~condition.mask()) != 0)) {
                return true;
            }
        }
        return false;
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
            case Action.Errno(int number) ->
                "errno " + (number == 0 ? "none" : Errno.name(arch, number).orElse(Integer.toString(number)));
            case Action.KillProcess _ -> "kill";
            case Action.KillThread _ -> "kill-thread";
            case Action.Trap(int data) -> data == 0 ? "trap" : "trap " + data;
            case Action.Trace(int data) -> data == 0 ? "trace" : "trace " + data;
            case Action.Log _ -> "log";
            case Action.Notify _ -> "notify";
        };
    }
}
