package org.jpledge.tools.transcript;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import org.jpledge.syscall.Errno;
import org.jpledge.syscall.Signature;
import org.jpledge.syscall.SyscallTable;
import org.jpledge.tools.event.Argument;
import org.jpledge.tools.event.Event;
import org.jpledge.tools.event.Outcome;
import org.jpledge.tools.event.Syscall;
import org.jpledge.tools.event.Task;
import org.jspecify.annotations.Nullable;

/** Makes events of what a transcript says, and keeps in mind what later lines refer to. */
final class Interpretation {
    private static final Set<String> STARTS = Set.of("fork", "vfork", "clone", "clone3");

    private static final class Member {
        private final int number;
        private final Whereabouts place;
        private @Nullable Linking linking;

        Member(int number, Whereabouts place) {
            this.number = number;
            this.place = place;
        }
    }

    private final Map<Integer, Member> processes = new HashMap<>();

    /** Threads that are just starting another, the last one last, and whether it will be of the same process. */
    private final Map<Integer, Boolean> starting = new LinkedHashMap<>();

    private final String directory;
    private final Consumer<Event> to;

    /**
     * Nothing is known yet.
     *
     * @param directory where the first process is; empty if that is not known
     * @param to who is told
     */
    Interpretation(String directory, Consumer<Event> to) {
        this.directory = directory;
        this.to = to;
    }

    /** A thread has begun a call that is not over when others do something. */
    void began(int thread, long at, String name, String arguments) {
        task(thread, at);
        if (STARTS.contains(name)) {
            starting.put(thread, arguments.contains("CLONE_THREAD"));
        }
    }

    /** The thread is known from now on, and with it its process. */
    Task task(int thread, long at) {
        Member process = processes.get(thread);
        if (process == null) {
            int parent = 0;
            boolean ofIt = false;
            for (Map.Entry<Integer, Boolean> one : starting.entrySet()) {
                parent = one.getKey();
                ofIt = one.getValue();
            }
            process = child(thread, at, parent, ofIt);
        }
        return new Task(process.number, thread);
    }

    private Member child(int thread, long at, int parent, boolean ofParent) {
        Member from = processes.get(parent);
        Member process;
        if (from == null) {
            process = new Member(thread, new Whereabouts(thread, directory));
        } else if (ofParent) {
            process = from;
        } else {
            process = new Member(thread, from.place.inherited(thread));
            process.linking = from.linking;
        }
        processes.put(thread, process);
        starting.remove(parent);
        to.accept(new Event.Started(new Task(process.number, thread), at, from == null ? 0 : parent));
        return process;
    }

    void signalled(int thread, long at, String signal, String detail) {
        to.accept(new Event.Signalled(task(thread, at), at, signal, detail));
    }

    void ended(int thread, long at, int status, String signal) {
        to.accept(new Event.Ended(task(thread, at), at, status, signal));
        processes.remove(thread);
        starting.remove(thread);
    }

    /**
     * A call is over, or never will be.
     *
     * @return whether it could be understood
     */
    boolean called(Written call) {
        Optional<Signature> signature = Signature.of(call.arch(), call.name());
        OptionalInt number = SyscallTable.of(call.arch()).number(call.name());
        if (number.isEmpty()) {
            number = call.number().isPresent() ? call.number() : unnamed(call.name());
        }
        if (number.isEmpty()) {
            return false;
        }
        Task task = task(call.thread(), call.at());
        Member process = processes.get(call.thread());
        if (process == null) {
            throw new IllegalStateException("a thread of no process");
        }
        starting.remove(call.thread());
        List<Argument> arguments =
                signature.isPresent() ? Arguments.of(call, signature.get(), process.place) : plain(call);
        Outcome outcome = outcome(call);
        OptionalLong returned = outcome instanceof Outcome.Returned(long value, String _)
                ? OptionalLong.of(value)
                : OptionalLong.empty();
        boolean early = process.linking != null && process.linking.isEarly(step(call, arguments, returned.isPresent()));
        to.accept(new Syscall(
                task,
                call.at(),
                call.arch(),
                number.getAsInt(),
                call.name(),
                arguments,
                outcome,
                call.nanos(),
                early,
                call.address()));
        if (returned.isPresent()) {
            remember(call, arguments, returned.getAsLong(), process);
        }
        return true;
    }

    /** {@code syscall_0x1c2}, or {@code syscall_450}. */
    private static OptionalInt unnamed(String name) {
        OptionalLong number = name.startsWith("syscall_")
                ? Numbers.number(name.substring("syscall_".length()))
                : OptionalLong.empty();
        return number.isPresent() ? OptionalInt.of((int) number.getAsLong()) : OptionalInt.empty();
    }

    private static List<Argument> plain(Written call) {
        List<Argument> arguments = new ArrayList<>();
        for (int i = 0; i < Math.min(call.arguments().size(), 6); i++) {
            arguments.add(new Argument.Address(
                    "arg" + i, Numbers.number(call.arguments().get(i)).orElse(0)));
        }
        return arguments;
    }

