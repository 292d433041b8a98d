package org.jpledge.tools.serve;

import java.nio.file.FileSystemException;
import java.util.Optional;
import java.util.OptionalInt;
import org.jpledge.linux.Kernel;
import org.jpledge.linux.KernelException;
import org.jpledge.linux.UnixSocket;
import org.jpledge.tools.trace.ProcessStatus;

/**
 * What a process can never shake off again. A server does what its clients ask with its own rights: who is confined, and could have a
 * server do what he may not do himself, is not confined.
 *
 * @param canGainNothing whether it has set no_new_privs, as all have to that confine themselves without privileges
 * @param filters how many seccomp filters it has; before Linux 5.9, whether it has any
 */
record Standing(boolean canGainNothing, int filters) {
    private static final int ESRCH = 3;
    private static final int EINVAL = 22;

    /** Of this process. */
    static Standing own() {
        return of(ProcessStatus.of((int) ProcessHandle.current().pid()))
                .orElseThrow(() -> new IllegalStateException("/proc does not say what this process is"));
    }

    /**
     * Of a client, as it is now.
     *
     * @return empty if it has ended, or lives where it cannot be seen
     * @throws KernelException if it cannot be asked: EMFILE, ENFILE or ENOMEM
     * @throws FileSystemException if it cannot be asked
     */
    static Optional<Standing> of(UnixSocket socket, int process) throws KernelException, FileSystemException {
        OptionalInt descriptor;
        try {
            descriptor = socket.peerDescriptor();
        } catch (KernelException e) {
            if (e.errno() == EINVAL || e.errno() == ESRCH) {
                return Optional.empty();
            }
            throw e;
        }
        if (descriptor.isEmpty()) {
            return of(ProcessStatus.read(process));
        }
        try {
            Optional<Standing> standing = of(ProcessStatus.read(process));
            // It is what was read of, if it is still there after that.
            boolean isThere = Kernel.call("pidfd_send_signal", descriptor.getAsInt(), 0, 0, 0) != -ESRCH;
            return isThere ? standing : Optional.empty();
        } finally {
            Connection.closeDescriptor(descriptor.getAsInt());
        }
    }

    private static Optional<Standing> of(ProcessStatus status) {
        OptionalInt privileges = status.number("NoNewPrivs");
        OptionalInt mode = status.number("Seccomp");
        if (privileges.isEmpty() || mode.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new Standing(
                privileges.getAsInt() != 0, status.number("Seccomp_filters").orElse(Math.min(1, mode.getAsInt()))));
    }

    /** What somebody has whom this one may not work for. */
    Optional<String> refusal(Standing other) {
        if (other.filters > filters) {
            return Optional.of("it has a seccomp filter that the server has not");
        }
        if (other.canGainNothing && !canGainNothing) {
            return Optional.of("it has set no_new_privs, and the server has not");
        }
        return Optional.empty();
    }
}
