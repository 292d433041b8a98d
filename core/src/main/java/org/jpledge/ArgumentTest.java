package org.jpledge;

import java.util.List;
import org.jpledge.seccomp.Condition;
import org.jpledge.seccomp.Operator;
import org.jpledge.seccomp.Value;
import org.jpledge.syscall.Arch;

/**
 * What a rule demands of one argument, made by {@link Argument}. Immutable and thread safe.
 *
 * @param argument the argument
 * @param operator the comparison
 * @param values what it is compared with: one value, for {@link Operator#IN} at least one
 */
public record ArgumentTest(Argument argument, Operator operator, List<Long> values) {
    /** Checks that there are values, and copies them. */
    public ArgumentTest {
        values = List.copyOf(values);
        if (values.isEmpty() || (operator != Operator.IN && values.size() != 1)) {
            throw new IllegalArgumentException(
                    argument + " " + operator.text() + " cannot be compared with " + values.size() + " values");
        }
    }

    static Value value(long number) {
        return new Value.Constant(number);
    }

    Condition condition(Arch arch, String call) {
        return argument.condition(operator, values, arch, call);
    }
}
