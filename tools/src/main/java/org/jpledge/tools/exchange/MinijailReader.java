package org.jpledge.tools.exchange;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Condition;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Frequencies;
import org.jpledge.seccomp.Operator;
import org.jpledge.seccomp.Rule;
import org.jpledge.syscall.Arch;
import org.jpledge.tools.exchange.MinijailToken.Kind;
import org.jspecify.annotations.Nullable;

/**
 * Reads minijail's policies, minijail0(5), as {@code minijail0 -S} and {@code compile_seccomp_policy.py} take them.
 *
 * <p>The two differ in one line, {@code read: arg0 == 0; return EBADF}: the manual has it allow what the condition describes
 * and fail the rest, the compiler has it fail what the condition describes. A file that uses what the compiler alone knows
 * (braces, {@code @default}, actions by name, architectures) is read in its way, any other as the manual says.
 *
 * <p>Comparisons are of whole registers and unsigned.
 */
final class MinijailReader {
    /** As deep as minijail's own compiler goes. */
    private static final int DEEPEST = 10;

    /** What is inside one another in one number. */
    private static final int DEEPEST_NUMBER = 64;

    private static final Set<String> ACTIONS =
            Set.of("allow", "kill", "kill-process", "kill-thread", "trap", "trace", "log", "user-notify");

    private static final Pattern FIRST_LINE = Pattern.compile(
            "@(include|default|frequency|denylist)\\b|(\\w+(\\[[^\\]]*\\])?|\\{[\\w, ]+\\})\\s*:\\s*(1$|1\\s|arg\\d|return\\b|\\{|(allow|kill|trap|trace|log|user-notify)\\b)");

    /** A condition, or null for none, and what happens where it holds. */
    private record Clause(@Nullable Disjunction condition, Action action, Place place) {}

    private final Names names;
    private final Arch arch;
    private final boolean compilers;
    private final Set<String> remarks;
    private final Map<Integer, List<Clause>> clauses = new LinkedHashMap<>();
    private Action otherwise = Action.KILL_THREAD;

    private List<MinijailToken> words = List.of();
    private int at;
    private int depth;

    private MinijailReader(Names names, boolean compilers, Set<String> remarks) {
        this.names = names;
        this.arch = names.arch();
        this.compilers = compilers;
        this.remarks = remarks;
    }

    /** Whether a text looks like such a policy: its first line that says something does. */
    static boolean knows(String text) {
        return text.lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                .findFirst()
                .filter(line -> FIRST_LINE.matcher(line).lookingAt())
                .isPresent();
    }

    /**
     * Reads a policy.
     *
     * @param text the whole file
     * @param settings the architectures that it is for, constants that it uses, and where it includes files from
     * @return its filter
     * @throws ImportException if it is no such policy
     */
    static Imported read(String text, ImportSettings settings) throws ImportException {
        Set<String> remarks = new LinkedHashSet<>();
        List<List<MinijailToken>> statements = new ArrayList<>();
        SortedMap<String, Integer> frequencies = new TreeMap<>();
        gather(text, "", settings, new ArrayDeque<>(), statements, frequencies);
        Frequencies often = frequencies.isEmpty() ? Frequencies.MEASURED : scaled(frequencies);
        boolean compilers = isCompilers(statements);
        List<Filter.Section> sections = new ArrayList<>();
        Action otherwise = Action.KILL_THREAD;
        for (Arch arch : settings.arches()) {
            MinijailReader reader = new MinijailReader(new Names(arch, settings.constants()), compilers, remarks);
            for (List<MinijailToken> statement : statements) {
                reader.statement(statement);
            }
            sections.add(new Filter.Section(arch, reader.rules(), often));
            otherwise = reader.otherwise;
        }
        if (otherwise.equals(Action.ALLOW) && settings.arches().contains(Arch.X86_64)) {
            remarks.add("calls of x32 are refused here, which the policy leaves open");
        }
        return Imported.of(new Filter(sections, otherwise, otherwise, Action.KILL_THREAD), new ArrayList<>(remarks));
    }

