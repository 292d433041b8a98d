package org.jpledge;

/** What happens when a program does something that it did not promise. */
public enum OnViolation {
    /** The system call fails with EPERM; under {@link Promise#ERROR} with ENOSYS. The default. */
    REFUSE,
    /**
     * The program dies of SIGSYS, whatever it does about that signal (exit status 159). This process says in a line on standard
     * error which promise was missing before it dies.
     */
    KILL,
    /** The program gets a SIGSYS, which it may handle; otherwise it dies of it. */
    TRAP,
    /**
     * As {@link #REFUSE}, and this process says so: a line {@code java[123]: openat needs rpath} from the System.Logger
     * {@code org.jpledge}, and an event {@code org.jpledge.Violation} for Java Flight Recorder. Only for
     * {@link Sandbox#enter()}: a program that is started could not handle the signal behind it and would die, those that this
     * process starts later among them. What Landlock refuses (paths that are not unveiled, ports) is refused without a report.
     */
    REPORT,
    /** Nothing is refused, but the kernel's audit log says so. For finding out, not for confining. */
    LOG
}
