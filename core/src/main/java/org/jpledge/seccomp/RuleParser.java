package org.jpledge.seccomp;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jpledge.bpf.SeccompData;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Constants;
import org.jpledge.syscall.Errno;
import org.jpledge.syscall.Parameter;
import org.jpledge.syscall.Signature;
import org.jpledge.syscall.SyscallTable;
import org.jspecify.annotations.Nullable;

/**
 * Reads rules.
 *
 * <pre>
 * rules     = { rule }                                    white space and {@code # comments} between all words
 * rule      = call [ "(" condition { "," condition } ")" ] [ "->" action ]
 *           | "syscall" "(" digits { "," condition } ")" [ "->" action ]    a call by its number
 * condition = subject ( "==" | "!=" | "&lt;" | "&lt;=" | "&gt;" | "&gt;=" ) value
 *           | subject "in" "{" value { "," value } "}"
 * subject   = argument [ ":32" | ":64" ] [ "&amp;" number ]
 * value     = number | "$pid" | "$uid" | "$gid"           variables with ==, != and in only
 * number    = term { "|" term }
 * term      = constant | digits | "0x" digits | "0" octal digits | "~" term | "-" term | "(" number ")"
 * action    = "allow" | "errno" (name | number | "none") | "kill" | "kill-thread" | "trap" [number] | "trace" [number] | "log" | "notify"
 * </pre>
 *
 * <p>Arguments have the names of the call's {@link Signature}, or {@code arg0} to {@code arg5} where that has no such name;
 * {@code arg(0)} to {@code arg(5)} are places, whatever names there are.
 * An argument that the kernel takes as 32 bits is compared in its low word, one of 16 bits in its low half word. All order is
 * unsigned, so a negative number has none. A width after an argument's name compares in that many bits, whatever the kernel
 * takes; such a condition is taken as it stands, even if no value can meet it. A call that the architecture does not have yields
 * no rule; a call that no architecture has is an error.
 *
 * <p>{@code errno none} refuses a call so that it seems to have succeeded, which {@code errno 0} does not: that is rarely meant.
 */
public final class RuleParser {
    private static final int HALF_WORD = 0xffff;
    private static final int DEEPEST = 64;

    /** What stands in the place of a call's name before a number. */
    private static final String BY_NUMBER = "syscall";

    private final Arch arch;
    private final SyscallTable table;

    private String text = "";
    private int at;
    private int firstLine = 1;

    /** Where the last word or sign began. */
    private int begun;

    /** How many terms are inside each other. */
    private int depth;

    /** Whether names and constants are looked up: not inside a rule that the architecture has no call for. */
    private boolean meant = true;

    /**
     * Makes a parser.
     *
     * @param arch the architecture that the rules are for
     */
    public RuleParser(Arch arch) {
        this.arch = arch;
        this.table = SyscallTable.of(arch);
    }

    /**
     * Reads rules.
     *
     * @param rules the text
     * @param action the action of rules that name none
     * @return the rules, in order
     * @throws RuleSyntaxException if the text is not right
     */
    public List<Rule> parse(String rules, Action action) {
        return parse(rules, action, 1);
    }

    /**
     * Reads rules that are part of a larger text.
     *
     * @param rules the text
     * @param action the action of rules that name none
     * @param line the number of the text's first line, for error messages
     * @return the rules, in order
     * @throws RuleSyntaxException if the text is not right
     */
    public List<Rule> parse(String rules, Action action, int line) {
        text = rules;
        at = 0;
        depth = 0;
        firstLine = line;
        List<Rule> parsed = new ArrayList<>();
        while (skipSpace()) {
            Rule rule = rule(action);
            if (rule != null) {
                parsed.add(rule);
            }
        }
        return parsed;
    }

    /**
     * Reads an action alone, such as {@code errno ENOSYS} or {@code kill}.
     *
     * @param action the text
     * @return the action
     * @throws RuleSyntaxException if the text is not right
     */
    public Action parseAction(String action) {
        text = action;
        at = 0;
        depth = 0;
        firstLine = 1;
        meant = true;
        Action parsed = action();
        if (skipSpace()) {
            begun = at;
            throw unexpected("the end");
        }
        return parsed;
    }

