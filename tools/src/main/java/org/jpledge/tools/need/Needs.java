package org.jpledge.tools.need;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jpledge.bpf.SeccompData;
import org.jpledge.launch.Executable;
import org.jpledge.launch.ExecutableException;
import org.jpledge.promise.Circumstance;
import org.jpledge.promise.Missing;
import org.jpledge.promise.PromiseTable;
import org.jpledge.seccomp.Identity;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Constants;
import org.jpledge.tools.event.Argument;
import org.jpledge.tools.event.Endpoint;
import org.jpledge.tools.event.Syscall;
import org.jpledge.tools.text.RawPath;
import org.jpledge.unveil.Permission;
import org.jpledge.unveil.Permissions;
import org.jspecify.annotations.Nullable;

/**
 * What system calls need: promises, by the promise table's rules; letters of unveil(2), by the table of this package; ports.
 * What is not in a call's arguments is looked up in this machine's files: whether a file is a device, where a symbolic link in
 * the promise table leads.
 */
public final class Needs {
    /** Where Landlock does not decide, every open names its promises; that is also what Landlock makes of them. */
    private static final Set<Circumstance> BY_FLAGS = Circumstance.UNRESTRICTED;

    private static final Set<Circumstance> BY_LANDLOCK = EnumSet.allOf(Circumstance.class);

    private static final Permissions EXECUTE = Permissions.parse("x");
    private static final Identity NOBODY = new Identity(0, 0, 0);
    private static final int MOST_KNOWN = 4096;
    private static final Map<Shape, Alternatives> KNOWN = new HashMap<>();

    /** What the kernel shows of memfd_create(2) where a path would be. */
    private static final String MEMORY = "/memfd:";

    private static final String DELETED = " (deleted)";

    private static final int DOMAIN = 53;
    private static final int DOMAIN_TLS = 853;

    private static final List<String> STDIO = List.of("stdio");
    private static final List<String> INTERNET = List.of("inet", "anet", "dns");
    private static final List<String> LOCAL = List.of("unix");
    private static final List<String> KERNEL = List.of("route", "wroute", "dns");

    private static final Map<Arch, OwnPaths> OWN_PATHS = new EnumMap<>(Arch.class);

    private final Identity self;

    /**
     * What calls of a sandboxed program need.
     *
     * @param self its process, which is the one that rules on the own process and user speak of, for its children too
     */
    public Needs(Identity self) {
        this.self = self;
    }

    /**
     * What a call needs that is made by a program itself and not by its children, as root would make it.
     *
     * @param call the call; its outcome is of no account
     * @return what it needs
     */
    public static Need of(Syscall call) {
        return new Needs(new Identity(call.task().process(), 0, 0)).need(call);
    }

    /**
     * What a call needs.
     *
     * @param call the call; its outcome is of no account
     * @return what it needs
     */
    public Need need(Syscall call) {
        if (Arch.host().is64Bit() && !call.arch().is64Bit()) {
            return new Need(List.of(), List.of()); // Another architecture's numbers are always refused.
        }
        Syscall plain = Predecessor.of(call);
        boolean device = isDevice(plain);
        SeccompData data = data(plain, device);
        List<Access> accesses = accesses(plain, data, device);
        Endpoint endpoint = endpoint(plain);
        List<String> kind = kind(plain);
        List<Way> ways = new ArrayList<>();
        Alternatives alternatives = alternatives(data, plain.arch());
        for (List<String> words : alternatives.byLandlock()) {
            for (List<String> more : opening(accesses, plain.arch())) {
                add(new Way(union(words, more), List.of()), ways);
            }
        }
        List<Way> plainest = new ArrayList<>();
        for (List<String> words : ofKind(alternatives.byFlags(), kind)) {
            if (isFor(words, endpoint)) {
                plainest.add(new Way(words, accesses));
            }
        }
        return new Need(ordered(ways, plainest), ports(plain, endpoint));
    }

