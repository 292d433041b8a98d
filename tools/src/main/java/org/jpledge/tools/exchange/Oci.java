package org.jpledge.tools.exchange;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Condition;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Operator;
import org.jpledge.seccomp.Rule;
import org.jpledge.seccomp.Value;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Errno;
import org.jpledge.syscall.KernelVersion;
import org.jpledge.syscall.SyscallTable;
import org.jpledge.tools.text.JsonReading;
import org.jpledge.tools.text.Node;
import org.jpledge.tools.text.SyntaxException;

/**
 * Profiles as container runtimes read them: the {@code linux.seccomp} of the OCI runtime specification, alone or in a whole
 * {@code config.json}, with what Docker and Podman have in addition (includes, excludes, archMap). Read as runc reads them:
 * what one rule says with fewer conditions holds before what another says with more; two conditions on one argument of a rule
 * are two rules; rules that say what holds anyway, and names that no kernel has, are left out; numbers above all that a
 * profile names are ENOSYS.
 */
final class Oci {
    /** What libseccomp does with a call of an architecture that a filter was not made for. */
    static final Action FOREIGN = Action.KILL_THREAD;

    private static final Set<String> PROFILE = Set.of(
            "defaultAction",
            "defaultErrnoRet",
            "defaultErrno",
            "architectures",
            "archMap",
            "syscalls",
            "flags",
            "listenerPath",
            "listenerMetadata",
            "comment");
    private static final Set<String> ENTRY = Set.of(
            "name", "names", "action", "errnoRet", "errno", "args", "comment", "includes", "excludes", "minKernel");
    private static final Set<String> ARGUMENT = Set.of("index", "value", "valueTwo", "op", "comment");
    private static final Set<String> CIRCUMSTANCES = Set.of("caps", "arches", "minKernel");
    private static final List<String> ACTIONS = List.of(
            "SCMP_ACT_KILL",
            "SCMP_ACT_KILL_PROCESS",
            "SCMP_ACT_KILL_THREAD",
            "SCMP_ACT_TRAP",
            "SCMP_ACT_ERRNO",
            "SCMP_ACT_TRACE",
            "SCMP_ACT_ALLOW",
            "SCMP_ACT_LOG",
            "SCMP_ACT_NOTIFY");
    private static final SortedMap<String, Operator> OPERATORS = new TreeMap<>(Map.of(
            "SCMP_CMP_NE", Operator.NE,
            "SCMP_CMP_LT", Operator.LT,
            "SCMP_CMP_LE", Operator.LE,
            "SCMP_CMP_EQ", Operator.EQ,
            "SCMP_CMP_GE", Operator.GE,
            "SCMP_CMP_GT", Operator.GT));
    private static final String MASKED = "SCMP_CMP_MASKED_EQ";
    private static final int EPERM = 1;
    private static final int MOST_ERRNO = 4095;
    private static final int MOST_DATA = 0xffff;

    /** What speaks about some calls: their names, the conditions of each rule, what happens. */
    private record Entry(List<String> names, List<List<Test>> alternatives, Action action) {}

    /** A condition, before it is known how wide an architecture's registers are. */
    private record Test(int argument, long mask, Operator op, long value) {
        Condition on(Arch arch) {
            boolean word = arch.is64Bit();
            long kept = word ? -1 : 0xffffffffL;
            // libseccomp looks at the value under the mask as well.
            return new Condition(argument, word, mask & kept, op, List.of(new Value.Constant(value & mask & kept)));
        }
    }

    private final Node.Members profile;
    private final ImportSettings settings;
    private final Set<String> remarks = new LinkedHashSet<>();

    private Oci(Node.Members profile, ImportSettings settings) {
        this.profile = profile;
        this.settings = settings;
    }

    /** Whether a text is such a profile, well-formed or not. */
    static boolean knows(String text) {
        return text.stripLeading().startsWith("{")
                && (text.contains("\"defaultAction\"") || text.contains("\"ociVersion\""))
                && !text.contains("\"kind\"");
    }

