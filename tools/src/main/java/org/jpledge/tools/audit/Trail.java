package org.jpledge.tools.audit;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jpledge.landlock.FsRight;
import org.jpledge.promise.Missing;
import org.jpledge.promise.Promises;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.FilterText;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;
import org.jpledge.unveil.Meaning;
import org.jpledge.unveil.Permission;
import org.jpledge.unveil.Permissions;

/**
 * Gathers the records of several logs, and puts together what belongs together. A record that several logs have counts once.
 * Not thread-safe.
 */
public final class Trail {
    private static final String STDIO = "stdio";
    private static final String FILES = "fs.";

    private final Set<AuditRecord> records = new LinkedHashSet<>();
    private final Map<String, AuditRecord> domains = new HashMap<>();
    private final Map<Event, AuditRecord> calls = new HashMap<>();
    private long malformed;

    /** What the records of one system call share. */
    private record Event(long at, long serial) {}

    /** Nothing is known yet. */
    public Trail() {}

    /**
     * Reads a log to its end, whichever of the known kinds it is. What is no record of a refusal is passed over.
     *
     * @param log the log; it is not closed
     * @throws IOException if it cannot be read
     */
    public void read(InputStream log) throws IOException {
        InputStream in = new BufferedInputStream(log, 1 << 16);
        StringBuilder line = new StringBuilder();
        while (true) {
            int c = in.read();
            if (c == '\n' || c < 0) {
                add(line.toString());
                line.setLength(0);
                if (c < 0) {
                    return;
                }
            } else if (line.length() <= AuditLine.LONGEST) {
                line.append((char) c);
            }
        }
    }

    /**
     * Understands one line alone.
     *
     * @param line a record, from any of the known logs
     * @return nothing if it is no record of a refusal
     */
    public static Optional<Refusal> single(String line) {
        Trail trail = new Trail();
        trail.add(line);
        return trail.refusals(0).stream().findFirst();
    }

    private void add(String line) {
        switch (AuditLine.of(line)) {
            case AuditLine.Other() -> {}
            case AuditLine.Malformed() -> malformed++;
            case AuditLine.Read(AuditRecord record) -> {
                switch (record.type()) {
                    case AuditRecord.SYSCALL -> calls.put(new Event(record.at(), record.serial()), record);
                    case AuditRecord.LANDLOCK_DOMAIN -> {
                        // The record of its end says no more than that.
                        if (record.fields().containsKey("pid")) {
                            domains.put(record.text("domain"), record);
                        }
                    }
                    default -> records.add(record);
                }
            }
        }
    }

    /**
     * Counts what could not be understood.
     *
     * @return how many lines should be a record of a refusal, or a line of JSON, and are none
     */
    public long malformed() {
        return malformed;
    }

    /**
     * What was refused, from all that was read.
     *
     * @param since only what was refused then or later, in milliseconds since 1970
     * @return in the order of time
     */
    public List<Refusal> refusals(long since) {
        List<Refusal> refusals = new ArrayList<>();
        for (AuditRecord record : records) {
            if (record.at() >= since) {
                refusals.add(record.type() == AuditRecord.SECCOMP ? call(record) : access(record));
            }
        }
        refusals.sort(Comparator.comparingLong(Refusal::at));
        return refusals;
    }

    private static Refusal call(AuditRecord record) {
        int number = (int) record.number("syscall").orElseThrow();
        int audit = (int) record.word("arch").orElseThrow();
        int code = (int) record.word("code").orElseThrow();
        Optional<Arch> arch = arch(audit);
        boolean allowed = code == Action.LOG.encoded();
        if (arch.isEmpty()) {
            String name = "0x" + Integer.toHexString(audit);
            return new Refusal.Call(
                    record.at(), offender(record), name, number, "", List.of(), action(code, Arch.host()), allowed);
        }
        List<String> words = new ArrayList<>(Missing.words(number, arch.get(), Promises.NONE));
        if (words.size() > 1) {
            // What stdio allows of it, hardly any program is refused.
            words.remove(STDIO);
        }
        return new Refusal.Call(
                record.at(),
                offender(record),
                arch.get().label(),
                number,
                SyscallTable.of(arch.get()).name(number).orElse(""),
                words,
                action(code, arch.get()),
                allowed);
    }

