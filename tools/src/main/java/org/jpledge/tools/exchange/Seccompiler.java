package org.jpledge.tools.exchange;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
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
import org.jpledge.syscall.SyscallTable;
import org.jpledge.tools.policy.PolicyDocument;
import org.jpledge.tools.text.JsonReading;
import org.jpledge.tools.text.Node;
import org.jpledge.tools.text.SyntaxException;

/**
 * Filters as Firecracker's seccompiler reads them: for each kind of thread a list of calls with conditions that all have the
 * same action, and another action for the rest. Its older spelling and the one in which other tools have kept such filters,
 * with text for what should be a number or an object, are read as well.
 */
final class Seccompiler {
    /** What seccompiler's programs do with a call of another architecture. */
    static final Action FOREIGN = Action.KILL_PROCESS;

    private static final Set<String> FILTER =
            Set.of("mismatch_action", "match_action", "default_action", "filter_action", "filter", "comment");
    private static final Set<String> RULE = Set.of("syscall", "args", "comment");
    private static final Set<String> ARGUMENT = Set.of("index", "arg_index", "type", "op", "val", "mask", "comment");
    private static final SortedMap<String, Operator> OPERATORS = new TreeMap<>(Map.of(
            "eq", Operator.EQ,
            "ne", Operator.NE,
            "lt", Operator.LT,
            "le", Operator.LE,
            "gt", Operator.GT,
            "ge", Operator.GE));
    private static final Set<String> ACTIONS =
            Set.of("allow", "errno", "kill_process", "kill_thread", "log", "trace", "trap");
    private static final int EPERM = 1;
    private static final int MOST_ERRNO = 4095;
    private static final int MOST_DATA = 0xffff;
    private static final long LOW = 0xffffffffL;

    private final ImportSettings settings;
    private final Set<String> remarks = new LinkedHashSet<>();

    private Seccompiler(ImportSettings settings) {
        this.settings = settings;
    }

    /** Whether a text is such a file, well-formed or not. */
    static boolean knows(String text) {
        return text.stripLeading().startsWith("{")
                && text.contains("\"filter\"")
                && (text.contains("match_action\"")
                        || text.contains("\"default_action\"")
                        || text.contains("\"filter_action\""));
    }

    /** Reads all filters of a file. */
    static Imported read(String text, ImportSettings settings) throws ImportException {
        try {
            return new Seccompiler(settings).read(JsonReading.read(text).object());
        } catch (SyntaxException e) {
            throw new ImportException(e);
        }
    }

    private Imported read(Node.Members threads) throws SyntaxException {
        SortedMap<String, Filter> filters = new TreeMap<>();
        for (Map.Entry<String, Node> thread : threads.members().entrySet()) {
            if (!PolicyDocument.isFilterName(thread.getKey())) {
                throw thread.getValue()
                        .error("\"" + thread.getKey() + "\" cannot be a filter's name: letters, digits, _ and -,"
                                + " and none of an architecture or a key of filters");
            }
            filters.put(thread.getKey(), filter(thread.getValue().object()));
        }
        if (filters.isEmpty()) {
            throw threads.error("there is no filter in this file");
        }
        return new Imported(filters, List.copyOf(remarks));
    }

    private Filter filter(Node.Members thread) throws SyntaxException {
        thread.only(FILTER);
        Action otherwise = action(thread, "mismatch_action", "default_action");
        Action match = action(thread, "match_action", "filter_action");
        if (otherwise.equals(match)) {
            throw thread.error("calls that match and calls that do not have the same action, which is no filter");
        }
        List<Node> rules = thread.get("filter").list();
        List<Filter.Section> sections = new ArrayList<>();
        for (Arch arch : settings.arches()) {
            sections.add(new Filter.Section(arch, rules(arch, rules, match)));
        }
        return new Filter(sections, otherwise, otherwise, FOREIGN);
    }

    private static Action action(Node.Members thread, String key, String older) throws SyntaxException {
        Node node = renamed(thread, key, older);
        return node instanceof Node.Members members ? withData(members) : action(node, node.string());
    }

    /** What stands under a name or under the one that it had before. */
    private static Node renamed(Node.Members members, String key, String older) throws SyntaxException {
        Optional<Node> before = members.find(older);
        if (members.find(key).isPresent() && before.isPresent()) {
            throw before.get().error("\"" + older + "\" is the older name of \"" + key + "\", which is there as well");
        }
        return before.isPresent() ? before.get() : members.get(key);
    }

    private static Action withData(Node.Members members) throws SyntaxException {
        members.only(Set.of("errno", "trace"));
        Optional<Node> errno = members.find("errno");
        Optional<Node> trace = members.find("trace");
        if (errno.isPresent() == trace.isPresent()) {
            throw members.error("an action in braces is {\"errno\": NUMBER} or {\"trace\": NUMBER}");
        }
        return errno.isPresent()
                ? new Action.Errno(errno.get().number(0, MOST_ERRNO))
                : new Action.Trace(trace.orElseThrow().number(0, MOST_DATA));
    }

