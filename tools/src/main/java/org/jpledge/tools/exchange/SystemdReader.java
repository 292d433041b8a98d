package org.jpledge.tools.exchange;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Condition;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Operator;
import org.jpledge.seccomp.Rule;
import org.jpledge.seccomp.Value;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Constants;
import org.jpledge.syscall.Errno;
import org.jpledge.syscall.SyscallTable;
import org.jpledge.tools.policy.Limit;
import org.jpledge.tools.policy.PolicyDocument;
import org.jpledge.tools.policy.PortList;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a systemd unit says about system calls: SystemCallFilter=, SystemCallErrorNumber=, SystemCallArchitectures=,
 * SystemCallLog= and RestrictAddressFamilies=, as systemd.exec(5) has them. A unit that restricts no architectures filters those
 * that the processor runs besides its own too.
 */
final class SystemdReader {
    /** What systemd fails socket(2) with for another address family. */
    private static final String REFUSED_FAMILY = "EAFNOSUPPORT";

    /** Settings that confine processes and are not read. */
    private static final Set<String> OTHERS = Set.of(
            "AmbientCapabilities",
            "CapabilityBoundingSet",
            "LockPersonality",
            "MemoryDenyWriteExecute",
            "PrivateDevices",
            "PrivateNetwork",
            "PrivateTmp",
            "PrivateUsers",
            "ProtectClock",
            "ProtectControlGroups",
            "ProtectHome",
            "ProtectHostname",
            "ProtectKernelLogs",
            "ProtectKernelModules",
            "ProtectKernelTunables",
            "ProtectProc",
            "ProtectSystem",
            "RestrictFileSystems",
            "RestrictNamespaces",
            "RestrictRealtime",
            "RestrictSUIDSGID",
            "RootDirectory",
            "RootImage",
            "IPAddressAllow");

    /**
     * A list that either allows what it names or refuses it; the first assignment says which.
     *
     * @param <T> what a name is given besides
     */
    private static final class Listing<T> {
        private @Nullable Boolean allowing;
        private final Map<String, T> names = new LinkedHashMap<>();

        boolean isSet() {
            return allowing != null;
        }

        boolean isAllowing() {
            return Boolean.TRUE.equals(allowing);
        }

        void reset() {
            allowing = null;
            names.clear();
        }
    }

    private final ImportSettings settings;
    private final Set<String> remarks = new LinkedHashSet<>();

    /** For each call its own action, or empty for that of the list. */
    private final Listing<Optional<Action>> filter = new Listing<>();

    private final Listing<Boolean> log = new Listing<>();
    private final Listing<Boolean> families = new Listing<>();
    private final SystemdPaths paths = new SystemdPaths();
    private final SortedMap<Limit, Long> limits = new TreeMap<>();
    private final SortedSet<Integer> bound = new TreeSet<>();
    private boolean bindRestricted;
    private boolean noAddresses;
    private final Set<Arch> architectures = new LinkedHashSet<>();
    private boolean restricted;

    /** The error of refused calls, by architecture; null kills. */
    private SystemdUnit.@Nullable Setting error;

    private SystemdReader(ImportSettings settings) {
        this.settings = settings;
    }

    /**
     * Reads a unit, or a drop-in of one.
     *
     * @param text the whole file
     * @param settings the architectures that it is for
     * @return its filter, and what it says about files, ports and limits
     * @throws ImportException if it is no such unit
     */
    static Imported read(String text, ImportSettings settings) throws ImportException {
        SystemdUnit unit = SystemdUnit.read(text);
        SystemdReader reader = new SystemdReader(settings);
        for (SystemdUnit.Setting setting : unit.settings()) {
            reader.setting(setting);
        }
        SortedMap<String, Filter> filters = new TreeMap<>(Map.of(Imported.MAIN, reader.filter()));
        PolicyDocument policy = reader.policy();
        return new Imported(filters, policy, new ArrayList<>(reader.remarks));
    }

