package org.jpledge.tools.html;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jpledge.promise.PromiseTable;
import org.jpledge.tools.event.Argument;
import org.jpledge.tools.event.Endpoint;
import org.jpledge.tools.event.Event;
import org.jpledge.tools.event.Outcome;
import org.jpledge.tools.event.Syscall;
import org.jpledge.tools.need.Access;
import org.jpledge.tools.need.Need;
import org.jpledge.tools.need.Needs;
import org.jpledge.tools.need.PortUse;
import org.jpledge.tools.text.Json;
import org.jpledge.tools.text.Resource;
import org.jpledge.unveil.Permission;
import org.jpledge.unveil.Permissions;
import org.jspecify.annotations.Nullable;

/**
 * Gathers events and makes a page of them that a browser shows without any network. However many events there are, the page has
 * some hundred kilobytes: it holds counts, and of paths, processes and hosts as many as can be shown. Not thread-safe.
 */
public final class Picture implements Consumer<Event> {
    private static final int MOST_PROCESSES = 1_000;
    private static final int MOST_PROGRAMS = 20;
    private static final int MOST_ROWS = 400;
    private static final int MOST_KNOWN = 20_000;

    /** Rows that are no promise. */
    private static final String LINKER = "(dynamic linker)";

    private static final String NO_PROMISE = "(no promise)";
    private static final String STDIO = "stdio";

    private final String title;
    private final Timeline timeline = new Timeline();
    private final Map<String, Long> words = new HashMap<>();
    private final PathTree paths = new PathTree();
    private final Map<Integer, Life> lives = new LinkedHashMap<>();
    private final Map<Integer, Integer> threads = new HashMap<>();
    private final Map<Contact, long[]> contacts = new LinkedHashMap<>();
    private final Map<Denied, long[]> denied = new LinkedHashMap<>();

