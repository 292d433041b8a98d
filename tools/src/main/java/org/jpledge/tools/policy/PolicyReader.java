package org.jpledge.tools.policy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jpledge.promise.PromiseException;
import org.jpledge.promise.Promises;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Frequencies;
import org.jpledge.seccomp.Rule;
import org.jpledge.seccomp.RuleParser;
import org.jpledge.seccomp.RuleSyntaxException;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.KernelVersion;
import org.jpledge.tools.text.JsonReading;
import org.jpledge.tools.text.Node;
import org.jpledge.tools.text.SyntaxException;
import org.jpledge.tools.text.TomlReading;
import org.jpledge.tools.text.Words;
import org.jpledge.unveil.Permissions;
import org.jpledge.unveil.UnveilException;

/** Reads a policy's file, and what it includes. */
final class PolicyReader {
    private static final int MOST_PORT = 65_535;
    private static final int DEEPEST = 16;
    private static final int MOST_FILES = 100;

    private final Reading settings;

    /** The files that are being read, each included by the one before it. */
    private final List<String> chain = new ArrayList<>();

    private int files;
    private Variables variables;

    private PolicyReader(Reading settings) {
        this.settings = settings;
        this.variables = settings.variables();
    }

    /** Reads a file. */
    static PolicyDocument read(String text, String where, Reading settings) throws PolicyException {
        return new PolicyReader(settings).draft(new Source(where, text)).document(settings.arch());
    }

    private Draft draft(Source source) throws PolicyException {
        chain.add(source.where());
        Draft draft;
        try {
            Node.Members members =
                    isJson(source.text()) ? JsonReading.read(source.text()).object() : TomlReading.read(source.text());
            draft = new File(source, members).read();
        } catch (SyntaxException e) {
            throw source.error(e);
        }
        chain.removeLast();
        return draft;
    }

    /** Whether a text is JSON: it begins with a brace, as no TOML does. */
    static boolean isJson(String text) {
        int at = text.startsWith("\ufeff") ? 1 : 0;
        while (at < text.length() && text.charAt(at) <= ' ') {
            at++;
        }
        return at < text.length() && text.charAt(at) == '{';
    }

    /** One file. */
    private final class File {
        private final Source source;
        private final Node.Members members;
        private final Draft draft = new Draft();

        File(Source source, Node.Members members) {
            this.source = source;
            this.members = members;
        }

        Draft read() throws PolicyException, SyntaxException {
            only(members, Key.words(Key.ofPolicy()));
            // The last one that is included says it, where two do: so it comes first here.
            Variables outer = variables;
            List<Draft> included = includes();
            variables();
            for (Key key : Key.ofPolicy()) {
                Optional<Node> value = members.find(key.word());
                if (value.isPresent()) {
                    take(key, value.get());
                }
            }
            contradiction();
            for (Draft other : included.reversed()) {
                draft.include(other);
            }
            if (chain.size() > 1) {
                // Who includes a file has its names, too.
                Variables inner = variables;
                variables = outer;
                inner.own().forEach((name, path) -> variables = variables.with(name, path));
            }
            return draft;
        }

        private void take(Key key, Node value) throws PolicyException, SyntaxException {
            switch (key) {
                case PROMISES -> draft.promises = promises(value);
                case COMMAND -> draft.command = command(value);
                case ON_VIOLATION -> draft.onViolation = action(key, value);
                case CONNECT -> draft.ports = ports(draft).plus(new PortList(ports(key, value), new TreeSet<>()));
                case BIND -> draft.ports = ports(draft).plus(new PortList(new TreeSet<>(), ports(key, value)));
                case IGNORE_MISSING -> draft.ignoreMissing = truth(key, value);
                case ALLOW -> draft.allow.addAll(rules(key, value, Action.ALLOW));
                case DENY -> draft.deny.addAll(rules(key, value, new Action.Errno(1)));
                case KERNEL -> draft.kernel = kernel(value);
                case UNVEIL -> unveil(value);
                case LIMITS -> limits(value);
                case FILTER -> filters(value);
                case INCLUDE, VARIABLES -> {} // were read before
                case OTHERWISE, UNKNOWN, FOREIGN, ACTION, ARCHITECTURES, FREQUENCIES, RULES ->
                    throw new IllegalStateException(key.word());
            }
        }

