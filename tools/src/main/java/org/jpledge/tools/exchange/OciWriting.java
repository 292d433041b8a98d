package org.jpledge.tools.exchange;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Condition;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.FilterText;
import org.jpledge.seccomp.Operator;
import org.jpledge.seccomp.Value;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Errno;
import org.jpledge.syscall.SyscallTable;
import org.jpledge.tools.text.Json;

/** Writes profiles for container runtimes: what runc makes of them does what the filter does. */
final class OciWriting {
    private static final long LOW = 0xffffffffL;

    /** What calls of one entry of a profile's list have in common. */
    private record Entry(List<Condition> conditions, Action action, List<Arch> arches) {}

    private final Filter filter;
    private final List<String> losses;
    private final List<String> remarks;
    private final boolean circumstances;

    private OciWriting(Filter filter, boolean circumstances, List<String> losses, List<String> remarks) {
        this.filter = filter;
        this.circumstances = circumstances;
        this.losses = losses;
        this.remarks = remarks;
    }

    /** A profile of its own. */
    static Exported write(Exportable policy) {
        List<String> losses = new ArrayList<>();
        List<String> remarks = new ArrayList<>();
        Losses.ofPaths(policy, "a seccomp profile", losses);
        Filter filter = RuntimeNeeds.added(policy, Losses.single(policy, "a profile", losses), losses);
        return new Exported(Json.pretty(profile(filter, true, losses, remarks)), losses, remarks);
    }

    /**
     * A profile as a part of something else.
     *
     * @param filter what it is to do
     * @param circumstances whether what reads it knows includes, which only some do
     * @param losses gets what it cannot say
     * @param remarks gets what is good to know
     */
    static Json.Members profile(Filter filter, boolean circumstances, List<String> losses, List<String> remarks) {
        return new OciWriting(filter, circumstances, losses, remarks).profile();
    }

    private Json.Members profile() {
        Json.Members profile = new Json.Members();
        action(profile, "defaultAction", "defaultErrnoRet", filter.otherwise());
        if (filter.otherwise().equals(Action.NOTIFY)) {
            losses.add("runc refuses a profile that asks a supervisor about all calls: name those it is asked about");
        }
        List<String> arches = new ArrayList<>();
        for (Filter.Section section : filter.sections()) {
            arches.add(name(section.arch()));
        }
        profile.with("architectures", arches);
        List<Json.Value> entries = new ArrayList<>();
        entries().forEach((entry, calls) -> entries.add(entry(entry, calls)));
        surroundings(entries);
        return profile.with("syscalls", new Json.Items(entries));
    }

    /** What happens to calls that are not known, or of another architecture, is the runtime's affair. */
    private void surroundings(List<Json.Value> entries) {
        Arch first = filter.sections().getFirst().arch();
        Action enosys = new Action.Errno(Errno.number(first, "ENOSYS").orElseThrow());
        boolean lets = filter.otherwise().equals(Action.ALLOW)
                || filter.otherwise().equals(Action.LOG)
                || filter.otherwise() instanceof Action.Trace;
        if (!lets) {
            // A rule that says what holds anyway has no effect but this: runc answers ENOSYS only above the highest
            // number that is named.
            Set<String> highest = new LinkedHashSet<>();
            for (Filter.Section section : filter.sections()) {
                SyscallTable table = SyscallTable.of(section.arch());
                highest.add(table.name(table.highest()).orElseThrow());
            }
            entries.add(entry(new Entry(List.of(), filter.otherwise(), List.of()), highest));
        }
        if (!filter.unknown().equals(lets ? filter.otherwise() : enosys)) {
            losses.add("numbers that no kernel knows yet get "
                    + FilterText.of(lets ? filter.otherwise() : enosys, first) + ", not "
                    + FilterText.of(filter.unknown(), first));
        }
        if (!filter.foreign().equals(Oci.FOREIGN)) {
            remarks.add("a call of another architecture kills the thread: runtimes have no other action for it");
        }
    }

    private Map<Entry, Set<String>> entries() {
        Map<String, Map<Arch, List<Unordered.Named>>> byCall = new LinkedHashMap<>();
        List<Arch> arches = new ArrayList<>();
        for (Filter.Section section : filter.sections()) {
            if (!arches.isEmpty() && !circumstances && differs(section)) {
                losses.add("the rules of " + section.arch().label() + " differ from those of "
                        + arches.getFirst().label() + ", whose rules hold there as well");
            }
            arches.add(section.arch());
            Arch arch = section.arch();
            for (Unordered.Named rule :
                    Unordered.of(filter, section, condition -> isSayable(arch, condition), false, losses)) {
                byCall.computeIfAbsent(rule.call(), _ -> new LinkedHashMap<>())
                        .computeIfAbsent(arch, _ -> new ArrayList<>())
                        .add(rule);
            }
        }
        Map<Entry, Set<String>> entries = new LinkedHashMap<>();
        byCall.forEach((call, byArch) -> append(entries, call, byArch, arches));
        if (entries.keySet().stream().anyMatch(entry -> !entry.arches().isEmpty())) {
            remarks.add(
                    "rules that differ between architectures stand under \"includes\", which Docker and Podman read,"
                            + " and runtimes that read the file themselves do not");
        }
        return entries;
    }

