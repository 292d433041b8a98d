package org.jpledge;

/**
 * OpenBSD's pledge(2), for this process. Each call can only give up more.
 *
 * {@snippet :
 * Pledge.pledge("stdio rpath inet");
 * // ... read configuration, open sockets ...
 * Pledge.pledge("stdio");
 * }
 *
 * <p>The kernel enforces it on every thread, for good (seccomp(2), Linux 3.17; Landlock where the kernel has it). What is not
 * promised fails with EPERM, or with EACCES for a path: an ordinary exception. Thread safe.
 */
public final class Pledge {
    private Pledge() {}

    /**
     * Promises.
     *
     * @param promises words separated by spaces; the empty string leaves what a JVM needs to go on and end
     * @return what is enforced now
     * @throws PledgeException EINVAL if a word is no promise, EPERM if one was given up before, ENAMETOOLONG; its message and
     *     {@link PledgeException#words()} name the words
     * @throws SandboxException if the kernel cannot enforce it
     * @throws UnsupportedOperationException if this is not Linux on a known processor
     */
    public static Report pledge(String promises) {
        // What takes longest in a cold JVM begins while the words are read.
        Machine.ask();
        return Sandbox.pledge(promises).enter();
    }
}