    private static Outcome outcome(Written call) {
        String result = call.result();
        int space = result.indexOf(' ');
        String first = space < 0 ? result : result.substring(0, space);
        String rest = space < 0 ? "" : result.substring(space + 1).strip();
        if (first.equals("?") || first.isEmpty()) {
            return rest.startsWith("ERESTART")
                    ? new Outcome.Restarted(rest.split(" ", 2)[0])
                    : new Outcome.Unfinished();
        }
        int bracket = first.indexOf('<');
        OptionalLong value = Numbers.number(bracket < 0 ? first : first.substring(0, bracket));
        if (value.isEmpty()) {
            return new Outcome.Unfinished();
        }
        long number = value.getAsLong();
        if (number == -1 && rest.startsWith("E")) {
            return new Outcome.Failed(rest.split(" ", 2)[0]);
        }
        if (number < 0 && number >= -4095) {
            return new Outcome.Failed(Errno.name(call.arch(), (int) -number).orElse(Long.toString(-number)));
        }
        // What is open may have spaces in it.
        String meaning = bracket < 0 ? rest : Arguments.opened(result);
        boolean bracketed = meaning.startsWith("(") && meaning.endsWith(")");
        return new Outcome.Returned(number, bracketed ? meaning.substring(1, meaning.length() - 1) : meaning);
    }

    private static Linking.Step step(Written call, List<Argument> arguments, boolean succeeded) {
        String path = "";
        int descriptor = -1;
        for (Argument argument : arguments) {
            if (argument instanceof Argument.PathName name) {
                path = name.written();
            } else if (argument instanceof Argument.Descriptor one) {
                descriptor = one.number();
            }
        }
        if (call.name().startsWith("open") && succeeded) {
            descriptor = (int) Numbers.number(head(call.result())).orElse(-1);
        }
        String first = call.arguments().isEmpty() ? "" : call.arguments().getFirst();
        return new Linking.Step(call.name(), path, descriptor, first, succeeded, call.result());
    }

    private static String head(String result) {
        int bracket = result.indexOf('<');
        int space = result.indexOf(' ');
        String head = bracket < 0 ? result : result.substring(0, bracket);
        return space < 0 || space > head.length() ? head : head.substring(0, space);
    }

    private void remember(Written call, List<Argument> arguments, long value, Member process) {
        Whereabouts place = process.place;
        int result = (int) value;
        Argument first = arguments.isEmpty() ? new Argument.Address("", 0) : arguments.getFirst();
        switch (call.name()) {
            case "open", "openat", "openat2", "creat" -> {
                String shown = Arguments.opened(call.result());
                place.opened(result, shown.isEmpty() ? path(arguments) : shown);
            }
            case "socket" -> place.opened(result, socket(call));
            case "accept", "accept4", "pidfd_open", "epoll_create1", "memfd_create" -> place.closed(result);
            case "close" -> place.closed((int) first.raw());
            case "dup", "dup2", "dup3" -> place.opened(result, place.at((int) first.raw()));
            case "fcntl" -> {
                if (call.arguments().size() > 1 && call.arguments().get(1).startsWith("F_DUPFD")) {
                    place.opened(result, place.at((int) first.raw()));
                }
            }
            case "chdir" -> place.wentTo(path(arguments));
            case "fchdir" -> place.wentTo(place.at((int) first.raw()));
            case "execve", "execveat" -> {
                process.linking = new Linking();
                place.executed(program(arguments));
                to.accept(new Event.Executed(new Task(process.number, call.thread()), call.at(), program(arguments)));
            }
            default -> {
                if (STARTS.contains(call.name()) && result > 0 && !processes.containsKey(result)) {
                    boolean ofIt = String.join(",", call.arguments()).contains("CLONE_THREAD");
                    child(result, call.at(), call.thread(), ofIt);
                }
            }
        }
    }

    private static String path(List<Argument> arguments) {
        for (Argument argument : arguments) {
            if (argument instanceof Argument.PathName path) {
                return path.absolute();
            }
        }
        return "";
    }

    private static String program(List<Argument> arguments) {
        for (Argument argument : arguments) {
            if (argument instanceof Argument.PathName path) {
                String file = path.file().isEmpty() ? path.absolute() : path.file();
                return file.isEmpty() ? path.written() : file;
            }
        }
        return "";
    }

    /** As strace -yy begins to say it. */
    private static String socket(Written call) {
        List<String> words = call.arguments();
        if (words.size() < 2 || !words.getFirst().startsWith("AF_INET")) {
            return "";
        }
        return words.get(1).startsWith("SOCK_STREAM") ? "TCP" : words.get(1).startsWith("SOCK_DGRAM") ? "UDP" : "";
    }
}