    private void setting(SystemdUnit.Setting setting) throws ImportException {
        switch (setting.key()) {
            case "SystemCallFilter" -> list(setting, filter, this::call);
            case "SystemCallLog" -> list(setting, log, this::logged);
            case "RestrictAddressFamilies" -> list(setting, families, this::family);
            case "SystemCallErrorNumber" ->
                error = setting.value().isEmpty() || setting.value().equals("kill") ? null : setting;
            case "SystemCallArchitectures" -> architectures(setting);
            case "SocketBindAllow", "SocketBindDeny", "IPAddressDeny" -> network(setting);
            default -> {
                if (SystemdPaths.isAbout(setting.key())) {
                    paths.take(setting);
                    return;
                }
                Optional<Limit> limit = SystemdLimits.limit(setting.key());
                if (limit.isPresent()) {
                    limits.remove(limit.get());
                    OptionalLong most = SystemdLimits.value(limit.get(), setting);
                    most.ifPresent(value -> limits.put(limit.get(), value));
                    return;
                }
                if (OTHERS.contains(setting.key())
                        && !Set.of("no", "false", "off", "0", "").contains(setting.value())) {
                    remarks.add(setting.place().text() + ": " + setting.key() + "= is not read");
                }
            }
        }
    }

    private void network(SystemdUnit.Setting setting) throws ImportException {
        String value = setting.value();
        if (setting.key().equals("IPAddressDeny")) {
            noAddresses = value.equals("any");
            if (!noAddresses && !value.isEmpty()) {
                remarks.add(setting.place().text() + ": IPAddressDeny= of some addresses is not read");
            }
        } else if (setting.key().equals("SocketBindDeny")) {
            bindRestricted = value.equals("any");
            if (!bindRestricted && !value.isEmpty()) {
                remarks.add(setting.place().text() + ": SocketBindDeny= of some ports is not read");
            }
        } else if (value.isEmpty()) {
            bound.clear();
        } else {
            OptionalLong port = Numbers.parse(value.substring(value.lastIndexOf(':') + 1));
            if (port.isPresent() && port.getAsLong() >= 1 && port.getAsLong() <= 65535) {
                bound.add((int) port.getAsLong());
            } else {
                remarks.add(setting.place().text() + ": SocketBindAllow= of other than single ports is not read");
            }
        }
    }

    /** What the unit says besides system calls. */
    private PolicyDocument policy() {
        PolicyDocument policy = PolicyDocument.EMPTY
                .unveiling(paths.unveils())
                .ignoringMissing(paths.ignoresMissing())
                .limiting(limits);
        if (bindRestricted && noAddresses) {
            return policy.using(Optional.of(new PortList(new TreeSet<>(), bound)));
        }
        if (bindRestricted || noAddresses) {
            remarks.add("ports are read where a unit restricts both, with SocketBindDeny=any and IPAddressDeny=any");
        }
        return policy;
    }

    /** What is done with a word of a list. */
    private interface Word {
        void take(String word, boolean inverted, Place place) throws ImportException;
    }

    private static void list(SystemdUnit.Setting setting, Listing<?> listing, Word word) throws ImportException {
        if (setting.value().isEmpty()) {
            listing.reset();
            return;
        }
        boolean inverted = setting.value().startsWith("~");
        SystemdUnit.Setting rest = inverted
                ? new SystemdUnit.Setting(
                        setting.key(),
                        setting.value().substring(1),
                        new Place("", setting.place().line(), setting.place().column() + 1))
                : setting;
        if (!listing.isSet()) {
            listing.allowing = !inverted;
            if (setting.key().equals("SystemCallFilter") && !inverted) {
                word.take(SystemdGroups.DEFAULT, false, setting.place());
            }
        }
        for (SystemdUnit.Word each : rest.words()) {
            word.take(each.text(), inverted, each.place());
        }
    }