    /** Reads a profile, or a container's whole configuration. */
    static Imported read(String text, ImportSettings settings) throws ImportException {
        try {
            Node.Members all = JsonReading.read(text).object();
            if (all.find("ociVersion").isEmpty()) {
                return read(all, settings);
            }
            Optional<Node> linux = all.find("linux");
            Optional<Node> seccomp =
                    linux.isEmpty() ? linux : linux.get().object().find("seccomp");
            if (seccomp.isEmpty()) {
                throw all.error("this container has no seccomp profile: \"linux\": {\"seccomp\": ...} is missing");
            }
            return read(seccomp.get().object(), settings);
        } catch (SyntaxException e) {
            throw new ImportException(e);
        }
    }

    /** Reads a profile that is part of something else. */
    static Imported read(Node.Members profile, ImportSettings settings) throws SyntaxException {
        return new Oci(profile, settings).read();
    }

    private Imported read() throws SyntaxException {
        for (String name : profile.members().keySet()) {
            if (!PROFILE.contains(name)) {
                remarks.add(Node.suggesting("\"" + name + "\" is not known and has no effect", name, PROFILE));
            }
        }
        remarkable("flags");
        remarkable("listenerPath");
        remarkable("listenerMetadata");
        if (profile.find("architectures").isPresent() && profile.find("archMap").isPresent()) {
            throw profile.get("archMap").error("a profile has \"architectures\" or \"archMap\", not both");
        }
        Action otherwise = action(profile, "defaultAction", "defaultErrnoRet");
        checkArchitectures();
        List<Filter.Section> sections = new ArrayList<>();
        boolean lets =
                otherwise.equals(Action.ALLOW) || otherwise.equals(Action.LOG) || otherwise instanceof Action.Trace;
        for (Arch arch : settings.arches()) {
            sections.add(section(arch, entries(nativeFor(arch)), otherwise, lets));
        }
        Action unknown = lets ? otherwise : enosys(settings.arches().getFirst());
        return Imported.of(new Filter(sections, otherwise, unknown, FOREIGN), List.copyOf(remarks));
    }

    private void remarkable(String name) {
        if (profile.find(name).isPresent()) {
            remarks.add("\"" + name + "\" says how a filter is installed, not what it does, and is left out");
        }
    }

    private static Action enosys(Arch arch) {
        return new Action.Errno(Errno.number(arch, "ENOSYS").orElseThrow());
    }

    /** The architectures that the profile has been made for; none if it does not say. */
    private void checkArchitectures() throws SyntaxException {
        Set<String> named = new LinkedHashSet<>();
        Optional<Node> list = profile.find("architectures");
        if (list.isPresent()) {
            named.addAll(list.get().texts());
        }
        Optional<Node> map = profile.find("archMap");
        if (map.isPresent()) {
            for (Node row : map.get().list()) {
                named.add(row.object().get("architecture").string());
                subArchitectures(row.object());
            }
        }
        for (String name : named) {
            if (!name.startsWith("SCMP_ARCH_")) {
                throw profile.error("\"" + name + "\" is no architecture: SCMP_ARCH_X86_64 is one");
            }
        }
        if (!named.isEmpty() && !named.contains("SCMP_ARCH_NATIVE")) {
            for (Arch arch : settings.arches()) {
                if (named.stream().noneMatch(name -> isArch(name, arch)) && nativeFor(arch) == arch) {
                    remarks.add("the profile does not name " + arch.label() + "; its rules are taken as they are");
                }
            }
        }
    }

    private static boolean isArch(String name, Arch arch) {
        return Arch.parse(name).filter(arch::equals).isPresent();
    }

    private static List<String> subArchitectures(Node.Members row) throws SyntaxException {
        Optional<Node> list = row.find("subArchitectures");
        return list.isPresent() ? list.get().texts() : List.of();
    }

