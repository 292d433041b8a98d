package org.jpledge.tools.learn;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jpledge.seccomp.Identity;
import org.jpledge.tools.event.Event;
import org.jpledge.tools.event.Outcome;
import org.jpledge.tools.event.Syscall;
import org.jpledge.tools.event.Task;
import org.jpledge.tools.need.Access;
import org.jpledge.tools.need.Need;
import org.jpledge.tools.need.Needs;
import org.jpledge.tools.need.Way;
import org.jpledge.unveil.Permissions;

/**
 * Collects evidence from events. What the dynamic linker of the first program does before the entry point does not count,
 * because a sandbox begins there; that of other programs, which they execute, does.
 */
public final class Learner implements Consumer<Event> {
    /** Errors with which a call has done what it was for, or as much of it as the program expects. */
    private static final Set<String> GOES_ON = Set.of(
            "EINPROGRESS",
            "EALREADY",
            "EISCONN",
            "EAGAIN",
            "EINTR",
            "ETIMEDOUT",
            "ECONNREFUSED",
            "ECONNRESET",
            "ECONNABORTED",
            "EHOSTUNREACH",
            "ENETUNREACH",
            "EPIPE",
            "ECHILD");

    /** Errors that are found before Landlock is asked, and that programs go on with: a directory that is there already. */
    private static final Set<String> BEFORE_PATHS = Set.of("EEXIST", "EXDEV", "ENOTEMPTY");

    private static final long AF_INET = 2;
    private static final long AF_INET6 = 10;
    private static final long SOCK_STREAM = 1;
    private static final long SOCK_TYPES = 15;

    private final Predicate<String> older;
    private final UnaryOperator<String> elsewhere;
    private final int uid;
    private final int gid;
    /** By the thread that runs them. */
    private final Map<Integer, Program> programs = new HashMap<>();

    private final Sockets sockets = new Sockets();
    private final Map<Key, Seen> seen = new LinkedHashMap<>();
    private int root;
    private boolean executed;
    private boolean begun;
    private boolean datagrams;
    private boolean listens;
    private long blind;
    private long calls;

    private record Key(String call, Need need, String outcome) {}

    /** A program that runs: its file, and whether it is another one than the first. */
    private record Program(String file, boolean successor) {
        static final Program UNKNOWN = new Program("", false);

        /** Whether the file can be found under its name again. */
        boolean isNamed() {
            return file.startsWith("/") && !file.endsWith(" (deleted)");
        }
    }

    /**
     * A learner that has seen nothing.
     *
     * @param uid the user that the program runs as, who may chown(2) files to himself
     * @param gid his group
     * @param older whether a file was there before the program was started: then O_CREAT did not make it
     * @param elsewhere where a path lies when the program is not being watched
     */
    public Learner(int uid, int gid, Predicate<String> older, UnaryOperator<String> elsewhere) {
        this.uid = uid;
        this.gid = gid;
        this.older = older;
        this.elsewhere = elsewhere;
    }

    @Override
    public void accept(Event event) {
        if (root == 0) {
            root = event.task().process();
        }
        switch (event) {
            case Event.Started started ->
                programs.put(started.task().thread(), programs.getOrDefault(started.parent(), Program.UNKNOWN));
            case Event.Executed program -> {
                boolean first = program.task().process() == root && !executed;
                executed |= first;
                programs.put(program.task().thread(), new Program(program.program(), !first));
            }
            case Syscall call -> learn(call);
            case Event.Signalled _, Event.Ended _ -> {}
        }
    }

    private void learn(Syscall call) {
        Program program = programs.getOrDefault(call.task().thread(), Program.UNKNOWN);
        if (isLaunch(call) || call.early() && !program.successor() || call.outcome() instanceof Outcome.Restarted) {
            return;
        }
        calls++;
        String outcome = call.outcome() instanceof Outcome.Failed(String errno) ? errno : "";
        Need need = own(withItself(new Needs(new Identity(root, uid, gid)).need(call), call.task(), program));
        if (GOES_ON.contains(outcome)) {
            outcome = "";
        } else if (BEFORE_PATHS.contains(outcome)) {
            outcome = "";
            need = new Need(
                    need.ways().stream()
                            .map(way -> new Way(way.words(), List.of()))
                            .toList(),
                    need.ports());
        }
        if (outcome.isEmpty()) {
            blind += Needs.isBlind(call) ? 1 : 0;
            note(call);
        }
        take(new Seen(call.name(), need, outcome, 1, Example.of(call)), sockets.state(call, outcome.isEmpty()));
    }