    /** The statements of a file and, in their places, of those that it includes. */
    private static void gather(
            String text,
            String file,
            ImportSettings settings,
            Deque<String> within,
            List<List<MinijailToken>> all,
            SortedMap<String, Integer> frequencies)
            throws ImportException {
        within.addLast(file);
        for (List<MinijailToken> statement : MinijailToken.statements(text, file)) {
            MinijailToken first = statement.getFirst();
            if (!first.is("@include") && !first.is("@frequency")) {
                all.add(statement);
                continue;
            }
            if (statement.size() < 2 || statement.get(1).kind() != Kind.PATH) {
                Place place =
                        statement.size() < 2 ? first.place() : statement.get(1).place();
                throw place.wrong(first.text() + " takes a path that begins with / or ./");
            }
            if (statement.size() > 2) {
                throw statement.get(2).place().wrong("nothing can follow the path of " + first.text());
            }
            MinijailToken path = statement.get(1);
            String name = Inclusion.resolve(path.text(), file);
            if (first.is("@include")) {
                Inclusion.check(name, within, DEEPEST, path.place());
                gather(Inclusion.text(name, settings, path.place()), name, settings, within, all, frequencies);
            } else {
                for (List<MinijailToken> line :
                        MinijailToken.statements(Inclusion.text(name, settings, path.place()), name)) {
                    frequency(line, frequencies);
                }
            }
        }
        within.removeLast();
    }

    /** Frequencies as ours are: none above the largest that there is. */
    private static Frequencies scaled(SortedMap<String, Integer> counts) {
        long most = Collections.max(counts.values());
        SortedMap<String, Integer> scaled = new TreeMap<>();
        counts.forEach((call, count) ->
                scaled.put(call, most <= Frequencies.WHOLE ? count : (int) (count * (long) Frequencies.WHOLE / most)));
        return new Frequencies(scaled);
    }

    private static void frequency(List<MinijailToken> line, SortedMap<String, Integer> frequencies)
            throws ImportException {
        MinijailToken last = line.getLast();
        if (line.size() < 3 || !line.get(line.size() - 2).is(":")) {
            throw last.place().wrong("expected \"call: number\" in a file of frequencies");
        }
        if (!CallNames.isKnown(line.getFirst().text())) {
            throw line.getFirst()
                    .place()
                    .wrong("unknown system call \"" + line.getFirst().text() + "\"");
        }
        OptionalLong count = Numbers.parse(last.text());
        if (count.isEmpty() || count.getAsLong() < 0) {
            throw last.place().wrong("a frequency is a number, not \"" + last.text() + "\"");
        }
        frequencies.put(line.getFirst().text(), (int) Math.min(count.getAsLong(), Integer.MAX_VALUE));
    }

    /** Whether anything in the policy is known to the compiler alone. */
    private static boolean isCompilers(List<List<MinijailToken>> statements) {
        for (List<MinijailToken> statement : statements) {
            for (int i = 0; i < statement.size(); i++) {
                MinijailToken word = statement.get(i);
                if (word.is("{")
                        || word.is("[")
                        || word.kind() == Kind.STATEMENT
                        || i > 0 && word.kind() == Kind.WORD && ACTIONS.contains(word.text())) {
                    return true;
                }
            }
        }
        return false;
    }

    private List<Rule> rules() {
        List<Rule> rules = new ArrayList<>();
        clauses.forEach((number, all) -> {
            for (Clause clause : all) {
                Disjunction condition = clause.condition() == null ? Disjunction.ALWAYS : clause.condition();
                rules.addAll(condition.rules(number, clause.action()));
            }
        });
        return rules;
    }

    private void statement(List<MinijailToken> statement) throws ImportException {
        words = statement;
        at = 0;
        depth = 0;
        if (accept("@default")) {
            MinijailToken word = next("an action");
            otherwise = switch (word.text()) {
                case "kill", "kill-thread" -> Action.KILL_THREAD;
                case "kill-process" -> Action.KILL_PROCESS;
                case "trap" -> new Action.Trap(0);
                case "user-notify" -> Action.NOTIFY;
                default ->
                    throw word.place()
                            .wrong("@default takes kill, kill-process, kill-thread, trap or user-notify, not \""
                                    + word.text() + "\"");
            };
        } else if (accept("@denylist")) {
            otherwise = Action.ALLOW;
        } else if (words.getFirst().kind() == Kind.STATEMENT) {
            throw words.getFirst()
                    .place()
                    .wrong("unknown statement \"" + words.getFirst().text()
                            + "\" (there are @include, @default, @frequency and @denylist)");
        } else {
            calls();
        }
        if (at < words.size()) {
            throw words.get(at).place().wrong("\"" + words.get(at).text() + "\" cannot follow here");
        }
    }

