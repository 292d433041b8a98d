package org.jpledge.tools.event;

/** Something that a traced thread did, or that happened to it. */
public sealed interface Event permits Syscall, Event.Signalled, Event.Executed, Event.Started, Event.Ended {
    /**
     * Whom it concerns.
     *
     * @return the thread
     */
    Task task();

    /**
     * When it began.
     *
     * @return nanoseconds since 1970
     */
    long at();

    /**
     * A signal was delivered.
     *
     * @param task the thread
     * @param at when, in nanoseconds since 1970
     * @param signal its name, such as {@code SIGCHLD}
     * @param detail what is known of it, such as {@code si_code=CLD_EXITED, si_pid=12}; may be empty
     */
    record Signalled(Task task, long at, String signal, String detail) implements Event {}

    /**
     * Another program took over the process: execve(2) has succeeded. From here to {@link Syscall#early()} being false,
     * it is the dynamic linker that runs.
     *
     * @param task the thread that goes on
     * @param at when, in nanoseconds since 1970
     * @param program the program's path, as the kernel has it; bytes as characters
     */
    record Executed(Task task, long at, String program) implements Event {}

    /**
     * A thread or a process began, or one that runs already is traced from now on.
     *
     * @param task the new one
     * @param at when, in nanoseconds since 1970
     * @param parent the number of the thread that started it; 0 if that is not traced
     */
    record Started(Task task, long at, int parent) implements Event {}

    /**
     * A thread ended, and with the last one of a process the process.
     *
     * @param task the thread
     * @param at when, in nanoseconds since 1970
     * @param status its exit status, or 128 and the number of the signal that killed it
     * @param signal the name of the signal that killed it; empty if it exited
     */
    record Ended(Task task, long at, int status, String signal) implements Event {}
}
