package org.jpledge.tools.exchange;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Pattern;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Condition;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Operator;
import org.jpledge.seccomp.Rule;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Nearest;
import org.jpledge.tools.exchange.KafelCalls.Argument;
import org.jpledge.tools.exchange.KafelToken.Kind;
import org.jspecify.annotations.Nullable;

/**
 * Reads kafel's policies, github.com/google/kafel. Rules are in the order in which the policies that are used have them, and the
 * first that matches holds. An argument is compared as widely as kafel does: 64 bits where the call takes so many, where the
 * policy declares the argument itself or where the number needs them; 32 otherwise.
 */
final class KafelReader {
    /** What is inside one another in one condition. */
    private static final int DEEPEST = 200;

    private static final Set<String> ACTIONS = Set.of(
            "ALLOW", "LOG", "KILL", "KILL_THREAD", "KILL_PROCESS", "DENY", "ERRNO", "TRAP", "TRACE", "USER_NOTIF");

    private static final Pattern SIGN = Pattern.compile(
            "(?m)^[ \\t]*+(POLICY\\s+\\w+\\s*\\{|USE\\s+\\w+|DEFAULT\\s+[A-Z]|#define\\s+\\w+\\s+-?\\d|#include\\s+\"|(ALLOW|LOG|KILL|KILL_THREAD|KILL_PROCESS|DENY|USER_NOTIF|(ERRNO|TRAP|TRACE)\\s*\\(\\w+\\))\\s*\\{)");

    /** A part of a condition: something that is compared, or what came out of that. */
    private sealed interface Part {
        record Compared(KafelTerm term) implements Part {}

        record Answer(Disjunction condition) implements Part {}
    }

    private final Names names;
    private final Arch arch;
    private final Set<String> remarks;
    private final List<KafelToken> words;
    private final Map<String, Long> constants = new HashMap<>();
    private final Map<String, List<Rule>> policies = new LinkedHashMap<>();
    private final List<Rule> main = new ArrayList<>();
    private @Nullable Action otherwise;
    private List<Argument> arguments = List.of();
    private int at;
    private int depth;

    private KafelReader(List<KafelToken> words, Names names, Set<String> remarks) throws ImportException {
        this.words = words;
        this.names = names;
        this.arch = names.arch();
        this.remarks = remarks;
        for (String name : names.own().keySet()) {
            constants.put(name, names.constant(name, words.getFirst().place()));
        }
    }

    /** Whether a text looks like such a policy: it has a policy, a block of an action, or uses or defines something. */
    static boolean knows(String text) {
        return SIGN.matcher(text).find();
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
        List<KafelToken> words = KafelToken.of(text, settings);
        if (words.size() == 1) {
            throw words.getFirst().place().wrong("the policy is empty");
        }
        Set<String> remarks = new LinkedHashSet<>();
        List<Filter.Section> sections = new ArrayList<>();
        Action otherwise = Action.KILL_THREAD;
        for (Arch arch : settings.arches()) {
            KafelReader reader = new KafelReader(words, new Names(arch, settings.constants()), remarks);
            reader.program();
            sections.add(new Filter.Section(arch, reader.main));
            otherwise = reader.otherwise == null ? Action.KILL_THREAD : reader.otherwise;
        }
        if (WithoutVariables.isPermissive(otherwise) && settings.arches().contains(Arch.X86_64)) {
            remarks.add("calls of x32 are refused here, which the policy leaves open");
        }
        return Imported.of(new Filter(sections, otherwise, otherwise, Action.KILL_THREAD), new ArrayList<>(remarks));
    }

    private void program() throws ImportException {
        while (peek().kind() != Kind.END) {
            if (accept("#")) {
                definition();
            } else if (accept("POLICY")) {
                policy();
            } else if (peek().is("DEFAULT")) {
                Place place = next().place();
                if (otherwise != null) {
                    throw place.wrong("there is a DEFAULT already");
                }
                otherwise = action();
            } else {
                statements(main);
            }
        }
    }