    /** Counts a call; later, and only then, if it is about a socket of which nothing has come yet. */
    private void take(Seen one, Sockets.State socket) {
        switch (socket) {
            case Sockets.State.Unused unused -> unused.pending().add(one);
            case Sockets.State.Used used -> {
                used.pending().forEach(this::count);
                used.pending().clear();
                count(one);
            }
            case Sockets.State.None _ -> count(one);
        }
    }

    private void count(Seen one) {
        Key key = new Key(one.call(), one.need(), one.outcome());
        Seen known = seen.get(key);
        seen.put(key, known == null ? one : known.counted(one.count()));
    }

    /** Whether it is the call by which the first program was started: nothing comes before it. */
    private boolean isLaunch(Syscall call) {
        boolean first = !begun;
        begun = true;
        return first && call.name().startsWith("execve");
    }

    private void note(Syscall call) {
        listens |= call.name().equals("listen");
        if (call.name().equals("socket") && call.arguments().size() >= 2) {
            long family = call.arguments().get(0).raw();
            datagrams |= (family == AF_INET || family == AF_INET6)
                    && (call.arguments().get(1).raw() & SOCK_TYPES) != SOCK_STREAM;
        }
    }

    /**
     * Who asks for the map of its memory may open its own file again, or not, as the addresses fall: V8 does that for its
     * built-in functions, in most runs but not in all. So it may be read wherever the map is.
     */
    private static Need withItself(Need need, Task task, Program program) {
        String map = "/proc/" + task.process() + "/maps";
        if (!program.isNamed() || need.ways().stream().noneMatch(way -> opens(way, map))) {
            return need;
        }
        List<Way> ways = new ArrayList<>();
        for (Way way : need.ways()) {
            List<Access> accesses = new ArrayList<>(way.accesses());
            if (opens(way, map)) {
                accesses.add(new Access(program.file(), Permissions.parse("r"), "open", ""));
            }
            ways.add(new Way(way.words(), accesses));
        }
        return new Need(ways, need.ports());
    }

    private static boolean opens(Way way, String file) {
        for (Access access : way.accesses()) {
            if (access.file().equals(file)) {
                return true;
            }
        }
        return false;
    }

    /** What is known of this run, and not of any: files that were there before are not made, and /proc/PID is somebody. */
    private Need own(Need need) {
        List<Way> ways = new ArrayList<>();
        for (Way way : need.ways()) {
            List<Access> accesses = new ArrayList<>();
            boolean possible = true;
            for (Access access : way.accesses()) {
                String file = ownProcess(access.file());
                possible &= !Places.isOfProcess(file);
                if (!access.makes() || !older.test(access.name())) {
                    accesses.add(new Access(
                            elsewhere.apply(file), access.letters(), access.because(), elsewhere.apply(access.name())));
                }
            }
            if (possible || need.ways().size() == 1) {
                ways.add(new Way(way.words(), accesses));
            }
        }
        return new Need(ways, need.ports());
    }

    /** In another run the program is another process, and its threads are others: of those, only all can be named. */
    private String ownProcess(String file) {
        String own = "/proc/" + root;
        return file.startsWith(own + "/task/")
                ? "/proc/self/task"
                : file.equals(own) || file.startsWith(own + "/") ? "/proc/self" + file.substring(own.length()) : file;
    }

    /**
     * What was seen so far.
     *
     * @return the evidence
     */
    public Evidence evidence() {
        List<Seen> wanted = new ArrayList<>();
        List<Seen> probes = new ArrayList<>();
        List<Seen> impossible = new ArrayList<>();
        probes.addAll(sockets.unused());
        for (Seen each : seen.values()) {
            (each.outcome().isEmpty() ? each.need().isPossible() ? wanted : impossible : probes).add(each);
        }
        return new Evidence(wanted, probes, impossible, datagrams, listens, blind, calls);
    }
}
