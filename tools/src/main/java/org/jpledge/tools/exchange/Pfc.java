package org.jpledge.tools.exchange;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Condition;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.FilterText;
import org.jpledge.seccomp.Operator;
import org.jpledge.seccomp.Rule;
import org.jpledge.seccomp.Value;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;

/**
 * Writes libseccomp's pseudo filter code, in the shape in which seccomp_export_pfc(3) does, so that filters can be compared by
 * eye and by diff. The language is for reading: nothing reads it back. Calls stand in the order of their first rules; of one call,
 * the rules stand in order and the first action that is come to holds.
 */
final class Pfc {
    private final Filter filter;
    private final Set<String> losses = new LinkedHashSet<>();
    private final StringBuilder out = new StringBuilder(16384);

    private Pfc(Filter filter) {
        this.filter = filter;
    }

    /**
     * Writes pseudo filter code.
     *
     * @param policy what it is to say; of several filters the first
     * @return its text, and what that cannot say
     */
    static Exported write(Exportable policy) {
        List<String> losses = new ArrayList<>();
        Pfc writer = new Pfc(Losses.single(policy, "pseudo filter code", losses));
        Losses.ofPaths(policy, "pseudo filter code", losses);
        writer.losses.addAll(losses);
        return writer.write();
    }

    private Exported write() {
        out.append("#\n# pseudo filter code start\n#\n");
        for (Filter.Section section : filter.sections()) {
            Arch arch = section.arch();
            String audit = Integer.toUnsignedString(arch.audit());
            line(0, "# filter for arch " + name(arch) + " (" + audit + ")");
            line(0, "if ($arch == " + audit + ")");
            for (CallRules call : CallRules.of(section.rules())) {
                String name = SyscallTable.of(arch).name(call.number()).orElse("UNKNOWN");
                line(1, "# filter for syscall \"" + name + "\" (" + call.number() + ")");
                line(1, "if ($syscall == " + call.number() + ")");
                for (Rule rule : call.rules()) {
                    rule(rule, 0, 2);
                }
            }
            if (!filter.unknown().equals(filter.otherwise())) {
                line(1, "# numbers that " + arch.label() + " does not know: action " + word(filter.unknown()));
                losses.add("numbers that " + arch.label() + " does not know: "
                        + FilterText.of(filter.otherwise(), arch) + " instead of "
                        + FilterText.of(filter.unknown(), arch));
            }
            line(1, "# default action");
            line(1, "action " + word(filter.otherwise()) + ";");
        }
        line(0, "# invalid architecture action");
        line(0, "action " + word(filter.foreign()) + ";");
        out.append("#\n# pseudo filter code end\n#\n");
        return new Exported(out.toString(), List.copyOf(losses));
    }

    private void line(int depth, String text) {
        out.append("  ".repeat(depth)).append(text).append('\n');
    }

    /** Writes a rule from one of its conditions on. */
    private void rule(Rule rule, int at, int depth) {
        if (at == rule.conditions().size()) {
            line(depth, "action " + word(rule.action()) + ";");
            return;
        }
        Condition condition = rule.conditions().get(at);
        for (Value value : condition.values()) {
            switch (value) {
                case Value.Constant(long number) -> compare(rule, at, depth, new Words(condition, number));
                case Value.Own(var variable) -> {
                    String low = "$a" + condition.argument() + ".lo32 == " + variable.text();
                    losses.add(FilterText.of(rule, filter.sections().getFirst().arch()) + ": libseccomp has no "
                            + variable.text());
                    branch(rule, at, depth, low, condition.op() != Operator.NE);
                }
            }
        }
    }

    /** A test after which the rule goes on where it holds, or where it does not. */
    private void branch(Rule rule, int at, int depth, String test, boolean where) {
        line(depth, "if (" + test + ")");
        if (!where) {
            line(depth, "else");
        }
        rule(rule, at + 1, depth + 1);
    }

    private void compare(Rule rule, int at, int depth, Words words) {
        Operator op = rule.conditions().get(at).op();
        boolean negated = op == Operator.NE || op == Operator.LT || op == Operator.LE;
        String sign = switch (op) {
            case EQ, IN, NE -> "==";
            case GT, LE -> ">";
            case GE, LT -> ">=";
        };
        if (!words.wide()) {
            branch(rule, at, depth, words.low(sign), !negated);
        } else if (sign.equals("==")) {
            line(depth, "if (" + words.high("==") + ")");
            branch(rule, at, depth + 1, words.low("=="), !negated);
            if (negated) {
                line(depth, "else");
                rule(rule, at + 1, depth + 1);
            }
        } else {
            line(depth, "if (" + words.high(">") + ")");
            if (!negated) {
                rule(rule, at + 1, depth + 1);
            }
            line(depth, "else");
            line(depth + 1, "if (" + words.high("==") + ")");
            branch(rule, at, depth + 2, words.low(sign), !negated);
            if (negated) {
                line(depth + 1, "else");
                rule(rule, at + 1, depth + 2);
            }
        }
    }

    /** The two words of an argument, and what they are compared with. */
    private record Words(Condition condition, long value) {
        boolean wide() {
            return condition.word();
        }

        String high(String sign) {
            return text("hi32", (int) (condition.mask() >>> 32), sign, (int) (value >>> 32));
        }

        String low(String sign) {
            return text("lo32", (int) condition.mask(), sign, (int) value);
        }

        private String text(String half, int mask, String sign, int number) {
            String subject = "$a" + condition.argument() + "." + half;
            boolean all = condition.mask() == (wide() ? -1 : 0xffffffffL);
            return subject + (all ? "" : String.format(" & 0x%08x", mask)) + " " + sign + " "
                    + Integer.toUnsignedString(number);
        }
    }

    private String word(Action action) {
        return switch (action) {
            case Action.Allow _ -> "ALLOW";
            case Action.Errno(int number) -> "ERRNO(" + number + ")";
            case Action.KillProcess _ -> "KILL_PROCESS";
            case Action.KillThread _ -> "KILL";
            case Action.Trap(int data) -> {
                if (data != 0) {
                    losses.add("trap " + data + ": libseccomp's TRAP has no number");
                }
                yield "TRAP";
            }
            case Action.Trace(int data) -> "TRACE(" + data + ")";
            case Action.Log _ -> "LOG";
            case Action.Notify _ -> "NOTIFY";
        };
    }

    private static String name(Arch arch) {
        return switch (arch) {
            case X86_64 -> "x86_64";
            case I386 -> "x86";
            case AARCH64, ARM, RISCV64, PPC64LE, S390X -> arch.label();
        };
    }
}
