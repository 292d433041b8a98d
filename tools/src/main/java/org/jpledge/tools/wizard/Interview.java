package org.jpledge.tools.wizard;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.jpledge.promise.PromiseException;
import org.jpledge.promise.PromiseTable;
import org.jpledge.promise.Promises;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.FilterText;
import org.jpledge.seccomp.Operator;
import org.jpledge.seccomp.Rule;
import org.jpledge.seccomp.RuleParser;
import org.jpledge.seccomp.RuleSyntaxException;
import org.jpledge.seccomp.Shadow;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Errno;
import org.jpledge.syscall.Nearest;
import org.jpledge.syscall.Parameter;
import org.jpledge.syscall.Signature;
import org.jpledge.syscall.SyscallTable;
import org.jpledge.tools.policy.PolicyDocument;
import org.jpledge.tools.policy.PortList;
import org.jpledge.tools.text.Words;
import org.jpledge.unveil.Permissions;
import org.jpledge.unveil.Unveil;
import org.jpledge.unveil.UnveilException;
import org.jspecify.annotations.Nullable;

/**
 * Questions, and what their answers make of a policy. Immutable: each answer gives the interview as it goes on, and the one
 * before it is still there to go back to.
 */
public final class Interview {
    private static final int MOST_PORT = 65_535;
    private static final String ANY = "any";
    private static final String NONE = "none";
    private static final String NOTHING = "-";
    private static final String MASKED = "&";
    private static final Action UNKNOWN = new Action.Errno(38);
    private static final Action FOREIGN = Action.KILL_PROCESS;
    private static final Action EPERM = new Action.Errno(1);
    private static final List<String> DECISIONS =
            List.of("allow", "errno EPERM", "errno EACCES", "errno ENOSYS", "kill", "kill-thread", "trap", "log");
    private static final List<String> ACTIONS =
            List.of("errno EPERM", "errno EACCES", "errno ENOSYS", "kill", "trap", "log");

    private final Arch arch;
    private final String directory;
    private final Draft draft;
    private final Topic topic;
    private final @Nullable Interview before;
    private final @Nullable Outcome outcome;

    private Interview(
            Arch arch,
            String directory,
            Draft draft,
            Topic topic,
            @Nullable Interview before,
            @Nullable Outcome outcome) {
        this.arch = arch;
        this.directory = directory;
        this.draft = draft;
        this.topic = topic;
        this.before = before;
        this.outcome = outcome;
    }

    /**
     * Begins one.
     *
     * @param proposal the policy that empty answers lead to
     * @param name what it is called unless an answer says otherwise
     * @param arch the architecture, for rules about single calls
     * @param directory from where paths that are not absolute are taken
     * @return the interview, at its first question
     */
    public static Interview of(PolicyDocument proposal, String name, Arch arch, String directory) {
        Draft draft = new Draft(name, proposal, Draft.Rule.NONE, "", "");
        return new Interview(arch, directory, draft, Topic.NAME, null, null);
    }

    /**
     * What it has led to.
     *
     * @return empty as long as there is a question
     */
    public Optional<Outcome> outcome() {
        return Optional.ofNullable(outcome);
    }

    /**
     * The policy as far as it has been answered.
     *
     * @return the policy
     */
    public PolicyDocument policy() {
        return draft.policy();
    }

    /**
     * The interview as it was before the last answer.
     *
     * @return this one, if there was none
     */
    public Interview back() {
        return before == null ? this : before;
    }