    /** The architecture of the machine on which an architecture's rules are made: circumstances are about that one. */
    private Arch nativeFor(Arch arch) throws SyntaxException {
        Optional<Node> map = profile.find("archMap");
        if (map.isPresent()) {
            for (Node row : map.get().list()) {
                Optional<Arch> machine =
                        Arch.parse(row.object().get("architecture").string());
                if (machine.isPresent() && settings.arches().contains(machine.get())) {
                    for (String sub : subArchitectures(row.object())) {
                        if (isArch(sub, arch)) {
                            return machine.get();
                        }
                    }
                }
            }
        }
        return arch;
    }

    private List<Entry> entries(Arch machine) throws SyntaxException {
        List<Entry> entries = new ArrayList<>();
        Optional<Node> list = profile.find("syscalls");
        for (Node node : list.isPresent() ? list.get().list() : List.<Node>of()) {
            Node.Members entry = node.object();
            entry.only(ENTRY);
            List<String> names = names(entry);
            Action action = action(entry, "action", "errnoRet");
            List<List<Test>> alternatives = alternatives(entry);
            if (isMeant(entry, machine)) {
                entries.add(new Entry(names, alternatives, action));
            }
        }
        return entries;
    }

    private static List<String> names(Node.Members entry) throws SyntaxException {
        Optional<Node> name = entry.find("name");
        Optional<Node> names = entry.find("names");
        if (name.isPresent() && names.isPresent() && !name.get().string().isEmpty()) {
            throw name.get().error("a rule has \"name\" or \"names\", not both");
        }
        List<String> all = names.isPresent()
                ? names.get().texts()
                : List.of(entry.get("name").string());
        if (all.contains("")) {
            throw entry.error("a system call has an empty name here");
        }
        return all;
    }

    private static Action action(Node.Members from, String key, String errno) throws SyntaxException {
        Node node = from.get(key);
        String word = node.string();
        Optional<Node> number = from.find(errno);
        int most = word.equals("SCMP_ACT_ERRNO") ? MOST_ERRNO : MOST_DATA;
        int data = number.isPresent() ? number.get().number(0, most) : EPERM;
        return switch (word) {
            case "SCMP_ACT_ALLOW" -> Action.ALLOW;
            case "SCMP_ACT_ERRNO" -> new Action.Errno(data);
            case "SCMP_ACT_KILL", "SCMP_ACT_KILL_THREAD" -> Action.KILL_THREAD;
            case "SCMP_ACT_KILL_PROCESS" -> Action.KILL_PROCESS;
            case "SCMP_ACT_TRAP" -> new Action.Trap(0);
            case "SCMP_ACT_TRACE" -> new Action.Trace(data);
            case "SCMP_ACT_LOG" -> Action.LOG;
            case "SCMP_ACT_NOTIFY" -> Action.NOTIFY;
            default -> throw node.error(Node.suggesting("unknown action \"" + word + "\"", word, ACTIONS));
        };
    }

    /** The conditions of a rule; several rules where one argument has several conditions. */
    private static List<List<Test>> alternatives(Node.Members entry) throws SyntaxException {
        List<Test> tests = new ArrayList<>();
        Optional<Node> args = entry.find("args");
        Set<Integer> arguments = new LinkedHashSet<>();
        for (Node arg : args.isPresent() ? args.get().list() : List.<Node>of()) {
            // A profile of old lists null for no condition.
            if (!(arg instanceof Node.Nothing)) {
                Test test = test(arg.object());
                tests.add(test);
                arguments.add(test.argument());
            }
        }
        if (arguments.size() == tests.size()) {
            return List.of(tests);
        }
        List<List<Test>> each = new ArrayList<>();
        tests.forEach(test -> each.add(List.of(test)));
        return each;
    }