    private void definition() throws ImportException {
        KafelToken word = next();
        if (!word.is("define")) {
            throw word.place().wrong("expected define or include after #, not " + word.shown());
        }
        KafelToken name = identifier("a constant's name");
        KafelToken number = peek();
        long value = number();
        Long before = constants.put(name.text(), value);
        if (before != null && before != value) {
            throw number.place().wrong(name.text() + " is " + Numbers.text(before) + " already");
        }
    }

    private void policy() throws ImportException {
        KafelToken name = identifier("a policy's name");
        if (policies.containsKey(name.text())) {
            throw name.place().wrong("there is a policy \"" + name.text() + "\" already");
        }
        expect("{");
        List<Rule> rules = new ArrayList<>();
        if (!peek().is("}")) {
            statements(rules);
        }
        expect("}");
        policies.put(name.text(), rules);
    }

    private void statements(List<Rule> rules) throws ImportException {
        do {
            if (accept("USE")) {
                KafelToken name = identifier("a policy's name");
                List<Rule> used = policies.get(name.text());
                if (used == null) {
                    throw name.place()
                            .wrong("no policy \"" + name.text() + "\" before this"
                                    + Names.suggestion(Nearest.nearest(name.text(), policies.keySet())));
                }
                rules.addAll(used);
            } else {
                block(rules);
            }
        } while (accept(","));
    }

    private void block(List<Rule> rules) throws ImportException {
        Action action = action();
        expect("{");
        if (!accept("}")) {
            do {
                call(action, rules);
            } while (accept(","));
            expect("}");
        }
    }

    private Action action() throws ImportException {
        KafelToken word = next();
        return switch (word.text()) {
            case "ALLOW" -> Action.ALLOW;
            case "LOG" -> Action.LOG;
            case "KILL", "KILL_THREAD", "DENY" -> Action.KILL_THREAD;
            case "KILL_PROCESS" -> Action.KILL_PROCESS;
            case "USER_NOTIF" -> Action.NOTIFY;
            case "ERRNO" -> {
                int number = data("ERRNO", 4095);
                if (number == 0) {
                    remarks.add(word.place().text() + ": ERRNO(0) makes the refused call seem to succeed");
                }
                yield new Action.Errno(number);
            }
            case "TRAP" -> new Action.Trap(data("TRAP", 0xffff));
            case "TRACE" -> new Action.Trace(data("TRACE", 0xffff));
            default ->
                throw word.place()
                        .wrong("expected an action, USE, POLICY or DEFAULT, not " + word.shown()
                                + Names.suggestion(Nearest.nearest(word.text(), ACTIONS)));
        };
    }

    private int data(String action, int most) throws ImportException {
        expect("(");
        KafelToken word = peek();
        long number = number();
        if (number < 0 || number > most) {
            throw word.place().wrong(action + " takes 0 to " + most + ", not " + word.text());
        }
        expect(")");
        return (int) number;
    }

    private void call(Action action, List<Rule> rules) throws ImportException {
        KafelToken word = next();
        OptionalInt number = callNumber(word);
        boolean named = word.kind() == Kind.WORD && !constants.containsKey(word.text()) && !word.is("SYSCALL");
        arguments = named ? KafelCalls.arguments(word.text(), arch) : List.of();
        if (accept("(")) {
            arguments = declared();
        }
        boolean here = !accept("ON") || isHere();
        Disjunction condition = Disjunction.ALWAYS;
        if (accept("{") && !accept("}")) {
            // Where the call is not meant, its arguments may be unknown too.
            if (here && number.isPresent()) {
                condition = answer(any());
                expect("}");
            } else {
                skip();
            }
        }
        if (here && number.isPresent()) {
            rules.addAll(condition.rules(number.getAsInt(), action));
        }
    }