    private boolean differs(Filter.Section section) {
        Arch arch = section.arch();
        Filter.Section first = filter.sections().getFirst();
        List<String> unheard = new ArrayList<>();
        List<Unordered.Named> own =
                Unordered.of(filter, section, condition -> isSayable(arch, condition), false, unheard);
        List<Unordered.Named> other =
                Unordered.of(filter, first, condition -> isSayable(first.arch(), condition), false, unheard);
        return own.stream()
                .filter(rule ->
                        SyscallTable.of(first.arch()).number(rule.call()).isPresent())
                .anyMatch(rule -> !other.contains(rule));
    }

    /** Adds what is said about a call, once where all architectures that have the call say the same. */
    private void append(
            Map<Entry, Set<String>> entries, String call, Map<Arch, List<Unordered.Named>> byArch, List<Arch> arches) {
        List<Unordered.Named> first = byArch.values().iterator().next();
        boolean same = true;
        for (Arch arch : arches) {
            if (SyscallTable.of(arch).number(call).isPresent()) {
                same &= first.equals(byArch.get(arch));
            }
        }
        if (same || !circumstances) {
            first.forEach(rule -> append(entries, rule, List.of()));
        } else {
            byArch.forEach((arch, rules) -> rules.forEach(rule -> append(entries, rule, List.of(arch))));
        }
    }

    private static void append(Map<Entry, Set<String>> entries, Unordered.Named rule, List<Arch> arches) {
        entries.computeIfAbsent(new Entry(rule.conditions(), rule.action(), arches), _ -> new LinkedHashSet<>())
                .add(rule.call());
    }

    /** Whether a condition can be said: libseccomp compares whole registers, and has one comparison under a mask. */
    private static boolean isSayable(Arch arch, Condition condition) {
        boolean whole = condition.mask() == (arch.is64Bit() ? -1 : LOW);
        long value = ((Value.Constant) condition.values().getFirst()).number();
        return whole || condition.op() == Operator.EQ && (value & ~condition.mask()) == 0;
    }

    private Json.Members entry(Entry entry, Set<String> calls) {
        Json.Members members = new Json.Members().with("names", List.copyOf(calls));
        action(members, "action", "errnoRet", entry.action());
        if (!entry.conditions().isEmpty()) {
            List<Json.Value> args = new ArrayList<>();
            Arch arch = filter.sections().getFirst().arch();
            for (Condition condition : entry.conditions()) {
                args.add(argument(
                        entry.arches().isEmpty() ? arch : entry.arches().getFirst(), condition));
            }
            members.with("args", new Json.Items(args));
        }
        if (!entry.arches().isEmpty()) {
            List<String> names = new ArrayList<>();
            entry.arches().forEach(arch -> names.add(goName(arch)));
            members.with("includes", new Json.Members().with("arches", names));
        }
        return members;
    }

    private static Json.Members argument(Arch arch, Condition condition) {
        long value = ((Value.Constant) condition.values().getFirst()).number();
        Json.Members members = new Json.Members().with("index", new Json.Whole(condition.argument()));
        if (condition.mask() != (arch.is64Bit() ? -1 : LOW)) {
            return members.with("value", new Json.Bits(condition.mask()))
                    .with("valueTwo", new Json.Bits(value))
                    .with("op", "SCMP_CMP_MASKED_EQ");
        }
        return members.with("value", new Json.Bits(value))
                .with("op", "SCMP_CMP_" + condition.op().name());
    }

    private void action(Json.Members members, String key, String errno, Action action) {
        members.with(
                key,
                switch (action) {
                    case Action.Allow _ -> "SCMP_ACT_ALLOW";
                    case Action.Errno _ -> "SCMP_ACT_ERRNO";
                    case Action.KillProcess _ -> "SCMP_ACT_KILL_PROCESS";
                    case Action.KillThread _ -> "SCMP_ACT_KILL_THREAD";
                    case Action.Trap _ -> "SCMP_ACT_TRAP";
                    case Action.Trace _ -> "SCMP_ACT_TRACE";
                    case Action.Log _ -> "SCMP_ACT_LOG";
                    case Action.Notify _ -> "SCMP_ACT_NOTIFY";
                });
        if (action instanceof Action.Errno(int number)) {
            members.with(errno, new Json.Whole(number));
        } else if (action instanceof Action.Trace(int data)) {
            members.with(errno, new Json.Whole(data));
        } else if (action instanceof Action.Trap(int data) && data != 0) {
            String loss = "trap " + data + ": a profile's trap has no number";
            if (!losses.contains(loss)) {
                losses.add(loss);
            }
        }
    }

    private static String name(Arch arch) {
        return "SCMP_ARCH_"
                + switch (arch) {
                    case X86_64 -> "X86_64";
                    case AARCH64 -> "AARCH64";
                    case RISCV64 -> "RISCV64";
                    case I386 -> "X86";
                    case ARM -> "ARM";
                    case PPC64LE -> "PPC64LE";
                    case S390X -> "S390X";
                };
    }

    private static String goName(Arch arch) {
        return switch (arch) {
            case X86_64 -> "amd64";
            case AARCH64 -> "arm64";
            case RISCV64 -> "riscv64";
            case I386 -> "x86";
            case ARM -> "arm";
            case PPC64LE -> "ppc64le";
            case S390X -> "s390x";
        };
    }
}