    private void call(String word, boolean inverted, Place place) throws ImportException {
        int colon = word.indexOf(':');
        String name = colon < 0 ? word : word.substring(0, colon);
        Optional<Action> action = colon < 0
                ? Optional.empty()
                : Optional.of(action(
                        word.substring(colon + 1), new Place(place.file(), place.line(), place.column() + colon + 1)));
        for (String call : calls(name, place)) {
            boolean added = inverted != filter.isAllowing() || inverted && action.isPresent();
            if (added) {
                filter.names.put(call, action);
            } else {
                filter.names.remove(call);
            }
        }
    }

    private void logged(String word, boolean inverted, Place place) throws ImportException {
        for (String call : calls(word, place)) {
            if (inverted != log.isAllowing()) {
                log.names.put(call, true);
            } else {
                log.names.remove(call);
            }
        }
    }

    private void family(String word, boolean inverted, Place place) throws ImportException {
        if (word.equals("none")) {
            if (inverted || !families.names.isEmpty()) {
                throw place.wrong("none stands alone");
            }
            return;
        }
        Names names = new Names(settings.arches().getFirst(), settings.constants());
        if (!word.startsWith("AF_")) {
            throw place.wrong("an address family begins with AF_, not \"" + word + "\"");
        }
        names.constant(word, place);
        if (inverted != families.isAllowing()) {
            families.names.put(word, true);
        } else {
            families.names.remove(word);
        }
    }

    private void architectures(SystemdUnit.Setting setting) throws ImportException {
        if (setting.value().isEmpty()) {
            architectures.clear();
            restricted = false;
            return;
        }
        restricted = true;
        for (SystemdUnit.Word word : setting.words()) {
            switch (word.text()) {
                case "native" -> architectures.add(settings.arches().getFirst());
                case "x32" -> remarks.add(word.place().text() + ": calls of x32 are refused here");
                default -> {
                    Optional<Arch> arch = Arch.parse(word.text());
                    if (arch.isPresent()) {
                        architectures.add(arch.get());
                    } else if (Set.of(
                                    "alpha",
                                    "arc",
                                    "cris",
                                    "ia64",
                                    "loongarch64",
                                    "m68k",
                                    "mips",
                                    "mips-le",
                                    "mips64",
                                    "mips64-le",
                                    "mips64-n32",
                                    "mips64-le-n32",
                                    "parisc",
                                    "parisc64",
                                    "ppc",
                                    "ppc-le",
                                    "ppc64",
                                    "riscv32",
                                    "s390",
                                    "sh",
                                    "sh64",
                                    "sparc",
                                    "sparc64",
                                    "tilegx",
                                    "arm-be",
                                    "arm64-be",
                                    "nios2")
                            .contains(word.text())) {
                        remarks.add(word.place().text() + ": " + word.text() + " is not known here");
                    } else {
                        throw word.place()
                                .wrong("unknown architecture \"" + word.text()
                                        + "\" (such as native, x86-64, x86, arm64)");
                    }
                }
            }
        }
    }

    private Set<String> calls(String name, Place place) throws ImportException {
        if (name.startsWith("@")) {
            return SystemdGroups.calls(name)
                    .orElseThrow(() -> place.wrong("unknown group of system calls \"" + name + "\""
                            + Names.suggestion(SystemdGroups.nearest(name))));
        }
        if (!CallNames.isKnown(name) && !SystemdGroups.isCall(name)) {
            throw place.wrong("unknown system call \"" + name + "\"" + Names.suggestion(CallNames.nearest(name)));
        }
        return Set.of(name);
    }

    private Action action(String word, Place place) throws ImportException {
        if (word.equals("kill")) {
            return Action.KILL_PROCESS;
        }
        int number = new Names(settings.arches().getFirst(), Map.of()).errno(word, place);
        if (number == 0) {
            remarks.add(place.text() + ": errno 0 makes the refused call seem to succeed");
        }
        return new Action.Errno(number);
    }