    private @Nullable Rule rule(Action otherwise) {
        String call = word("a system call");
        if (call.equals(BY_NUMBER)) {
            return byNumber(otherwise);
        }
        OptionalInt number = table.number(call);
        meant = number.isPresent();
        if (!meant && !knownSomewhere(call)) {
            throw error("unknown system call \"" + call + "\"" + suggest(nearestCall(call)));
        }
        List<Condition> conditions = List.of();
        if (accept('(')) {
            Signature signature = meant ? Signature.of(arch, call).orElse(null) : null;
            conditions = new ArrayList<>(4);
            do {
                Condition condition = condition(call, signature);
                if (condition != null) {
                    conditions.add(condition);
                }
            } while (accept(','));
            expect(')');
        }
        Action action = orElse(otherwise);
        return meant ? new Rule(number.getAsInt(), conditions, action) : null;
    }

    private Rule byNumber(Action otherwise) {
        meant = true;
        expect('(');
        if (!skipSpace() || Character.digit(text.charAt(at), 10) < 0) {
            begun = at;
            throw unexpected("the number of a system call");
        }
        long number = digits();
        if (number < 0 || number > Integer.MAX_VALUE || (arch == Arch.X86_64 && number >= Filter.X32)) {
            throw error(Long.toUnsignedString(number) + " is not a system call of " + arch.label());
        }
        String call = table.name((int) number).orElse(BY_NUMBER);
        Signature signature = Signature.of(arch, call).orElse(null);
        List<Condition> conditions = new ArrayList<>(4);
        while (accept(',')) {
            Condition condition = condition(call, signature);
            if (condition != null) {
                conditions.add(condition);
            }
        }
        expect(')');
        return new Rule((int) number, conditions, orElse(otherwise));
    }

    private Action orElse(Action otherwise) {
        if (skipSpace() && text.startsWith("->", at)) {
            at += 2;
            return action();
        }
        return otherwise;
    }

    private @Nullable Condition condition(String call, @Nullable Signature signature) {
        String name = word("an argument of " + call);
        int place = name.equals("arg") && accept('(') ? place() : -1;
        int argument = 0;
        boolean word = arch.is64Bit();
        long full = -1;
        if (meant) {
            OptionalInt position = signature == null || place >= 0 ? OptionalInt.empty() : signature.position(name);
            argument = place >= 0 ? place : position.orElse(positional(name));
            if (argument < 0) {
                throw error(call + " has no argument \"" + name + "\"" + named(signature));
            }
            if (signature != null && argument < signature.parameters().size()) {
                Parameter parameter = signature.parameters().get(argument);
                word = word && parameter.width().isWord();
                full = parameter.width().bits() == 16 ? HALF_WORD : -1;
            }
        }
        boolean exact = accept(':');
        if (exact) {
            word = isWide();
            full = -1;
        }
        long mask = full;
        if (accept('&')) {
            mask = number() & full;
            if (meant && !word && !Condition.maskFits32(mask)) {
                throw error("mask 0x" + Long.toHexString(mask) + " does not fit the 32 bits of " + name);
            }
        }
        Operator op = operator();
        List<Value> values = new ArrayList<>(1);
        if (op == Operator.IN) {
            expect('{');
            do {
                values.add(value(name, word, mask, exact, op));
            } while (accept(','));
            expect('}');
        } else {
            values.add(value(name, word, mask, exact, op));
        }
        return meant ? new Condition(argument, word, mask, op, values) : null;
    }

    /** Whether a width is 64 bits; otherwise it is 32. */
    private boolean isWide() {
        if (skipSpace()) {
            int end = at;
            while (end < text.length() && isWordPart(text.charAt(end))) {
                end++;
            }
            String width = text.substring(at, end);
            if (width.equals("64") || width.equals("32")) {
                at = end;
                return width.equals("64");
            }
        }
        begun = at;
        throw unexpected("a width, 32 or 64,");
    }

    /** The number in {@code arg(5)}. */
    private int place() {
        if (skipSpace()) {
            int digit = text.charAt(at) - '0';
            if (digit >= 0 && digit < SeccompData.ARGUMENTS) {
                at++;
                expect(')');
                return digit;
            }
        }
        begun = at;
        throw unexpected("an argument's place, 0 to 5,");
    }

    private static int positional(String name) {
        if (name.length() == 4 && name.startsWith("arg")) {
            int digit = name.charAt(3) - '0';
            return digit >= 0 && digit < SeccompData.ARGUMENTS ? digit : -1;
        }
        return -1;
    }

    private static String named(@Nullable Signature signature) {
        if (signature == null || signature.parameters().isEmpty()) {
            return " (arg0 to arg5 always work)";
        }
        StringBuilder names = new StringBuilder(" (it has ");
        for (int i = 0; i < signature.parameters().size(); i++) {
            names.append(i == 0 ? "" : ", ")
                    .append(signature.parameters().get(i).name());
        }
        return names.append(')').toString();
    }