    /** The number of a call; empty if there is none here. */
    private OptionalInt callNumber(KafelToken word) throws ImportException {
        Long value = constants.get(word.text());
        if (word.is("SYSCALL")) {
            expect("[");
            value = number();
            expect("]");
        } else if (word.kind() != Kind.WORD) {
            throw word.place().wrong("expected a system call, not " + word.shown());
        }
        if (value == null) {
            OptionalInt number = names.call(KafelCalls.tableName(word.text(), arch), word.place());
            if (number.isEmpty()) {
                remarks.add(word.place().text() + ": " + arch.label() + " has no " + word.text());
            }
            return number;
        }
        int number = value.intValue();
        if (number == Filter.SKIPPED) {
            remarks.add(word.place().text() + ": number -1 is how a tracer skips a call, and always let through here");
            return OptionalInt.empty();
        }
        if (number < 0 || arch == Arch.X86_64 && number >= Filter.X32) {
            remarks.add(word.place().text() + ": " + value + " is no number of a system call of " + arch.label());
            return OptionalInt.empty();
        }
        return OptionalInt.of(number);
    }

    /** Arguments that a policy declares: kafel takes each for one of 8 bytes. */
    private List<Argument> declared() throws ImportException {
        List<Argument> declared = new ArrayList<>();
        Set<String> known = new HashSet<>();
        if (accept(")")) {
            return declared;
        }
        do {
            KafelToken name = identifier("an argument's name");
            if (!known.add(name.text())) {
                throw name.place().wrong("there is an argument \"" + name.text() + "\" already");
            }
            if (declared.size() == 6) {
                throw name.place().wrong("a system call has six arguments at the most");
            }
            declared.add(new Argument(name.text(), true));
        } while (accept(","));
        expect(")");
        return declared;
    }

    /** Whether this architecture is one of those after ON. */
    private boolean isHere() throws ImportException {
        boolean here = false;
        boolean several = accept("{");
        do {
            KafelToken name = identifier("an architecture");
            switch (name.text().toLowerCase(Locale.ROOT)) {
                case "mips", "mipso32", "mips64", "m68k" -> {}
                case "rv64" -> here |= arch == Arch.RISCV64;
                default ->
                    here |= arch
                            == Arch.parse(name.text())
                                    .orElseThrow(() -> name.place()
                                            .wrong("unknown architecture \"" + name.text()
                                                    + "\" (such as x86_64, x86, aarch64, arm, riscv64)"));
            }
        } while (several && accept(","));
        if (several) {
            expect("}");
        }
        return here;
    }

    private void skip() throws ImportException {
        int open = 1;
        while (open > 0) {
            KafelToken word = next();
            if (word.kind() == Kind.END) {
                throw word.place().wrong("expected \"}\", not the end");
            }
            open += word.is("{") ? 1 : word.is("}") ? -1 : 0;
        }
    }

    /** Alternatives that are separated by commas. */
    private Part any() throws ImportException {
        Part part = either();
        if (!peek().is(",")) {
            return part;
        }
        List<List<Condition>> ways = new ArrayList<>();
        Disjunction.add(answer(part), ways, peek().place());
        while (peek().is(",")) {
            Place place = next().place();
            Disjunction.add(answer(either()), ways, place);
        }
        return new Part.Answer(Disjunction.any(ways));
    }

    private Part either() throws ImportException {
        Part part = both();
        if (!peek().is("||")) {
            return part;
        }
        List<List<Condition>> ways = new ArrayList<>();
        Disjunction.add(answer(part), ways, peek().place());
        while (peek().is("||")) {
            Place place = next().place();
            Disjunction.add(answer(both()), ways, place);
        }
        return new Part.Answer(Disjunction.any(ways));
    }

    private Part both() throws ImportException {
        Part part = comparison();
        while (peek().is("&&")) {
            Place place = next().place();
            part = new Part.Answer(answer(part).and(answer(comparison()), place));
        }
        return part;
    }