    /** An action as a word; tools that ask for a word alone have written errno and trace without their numbers, or with them in the word. */
    private static Action action(Node node, String text) throws SyntaxException {
        String word = text.toLowerCase(Locale.ROOT);
        int end = 0;
        while (end < word.length() && (Character.isLetter(word.charAt(end)) || word.charAt(end) == '_')) {
            end++;
        }
        String digits = word.substring(end).replaceAll("[ :=(){}\"]", "");
        boolean counted =
                !digits.isEmpty() && digits.length() <= 5 && digits.chars().allMatch(c -> c >= '0' && c <= '9');
        int number = counted ? Integer.parseInt(digits) : EPERM;
        Optional<Action> action =
                counted || end == word.length() ? named(word.substring(0, end), counted, number) : Optional.empty();
        if (action.isPresent()) {
            return action.get();
        }
        throw node.error(Node.suggesting("unknown action " + node.kind(), text, ACTIONS));
    }

    private static Optional<Action> named(String word, boolean counted, int number) {
        return Optional.ofNullable(
                switch (word) {
                    case "errno" -> number <= MOST_ERRNO ? new Action.Errno(number) : null;
                    case "trace" -> number <= MOST_DATA ? new Action.Trace(counted ? number : 0) : null;
                    case "trap" -> new Action.Trap(0);
                    case "allow" -> Action.ALLOW;
                    case "log" -> Action.LOG;
                    case "kill", "kill_process" -> Action.KILL_PROCESS;
                    case "kill_thread" -> Action.KILL_THREAD;
                    default -> null;
                });
    }

    private List<Rule> rules(Arch arch, List<Node> nodes, Action match) throws SyntaxException {
        Map<Integer, List<Rule>> byNumber = new LinkedHashMap<>();
        for (Node node : nodes) {
            Node.Members rule = node.object();
            rule.only(RULE);
            Node call = rule.get("syscall");
            String name = call.string();
            OptionalInt number = CallNames.number(arch, name);
            List<Condition> conditions = new ArrayList<>();
            Optional<Node> args = rule.find("args");
            for (Node arg : args.isPresent() ? args.get().list() : List.<Node>of()) {
                conditions.add(condition(arch, arg.object()));
            }
            if (number.isPresent()) {
                byNumber.computeIfAbsent(number.getAsInt(), _ -> new ArrayList<>())
                        .add(new Rule(number.getAsInt(), conditions, match));
            } else if (CallNames.isKnown(name)) {
                remarks.add(arch.label() + " has no " + name + "; it is left out there");
            } else {
                throw call.error("unknown system call " + call.kind()
                        + CallNames.nearest(name)
                                .map(near -> " (did you mean " + near + "?)")
                                .orElse(""));
            }
        }
        List<Rule> all = new ArrayList<>();
        byNumber.forEach((number, same) -> {
            if (same.stream().anyMatch(rule -> rule.conditions().isEmpty())
                    && !same.stream().allMatch(rule -> rule.conditions().isEmpty())) {
                remarks.add("the crate seccompiler passes over the rule for all calls of "
                        + SyscallTable.of(arch).name(number).orElseThrow()
                        + ", as there are rules with \"args\" about it; here it holds, as Firecracker has it");
            }
            all.addAll(same);
        });
        return all;
    }

    private Condition condition(Arch arch, Node.Members arg) throws SyntaxException {
        arg.only(ARGUMENT);
        Node index = renamed(arg, "index", "arg_index");
        long argument = bits(index);
        if (argument < 0 || argument > 5) {
            throw index.error("an argument's index is 0 to 5");
        }
        Node type = arg.get("type");
        boolean word = switch (type.string()) {
            case "qword" -> true;
            case "dword" -> false;
            default -> throw type.error("a type is \"dword\" (32 bits) or \"qword\" (64 bits), not " + type.kind());
        };
        long value = bits(arg.get("val"));
        if (!word && value >>> 32 != 0) {
            throw arg.get("val").error("a dword has 32 bits: " + arg.get("val").kind() + " is too great");
        }
        Node op = arg.get("op");
        long mask = word ? -1 : LOW;
        Operator operator = Operator.EQ;
        if (op instanceof Node.Members members) {
            members.only(Set.of("masked_eq"));
            mask &= bits(members.get("masked_eq"));
        } else if (op.string().equals("masked_eq")) {
            mask &= bits(arg.find("mask").isPresent() ? arg.get("mask") : arg.get("val"));
            if (arg.find("mask").isEmpty()) {
                remarks.add("a \"masked_eq\" without its mask is taken to ask for all the bits of its value");
            }
        } else {
            operator = OPERATORS.get(op.string());
            if (operator == null) {
                List<String> known = new ArrayList<>(OPERATORS.keySet());
                known.add("masked_eq");
                throw op.error(Node.suggesting("unknown comparison " + op.kind(), op.string(), known));
            }
        }
        boolean wide = word && arch.is64Bit();
        if (word && !wide && value >>> 32 != 0) {
            throw arg.get("val").error("an argument has 32 bits on " + arch.label());
        }
        return new Condition(
                (int) argument, wide, wide ? mask : mask & LOW, operator, List.of(new Value.Constant(value & mask)));
    }

    /** A number, or one that was kept as text. */
    private static long bits(Node node) throws SyntaxException {
        if (node instanceof Node.Text(int line, int column, String text) && !text.isEmpty()) {
            return new Node.Digits(line, column, text).bits();
        }
        return node.bits();
    }
}