    /**
     * What is asked now.
     *
     * @return the question
     */
    public Question question() {
        return switch (topic) {
            case COMMAND -> throw new IllegalStateException("asked before there is a proposal");
            case NAME -> asked(draft.name(), List.of());
            case PROMISES -> {
                String words = String.join(" ", draft.policy().words());
                yield asked(
                        words.isEmpty() ? NOTHING : words,
                        PromiseTable.standard().words());
            }
            case PATHS -> new Question(topic, topic.text() + paths(), "", taken());
            case CONNECT -> asked(ports(PortList::connect), List.of(ANY, NONE));
            case BIND -> asked(ports(PortList::bind), List.of(ANY, NONE));
            case VIOLATION -> asked(FilterText.of(draft.policy().onViolation().orElse(EPERM), arch), ACTIONS);
            case MORE -> asked(filter().isPresent() && rules().isEmpty() ? "y" : "n", List.of("y", "n"));
            case CALL -> asked("", List.copyOf(SyscallTable.of(arch).byNumber().values()));
            case ARGUMENT -> asked("", arguments());
            case SIZE -> asked(Integer.toString(bits()), List.of("32", "64"));
            case COMPARISON -> asked(Operator.EQ.text(), comparisons());
            case MASK, VALUE -> asked("", List.of());
            case ACTION -> asked(filter().isPresent() ? "allow" : "errno EPERM", DECISIONS);
            case FILTER -> asked("", List.copyOf(draft.policy().filters().keySet()));
            case OTHERWISE ->
                asked(FilterText.of(filter().map(Filter::otherwise).orElse(EPERM), arch), DECISIONS);
            case SAVE -> asked(draft.file().isEmpty() ? NOTHING : draft.file(), List.of());
            case RUN -> asked("Y", List.of("y", "n"));
        };
    }

    private Question asked(String suggestion, List<String> words) {
        String about = switch (topic) {
            case ARGUMENT -> " (" + draft.rule().text() + ')';
            case SIZE, COMPARISON, MASK, VALUE ->
                " (" + draft.rule().call() + ": " + draft.rule().argument() + ')';
            case ACTION -> " (" + draft.rule().text() + ')';
            case MORE, OTHERWISE -> draft.filter().isEmpty() ? "" : " (" + draft.filter() + ')';
            default -> "";
        };
        return new Question(topic, topic.text() + about, suggestion, words);
    }

    private String paths() {
        StringJoiner paths = new StringJoiner(", ", " (", ")").setEmptyValue(" (none yet)");
        draft.policy().unveil().forEach((path, letters) -> paths.add(letters + ":" + Words.readable(path)));
        return paths.toString();
    }

    private List<String> taken() {
        return draft.policy().unveil().keySet().stream().map(NOTHING::concat).toList();
    }

    private String ports(Function<PortList, SortedSet<Integer>> side) {
        Optional<PortList> ports = draft.policy().ports();
        if (ports.isEmpty()) {
            return ANY;
        }
        StringJoiner numbers = new StringJoiner(",").setEmptyValue(NONE);
        side.apply(ports.get()).forEach(port -> numbers.add(port.toString()));
        return numbers.toString();
    }

    private List<String> arguments() {
        return Signature.of(arch, draft.rule().call()).map(Signature::parameters).orElse(List.of()).stream()
                .map(Parameter::name)
                .toList();
    }

    private static List<String> comparisons() {
        List<String> words = new ArrayList<>();
        for (Operator operator : Operator.values()) {
            words.add(operator.text());
        }
        words.add(MASKED);
        return words;
    }

    /** How much of the argument the kernel looks at. */
    private int bits() {
        Optional<Signature> signature = Signature.of(arch, draft.rule().call());
        OptionalInt position = signature.isEmpty()
                ? OptionalInt.empty()
                : signature.get().position(draft.rule().argument());
        boolean wide = position.isEmpty()
                || signature.get().parameters().get(position.getAsInt()).width().isWord();
        return wide && arch.is64Bit() ? 64 : 32;
    }