    private void calls() throws ImportException {
        List<Integer> numbers = new ArrayList<>();
        MinijailToken first = words.getFirst();
        if (accept("{")) {
            do {
                call(numbers);
            } while (accept(","));
            expect("}");
        } else {
            call(numbers);
        }
        expect(":");
        List<Clause> filter = new ArrayList<>();
        if (accept("{")) {
            do {
                clause(filter);
            } while (accept(","));
            expect("}");
        } else {
            clause(filter);
        }
        for (int number : numbers) {
            for (Clause clause : filter) {
                List<Clause> known = clauses.computeIfAbsent(number, _ -> new ArrayList<>());
                if (!known.isEmpty() && known.getLast().condition() == null) {
                    throw clause.place()
                            .wrong("\"" + first.text() + "\" has an action for all of its calls already, in "
                                    + known.getLast().place().text());
                }
                if (clause.condition() == null
                        && clause.action().equals(Action.ALLOW)
                        && !known.isEmpty()
                        && compilers) {
                    remarks.add(
                            clause.place().text()
                                    + ": compile_seccomp_policy.py passes over the conditions of a call that ends in allow; here they hold");
                }
                known.add(clause);
            }
        }
    }

    private void call(List<Integer> numbers) throws ImportException {
        MinijailToken word = next("a system call");
        OptionalInt number;
        if (word.kind() == Kind.NUMBER) {
            OptionalLong value = Numbers.parse(word.text());
            if (value.isEmpty() || value.getAsLong() < 0 || value.getAsLong() >= Filter.X32) {
                throw word.place().wrong(word.text() + " is not the number of a system call");
            }
            number = OptionalInt.of((int) value.getAsLong());
        } else if (word.kind() != Kind.WORD) {
            throw word.place().wrong("expected a system call, not \"" + word.text() + "\"");
        } else if (word.text().contains("@")) {
            throw word.place()
                    .wrong("the group \"" + word.text()
                            + "\" is known to the compiler's own tables only: name its calls");
        } else {
            number = names.call(word.text(), word.place());
        }
        boolean here = true;
        if (accept("[")) {
            here = metadata();
        }
        if (here && number.isEmpty()) {
            remarks.add(word.place().text() + ": " + arch.label() + " has no " + word.text());
        } else if (here) {
            numbers.add(number.getAsInt());
        }
    }

    /** What stands in brackets: whether the call is meant on this architecture. */
    private boolean metadata() throws ImportException {
        boolean here = true;
        do {
            MinijailToken key = next("a key");
            expect("=");
            boolean listed = false;
            do {
                MinijailToken value = next("a value");
                if (key.is("arch")) {
                    Arch other = Arch.parse(value.text()).orElse(null);
                    if (other == null) {
                        remarks.add(value.place().text() + ": \"" + value.text() + "\" is no architecture known here");
                    }
                    listed |= other == arch;
                }
            } while (accept(","));
            here &= !key.is("arch") || listed;
        } while (accept(";"));
        expect("]");
        return here;
    }

    private void clause(List<Clause> filter) throws ImportException {
        MinijailToken first = peek("a condition or an action");
        if (first.kind() != Kind.WORD || !first.text().startsWith("arg")) {
            filter.add(new Clause(null, action(), first.place()));
            return;
        }
        Disjunction condition = condition();
        if (!accept(";")) {
            filter.add(new Clause(condition, Action.ALLOW, first.place()));
            return;
        }
        Action action = action();
        if (compilers) {
            filter.add(new Clause(condition, action, first.place()));
            return;
        }
        remarks.add(
                first.place().text()
                        + ": allowed where the condition holds and failed otherwise, as minijail0(5) says; compile_seccomp_policy.py has it the other way round");
        filter.add(new Clause(condition, Action.ALLOW, first.place()));
        filter.add(new Clause(null, action, first.place()));
    }