    /**
     * Whether a call has a path or an address that could not be read, so that nobody can say what it needs: the memory that
     * it lies in is closed to a tracer.
     *
     * @param call the call
     * @return whether it has
     */
    public static boolean isBlind(Syscall call) {
        Syscall plain = Predecessor.of(call);
        for (AccessTable.Row row : AccessTable.rows(plain.arch(), plain.number())) {
            for (Argument argument : plain.arguments()) {
                if (argument.name().equals(row.argument())
                        && argument instanceof Argument.Address address
                        && address.raw() != 0) {
                    return true;
                }
            }
        }
        return false;
    }

    /** What the rules say of a call is said once: programs make the same ones over and over. */
    private Alternatives alternatives(SeccompData data, Arch arch) {
        SeccompData seen = Missing.seen(data, arch);
        Identity who = Missing.asksWho(data.nr(), arch) ? self : NOBODY;
        Shape shape = new Shape(who, seen);
        synchronized (KNOWN) {
            Alternatives known = KNOWN.get(shape);
            if (known == null) {
                known = new Alternatives(
                        Missing.alternatives(seen, who, arch, BY_LANDLOCK),
                        Missing.alternatives(seen, who, arch, BY_FLAGS));
                if (KNOWN.size() == MOST_KNOWN) {
                    KNOWN.clear();
                }
                KNOWN.put(shape, known);
            }
            return known;
        }
    }

    /** A call as the promise table's rules see it. No record, as its methods would take milliseconds when they are first used. */
    private static final class Shape {
        private final long[] numbers;

        Shape(Identity self, SeccompData call) {
            numbers = new long[] {
                self.pid(),
                self.uid(),
                self.gid(),
                call.nr(),
                call.arch(),
                call.arg0(),
                call.arg1(),
                call.arg2(),
                call.arg3(),
                call.arg4(),
                call.arg5()
            };
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Shape shape && Arrays.equals(numbers, shape.numbers);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(numbers);
        }
    }

    /** Which promises let a call through, where Landlock decides about paths and where it does not. */
    private record Alternatives(List<List<String>> byLandlock, List<List<String>> byFlags) {}

    /** What needs nothing but stdio comes first, then what anything of that kind needs, then what opens just these files. */
    private static List<Way> ordered(List<Way> special, List<Way> plainest) {
        List<Way> all = new ArrayList<>();
        for (Way way : special) {
            if (STDIO.containsAll(way.words())) {
                add(way, all);
            }
        }
        for (Way way : plainest) {
            add(way, all);
        }
        for (Way way : special) {
            add(way, all);
        }
        return all;
    }

    private static void add(Way way, List<Way> all) {
        for (Way other : all) {
            boolean less = way.words().size() < other.words().size();
            if (way.takesAllOf(other) && !(less && other.takesAllOf(way))) {
                return;
            }
        }
        all.removeIf(other -> other.takesAllOf(way));
        all.add(way);
    }

    private static List<String> union(List<String> some, List<String> others) {
        Set<String> both = new LinkedHashSet<>();
        for (String word : PromiseTable.standard().words()) {
            if (some.contains(word) || others.contains(word)) {
                both.add(word);
            }
        }
        return List.copyOf(both);
    }

    private static SeccompData data(Syscall call, boolean existing) {
        long[] registers = new long[SeccompData.ARGUMENTS];
        for (int i = 0; i < Math.min(registers.length, call.arguments().size()); i++) {
            Argument argument = call.arguments().get(i);
            boolean creates = existing && argument.name().equals("flags");
            registers[i] = creates ? argument.raw() & ~constant(call.arch(), "O_CREAT") : argument.raw();
        }
        return SeccompData.of(call.number(), call.arch().audit(), registers);
    }

    private static long constant(Arch arch, String name) {
        return Constants.of(arch).value(name).orElseThrow();
    }

    /** Whether a call would make a file, and opens what is there and is no regular file: O_CREAT makes nothing then. */
    private static boolean isDevice(Syscall call) {
        if (!call.name().equals("open") && !call.name().equals("openat")) {
            return false;
        }
        String file = "";
        boolean creates = false;
        for (Argument argument : call.arguments()) {
            if (argument instanceof Argument.PathName path) {
                file = path(path);
            } else if (argument.name().equals("flags")) {
                creates = (argument.raw() & constant(call.arch(), "O_CREAT")) != 0;
            }
        }
        return creates && isDevice(file);
    }

