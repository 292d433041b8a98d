package org.jpledge;

import java.util.Optional;
import org.jpledge.bpf.SeccompData;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;

/**
 * A system call that waits for an answer. What its arguments point to is the caller's memory, which other threads of it may change
 * at any time.
 *
 * @param id what the kernel calls it
 * @param thread who makes it, in this process's own counting; 0 for a thread that it cannot see. Another one may have the number as
 *     soon as the call does not wait any more: see {@link Notifications#isValid}
 * @param data its number, architecture and arguments
 */
public record Notification(long id, int thread, SeccompData data) {
    /**
     * The call's name.
     *
     * @return such as {@code openat}; the number, for a call without a name
     */
    public String call() {
        for (Arch arch : Arch.values()) {
            if (arch.audit() == data.arch()) {
                Optional<String> name = SyscallTable.of(arch).name(data.nr());
                return name.orElse(Integer.toString(data.nr()));
            }
        }
        return Integer.toString(data.nr());
    }

    /**
     * An argument, all 64 bits of its register.
     *
     * @param index 0 to 5
     * @return the argument
     */
    public long argument(int index) {
        return data.arg(index);
    }
}