    /**
     * Goes on with an answer.
     *
     * @param line what was answered; an empty line is the question's suggestion
     * @return the interview after it
     * @throws AnswerException if it is no answer to the question
     */
    public Interview answer(String line) throws AnswerException {
        String given = line.strip();
        String answer = given.isEmpty() ? question().suggestion() : given;
        return switch (topic) {
            case COMMAND -> throw new IllegalStateException("asked before there is a proposal");
            case NAME -> to(Topic.PROMISES, draft.named(name(answer)));
            case PROMISES -> to(Topic.PATHS, draft.of(draft.policy().promising(promises(answer))));
            case PATHS ->
                answer.isEmpty()
                        ? network()
                        : to(Topic.PATHS, draft.of(draft.policy().unveiling(changed(answer))));
            case CONNECT -> to(Topic.BIND, draft.of(connecting(answer)));
            case BIND -> to(Topic.VIOLATION, draft.of(binding(answer)));
            case VIOLATION -> to(Topic.MORE, draft.of(violating(answer)));
            case MORE -> to(isYes(answer) ? Topic.CALL : Topic.FILTER, draft);
            case CALL -> to(Topic.ARGUMENT, draft.ruling(rule(Draft.Rule.about(answer))));
            case ARGUMENT ->
                answer.isEmpty()
                        ? to(Topic.ACTION, draft)
                        : to(
                                Topic.SIZE,
                                draft.ruling(
                                        compared(draft.rule().comparing(answer).by("=="), "0")));
            case SIZE -> to(Topic.COMPARISON, draft.ruling(sized(answer)));
            case COMPARISON -> comparison(answer);
            case MASK -> to(Topic.VALUE, draft.ruling(compared(draft.rule().masked(answer), "0")));
            case VALUE ->
                to(
                        Topic.ARGUMENT,
                        draft.ruling(rule(draft.rule().with(draft.rule().condition(answer)))));
            case ACTION -> to(Topic.MORE, ruled(answer));
            case FILTER ->
                answer.isEmpty()
                        ? to(Topic.SAVE, draft.filtering(""))
                        : to(Topic.OTHERWISE, draft.filtering(filterName(answer)));
            case OTHERWISE -> to(Topic.MORE, filtered(rules(), decision(answer)));
            case SAVE -> to(Topic.RUN, draft.writtenTo(answer.equals(NOTHING) ? "" : answer));
            case RUN -> {
                Outcome result = new Outcome(draft.name(), draft.policy(), draft.file(), isYes(answer));
                yield new Interview(arch, directory, draft, topic, this, result);
            }
        };
    }

    private Interview to(Topic next, Draft changed) {
        return new Interview(arch, directory, changed, next, this, null);
    }

    private static String name(String answer) throws AnswerException {
        boolean plain = !answer.isEmpty() && !answer.startsWith(".") && !answer.startsWith("-");
        for (int i = 0; plain && i < answer.length(); i++) {
            char c = answer.charAt(i);
            plain = c < 0x80 && Character.isLetterOrDigit(c) || c == '.' || c == '-' || c == '_';
        }
        if (!plain) {
            throw new AnswerException("\"" + Words.readable(answer)
                    + "\" is no name: letters, digits, dots and dashes, a letter or digit first");
        }
        return answer;
    }

    private static Promises promises(String answer) throws AnswerException {
        try {
            return Promises.parse(answer.equals(NOTHING) ? "" : answer);
        } catch (PromiseException e) {
            throw new AnswerException(String.valueOf(e.getMessage()));
        }
    }

    /** Ports are asked for where there are any to use. */
    private Interview network() {
        Optional<Promises> promises = draft.policy().promises();
        boolean network = promises.isPresent()
                && (promises.get().contains("inet")
                        || promises.get().contains("anet")
                        || promises.get().contains("dns"));
        return network
                ? to(Topic.CONNECT, draft)
                : to(Topic.VIOLATION, draft.of(draft.policy().using(Optional.empty())));
    }

    private Map<String, Permissions> changed(String answer) throws AnswerException {
        SortedMap<String, Permissions> paths = new TreeMap<>(draft.policy().unveil());
        if (answer.startsWith(NOTHING)) {
            String path = absolute(answer.substring(1));
            if (paths.remove(path) == null) {
                throw new AnswerException(Words.readable(path) + " is not in the list"
                        + Nearest.nearest(path, paths.keySet())
                                .map(near -> " (did you mean " + Words.readable(near) + "?)")
                                .orElse(""));
            }
            return paths;
        }
        try {
            Unveil unveil = Unveil.parse(Words.bytes(answer));
            String path = new String(unveil.path().bytes(), StandardCharsets.ISO_8859_1);
            paths.put(absolute(path), unveil.permissions());
            return paths;
        } catch (UnveilException e) {
            throw new AnswerException(String.valueOf(e.getMessage()));
        }
    }

