package org.jpledge.launch;

/**
 * That somebody watches what the filters refuse, and answers in their place. The filters of such a launch return {@code
 * SECCOMP_RET_TRACE} before the entry point, for which the launcher's helper stands still until the supervisor has looked,
 * and {@code SECCOMP_RET_USER_NOTIF} from there on. What the helper then does with the call is in the filter's own answer, so
 * that the supervisor can neither allow nor forget anything.
 *
 * <p>Helper and supervisor talk over a socket: the helper sends a {@link #MESSAGE message} and waits for one byte. If it cannot
 * send or does not get the byte, the program dies.
 *
 * @param socket the launcher's end: a descriptor of a connected stream socket, which the program does not get
 * @param undisturbed whether a signal does not interrupt a call that the supervisor has been asked about
 *     ({@code SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV}, Linux 5.19)
 */
public record Supervision(int socket, boolean undisturbed) {
    /** The size of a message: two 32-bit numbers, what it is about and a number that goes with it. */
    public static final int MESSAGE = 8;

    /** The thread with that number has made a call before the entry point, and stands still in it. */
    public static final int STOPPED = 1;

    /** The program has the listener at that descriptor, and will close it now. */
    public static final int LISTENER = 2;

    /** The listener is closed in the program, which is going to be let go. */
    public static final int HANDED_OVER = 3;

    /** Data of {@code SECCOMP_RET_TRACE}: the call is killed for. Any other number but this and the next is an errno. */
    public static final int KILL = 0;

    /** Data of {@code SECCOMP_RET_TRACE}: the call is let through. */
    public static final int WATCH = 0xffff;

    /** No system call: a number for which both filters have to kill, so that what is killed dies as if by the filter. */
    public static final int DEADLY = 0x3fff_fff0;
}