        private PortList ports(Draft so) {
            return so.ports == null ? new PortList(new TreeSet<>(), new TreeSet<>()) : so.ports;
        }

        /** Who includes whom. The first file may have no name. */
        private static String circle(List<String> names) {
            return names.stream()
                    .filter(name -> !name.isEmpty())
                    .map(Words::text)
                    .collect(Collectors.joining(" -> "));
        }

        private List<Draft> includes() throws PolicyException {
            List<Draft> included = new ArrayList<>();
            Optional<Node> value = members.find(Key.INCLUDE.word());
            if (value.isEmpty()) {
                return included;
            }
            for (Node.Text name : texts(Key.INCLUDE, value.get())) {
                String path = resolved(name);
                List<String> names = new ArrayList<>(chain);
                names.add(path);
                if (chain.contains(path)) {
                    throw source.error(name, "files include each other: " + circle(names));
                }
                if (chain.size() >= DEEPEST) {
                    throw source.error(name, "more than " + DEEPEST + " files include each other: " + circle(names));
                }
                if (++files > MOST_FILES) {
                    throw source.error(name, "more than " + MOST_FILES + " files are included");
                }
                String text;
                try {
                    text = settings.includes().text(path, source.where());
                } catch (IOException e) {
                    throw source.error(
                            name,
                            "cannot include \"" + Words.text(path) + "\": "
                                    + Words.text(String.valueOf(e.getMessage())));
                }
                included.add(draft(new Source(path, text)));
            }
            return included;
        }

        /** The path of an included file. */
        private String resolved(Node.Text name) throws PolicyException {
            String text = Words.ofText(name.text());
            if (text.isEmpty()) {
                throw source.error(name, "include: the name of a file is expected here, not \"\"");
            }
            if (text.startsWith("/")) {
                return text;
            }
            if (text.startsWith("$")) {
                try {
                    return variables.path(text);
                } catch (PolicyException e) {
                    throw source.error(name, "include: " + e.getMessage());
                }
            }
            String plain = text.startsWith("./") ? text.substring(2) : text;
            return source.where().substring(0, source.where().lastIndexOf('/') + 1) + plain;
        }

        private void variables() throws PolicyException {
            Optional<Node> value = members.find(Key.VARIABLES.word());
            if (value.isEmpty()) {
                return;
            }
            Map<String, Node> waiting = new HashMap<>(table(Key.VARIABLES, value.get()));
            for (Map.Entry<String, Node> each :
                    table(Key.VARIABLES, value.get()).entrySet()) {
                if (!Variables.isName(each.getKey())) {
                    throw source.error(
                            each.getValue(),
                            "variables: \"" + each.getKey()
                                    + "\" cannot be a variable's name: letters, digits and _, not HOME and"
                                    + " not PWD");
                }
                define(each.getKey(), waiting, new ArrayList<>());
            }
        }

        /** Gives a name its value, after the names of which that is made. */
        private void define(String name, Map<String, Node> waiting, List<String> users) throws PolicyException {
            Node value = waiting.get(name);
            if (value == null) {
                return;
            }
            String text = text("variables: " + name, value);
            users.add("$" + name);
            String first = text.startsWith("$")
                    ? text.substring(1, text.indexOf('/') < 0 ? text.length() : text.indexOf('/'))
                    : "";
            if (users.contains("$" + first)) {
                throw source.error(
                        value,
                        "variables: " + name + " is made of itself: " + String.join(" -> ", users) + " -> $" + first);
            }
            define(first, waiting, users);
            try {
                variables = variables.with(name, variables.path(Words.ofText(text)));
            } catch (PolicyException e) {
                throw source.error(value, "variables: " + name + ": " + e.getMessage());
            }
            waiting.remove(name);
        }

        private Promises promises(Node value) throws PolicyException {
            try {
                return Promises.parse(text(Key.PROMISES, value));
            } catch (PromiseException e) {
                throw source.error(value, "promises: " + e.getMessage());
            }
        }

