package org.jpledge.tools;

import java.util.List;
import java.util.Optional;
import org.jpledge.seccomp.Condition;
import org.jpledge.seccomp.FilterText;
import org.jpledge.seccomp.Operator;
import org.jpledge.seccomp.Rule;
import org.jpledge.seccomp.Value;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Signature;
import org.jpledge.syscall.SyscallTable;

/** Rules in the rule language, a line each. */
final class RuleText {
    private static final long ALL = -1;
    private static final long LOW = 0xffffffffL;
    private static final long SMALL = 4096;

    private final Arch arch;
    private final SyscallTable table;

    RuleText(Arch arch) {
        this.arch = arch;
        this.table = SyscallTable.of(arch);
    }

    void append(StringBuilder out, Rule rule) {
        String call = table.name(rule.number()).orElse("call " + rule.number());
        out.append(call);
        if (!rule.conditions().isEmpty()) {
            Optional<Signature> signature = Signature.of(arch, call);
            String separator = "(";
            for (Condition condition : rule.conditions()) {
                out.append(separator);
                append(out, condition, signature);
                separator = ", ";
            }
            out.append(')');
        }
        out.append(" -> ").append(FilterText.of(rule.action(), arch)).append('\n');
    }

    private static void append(StringBuilder out, Condition condition, Optional<Signature> signature) {
        int argument = condition.argument();
        boolean named =
                signature.isPresent() && argument < signature.get().parameters().size();
        out.append(named ? signature.get().parameters().get(argument).name() : "arg" + argument);
        if (condition.mask() != (condition.word() ? ALL : LOW)) {
            out.append(" & ").append(number(condition.mask()));
        }
        out.append(' ').append(condition.op().text()).append(' ');
        List<Value> values = condition.values();
        if (condition.op() != Operator.IN) {
            out.append(text(values.getFirst()));
            return;
        }
        String separator = "{";
        for (Value value : values) {
            out.append(separator).append(text(value));
            separator = ", ";
        }
        out.append('}');
    }

    private static String text(Value value) {
        return switch (value) {
            case Value.Constant(long number) -> number(number);
            case Value.Own own -> own.variable().text();
        };
    }

    private static String number(long number) {
        return number >= 0 && number < SMALL ? Long.toString(number) : "0x" + Long.toHexString(number);
    }
}