    private static Test test(Node.Members arg) throws SyntaxException {
        arg.only(ARGUMENT);
        int argument = arg.get("index").number(0, 5);
        Optional<Node> first = arg.find("value");
        long value = first.isPresent() ? first.get().bits() : 0;
        Optional<Node> second = arg.find("valueTwo");
        long other = second.isPresent() ? second.get().bits() : 0;
        Node node = arg.get("op");
        String word = node.string();
        if (word.equals(MASKED)) {
            return new Test(argument, value, Operator.EQ, other);
        }
        Operator op = OPERATORS.get(word);
        if (op == null) {
            List<String> known = new ArrayList<>(OPERATORS.keySet());
            known.add(MASKED);
            throw node.error(Node.suggesting("unknown comparison \"" + word + "\"", word, known));
        }
        return new Test(argument, -1, op, value);
    }

    /** Whether a rule holds for a machine and a program, as Docker asks it. */
    private boolean isMeant(Node.Members entry, Arch machine) throws SyntaxException {
        Optional<Node> excludes = entry.find("excludes");
        if (excludes.isPresent()) {
            Node.Members without = excludes.get().object();
            without.only(CIRCUMSTANCES);
            if (isOne(without, machine)
                    || texts(without, "caps").stream().anyMatch(settings.capabilities()::contains)
                    || without.find("minKernel").isPresent() && isNewEnough(without)) {
                return false;
            }
        }
        Optional<Node> includes = entry.find("includes");
        if (includes.isPresent()) {
            Node.Members with = includes.get().object();
            with.only(CIRCUMSTANCES);
            return (texts(with, "arches").isEmpty() || isOne(with, machine))
                    && settings.capabilities().containsAll(texts(with, "caps"))
                    && isNewEnough(with);
        }
        return isNewEnough(entry);
    }

    private static List<String> texts(Node.Members from, String key) throws SyntaxException {
        Optional<Node> list = from.find(key);
        return list.isPresent() ? list.get().texts() : List.of();
    }

    private static boolean isOne(Node.Members from, Arch machine) throws SyntaxException {
        return texts(from, "arches").stream().anyMatch(name -> isArch(name, machine));
    }

    private boolean isNewEnough(Node.Members from) throws SyntaxException {
        Optional<Node> node = from.find("minKernel");
        if (node.isEmpty() || node.get().string().isEmpty()) {
            return true;
        }
        String text = node.get().string();
        KernelVersion least = KernelVersion.of(text)
                .orElseThrow(() -> node.get().error("\"" + text + "\" is no version of Linux: 4.8 is one"));
        return settings.kernel().isEmpty() || settings.kernel().get().compareTo(least) >= 0;
    }

    private Filter.Section section(Arch arch, List<Entry> entries, Action otherwise, boolean lets) {
        List<Rule> rules = new ArrayList<>();
        int highest = -1;
        for (Entry entry : entries) {
            for (String name : entry.names()) {
                OptionalInt number = CallNames.number(arch, name);
                if (number.isEmpty() && !CallNames.isKnown(name)) {
                    remarks.add("no kernel has a system call " + suggesting(name) + "; it is left out");
                }
                highest = Math.max(highest, number.orElse(-1));
                if (!entry.action().equals(otherwise)) {
                    for (List<Test> tests : entry.alternatives()) {
                        List<Condition> conditions =
                                tests.stream().map(test -> test.on(arch)).toList();
                        number.ifPresent(known -> rules.add(new Rule(known, conditions, entry.action())));
                        if (conditions.isEmpty()) {
                            CallNames.multiplexed(arch, name, entry.action()).ifPresent(rules::add);
                        }
                    }
                }
            }
        }
        List<Rule> kept = Precedence.ofFewerConditions(arch, rules, remarks);
        if (!lets && highest >= 0) {
            for (int number :
                    SyscallTable.of(arch).byNumber().tailMap(highest, false).keySet()) {
                kept.add(new Rule(number, List.of(), enosys(arch)));
            }
        }
        return new Filter.Section(arch, kept);
    }

    private static String suggesting(String name) {
        return name
                + CallNames.nearest(name)
                        .map(near -> " (did you mean " + near + "?)")
                        .orElse("");
    }
}
