package org.jpledge.tools.trace;

import java.util.List;
import org.jpledge.linux.Ptrace;
import org.jpledge.syscall.Arch;
import org.jpledge.tools.event.Task;

/** What the tracer tells about a thread. While it tells it, the thread stands still. */
public sealed interface Stop {
    /**
     * Which thread.
     *
     * @return the thread
     */
    Task task();

    /**
     * A thread is about to make a system call.
     *
     * @param task the thread
     * @param at when, in nanoseconds since 1970
     * @param arch in which architecture's numbers
     * @param number the call's number
     * @param arguments six registers
     * @param address the address behind the instruction
     * @param early whether the program's entry point has not been reached
     * @param memory of the thread
     */
    record Entered(
            Task task, long at, Arch arch, int number, List<Long> arguments, long address, boolean early, Memory memory)
            implements Stop {
        /** Copies the registers. */
        public Entered {
            arguments = List.copyOf(arguments);
        }
    }

    /**
     * The call that a thread was last {@link Entered in} is over.
     *
     * @param task the thread; after a successful execve the one that goes on, see {@link Executed}
     * @param nanos how long it took
     * @param result what the kernel returned: from -4095 to -1 an error
     * @param memory of the thread
     */
    record Left(Task task, long nanos, long result, Memory memory) implements Stop {}

    /**
     * A thread or process is traced from now on.
     *
     * @param task the new one
     * @param at when, in nanoseconds since 1970
     * @param parent the number of the thread that started it; 0 if it was not traced
     */
    record Started(Task task, long at, int parent) implements Stop {}

    /**
     * Another program takes over: execve succeeded. All other threads of the process are gone without an {@link Ended}.
     *
     * @param task the thread that goes on, with the number of the process
     * @param at when, in nanoseconds since 1970
     * @param former the number of the thread that made the call
     */
    record Executed(Task task, long at, int former) implements Stop {}

    /**
     * A signal is delivered.
     *
     * @param task the thread
     * @param at when, in nanoseconds since 1970
     * @param signal its number
     * @param why what siginfo_t says about it
     */
    record Signalled(Task task, long at, int signal, Ptrace.Arrival why) implements Stop {}

    /**
     * A thread has ended.
     *
     * @param task the thread
     * @param at when, in nanoseconds since 1970
     * @param status its exit status, or 128 and the signal's number
     * @param signal the signal that killed it, or 0
     */
    record Ended(Task task, long at, int status, int signal) implements Stop {}
}