        private List<String> command(Node value) throws PolicyException {
            List<String> words = new ArrayList<>();
            if (!(value instanceof Node.Items(int _, int _, List<Node> items))) {
                throw expected(Key.COMMAND, value);
            }
            for (Node item : items) {
                words.add(Words.ofText(text(Key.COMMAND, item)));
            }
            return words;
        }

        private SortedSet<Integer> ports(Key key, Node value) throws PolicyException {
            if (!(value instanceof Node.Items(int _, int _, List<Node> items))) {
                throw expected(key, value);
            }
            SortedSet<Integer> ports = new TreeSet<>();
            for (Node item : items) {
                ports.add((int) whole(key.word() + ": a port", item, MOST_PORT));
            }
            return ports;
        }

        private long whole(String what, Node value, long most) throws PolicyException {
            if (value instanceof Node.Digits(int _, int _, String digits)) {
                OptionalLong number = Limit.CPU.value(digits);
                if (number.isPresent() && number.getAsLong() <= most) {
                    return number.getAsLong();
                }
            }
            throw source.error(
                    value, what + " is a whole number from 0 to " + most + ", and " + value.kind() + " is none");
        }

        private boolean truth(Key key, Node value) throws PolicyException {
            if (value instanceof Node.Truth(int _, int _, boolean truth)) {
                return truth;
            }
            throw expected(key, value);
        }

        private KernelVersion kernel(Node value) throws PolicyException {
            try {
                return KernelVersion.parse(text(Key.KERNEL, value));
            } catch (IllegalArgumentException e) {
                throw source.error(value, "kernel: " + e.getMessage());
            }
        }

        private Action action(Key key, Node value) throws PolicyException {
            Node.Text text = asText(key, value);
            try {
                return new RuleParser(settings.arch()).parseAction(text.text());
            } catch (RuleSyntaxException e) {
                throw source.error(text, e);
            }
        }

        /** Rules that are checked, and kept as text. */
        private List<String> rules(Key key, Node value, Action action) throws PolicyException {
            List<String> rules = new ArrayList<>();
            for (Node.Text text : texts(key, value)) {
                List<Rule> _ = parsed(text, action);
                rules.add(text.text().strip());
            }
            return rules;
        }

        private List<Rule> parsed(Node.Text text, Action action) throws PolicyException {
            try {
                return new RuleParser(settings.arch()).parse(text.text(), action);
            } catch (RuleSyntaxException e) {
                throw source.error(text, e);
            }
        }

        /** What is denied whatever its arguments are cannot be allowed. */
        private void contradiction() throws PolicyException {
            Optional<Node> allowed = members.find(Key.ALLOW.word());
            Optional<Node> denied = members.find(Key.DENY.word());
            if (allowed.isEmpty() || denied.isEmpty()) {
                return;
            }
            Map<Integer, Node.Text> closed = new HashMap<>();
            for (Node.Text text : texts(Key.DENY, denied.get())) {
                for (Rule rule : parsed(text, new Action.Errno(1))) {
                    if (rule.conditions().isEmpty()) {
                        closed.put(rule.number(), text);
                    }
                }
            }
            for (Node.Text text : texts(Key.ALLOW, allowed.get())) {
                for (Rule rule : parsed(text, Action.ALLOW)) {
                    Node.Text other = closed.get(rule.number());
                    if (other != null) {
                        throw source.error(
                                text,
                                "allow: \"" + text.text().strip() + "\" has no effect, as \""
                                        + other.text().strip() + "\" denies the call whatever its arguments, in line "
                                        + other.line());
                    }
                }
            }
        }

        private void unveil(Node value) throws PolicyException {
            for (Map.Entry<String, Node> each : table(Key.UNVEIL, value).entrySet()) {
                String what = "unveil \"" + each.getKey() + "\"";
                if (!(each.getValue() instanceof Node.Text(int _, int _, String letters))) {
                    throw source.error(each.getValue(), what + ": its value is letters of rwxc in quotes");
                }
                try {
                    String path = variables.path(Words.ofText(each.getKey()));
                    Permissions permissions = Permissions.parse(letters);
                    Permissions before = draft.unveil.put(path, permissions);
                    if (before != null && !before.equals(permissions)) {
                        throw new PolicyException("another name of the same path has \"" + before + "\"");
                    }
                } catch (UnveilException | PolicyException e) {
                    throw source.error(each.getValue(), what + ": " + e.getMessage());
                }
            }
        }

