package org.jpledge.syscall;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The parameters of a system call on one architecture, in the order of its argument registers. They differ: s390x takes the stack of clone before its flags,
 * mmap there has a single pointer, and 32-bit architectures pass a 64-bit offset in two registers.
 *
 * @param syscall the name of the call
 * @param parameters at most six
 */
public record Signature(String syscall, List<Parameter> parameters) {
    /**
     * A signature that no later change of the list can alter.
     *
     * @param syscall the name of the call
     * @param parameters at most six
     */
    public Signature {
        parameters = List.copyOf(parameters);
    }

    /**
     * The signature of a call.
     *
     * @param arch the architecture
     * @param syscall the name of the call
     * @return empty where the architecture has no such call
     */
    public static Optional<Signature> of(Arch arch, String syscall) {
        return SyscallTable.of(arch).signature(syscall);
    }

    /**
     * The place of a parameter, as in {@code seccomp_data.args}.
     *
     * @param name the parameter's name
     * @return 0 to 5, or empty where the call has no such parameter
     */
    public OptionalInt position(String name) {
        for (int i = 0; i < parameters.size(); i++) {
            if (parameters.get(i).name().equals(name)) {
                return OptionalInt.of(i);
            }
        }
        return OptionalInt.empty();
    }
}