    private Action action() throws ImportException {
        MinijailToken word = next("an action");
        return switch (word.text()) {
            case "allow", "1" -> Action.ALLOW;
            case "kill", "kill-thread" -> Action.KILL_THREAD;
            case "kill-process" -> Action.KILL_PROCESS;
            case "trap" -> new Action.Trap(0);
            case "trace" -> new Action.Trace(0);
            case "log" -> Action.LOG;
            case "user-notify" -> Action.NOTIFY;
            case "return" -> {
                if (at == words.size() && !compilers) {
                    yield Action.KILL_THREAD;
                }
                MinijailToken error = next("an error");
                int number = names.errno(error.text(), error.place());
                if (number == 0) {
                    remarks.add(error.place().text() + ": return 0 makes the refused call seem to succeed");
                }
                yield new Action.Errno(number);
            }
            default ->
                throw word.place()
                        .wrong(
                                "unknown action \"" + word.text()
                                        + "\" (there are allow, kill, kill-process, kill-thread, trap, trace, log, user-notify and return ERROR)");
        };
    }

    private Disjunction condition() throws ImportException {
        List<List<Condition>> any = new ArrayList<>();
        do {
            Place place = peek("a condition").place();
            Disjunction all = Disjunction.ALWAYS;
            do {
                all = all.and(atom(), place);
            } while (accept("&&"));
            Disjunction.add(all, any, place);
        } while (accept("||"));
        return Disjunction.any(any);
    }

    private Disjunction atom() throws ImportException {
        MinijailToken argument = next("an argument");
        String digits = argument.text().startsWith("arg") ? argument.text().substring(3) : "";
        if (digits.length() != 1 || digits.charAt(0) < '0' || digits.charAt(0) > '5') {
            throw argument.place().wrong("\"" + argument.text() + "\" is no argument (there are arg0 to arg5)");
        }
        int index = digits.charAt(0) - '0';
        boolean word = arch.is64Bit();
        MinijailToken sign = next("an operator");
        Operator op = switch (sign.text()) {
            case "==" -> Operator.EQ;
            case "!=", "&" -> Operator.NE;
            case "<" -> Operator.LT;
            case "<=" -> Operator.LE;
            case ">" -> Operator.GT;
            case ">=" -> Operator.GE;
            case "in" -> Operator.EQ;
            default -> throw sign.place().wrong("expected one of == != < <= > >= & in, not \"" + sign.text() + "\"");
        };
        long value = value();
        if (sign.is("&")) {
            return Disjunction.comparing(index, word, value, op, 0);
        }
        if (sign.is("in")) {
            return Disjunction.comparing(index, word, ~value, op, 0);
        }
        return Disjunction.comparing(index, word, -1, op, value);
    }

    private long value() throws ImportException {
        long value = 0;
        do {
            boolean complement = accept("~");
            long term;
            MinijailToken first = peek("a number");
            if (accept("(")) {
                if (++depth > DEEPEST_NUMBER) {
                    throw first.place().wrong("more than " + DEEPEST_NUMBER + " parentheses inside each other");
                }
                term = value();
                depth--;
                expect(")");
            } else {
                term = single();
            }
            value |= complement ? ~term : term;
        } while (accept("|"));
        return value;
    }

    private long single() throws ImportException {
        MinijailToken word = next("a number");
        if (word.kind() == Kind.WORD) {
            return names.constant(word.text(), word.place());
        }
        if (word.kind() != Kind.NUMBER) {
            throw word.place().wrong("expected a number or a constant, not \"" + word.text() + "\"");
        }
        OptionalLong value = Numbers.parse(word.text());
        boolean fits = value.isPresent()
                && (arch.is64Bit() || value.getAsLong() >= Integer.MIN_VALUE && value.getAsLong() <= 0xffffffffL);
        if (!fits) {
            throw word.place()
                    .wrong("\"" + word.text() + "\" is not a number of " + (arch.is64Bit() ? 64 : 32) + " bits");
        }
        return value.getAsLong();
    }

    private boolean accept(String sign) {
        if (at < words.size() && words.get(at).is(sign)) {
            at++;
            return true;
        }
        return false;
    }

    private void expect(String sign) throws ImportException {
        MinijailToken word = peek("\"" + sign + "\"");
        if (!accept(sign)) {
            throw word.place().wrong("expected \"" + sign + "\", not \"" + word.text() + "\"");
        }
    }

    private MinijailToken next(String what) throws ImportException {
        MinijailToken word = peek(what);
        at++;
        return word;
    }

    private MinijailToken peek(String what) throws ImportException {
        if (at == words.size()) {
            MinijailToken last = words.getLast();
            Place place = last.place();
            throw new Place(
                            place.file(),
                            place.line(),
                            place.column() + last.text().length())
                    .wrong("the line ends where " + what + " is expected");
        }
        return words.get(at);
    }
}
