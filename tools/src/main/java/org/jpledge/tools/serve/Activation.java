package org.jpledge.tools.serve;

import java.util.List;
import java.util.Optional;
import org.jpledge.linux.KernelException;
import org.jpledge.linux.UnixSocket;
import org.jpledge.tools.text.Words;

/** A socket that systemd listened on, and started this process for. See sd_listen_fds(3). */
public final class Activation {
    private static final int FIRST = 3;
    private static final List<String> VARIABLES =
            List.of("LISTEN_PID=", "LISTEN_FDS=", "LISTEN_FDNAMES=", "LISTEN_PIDFDID=", "NOTIFY_SOCKET=");

    private Activation() {}

    /**
     * The socket that this process was started for.
     *
     * @param environment entries that it was started with
     * @return empty if it was started for none
     * @throws PlaceException if it got something else
     */
    public static Optional<UnixSocket> given(List<String> environment) throws PlaceException {
        String process = Long.toString(ProcessHandle.current().pid());
        if (!process.equals(Words.value(environment, "LISTEN_PID"))) {
            // Meant for a process that started this one, if for any.
            return Optional.empty();
        }
        String count = String.valueOf(Words.value(environment, "LISTEN_FDS"));
        if (!count.equals("1")) {
            throw new PlaceException("LISTEN_FDS is " + Words.readable(count) + ", and one socket is expected");
        }
        try {
            return Optional.of(UnixSocket.inherited(FIRST));
        } catch (KernelException e) {
            throw new PlaceException(
                    "descriptor 3 is no unix stream socket that listens, as LISTEN_FDS says: " + e.getMessage());
        }
    }

    /**
     * An environment without what is told to this process alone.
     *
     * @param environment entries
     * @return those that are for others, too
     */
    public static List<String> without(List<String> environment) {
        return environment.stream()
                .filter(entry -> VARIABLES.stream().noneMatch(entry::startsWith))
                .toList();
    }
}