    /** Whether a path is there, and leads to a device, a FIFO or a socket. */
    private static boolean isDevice(String path) {
        try {
            return path.startsWith("/")
                    && Files.readAttributes(RawPath.of(path), BasicFileAttributes.class)
                            .isOther();
        } catch (IOException _) {
            return false; // It is not there any more, or never was on this machine.
        }
    }

    /** A file's path; of a file in memory, which no path leads to, there is none. */
    private static String path(Argument.PathName path) {
        String file = path.file().isEmpty() ? path.absolute() : path.file();
        return file.startsWith(MEMORY) && file.endsWith(DELETED) ? "" : file;
    }

    /** What Landlock is asked for. */
    private List<Access> accesses(Syscall call, SeccompData data, boolean device) {
        List<Access> accesses = new ArrayList<>();
        for (AccessTable.Row row : AccessTable.rows(call.arch(), call.number())) {
            boolean asked = row.rules().stream().anyMatch(rule -> rule.matches(data, self));
            if (asked && !(device && row.place() == Place.MAKES)) {
                for (Argument argument : call.arguments()) {
                    String path = argument.name().equals(row.argument()) ? file(argument) : "";
                    if (path.startsWith("/") && !(row.place() == Place.ACROSS && staysIn(parent(path), call))) {
                        add(row, path, accesses);
                        if (row.letters().has(Permission.EXECUTE)) {
                            interpreters(path, call.arch(), accesses);
                        }
                    }
                }
            }
        }
        return accesses;
    }

    /** The kernel executes the interpreters of a program, too. The system's dynamic linkers are opened by the promise exec. */
    private static void interpreters(String path, Arch arch, List<Access> accesses) {
        try {
            List<Path> chain = Executable.of(RawPath.of(path), arch).chain();
            for (Path each : chain.subList(1, chain.size())) {
                String file = RawPath.word(each.toRealPath());
                if (ownPaths(arch).opening(file, EXECUTE).isEmpty()) {
                    accesses.add(new Access(file, EXECUTE, Place.AT.meaning(), ""));
                }
            }
        } catch (ExecutableException | IOException _) {
            // It is not there any more, or never was on this machine: then nobody knows its interpreters.
        }
    }

    private static String file(Argument argument) {
        return switch (argument) {
            case Argument.PathName path -> path(path);
            case Argument.Descriptor descriptor -> isDevice(descriptor.what()) ? descriptor.what() : "";
            case Argument.Socket socket
            when socket.endpoint() instanceof Endpoint.Local local && !local.isAbstract() ->
                local.file().isEmpty() ? local.path() : local.file();
            default -> "";
        };
    }

    private static void add(AccessTable.Row row, String path, List<Access> accesses) {
        boolean itself = row.place() == Place.AT;
        String file = itself ? path : parent(path);
        String because = row.place().meaning();
        for (int i = 0; i < accesses.size(); i++) {
            Access other = accesses.get(i);
            if (other.file().equals(file) && other.because().equals(because)) {
                Permissions both =
                        new Permissions(other.letters().bits() | row.letters().bits());
                accesses.set(i, new Access(file, both, because, other.name()));
                return;
            }
        }
        accesses.add(new Access(file, row.letters(), because, itself ? "" : path));
    }

    /** Whether all paths of a call are in one directory. */
    private static boolean staysIn(String directory, Syscall call) {
        for (Argument argument : call.arguments()) {
            if (argument instanceof Argument.PathName path
                    && !parent(path(path)).equals(directory)) {
                return false;
            }
        }
        return true;
    }

    private static String parent(String path) {
        int slash = path.lastIndexOf('/');
        return slash <= 0 ? "/" : path.substring(0, slash);
    }

