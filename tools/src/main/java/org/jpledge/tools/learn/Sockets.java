package org.jpledge.tools.learn;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jpledge.tools.event.Argument;
import org.jpledge.tools.event.Outcome;
import org.jpledge.tools.event.Syscall;

/**
 * Which sockets have come to anything. One that was made and then could not be connected was a question, such as glibc's
 * whether there is an nscd, and the answer was no.
 */
final class Sockets {
    /** Calls on a socket with which nothing has happened yet. */
    private static final Set<String> PREPARES =
            Set.of("socket", "setsockopt", "getsockopt", "fcntl", "ioctl", "getsockname", "getpeername");

    private final Map<String, List<Seen>> pending = new HashMap<>();

    /** What a call says about a socket. */
    sealed interface State {
        /** It is about none, or about one that was used before. */
        record None() implements State {}

        /** It is about one that has not been used yet. */
        record Unused(List<Seen> pending) implements State {}

        /** It uses one for the first time. */
        record Used(List<Seen> pending) implements State {}
    }

    State state(Syscall call, boolean succeeded) {
        if (call.name().equals("socket")) {
            if (!(call.outcome() instanceof Outcome.Returned returned)) {
                return new State.None();
            }
            List<Seen> calls = new ArrayList<>();
            pending.put(name(call, (int) returned.value(), returned.meaning()), calls);
            return new State.Unused(calls);
        }
        for (Argument argument : call.arguments()) {
            if (argument instanceof Argument.Descriptor descriptor) {
                String name = name(call, descriptor.number(), descriptor.what());
                List<Seen> calls = pending.get(name);
                if (calls == null) {
                    return new State.None();
                }
                if (PREPARES.contains(call.name())) {
                    return new State.Unused(calls);
                }
                if (succeeded) {
                    pending.remove(name);
                    return new State.Used(calls);
                }
                return new State.None();
            }
        }
        return new State.None();
    }

    /** The kernel's name of a socket, or else a descriptor of a process. */
    private static String name(Syscall call, int number, String what) {
        return what.isEmpty() ? call.task().process() + " " + number : what;
    }

    /** Calls on sockets that were never used. */
    List<Seen> unused() {
        List<Seen> all = new ArrayList<>();
        for (List<Seen> calls : pending.values()) {
            for (Seen each : calls) {
                all.add(new Seen(each.call(), each.need(), "unused", each.count(), each.example()));
            }
        }
        return all;
    }
}
