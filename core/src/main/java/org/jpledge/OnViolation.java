package org.jpledge;

/** What happens when a program does something that it did not promise. */
public enum OnViolation {
    /** The system call fails with EPERM; under {@link Promise#ERROR} with ENOSYS. The default. */
    REFUSE,
    /** The program dies of SIGSYS, whatever it does about that signal (exit status 159). */
    KILL,
    /** The program gets a SIGSYS, which it may handle; otherwise it dies of it. */
    TRAP,
    /** Nothing is refused, but the kernel's audit log says so. For finding out, not for confining. */
    LOG
}