    private Part comparison() throws ImportException {
        if (peek().is("!")) {
            Place place = deeper();
            next();
            Part part = new Part.Answer(answer(comparison()).not(place));
            depth--;
            return part;
        }
        Part left = bits();
        Operator op = switch (peek().text()) {
            case "==" -> Operator.EQ;
            case "!=" -> Operator.NE;
            case "<" -> Operator.LT;
            case "<=" -> Operator.LE;
            case ">" -> Operator.GT;
            case ">=" -> Operator.GE;
            default -> null;
        };
        if (op == null) {
            return left;
        }
        Place place = next().place();
        return new Part.Answer(term(left, place).compared(op, term(bits(), place), place));
    }

    private Part bits() throws ImportException {
        Part part = masked();
        while (peek().is("|")) {
            Place place = next().place();
            part = new Part.Compared(term(part, place).or(term(masked(), place), place));
        }
        return part;
    }

    private Part masked() throws ImportException {
        Part part = operand();
        while (peek().is("&")) {
            Place place = next().place();
            part = new Part.Compared(term(part, place).and(term(operand(), place), place));
        }
        return part;
    }

    private Part operand() throws ImportException {
        KafelToken word = peek();
        if (word.is("(")) {
            deeper();
            next();
            Part inner = any();
            expect(")");
            depth--;
            return inner;
        }
        if (word.kind() == Kind.NUMBER) {
            return new Part.Compared(KafelTerm.number(number()));
        }
        KafelToken name = identifier("an argument or a number");
        Long constant = constants.get(name.text());
        if (constant != null) {
            return new Part.Compared(KafelTerm.number(constant));
        }
        List<String> known = new ArrayList<>();
        for (int i = 0; i < arguments.size(); i++) {
            if (arguments.get(i).name().equals(name.text())) {
                return new Part.Compared(KafelTerm.argument(i, arguments.get(i).wide()));
            }
            known.add(arguments.get(i).name());
        }
        String there = known.isEmpty() ? "; declare its arguments" : "; it has " + String.join(", ", known);
        known.addAll(constants.keySet());
        throw name.place()
                .wrong("\"" + name.text() + "\" is neither an argument of the call nor a constant of #define"
                        + Nearest.nearest(name.text(), known)
                                .map(near -> " (did you mean \"" + near + "\"?)")
                                .orElse(there));
    }

    private Place deeper() throws ImportException {
        Place place = peek().place();
        if (++depth > DEEPEST) {
            throw place.wrong("more than " + DEEPEST + " parentheses inside each other");
        }
        return place;
    }

    private Disjunction answer(Part part) throws ImportException {
        return switch (part) {
            case Part.Answer(Disjunction condition) -> condition;
            case Part.Compared _ ->
                throw peek().place().wrong("expected one of == != < <= > >=, not " + peek().shown());
        };
    }

    private static KafelTerm term(Part part, Place place) throws ImportException {
        return switch (part) {
            case Part.Compared(KafelTerm term) -> term;
            case Part.Answer _ -> throw place.wrong("a comparison is no number");
        };
    }

    private long number() throws ImportException {
        KafelToken word = next();
        if (word.kind() != Kind.NUMBER) {
            throw word.place().wrong("expected a number, not " + word.shown());
        }
        OptionalLong value = Numbers.parse(word.text());
        return value.orElseThrow(() -> word.place().wrong("\"" + word.text() + "\" is not a number of 64 bits"));
    }

    private KafelToken identifier(String what) throws ImportException {
        KafelToken word = next();
        if (word.kind() != Kind.WORD) {
            throw word.place().wrong("expected " + what + ", not " + word.shown());
        }
        return word;
    }

    private boolean accept(String word) {
        if (peek().is(word) && peek().kind() != Kind.END) {
            at++;
            return true;
        }
        return false;
    }

    private void expect(String sign) throws ImportException {
        if (!accept(sign)) {
            throw peek().place().wrong("expected \"" + sign + "\", not " + peek().shown());
        }
    }

    private KafelToken next() {
        KafelToken word = peek();
        if (word.kind() != Kind.END) {
            at++;
        }
        return word;
    }

    private KafelToken peek() {
        return words.get(at);
    }
}