    private Operator operator() {
        if (skipSpace()) {
            begun = at;
            if (text.startsWith("in", at) && (at + 2 == text.length() || !isWordPart(text.charAt(at + 2)))) {
                at += 2;
                return Operator.IN;
            }
            char first = text.charAt(at);
            boolean orEqual = at + 1 < text.length() && text.charAt(at + 1) == '=';
            Operator op = switch (first) {
                case '=' -> orEqual ? Operator.EQ : null;
                case '!' -> orEqual ? Operator.NE : null;
                case '<' -> orEqual ? Operator.LE : Operator.LT;
                case '>' -> orEqual ? Operator.GE : Operator.GT;
                default -> null;
            };
            if (op != null) {
                at += orEqual ? 2 : 1;
                return op;
            }
        }
        begun = at;
        throw unexpected("one of == != < <= > >= in");
    }

    private Value value(String argument, boolean word, long mask, boolean exact, Operator op) {
        skipSpace();
        int from = at;
        if (accept('$')) {
            String name = at < text.length() && isWordStart(text.charAt(at)) ? word("a variable") : "";
            begun = from;
            Variable variable = switch (name) {
                case "pid" -> Variable.PID;
                case "uid" -> Variable.UID;
                case "gid" -> Variable.GID;
                default -> throw error("unknown variable \"$" + name + "\" (there are $pid, $uid and $gid)");
            };
            if (Condition.isOrder(op)) {
                throw error(variable.text() + " has no order: " + op.text() + " does not take it");
            }
            return new Value.Own(variable);
        }
        long number = number();
        if (meant) {
            begun = from;
            check(number, argument, word, mask, exact, op);
        }
        return new Value.Constant(number);
    }

    private void check(long number, String argument, boolean word, long mask, boolean exact, Operator op) {
        if (!word && !Condition.fits32(number)) {
            throw error("0x" + Long.toHexString(number) + " does not fit the 32 bits of " + argument);
        }
        boolean ordered = Condition.isOrder(op);
        if (ordered && !exact && number < 0) {
            throw error(number + " has no order: " + op.text() + " is unsigned");
        }
        long outside = (word ? number : number & 0xffffffffL) & ~mask;
        if (!ordered && !exact && outside != 0) {
            throw error("0x" + Long.toHexString(number) + " has bits outside the mask of " + argument
                    + ", which can never be equal");
        }
    }

    private long number() {
        long bits = term();
        while (accept('|')) {
            bits |= term();
        }
        return bits;
    }

    private long term() {
        if (!skipSpace()) {
            begun = at;
            throw unexpected("a number");
        }
        begun = at;
        char first = text.charAt(at);
        if (first >= '0' && first <= '9') {
            return digits();
        }
        if (isWordStart(first)) {
            return constant();
        }
        if (depth == DEEPEST) {
            throw error("more than " + DEEPEST + " signs and parentheses inside each other");
        }
        depth++;
        long value = switch (first) {
            case '~' -> {
                at++;
                yield ~term();
            }
            case '-' -> {
                at++;
                yield -term();
            }
            case '(' -> {
                at++;
                long inner = number();
                expect(')');
                yield inner;
            }
            default -> throw unexpected("a number");
        };
        depth--;
        return value;
    }

    private long constant() {
        String name = word("a constant");
        if (!meant) {
            return 0;
        }
        int from = begun;
        OptionalLong value = Constants.of(arch).value(name);
        if (value.isEmpty()) {
            begun = from;
            throw error("no constant \"" + name + "\" on " + arch.label()
                    + suggest(Constants.of(arch).nearest(name)));
        }
        return value.getAsLong();
    }

    private long digits() {
        begun = at;
        int from = at;
        int radix = 10;
        if (text.charAt(at) == '0' && at + 1 < text.length()) {
            char second = text.charAt(at + 1);
            if (second == 'x' || second == 'X') {
                radix = 16;
                from = at + 2;
            } else if (Character.digit(second, 10) >= 0) {
                radix = 8;
                from = at + 1;
            }
        }
        int end = from;
        while (end < text.length() && isWordPart(text.charAt(end))) {
            end++;
        }
        long value = 0;
        boolean good = end > from;
        for (int i = from; i < end && good; i++) {
            int digit = Character.digit(text.charAt(i), radix);
            good = digit >= 0 && Long.compareUnsigned(value, Long.divideUnsigned(-1, radix)) <= 0;
            value = value * radix + digit;
            // A sum that wraps is smaller than what was added to it.
            good &= Long.compareUnsigned(value, digit) >= 0;
        }
        String word = text.substring(at, end);
        if (!good) {
            throw error("\"" + word + "\" is not a number of 64 bits");
        }
        at = end;
        return value;
    }

