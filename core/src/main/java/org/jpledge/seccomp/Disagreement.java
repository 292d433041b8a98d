package org.jpledge.seccomp;

import java.util.List;
import org.jpledge.bpf.SeccompData;

/**
 * Calls that two programs answer differently.
 *
 * @param fromArch the first of the architectures, an AUDIT_ARCH constant as unsigned number
 * @param toArch the last of them
 * @param from the first number, unsigned
 * @param to the last number
 * @param conditions what holds of the arguments, all of it; none if it is any arguments
 * @param whole whether the conditions say it all: otherwise only some of the arguments are meant, such as the witness's
 * @param first what the first program does
 * @param second what the second program does
 * @param witness one of the calls, with which both programs were run
 */
public record Disagreement(
        long fromArch,
        long toArch,
        long from,
        long to,
        List<Condition> conditions,
        boolean whole,
        Action first,
        Action second,
        SeccompData witness) {
    /** Copies the conditions. */
    public Disagreement {
        conditions = List.copyOf(conditions);
    }
}