    private static Optional<Arch> arch(int audit) {
        for (Arch arch : Arch.values()) {
            if (arch.audit() == audit) {
                return Optional.of(arch);
            }
        }
        return Optional.empty();
    }

    private static String action(int code, Arch arch) {
        int data = code & 0xffff;
        for (Action action : List.of(
                Action.KILL_PROCESS,
                Action.KILL_THREAD,
                new Action.Trap(data),
                new Action.Errno(Math.min(data, 4095)),
                Action.NOTIFY,
                new Action.Trace(data),
                Action.LOG)) {
            if ((action.encoded() & 0xffff_0000) == (code & 0xffff_0000)) {
                // Kernels write no data down, so which error it was is not known.
                return action instanceof Action.Errno && data == 0 ? "errno" : FilterText.of(action, arch);
            }
        }
        return "0x" + Integer.toHexString(code);
    }

    private Refusal access(AuditRecord record) {
        // The system call's own record says who did it; the domain's, who restricted himself and all his children.
        AuditRecord call = calls.get(new Event(record.at(), record.serial()));
        AuditRecord domain = domains.get(record.text("domain"));
        Refusal.Offender offender =
                call != null ? offender(call) : domain != null ? offender(domain) : Refusal.Offender.UNKNOWN;
        List<String> blockers = List.of(record.text("blockers").split(",", -1));
        return new Refusal.Access(
                record.at(), offender, need(blockers), object(record), blockers, call == null ? "" : name(call));
    }

    private static String name(AuditRecord call) {
        int number = (int) call.number("syscall").orElseThrow();
        return arch((int) call.word("arch").orElse(0))
                .flatMap(arch -> SyscallTable.of(arch).name(number))
                .orElse("");
    }

    private static Refusal.Offender offender(AuditRecord record) {
        return new Refusal.Offender(
                record.text("comm"),
                (int) record.number("pid").orElse(0),
                record.number("uid").orElse(-1),
                record.text("exe"));
    }

    private static String need(List<String> blockers) {
        Permissions letters = Permissions.NONE;
        for (String blocker : blockers) {
            switch (blocker) {
                case "net.bind_tcp", "net.bind_udp" -> {
                    return "bind";
                }
                case "net.connect_tcp", "net.connect_send_udp" -> {
                    return "connect";
                }
                case "scope.signal" -> {
                    return "proc";
                }
                case "scope.abstract_unix_socket" -> {
                    return "unix";
                }
                default ->
                    letters = new Permissions(letters.bits() | letter(blocker).bits());
            }
        }
        // Whoever may execute a file may read it.
        boolean executes = blockers.contains(FILES + "execute");
        return (executes ? letters.minus(Permissions.READ) : letters).toString();
    }

    /** The letter whose meaning has a right. */
    private static Permissions letter(String blocker) {
        for (FsRight right : FsRight.values()) {
            if (!blocker.equalsIgnoreCase(FILES + right.name())) {
                continue;
            }
            for (Permission permission : Permission.values()) {
                if (Meaning.UNPLEDGED.of(permission).has(right)) {
                    return Permissions.parse(String.valueOf(permission.letter()));
                }
            }
        }
        return Permissions.NONE;
    }

    private static String object(AuditRecord record) {
        Map<String, String> fields = record.fields();
        if (fields.containsKey("path")) {
            String path = record.text("path");
            // A name of the abstract space begins with a zero.
            return path.startsWith("\0") ? "@" + path.substring(1) : path;
        }
        if (fields.containsKey("opid")) {
            return record.text("ocomm") + '[' + record.text("opid") + ']';
        }
        boolean there = fields.containsKey("dest");
        if (there || fields.containsKey("src")) {
            String host = record.text(there ? "daddr" : "saddr");
            String port = record.text(there ? "dest" : "src");
            return (host.contains(":") ? '[' + host + ']' : host) + ':' + port;
        }
        return fields.containsKey("name") ? record.text("name") : "";
    }
}