        private void limits(Node value) throws PolicyException {
            Map<String, Node> table = table(Key.LIMITS, value);
            List<String> words = new ArrayList<>();
            for (Limit limit : Limit.values()) {
                words.add(limit.word());
                Node each = table.get(limit.word());
                if (each != null) {
                    String word = each instanceof Node.Digits(int _, int _, String digits)
                            ? digits
                            : each instanceof Node.Text(int _, int _, String text) && limit.unit() == Limit.Unit.BYTES
                                    ? text
                                    : "";
                    OptionalLong number = limit.value(word);
                    if (number.isEmpty()) {
                        throw source.error(
                                each,
                                "limits: " + limit.word() + " is "
                                        + (limit.unit() == Limit.Unit.BYTES
                                                ? "a number of bytes, or one in quotes with k, m, g or t"
                                                : "a whole number from 0 to "
                                                        + limit.unit().most())
                                        + ", and " + each.kind() + " is none");
                    }
                    draft.limits.put(limit, number.getAsLong());
                }
            }
            only((Node.Members) value, words);
        }

        private void filters(Node value) throws PolicyException {
            Map<String, Node> table = table(Key.FILTER, value);
            List<String> keys = Key.words(Key.ofFilter());
            Map<String, Node> main = new TreeMap<>();
            for (Map.Entry<String, Node> each : table.entrySet()) {
                if (keys.contains(each.getKey()) || Arch.parse(each.getKey()).isPresent()) {
                    main.put(each.getKey(), each.getValue());
                } else if (each.getValue() instanceof Node.Members named) {
                    if (!PolicyDocument.isFilterName(each.getKey())) {
                        throw source.error(
                                named,
                                "filter: \"" + each.getKey()
                                        + "\" cannot be a filter's name: letters, digits, _ and -");
                    }
                    draft.filters.put(each.getKey(), filter(named, named.members()));
                } else {
                    throw source.error(
                            each.getValue(),
                            Node.suggesting("filter: unknown key \"" + each.getKey() + "\"", each.getKey(), keys));
                }
            }
            if (!main.isEmpty() && draft.filters.put(PolicyDocument.MAIN, filter(value, main)) != null) {
                throw source.error(
                        value,
                        "filter: there is [filter], whose name is " + PolicyDocument.MAIN + ", and [filter."
                                + PolicyDocument.MAIN + "]");
            }
            if (table.isEmpty()) {
                draft.filters.put(PolicyDocument.MAIN, filter(value, main));
            }
        }

        private FilterDraft filter(Node at, Map<String, Node> table) throws PolicyException {
            SortedMap<Key, Action> actions = new TreeMap<>();
            List<Arch> arches = new ArrayList<>();
            List<FilterDraft.Fragment> rules = new ArrayList<>();
            List<FilterDraft.Counts> counts = new ArrayList<>();
            for (Map.Entry<String, Node> each : table.entrySet()) {
                Optional<Arch> arch = Arch.parse(each.getKey());
                Node value = each.getValue();
                if (arch.isPresent()) {
                    if (!(value instanceof Node.Members part)) {
                        throw source.error(
                                value,
                                "filter: a table of rules for " + each.getKey() + " is expected here, not "
                                        + value.kind());
                    }
                    only(part, Key.words(Key.ofPart()));
                    for (Map.Entry<String, Node> member : part.members().entrySet()) {
                        add(member.getKey(), member.getValue(), arch, rules, counts);
                    }
                    continue;
                }
                List<String> words = Key.words(Key.ofFilter());
                int index = words.indexOf(each.getKey());
                if (index < 0) {
                    throw source.error(
                            value,
                            Node.suggesting("filter: unknown key \"" + each.getKey() + "\"", each.getKey(), words));
                }
                Key key = Key.ofFilter().get(index);
                switch (key) {
                    case OTHERWISE, UNKNOWN, FOREIGN, ACTION -> actions.put(key, action(key, value));
                    case ARCHITECTURES -> arches.addAll(architectures(value));
                    default -> add(each.getKey(), value, Optional.empty(), rules, counts);
                }
            }
            return new FilterDraft(source, at, actions, arches, rules, counts);
        }