    /** From the root, and without the slash at its end that completion leaves. */
    private String absolute(String word) {
        String path = word.startsWith("/") ? word : directory.equals("/") ? "/" + word : directory + "/" + word;
        int end = path.length();
        while (end > 1 && path.charAt(end - 1) == '/') {
            end--;
        }
        return path.substring(0, end);
    }

    private PolicyDocument connecting(String answer) throws AnswerException {
        Optional<SortedSet<Integer>> ports = numbers(answer);
        SortedSet<Integer> own = draft.policy().ports().map(PortList::bind).orElse(new TreeSet<>());
        return draft.policy().using(ports.map(connect -> new PortList(connect, own)));
    }

    private PolicyDocument binding(String answer) throws AnswerException {
        Optional<SortedSet<Integer>> ports = numbers(answer);
        Optional<PortList> known = draft.policy().ports();
        if (ports.isEmpty() != known.isEmpty()) {
            throw new AnswerException(
                    known.isEmpty()
                            ? "a list of ports is about both sides: go back and list those to connect to, too (or none)"
                            : "ports to connect to are listed, so these have to be, too: numbers, or none");
        }
        if (ports.isPresent() && ports.get().isEmpty() && known.get().connect().isEmpty()) {
            throw new AnswerException("no port at all, in either direction: go back and leave out inet, anet and dns");
        }
        return draft.policy()
                .using(ports.map(bind -> new PortList(known.orElseThrow().connect(), bind)));
    }

    /** Port numbers; empty for any. */
    private static Optional<SortedSet<Integer>> numbers(String answer) throws AnswerException {
        return switch (answer.toLowerCase(Locale.ROOT)) {
            case ANY -> Optional.empty();
            case NONE -> Optional.of(new TreeSet<>());
            default -> Optional.of(listed(answer));
        };
    }

    private static SortedSet<Integer> listed(String answer) throws AnswerException {
        SortedSet<Integer> ports = new TreeSet<>();
        for (String word : answer.split("[, ]+", -1)) {
            boolean number =
                    !word.isEmpty() && word.length() <= 5 && word.chars().allMatch(Character::isDigit);
            if (!number || Integer.parseInt(word) > MOST_PORT) {
                throw new AnswerException(
                        "\"" + Words.readable(word) + "\" is no port: numbers up to " + MOST_PORT + ", any, or none");
            }
            ports.add(Integer.parseInt(word));
        }
        return ports;
    }

    private PolicyDocument violating(String answer) throws AnswerException {
        Action action = action(answer);
        return switch (action) {
            case Action.Errno(int number)
            when Errno.name(arch, number).isEmpty() -> throw new AnswerException("no error has the number " + number);
            case Action.Trap(int data) when data != 0 -> throw new AnswerException("trap has no number here");
            case Action.Errno _, Action.KillProcess _, Action.Trap _, Action.Log _ ->
                action.equals(EPERM) && draft.policy().onViolation().isEmpty()
                        ? draft.policy()
                        : draft.policy().onViolation(action);
            default ->
                throw new AnswerException(
                        "\"" + Words.readable(answer) + "\" is none of errno NAME, kill, trap and log");
        };
    }

    private Action action(String answer) throws AnswerException {
        try {
            return new RuleParser(arch).parseAction(answer);
        } catch (RuleSyntaxException e) {
            throw new AnswerException(String.valueOf(e.getMessage()));
        }
    }

    private static boolean isYes(String answer) throws AnswerException {
        return switch (answer.toLowerCase(Locale.ROOT)) {
            case "y", "yes" -> true;
            case "n", "no" -> false;
            default -> throw new AnswerException("y or n");
        };
    }

    /** The same rule, if it is one. */
    private Draft.Rule rule(Draft.Rule rule) throws AnswerException {
        checked(rule.text());
        return rule;
    }

    /** The same rule, if its comparison would be one with some value. */
    private Draft.Rule compared(Draft.Rule rule, String value) throws AnswerException {
        checked(rule.call() + '(' + rule.condition(value) + ')');
        return rule;
    }

