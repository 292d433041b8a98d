package org.jpledge.tools.event;

import java.util.List;
import org.jpledge.syscall.Arch;

/**
 * A system call.
 *
 * @param task the thread that made it
 * @param at when it began, in nanoseconds since 1970
 * @param arch in which architecture's numbers
 * @param number its number
 * @param name its name; {@code syscall_N} if the number has none
 * @param arguments as many as the call has, all six where they are not known
 * @param outcome what became of it
 * @param nanos how long it took; -1 where that is not known
 * @param early whether it was made before the entry point of its program, by the dynamic linker or what that ran
 * @param address the address behind the instruction that made it; 0 where that is not known
 */
public record Syscall(
        Task task,
        long at,
        Arch arch,
        int number,
        String name,
        List<Argument> arguments,
        Outcome outcome,
        long nanos,
        boolean early,
        long address)
        implements Event {
    /** Copies the arguments. */
    public Syscall {
        arguments = List.copyOf(arguments);
    }
}