        private void add(
                String word,
                Node value,
                Optional<Arch> arch,
                List<FilterDraft.Fragment> rules,
                List<FilterDraft.Counts> counts)
                throws PolicyException {
            if (word.equals(Key.FREQUENCIES.word())) {
                counts.add(new FilterDraft.Counts(arch, frequencies(value)));
                return;
            }
            for (Node.Text text : texts(Key.RULES, value)) {
                rules.add(new FilterDraft.Fragment(arch, source, text));
            }
        }

        private Frequencies frequencies(Node value) throws PolicyException {
            Frequencies all = Frequencies.EQUAL;
            for (Map.Entry<String, Node> each : table(Key.FREQUENCIES, value).entrySet()) {
                long count = whole("frequencies: " + each.getKey(), each.getValue(), Frequencies.WHOLE);
                try {
                    all = all.with(each.getKey(), (int) count);
                } catch (IllegalArgumentException e) {
                    throw source.error(each.getValue(), "frequencies: " + e.getMessage());
                }
            }
            return all;
        }

        private List<Arch> architectures(Node value) throws PolicyException {
            if (!(value instanceof Node.Items(int _, int _, List<Node> items)) || items.isEmpty()) {
                throw expected(Key.ARCHITECTURES, value);
            }
            List<Arch> arches = new ArrayList<>();
            for (Node item : items) {
                String word = text(Key.ARCHITECTURES, item);
                Optional<Arch> arch = Arch.parse(word);
                if (arch.isEmpty()) {
                    List<String> labels = new ArrayList<>();
                    for (Arch each : Arch.values()) {
                        labels.add(each.label());
                    }
                    throw source.error(
                            item,
                            Node.suggesting(
                                    "architectures: \"" + word + "\" is none of " + String.join(", ", labels),
                                    word,
                                    labels));
                }
                if (arches.contains(arch.get())) {
                    throw source.error(item, "architectures: " + arch.get().label() + " is named twice");
                }
                arches.add(arch.get());
            }
            return arches;
        }

        private List<Node.Text> texts(Key key, Node value) throws PolicyException {
            List<Node.Text> texts = new ArrayList<>();
            if (value instanceof Node.Items(int _, int _, List<Node> items)) {
                for (Node item : items) {
                    texts.add(asText(key, item));
                }
            } else {
                texts.add(asText(key, value));
            }
            return texts;
        }

        private Map<String, Node> table(Key key, Node value) throws PolicyException {
            if (value instanceof Node.Members(int _, int _, Map<String, Node> table)) {
                return table;
            }
            throw expected(key, value);
        }

        private Node.Text asText(Key key, Node value) throws PolicyException {
            if (value instanceof Node.Text text) {
                return text;
            }
            throw expected(key, value);
        }

        private String text(Key key, Node value) throws PolicyException {
            return asText(key, value).text();
        }

        private String text(String what, Node value) throws PolicyException {
            if (value instanceof Node.Text(int _, int _, String text)) {
                return text;
            }
            throw source.error(value, what + ": a text in quotes is expected here, not " + value.kind());
        }

        private PolicyException expected(Key key, Node value) {
            return source.error(
                    value, key.word() + ": " + key.shape().expected() + " is expected here, not " + value.kind());
        }

        private void only(Node.Members table, List<String> words) throws PolicyException {
            for (Map.Entry<String, Node> each : table.members().entrySet()) {
                if (!words.contains(each.getKey())) {
                    throw source.error(
                            each.getValue(),
                            Node.suggesting("unknown key \"" + each.getKey() + "\"", each.getKey(), words));
                }
            }
        }
    }
}