    private void checked(String text) throws AnswerException {
        try {
            new RuleParser(arch).parse(text, Action.ALLOW);
        } catch (RuleSyntaxException e) {
            throw new AnswerException(String.valueOf(e.getMessage()));
        }
    }

    private Draft.Rule sized(String answer) throws AnswerException {
        if (!answer.equals("32") && !answer.equals("64")) {
            throw new AnswerException("32 or 64");
        }
        boolean own = answer.equals(Integer.toString(bits()));
        return compared(draft.rule().sized(own ? "" : ":" + answer).by("=="), "0");
    }

    private Interview comparison(String answer) throws AnswerException {
        if (answer.equals(MASKED)) {
            return to(Topic.MASK, draft);
        }
        if (!comparisons().contains(answer)) {
            throw new AnswerException(
                    "\"" + Words.readable(answer) + "\" is none of " + String.join(" ", comparisons()));
        }
        return to(Topic.VALUE, draft.ruling(draft.rule().by(answer)));
    }

    private Action decision(String answer) throws AnswerException {
        Action action = action(answer);
        if (action instanceof Action.Trace || action instanceof Action.Notify) {
            throw new AnswerException(
                    answer + " needs somebody who answers, and nothing of pledge runs beside the program");
        }
        return action;
    }

    private Draft ruled(String answer) throws AnswerException {
        Action action = decision(answer);
        String rule = draft.rule().text();
        if (filter().isPresent()) {
            List<Rule> rules = new ArrayList<>(rules());
            rules.addAll(new RuleParser(arch).parse(rule, action));
            reachable(rules);
            return filtered(rules, filter().get().otherwise()).ruling(Draft.Rule.NONE);
        }
        PolicyDocument policy = draft.policy();
        List<String> allow = new ArrayList<>(policy.allow());
        List<String> deny = new ArrayList<>(policy.deny());
        if (action instanceof Action.Allow) {
            allow.add(rule);
        } else {
            deny.add(rule + " -> " + FilterText.of(action, arch));
        }
        List<Rule> rules = new ArrayList<>();
        RuleParser parser = new RuleParser(arch);
        deny.forEach(each -> rules.addAll(parser.parse(each, EPERM)));
        allow.forEach(each -> rules.addAll(parser.parse(each, Action.ALLOW)));
        reachable(rules);
        return draft.of(policy.ruling(allow, deny)).ruling(Draft.Rule.NONE);
    }

    /** Every rule must be able to match some call. */
    private void reachable(List<Rule> rules) throws AnswerException {
        for (Shadow shadow : Shadow.of(Filter.of(arch, rules, EPERM, UNKNOWN, FOREIGN))) {
            String rule = FilterText.of(shadow.rule(), arch);
            throw new AnswerException(
                    shadow.by().isEmpty()
                            ? "no call can match " + rule + ": its comparisons contradict each other; go back"
                            : "no call is left for " + rule + ": rules before it decide them all ("
                                    + FilterText.of(shadow.by().getFirst(), arch) + "); go back");
        }
    }

    /** The filter that rules are for, if it is not the promises' one. */
    private Optional<Filter> filter() {
        return Optional.ofNullable(draft.policy().filters().get(draft.filter()));
    }

    private List<Rule> rules() {
        return filter().map(filter -> filter.sections().getFirst().rules()).orElse(List.of());
    }

    private Draft filtered(List<Rule> rules, Action otherwise) {
        SortedMap<String, Filter> filters = new TreeMap<>(draft.policy().filters());
        filters.put(draft.filter(), Filter.of(arch, rules, otherwise, UNKNOWN, FOREIGN));
        return draft.of(draft.policy().filtering(filters));
    }

    private static String filterName(String answer) throws AnswerException {
        if (!PolicyDocument.isFilterName(answer)) {
            throw new AnswerException(
                    "\"" + Words.readable(answer) + "\" cannot be a filter's name: letters, digits, _ and -, and no"
                            + " architecture's name or key of a filter");
        }
        if (answer.equals(PolicyDocument.MAIN)) {
            throw new AnswerException(answer + " is the promises' own filter: its rules were asked for before");
        }
        return answer;
    }
}