    private final Map<String, Need> known = new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Need> eldest) {
            return size() > MOST_KNOWN;
        }
    };

    private long start;
    private long end;
    private long events;
    private long calls;
    private long failed;
    private long refused;
    private long untold;

    /** A process. */
    private static final class Life {
        private final int number;
        private final int parent;
        private final long begin;
        private final List<String> programs = new ArrayList<>();
        private long last;
        private long calls;
        private int threads;
        private int status = -1;
        private String signal = "";

        Life(int number, int parent, long begin) {
            this.number = number;
            this.parent = parent;
            this.begin = begin;
            this.last = begin;
        }
    }

    /** Somebody that a socket spoke to, or the port that it took. */
    private record Contact(String verb, String protocol, String address, String outcome) {}

    /** A call that the kernel refused for want of a right. */
    private record Denied(String call, String error, String what, String words) {}

    /**
     * Nothing has happened yet.
     *
     * @param title what was traced, such as the command line; bytes as characters
     */
    public Picture(String title) {
        this.title = title;
    }

    @Override
    public void accept(Event event) {
        if (events == 0) {
            start = event.at();
        }
        events++;
        end = Math.max(end, event.at());
        Life life = life(event);
        if (life != null) {
            life.last = Math.max(life.last, event.at());
        }
        switch (event) {
            case Syscall call -> {
                calls++;
                if (life != null) {
                    life.calls++;
                }
                end = Math.max(end, call.at() + Math.max(call.nanos(), 0));
                call(call);
            }
            case Event.Executed executed -> {
                if (life != null && life.programs.size() < MOST_PROGRAMS) {
                    life.programs.add(executed.program());
                }
            }
            case Event.Ended ended -> {
                if (life != null && ended.task().thread() == ended.task().process()) {
                    life.status = ended.status();
                    life.signal = ended.signal();
                }
                threads.remove(ended.task().thread());
            }
            case Event.Started _ -> {
                if (life != null) {
                    life.threads++;
                }
            }
            case Event.Signalled _ -> {}
        }
    }

    private @Nullable Life life(Event event) {
        int number = event.task().process();
        threads.put(event.task().thread(), number);
        Life life = lives.get(number);
        if (life == null) {
            if (lives.size() >= MOST_PROCESSES) {
                untold += event instanceof Event.Started ? 1 : 0;
                return null;
            }
            int parent = event instanceof Event.Started started ? threads.getOrDefault(started.parent(), 0) : 0;
            life = new Life(number, parent == number ? 0 : parent, event.at());
            lives.put(number, life);
        }
        return life;
    }

    private void call(Syscall call) {
        String error = call.outcome() instanceof Outcome.Failed(String name) ? name : "";
        boolean isRefused = error.equals("EPERM") || error.equals("EACCES");
        failed += error.isEmpty() ? 0 : 1;
        refused += isRefused ? 1 : 0;
        Need need = known.computeIfAbsent(key(call), key -> Needs.of(call));
        String row = row(call, need);
        words.merge(row, 1L, Long::sum);
        timeline.add(row, call.at() - start);
        if (isRefused) {
            count(denied, new Denied(call.name(), error, what(call), String.join(" ", need.words())));
        }
        paths(call, need, error, isRefused);
        contact(call, need, error);
    }

    /** What makes two calls need the same: not where their data lies. */
    private static String key(Syscall call) {
        StringBuilder key = new StringBuilder(call.name()).append(' ').append(call.arch());
        for (Argument argument : call.arguments()) {
            key.append('\0');
            switch (argument) {
                case Argument.PathName path ->
                    key.append(path.absolute()).append('\0').append(path.file());
                case Argument.Socket socket -> key.append(socket.endpoint());
                case Argument.Structure structure -> key.append(structure.fields());
                case Argument.Data _, Argument.Strings _ -> key.append(argument.raw() == 0 ? '0' : '1');
                case Argument.Descriptor descriptor ->
                    key.append(descriptor.number()).append(descriptor.what());
                default -> key.append(argument.raw());
            }
        }
        return key.toString();
    }

    /** The one promise that says most of a call, which is the last of them: what reads and writes, writes. */
    private static String row(Syscall call, Need need) {
        if (call.early()) {
            return LINKER;
        }
        if (!need.isPossible()) {
            return NO_PROMISE;
        }
        List<String> needed = need.words();
        return needed.isEmpty() ? STDIO : needed.getLast();
    }

    private static String what(Syscall call) {
        for (Argument argument : call.arguments()) {
            if (argument instanceof Argument.PathName path) {
                return name(path);
            }
            if (argument instanceof Argument.Socket socket) {
                return address(socket.endpoint());
            }
        }
        return "";
    }

    private static String name(Argument.PathName path) {
        return !path.file().isEmpty() ? path.file() : !path.absolute().isEmpty() ? path.absolute() : path.written();
    }

    private void paths(Syscall call, Need need, String error, boolean isRefused) {
        boolean done = error.isEmpty() && !(call.outcome() instanceof Outcome.Restarted);
        boolean any = false;
        if (done && need.isPossible()) {
            for (Access access : need.accesses()) {
                any = true;
                String path = access.letters().has(Permission.CREATE)
                                && !access.name().isEmpty()
                        ? access.name()
                        : access.file();
                if (call.early()) {
                    paths.add(path, Deed.LINKED);
                } else {
                    deeds(path, access.letters());
                }
            }
        }
        if (any) {
            return;
        }
        for (Argument argument : call.arguments()) {
            if (argument instanceof Argument.PathName path && (done || isRefused)) {
                paths.add(name(path), isRefused ? Deed.REFUSED : call.early() ? Deed.LINKED : Deed.LOOKED_AT);
            }
        }
    }

    private void deeds(String path, Permissions letters) {
        for (Permission letter : Permission.values()) {
            if (letters.has(letter)) {
                paths.add(
                        path,
                        switch (letter) {
                            case READ -> Deed.READ;
                            case WRITE -> Deed.WRITE;
                            case CREATE -> Deed.CREATE;
                            case EXECUTE -> Deed.EXECUTE;
                        });
            }
        }
    }

    private void contact(Syscall call, Need need, String error) {
        for (Argument argument : call.arguments()) {
            // What accept(2) and recvfrom(2) give is whom the program spoke to as well.
            if (argument instanceof Argument.Socket socket && !(socket.endpoint() instanceof Endpoint.Other)) {
                String protocol =
                        need.ports().stream().map(PortUse::protocol).findFirst().orElse("");
                String kind = switch (socket.endpoint()) {
                    case Endpoint.Internet _ -> protocol;
                    case Endpoint.Local _ -> "unix";
                    default -> "netlink";
                };
                // Its success will show later.
                String outcome = error.equals("EINPROGRESS") ? "" : error;
                count(contacts, new Contact(call.name(), kind, address(socket.endpoint()), outcome));
            }
        }
    }

    private static String address(Endpoint endpoint) {
        return switch (endpoint) {
            case Endpoint.Internet(String _, String host, int port) ->
                (host.contains(":") ? '[' + host + ']' : host) + ':' + port;
            case Endpoint.Local local ->
                local.isAbstract() ? '@' + local.path() : local.file().isEmpty() ? local.path() : local.file();
            case Endpoint.Netlink(int port, int groups) -> "kernel, port " + port + ", groups " + groups;
            case Endpoint.Other(String family) -> family;
        };
    }

    private static <K> void count(Map<K, long[]> counts, K key) {
        long[] count = counts.get(key);
        if (count != null) {
            count[0]++;
        } else if (counts.size() < MOST_ROWS) {
            counts.put(key, new long[] {1});
        }
    }

    /**
     * The page.
     *
     * @param result what is to be shown below the title, such as the command line that was learnt; bytes as characters; may
     *     be empty
     * @return HTML, all of it ASCII; nothing that a program chose, such as a file's name, can be more than text in it
     */
    public String page(String result) {
        String script = Resource.text(Picture.class, "page.js");
        String style = Resource.text(Picture.class, "page.css");
        // In a script element, only this character could end it.
        String data = Json.text(data(result)).strip().replace("<", "\\u003c");
        return Resource.text(Picture.class, "page.html")
                .replace("@STYLE_HASH@", hash(style))
                .replace("@SCRIPT_HASH@", hash(script))
                .replace("@STYLE@", style)
                .replace("@SCRIPT@", script)
                .replace("@DATA@", data);
    }

    private Json.Members data(String result) {
        List<String> order = new ArrayList<>(PromiseTable.standard().words());
        order.removeIf(word -> !words.containsKey(word));
        order.add(NO_PROMISE);
        order.add(LINKER);
        Json.Members totals = new Json.Members();
        for (String word : order) {
            if (words.containsKey(word)) {
                totals.with(word, new Json.Whole(words.get(word)));
            }
        }
        return new Json.Members()
                .with("title", Shown.text(title))
                .with("result", Shown.text(result))
                .with("started", new Json.Text(Instant.ofEpochSecond(0, start).toString()))
                .with("duration", new Json.Whole(Math.max(end - start, 0)))
                .with("events", new Json.Whole(events))
                .with("calls", new Json.Whole(calls))
                .with("failed", new Json.Whole(failed))
                .with("refused", new Json.Whole(refused))
                .with("words", totals)
                .with("timeline", timeline.json(order, end - start))
                .with("paths", paths.json())
                .with("contacts", contacts())
                .with("denied", denied())
                .with("processes", processes())
                .with("untold", new Json.Whole(untold));
    }

    private Json.Value contacts() {
        List<Json.Value> all = new ArrayList<>();
        contacts.forEach((contact, count) -> all.add(new Json.Members()
                .with("verb", contact.verb())
                .with("protocol", contact.protocol())
                .with("address", Shown.text(contact.address()))
                .with("outcome", contact.outcome())
                .with("count", new Json.Whole(count[0]))));
        return new Json.Items(all);
    }

    private Json.Value denied() {
        List<Json.Value> all = new ArrayList<>();
        denied.forEach((call, count) -> all.add(new Json.Members()
                .with("call", call.call())
                .with("error", call.error())
                .with("what", Shown.text(call.what()))
                .with("words", call.words())
                .with("count", new Json.Whole(count[0]))));
        return new Json.Items(all);
    }

    private Json.Value processes() {
        List<Json.Value> all = new ArrayList<>();
        for (Life life : lives.values()) {
            List<Json.Value> programs = new ArrayList<>();
            life.programs.forEach(program -> programs.add(Shown.text(program)));
            all.add(new Json.Members()
                    .with("pid", new Json.Whole(life.number))
                    .with("parent", new Json.Whole(life.parent))
                    .with("begin", new Json.Whole(life.begin - start))
                    .with("end", new Json.Whole(life.last - start))
                    .with("calls", new Json.Whole(life.calls))
                    .with("threads", new Json.Whole(life.threads))
                    .with("status", new Json.Whole(life.status))
                    .with("signal", life.signal)
                    .with("programs", new Json.Items(programs)));
        }
        return new Json.Items(all);
    }

    private static String hash(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return "'sha256-" + Base64.getEncoder().encodeToString(digest) + "'";
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JVM has SHA-256", e);
        }
    }
}