    private Filter filter() throws ImportException {
        Action refused = error == null ? Action.KILL_PROCESS : action(error.value(), error.place());
        List<Filter.Section> sections = new ArrayList<>();
        Action fallback = filter.isAllowing() ? refused : Action.ALLOW;
        Action otherwise = logs(fallback, log.isSet() && !log.isAllowing());
        for (Arch arch : arches()) {
            sections.add(new Filter.Section(arch, rules(arch, fallback, otherwise, refused)));
        }
        if (!restricted && settings.arches().contains(Arch.X86_64)) {
            remarks.add(
                    "calls of x32 are refused here, which systemd filters by name; SystemCallArchitectures=native refuses them too");
        }
        return new Filter(sections, otherwise, otherwise, Action.KILL_THREAD);
    }

    /** The architectures that the unit's processes can make calls of. */
    private Set<Arch> arches() {
        Set<Arch> all = new LinkedHashSet<>(settings.arches());
        if (restricted) {
            all.addAll(architectures);
            return all;
        }
        for (Arch arch : settings.arches()) {
            switch (arch) {
                case X86_64 -> all.add(Arch.I386);
                case AARCH64 -> all.add(Arch.ARM);
                case I386, ARM, RISCV64, PPC64LE, S390X -> {}
            }
        }
        return all;
    }

    private static Action logs(Action action, boolean logged) {
        return logged && action.equals(Action.ALLOW) ? Action.LOG : action;
    }

    private List<Rule> rules(Arch arch, Action fallback, Action otherwise, Action refused) {
        Map<Integer, Action> actions = new TreeMap<>();
        SyscallTable.of(arch).byNumber().forEach((number, name) -> {
            Optional<Action> own = filter.names.get(name);
            Action action = own == null ? fallback : own.orElse(filter.isAllowing() ? Action.ALLOW : refused);
            boolean listed = log.names.containsKey(name);
            actions.put(number, logs(action, log.isSet() && listed == log.isAllowing()));
        });
        List<Rule> rules = new ArrayList<>();
        OptionalInt socket = SyscallTable.of(arch).number("socket");
        if (families.isSet() && socket.isPresent()) {
            families(arch, socket.getAsInt(), actions, rules);
        }
        actions.forEach((number, action) -> {
            boolean complete = rules.stream()
                    .anyMatch(
                            rule -> rule.number() == number && rule.conditions().isEmpty());
            if (!action.equals(otherwise) && !complete) {
                rules.add(new Rule(number, List.of(), action));
            }
        });
        return rules;
    }

    private void families(Arch arch, int socket, Map<Integer, Action> actions, List<Rule> rules) {
        switch (arch) {
            case I386, S390X, PPC64LE -> {
                remarks.add("RestrictAddressFamilies= has no effect on " + arch.label());
                return;
            }
            case X86_64, AARCH64, ARM, RISCV64 -> {}
        }
        Action action = actions.getOrDefault(socket, Action.ALLOW);
        if (!action.equals(Action.ALLOW) && !action.equals(Action.LOG)) {
            // The call is refused whatever its family.
            return;
        }
        Action refusal = new Action.Errno(Errno.number(arch, REFUSED_FAMILY).orElseThrow());
        List<Value> values = new ArrayList<>();
        for (String name : families.names.keySet()) {
            OptionalLong value = Constants.of(arch).value(name);
            value.ifPresent(number -> values.add(new Value.Constant(number)));
        }
        if (!values.isEmpty()) {
            Operator op = values.size() == 1 ? Operator.EQ : Operator.IN;
            Condition listed = new Condition(0, arch.is64Bit(), -1, op, values);
            rules.add(new Rule(socket, List.of(listed), families.isAllowing() ? action : refusal));
        }
        if (families.isAllowing()) {
            rules.add(new Rule(socket, List.of(), refusal));
        }
    }
}