    /** The promises that by themselves open all that a call asks for; nothing if it asks for nothing. */
    private static List<List<String>> opening(List<Access> accesses, Arch arch) {
        List<List<String>> all = List.of();
        for (int i = 0; i < accesses.size(); i++) {
            Access access = accesses.get(i);
            List<List<String>> each = new ArrayList<>();
            String path = access.name().isEmpty() ? access.file() : access.name();
            for (List<String> words : ownPaths(arch).opening(path, access.letters())) {
                if (i == 0) {
                    each.add(words);
                } else {
                    all.forEach(before -> each.add(union(before, words)));
                }
            }
            all = each;
        }
        return all;
    }

    private static OwnPaths ownPaths(Arch arch) {
        synchronized (OWN_PATHS) {
            return OWN_PATHS.computeIfAbsent(arch, OwnPaths::new);
        }
    }

    private static Endpoint endpoint(Syscall call) {
        for (Argument argument : call.arguments()) {
            if (argument instanceof Argument.Socket socket) {
                return socket.endpoint();
            }
        }
        return new Endpoint.Other("");
    }

    /** The promises for sockets of the kind that a call's descriptor is known to be; nothing where that is not known. */
    private static List<String> kind(Syscall call) {
        for (Argument argument : call.arguments()) {
            if (argument instanceof Argument.Descriptor descriptor) {
                String what = descriptor.what();
                return what.startsWith("UNIX:")
                        ? LOCAL
                        : what.startsWith("TCP") || what.startsWith("UDP")
                                ? INTERNET
                                : what.startsWith("NETLINK:") ? KERNEL : List.of();
            }
        }
        return List.of();
    }

    /** Those that are not for sockets of another kind; all, if there are none but such. */
    private static List<List<String>> ofKind(List<List<String>> all, List<String> kind) {
        List<List<String>> some = new ArrayList<>();
        for (List<String> words : all) {
            if (isOfKind(words, kind)) {
                some.add(words);
            }
        }
        return some.isEmpty() ? all : some;
    }

    /** Whether no word is about sockets of another kind; what sendfd and recvfd give, they give for all. */
    private static boolean isOfKind(List<String> words, List<String> kind) {
        for (String word : words) {
            boolean others = INTERNET.contains(word) || LOCAL.contains(word) || KERNEL.contains(word);
            if (!kind.isEmpty() && !kind.contains(word) && others) {
                return false;
            }
        }
        return true;
    }

    /** Whether promises make a socket that such an address is for, where the rules do not look at the address. */
    private static boolean isFor(List<String> words, Endpoint endpoint) {
        return switch (endpoint) {
            case Endpoint.Internet internet ->
                isWithout(
                        words,
                        internet.port() == DOMAIN || internet.port() == DOMAIN_TLS || internet.port() == 0
                                ? INTERNET
                                : INTERNET.subList(0, 2));
            case Endpoint.Local _ -> isWithout(words, LOCAL);
            case Endpoint.Netlink _ -> isWithout(words, KERNEL);
            case Endpoint.Other _ -> true;
        };
    }

    /** Whether no word is about sockets of another kind. */
    private static boolean isWithout(List<String> words, List<String> kind) {
        for (String word : words) {
            if (!kind.contains(word)
                    && (INTERNET.contains(word)
                            || LOCAL.contains(word)
                            || KERNEL.contains(word)
                            || word.equals("sendfd")
                            || word.equals("recvfd"))) {
                return false;
            }
        }
        return true;
    }

    private static List<PortUse> ports(Syscall call, Endpoint endpoint) {
        if (!(endpoint instanceof Endpoint.Internet internet)) {
            return List.of();
        }
        String what = "";
        for (Argument argument : call.arguments()) {
            if (argument instanceof Argument.Descriptor descriptor) {
                what = descriptor.what().toLowerCase(Locale.ROOT);
            }
        }
        String protocol = what.contains("tcp") ? "tcp" : what.contains("udp") ? "udp" : "";
        return switch (call.name()) {
            case "connect" -> List.of(new PortUse(true, protocol, internet.port()));
            case "sendto" -> List.of(new PortUse(true, protocol.isEmpty() ? "udp" : protocol, internet.port()));
            case "bind" -> List.of(new PortUse(false, protocol, internet.port()));
            default -> List.of();
        };
    }
}
