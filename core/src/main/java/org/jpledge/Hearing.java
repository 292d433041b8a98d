package org.jpledge;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jpledge.launch.Executable;
import org.jpledge.launch.LaunchPlan;
import org.jpledge.launch.Launcher;
import org.jpledge.launch.Supervision;
import org.jpledge.linux.ChildProcess;
import org.jpledge.linux.KernelException;
import org.jpledge.linux.ListenedProcess;
import org.jpledge.linux.Listener;
import org.jpledge.linux.ProcessState;
import org.jpledge.linux.SocketPair;

/**
 * How a program is started about whose calls this process is asked: its launcher hands the listener over ({@link Supervision}).
 *
 * @param launch what is started
 * @param closeAsks whether the filter asks about close(2), by which the program gives its own listener away: it must never wait for an
 *     answer to that from somebody who has not begun to listen
 */
record Hearing(FilterLaunch launch, boolean closeAsks) {
    private static final int ANSWER = 1;

    SupervisedProcess start(List<String> command, ProcessBuilder builder) throws IOException, KernelException {
        SocketPair socket = new SocketPair();
        try {
            LaunchPlan plan =
                    launch.plan(command, Optional.of(new Supervision(socket.others(), Listener.isUndisturbed())));
            ProcessState own = ProcessState.guessed();
            ChildProcess.Plan child = new ChildProcess.Plan(
                    new byte[0],
                    Optional.of(Launcher.of(plan)),
                    plan.arguments().subList(0, 1),
                    environment(builder),
                    Optional.ofNullable(builder.directory())
                            .map(directory -> directory.toString().getBytes(Executable.NAMES)),
                    OptionalInt.empty(),
                    OptionalInt.empty(),
                    Optional.empty(),
                    new ProcessState(
                            own.blocked(), own.ignored(), own.softDescriptorLimit(), List.of(socket.others())));
            ListenedProcess process = process(child, builder, socket);
            Optional<Listener> listener = process.listener();
            if (listener.isEmpty()) {
                String why = new String(process.getErrorStream().readAllBytes(), Executable.NAMES);
                throw new IOException(
                        command.getFirst() + " did not start" + (why.isBlank() ? "" : ": " + why.strip()));
            }
            return new SupervisedProcess(process, new Notifications(listener.get()));
        } finally {
            socket.close();
        }
    }

    private ListenedProcess process(ChildProcess.Plan child, ProcessBuilder builder, SocketPair socket)
            throws IOException, KernelException {
        try {
            return new ListenedProcess(child, builder, pid -> talk(pid, socket));
        } finally {
            // It has its own by now.
            socket.leaveToOthers();
        }
    }

    private static List<byte[]> environment(ProcessBuilder builder) {
        List<byte[]> entries = new ArrayList<>();
        for (Map.Entry<String, String> variable : builder.environment().entrySet()) {
            entries.add((variable.getKey() + '=' + variable.getValue()).getBytes(Executable.NAMES));
        }
        return entries;
    }

    /** Until the entry point, the launcher's helper does what the filter says. Nothing, if the program does not get there. */
    private Optional<Listener> talk(int process, SocketPair socket) throws KernelException {
        Optional<Listener> listener = Optional.empty();
        for (Optional<byte[]> message = socket.read(Supervision.MESSAGE);
                message.isPresent();
                message = socket.read(Supervision.MESSAGE)) {
            ByteBuffer numbers = ByteBuffer.wrap(message.get()).order(ByteOrder.nativeOrder());
            int about = numbers.getInt();
            int number = numbers.getInt();
            switch (about) {
                // The helper does what the filter says: nobody is asked yet.
                case Supervision.STOPPED -> socket.write(ANSWER);
                case Supervision.LISTENER -> {
                    Listener taken = Listener.of(process, number);
                    listener = Optional.of(taken);
                    socket.write(ANSWER);
                    if (closeAsks) {
                        Optional<Listener.Call> call = taken.next();
                        if (call.isPresent()) {
                            taken.proceed(call.get());
                        }
                    }
                }
                case Supervision.HANDED_OVER -> {
                    socket.write(ANSWER);
                    return listener;
                }
                default -> throw new IllegalStateException("the launcher says " + about);
            }
        }
        listener.ifPresent(Listener::close);
        return Optional.empty();
    }
}