    private Action action() {
        String name = word("an action");
        int from = begun;
        return switch (name) {
            case "allow" -> Action.ALLOW;
            case "kill", "kill-process" -> Action.KILL_PROCESS;
            case "kill-thread" -> Action.KILL_THREAD;
            case "log" -> Action.LOG;
            case "notify" -> Action.NOTIFY;
            case "trap" -> new Action.Trap(data("trap"));
            case "trace" -> new Action.Trace(data("trace"));
            case "errno" -> new Action.Errno(errno());
            default -> {
                begun = from;
                throw error("unknown action \"" + name
                        + "\" (there are allow, errno NAME, kill, kill-thread, trap, trace, log and notify)");
            }
        };
    }

    private int data(String action) {
        if (!skipSpace() || Character.digit(text.charAt(at), 10) < 0) {
            return 0;
        }
        long data = digits();
        if (data < 0 || data > HALF_WORD) {
            throw error(action + " takes 0 to 65535, not " + Long.toUnsignedString(data));
        }
        return (int) data;
    }

    private int errno() {
        accept(':');
        if (skipSpace() && Character.digit(text.charAt(at), 10) >= 0) {
            long number = digits();
            if (number < 1 || number > 4095) {
                throw error("errno takes 1 to 4095, not " + Long.toUnsignedString(number)
                        + (number == 0
                                ? ": the refused call would seem to succeed; where that is meant, write errno none"
                                : ""));
            }
            return (int) number;
        }
        String name = word("the name of an error");
        if (name.equals("none")) {
            return 0;
        }
        OptionalInt number = Errno.number(arch, name);
        if (number.isEmpty()) {
            throw error("unknown error \"" + name + "\"" + suggest(Errno.nearest(arch, name)));
        }
        return number.getAsInt();
    }

    private boolean knownSomewhere(String call) {
        for (Arch other : Arch.values()) {
            if (SyscallTable.of(other).number(call).isPresent()) {
                return true;
            }
        }
        return false;
    }

    private Optional<String> nearestCall(String call) {
        Optional<String> nearest = table.nearest(call);
        for (Arch other : Arch.values()) {
            if (nearest.isEmpty()) {
                nearest = SyscallTable.of(other).nearest(call);
            }
        }
        return nearest;
    }

    private static String suggest(Optional<String> nearest) {
        return nearest.isPresent() ? " (did you mean " + nearest.get() + "?)" : "";
    }

    private String word(String expected) {
        skipSpace();
        begun = at;
        int end = at;
        if (end < text.length() && isWordStart(text.charAt(end))) {
            end++;
            while (end < text.length() && (isWordPart(text.charAt(end)) || isInnerDash(end))) {
                end++;
            }
        }
        if (end == at) {
            throw unexpected(expected);
        }
        String word = text.substring(at, end);
        at = end;
        return word;
    }

    /** A dash between letters, as in kill-thread; not the arrow before an action. */
    private boolean isInnerDash(int i) {
        return text.charAt(i) == '-' && i + 1 < text.length() && isWordStart(text.charAt(i + 1));
    }

    private static boolean isWordStart(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    }

    private static boolean isWordPart(char c) {
        return isWordStart(c) || (c >= '0' && c <= '9');
    }

    private boolean accept(char sign) {
        if (skipSpace() && text.charAt(at) == sign) {
            begun = at++;
            return true;
        }
        return false;
    }

    private void expect(char sign) {
        if (!accept(sign)) {
            begun = at;
            throw unexpected("\"" + sign + "\"");
        }
    }

    /** Goes to the next word or sign; false at the end. */
    private boolean skipSpace() {
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == '#') {
                int end = text.indexOf('\n', at);
                at = end < 0 ? text.length() : end;
            } else if (c <= ' ') {
                at++;
            } else {
                return true;
            }
        }
        return false;
    }

    private RuleSyntaxException unexpected(String expected) {
        if (begun >= text.length()) {
            return error("the text ends where " + expected + " should be");
        }
        int end = begun + 1;
        while (isWordPart(text.charAt(begun)) && end < text.length() && isWordPart(text.charAt(end))) {
            end++;
        }
        return error("\"" + text.substring(begun, end) + "\" where " + expected + " should be");
    }

    private RuleSyntaxException error(String message) {
        int line = firstLine;
        int start = 0;
        for (int i = 0; i < begun && i < text.length(); i++) {
            if (text.charAt(i) == '\n') {
                line++;
                start = i + 1;
            }
        }
        return new RuleSyntaxException(message, line, begun - start + 1);
    }
}
