package org.jpledge.bpf;

import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads a program as text, in the notation of the kernel's bpf_asm, as {@link Disassembler} writes it.
 *
 * <pre>
 * line     = { label ":" } [ instruction ] [ ";" comment ]         also # comment at the start of a line
 * operands = [nr] [arch] [ip.low] [arg0.high] [16]                what ld reads, by name or offset
 *          | #0x1f, #31, #017, #NAME                               a constant
 *          | M[0], x, a, len
 * jumps    = ja L | jeq #K, L [, L] | jne #K, L | jlt, jle likewise | ret allow, ret errno 1, ret kill …
 * </pre>
 *
 * <p>A conditional jump with one label goes on behind itself where its test does not hold. Jumps are not stretched: what is
 * too far away is an error, so that text and program are the same thing.
 */
public final class AssemblyText {
    private final ByteOrder order;
    private final Function<String, OptionalLong> names;

    private final List<Draft> drafts = new ArrayList<>();
    private final Map<String, Integer> labels = new HashMap<>();
    private String line = "";
    private int number;
    private int at;

    /** An instruction whose labels are not looked up yet. */
    private record Draft(
            int line,
            int column,
            Insn insn,
            @Nullable Target yes,
            @Nullable Target no) {}

    /** A label as it is used, and where. */
    private record Target(String label, int column) {}

    private AssemblyText(ByteOrder order, Function<String, OptionalLong> names) {
        this.order = order;
        this.names = names;
    }

    /**
     * Reads a program.
     *
     * @param text the text
     * @param order the byte order of the machine that it is for, which says where the half of an argument is
     * @param names the values of constants that have a name, empty for what has none
     * @return the program
     * @throws AssemblySyntaxException if a line is not right
     * @throws InvalidProgramException if the program as a whole is not one that the kernel takes
     */
    public static Program parse(String text, ByteOrder order, Function<String, OptionalLong> names) {
        return new AssemblyText(order, names).program(text);
    }

    private Program program(String text) {
        for (String each : text.split("\r?\n", -1)) {
            line = each;
            number++;
            at = 0;
            line();
        }
        List<Insn> insns = new ArrayList<>(drafts.size());
        for (int i = 0; i < drafts.size(); i++) {
            insns.add(linked(drafts.get(i), i));
        }
        try {
            return new Program(insns);
        } catch (InvalidProgramException e) {
            if (e.instruction() < 0) {
                throw e;
            }
            Draft draft = drafts.get(e.instruction());
            String message = String.valueOf(e.getMessage());
            throw new AssemblySyntaxException(
                    draft.line(), draft.column(), message.substring(message.indexOf(": ") + 2));
        }
    }

    private void line() {
        skip();
        while (at < line.length() && !(at == 0 && line.charAt(0) == '#')) {
            int from = at;
            String word = word("an instruction or a label");
            skip();
            if (at < line.length() && line.charAt(at) == ':') {
                at++;
                if (labels.putIfAbsent(word, drafts.size()) != null) {
                    throw error(from, "label " + word + " is placed twice");
                }
                skip();
                continue;
            }
            instruction(word.toLowerCase(Locale.ROOT), from);
            skip();
            if (at < line.length()) {
                throw error(
                        at, "\"" + line.substring(at) + "\" follows the instruction (expected the end of the line)");
            }
        }
    }

    /** Passes over space, and over a comment to the end of the line. */
    private void skip() {
        while (at < line.length() && (line.charAt(at) == ' ' || line.charAt(at) == '\t')) {
            at++;
        }
        if (at < line.length() && line.charAt(at) == ';') {
            at = line.length();
        }
    }

    private void instruction(String mnemonic, int from) {
        switch (mnemonic) {
            case "ld", "ldi" -> put(from, load(Register.A));
            case "ldx", "ldxi" -> put(from, load(Register.X));
            case "st" -> put(from, new Insn.StoreScratch(Register.A, cell()));
            case "stx" -> put(from, new Insn.StoreScratch(Register.X, cell()));
            case "neg" -> put(from, new Insn.Negate());
            case "tax" -> put(from, new Insn.CopyAToX());
            case "txa" -> put(from, new Insn.CopyXToA());
            case "ret" -> put(from, answer());
            case "ja", "jmp" -> drafts.add(new Draft(number, from + 1, new Insn.Jump(0), target(), null));
            case "jne", "jneq" -> branch(Comparison.EQ, false, from);
            case "jlt" -> branch(Comparison.GE, false, from);
            case "jle" -> branch(Comparison.GT, false, from);
            default -> {
                for (Comparison test : Comparison.values()) {
                    if (test.mnemonic().equals(mnemonic)) {
                        branch(test, true, from);
                        return;
                    }
                }
                for (Alu operation : Alu.values()) {
                    if (operation.mnemonic().equals(mnemonic)) {
                        put(from, isX() ? new Insn.AluX(operation) : new Insn.AluConstant(operation, constant()));
                        return;
                    }
                }
                throw error(
                        from,
                        "unknown instruction \"" + mnemonic + "\" (there are ld, ldx, st, stx, add, sub, mul, div, or,"
                                + " and, lsh, rsh, xor, neg, tax, txa, ja, jeq, jne, jgt, jge, jlt, jle, jset and ret)");
            }
        }
    }

    private void put(int from, Insn insn) {
        drafts.add(new Draft(number, from + 1, insn, null, null));
    }

    private void branch(Comparison test, boolean straight, int from) {
        Insn insn = isX() ? new Insn.JumpIfX(test, 0, 0) : new Insn.JumpIf(test, constant(), 0, 0);
        expect(',');
        Target first = target();
        Target second = null;
        if (accept(',')) {
            if (!straight) {
                throw error(at, "a second label (jne, jlt and jle take one, and go on behind themselves otherwise)");
            }
            second = target();
        }
        drafts.add(new Draft(number, from + 1, insn, straight ? first : second, straight ? second : first));
    }

    private Insn linked(Draft draft, int index) {
        return switch (draft.insn()) {
            case Insn.Jump _ -> new Insn.Jump(distance(draft, draft.yes(), index, Integer.MAX_VALUE));
            case Insn.JumpIf jump ->
                new Insn.JumpIf(
                        jump.test(),
                        jump.k(),
                        distance(draft, draft.yes(), index, Insn.REACH),
                        distance(draft, draft.no(), index, Insn.REACH));
            case Insn.JumpIfX jump ->
                new Insn.JumpIfX(
                        jump.test(),
                        distance(draft, draft.yes(), index, Insn.REACH),
                        distance(draft, draft.no(), index, Insn.REACH));
            default -> draft.insn();
        };
    }

    private int distance(Draft draft, @Nullable Target target, int index, int reach) {
        if (target == null) {
            return 0;
        }
        Integer to = labels.get(target.label());
        String wrong = "";
        if (to == null) {
            wrong = "no label " + target.label();
        } else if (to <= index) {
            wrong = "label " + target.label() + " lies before the jump, and all jumps go forward";
        } else if (to == drafts.size()) {
            wrong = "label " + target.label() + " lies behind the last instruction";
        } else if (to - index - 1 > reach) {
            wrong = "label " + target.label() + " is " + (to - index - 1)
                    + " instructions away, and a conditional jump skips at most " + reach;
        }
        if (to == null || !wrong.isEmpty()) {
            throw new AssemblySyntaxException(draft.line(), target.column(), wrong);
        }
        return to - index - 1;
    }

    private Target target() {
        skip();
        int from = at;
        return new Target(word("a label"), from + 1);
    }

    private Insn load(Register to) {
        skip();
        int from = at;
        if (accept('[')) {
            if (to == Register.X) {
                throw error(from, "ldx cannot read the call (expected a constant, M[0] to M[15] or len)");
            }
            int offset = offset();
            expect(']');
            return new Insn.LoadWord(offset);
        }
        if (line.startsWith("#len", at)) {
            at++;
        }
        if (at < line.length() && line.charAt(at) == '#') {
            return new Insn.LoadConstant(to, constant());
        }
        String word = word("[nr], [arch], [arg0.low], a constant, M[0] to M[15] or len");
        if (word.equals("len")) {
            return new Insn.LoadLength(to);
        }
        at = from;
        return new Insn.LoadScratch(to, cell());
    }

    private int cell() {
        skip();
        int from = at;
        if (at + 1 < line.length() && line.charAt(at) == 'M' && line.charAt(at + 1) == '[') {
            at += 2;
            long cell = number();
            expect(']');
            if (cell < 0 || cell >= Insn.SCRATCH_CELLS) {
                throw error(from, "scratch cell " + cell + " is not in 0 to 15");
            }
            return (int) cell;
        }
        throw unexpected("M[0] to M[15]");
    }

    private int offset() {
        skip();
        int from = at;
        if (at < line.length() && Character.digit(line.charAt(at), 10) >= 0) {
            return narrowed(number(), from);
        }
        String name = word("an offset, nr, arch, ip.low or arg0.low");
        int dot = name.indexOf('.');
        String field = dot < 0 ? name : name.substring(0, dot);
        String half = dot < 0 ? "" : name.substring(dot + 1);
        if (half.isEmpty() && field.equals("nr")) {
            return SeccompData.NR;
        }
        if (half.isEmpty() && field.equals("arch")) {
            return SeccompData.ARCH;
        }
        int argument = field.length() == 4 && field.startsWith("arg") ? Character.digit(field.charAt(3), 6) : -1;
        boolean low = half.equals("low");
        if ((argument >= 0 || field.equals("ip")) && (low || half.equals("high"))) {
            // The instruction pointer lies right before the arguments.
            int of = field.equals("ip") ? -1 : argument;
            return low ? SeccompData.low(of, order) : SeccompData.high(of, order);
        }
        throw error(
                from,
                "nothing of a call is called " + name
                        + " (there are nr, arch, ip.low, ip.high, and arg0.low to arg5.high)");
    }

    private Insn answer() {
        skip();
        int from = at;
        if (at < line.length() && line.charAt(at) == '#') {
            return new Insn.Return(constant());
        }
        accept('%');
        String word = word("a constant, a, or an action");
        return switch (word) {
            case "a" -> new Insn.ReturnA();
            case "allow" -> new Insn.Return(0x7fff0000);
            case "log" -> new Insn.Return(0x7ffc0000);
            case "notify" -> new Insn.Return(0x7fc00000);
            case "kill" -> new Insn.Return(0x80000000);
            case "kill-thread" -> new Insn.Return(0);
            case "trace" -> new Insn.Return(0x7ff00000 | data());
            case "trap" -> new Insn.Return(0x00030000 | data());
            case "errno" -> new Insn.Return(0x00050000 | data());
            default ->
                throw error(
                        from,
                        "unknown answer \"" + word + "\" (expected a constant such as #0x7fff0000, a, allow, errno 1,"
                                + " kill, kill-thread, trap 0, trace 0, log or notify)");
        };
    }

    /** What an action carries: nothing is zero. */
    private int data() {
        skip();
        if (at == line.length()) {
            return 0;
        }
        int from = at;
        accept('#');
        long data = value();
        if (data < 0 || data > 0xffff) {
            throw error(from, data + " is not in 0 to 65535");
        }
        return (int) data;
    }

    private boolean isX() {
        skip();
        int from = at;
        accept('%');
        if (at < line.length()
                && (line.charAt(at) == 'x' || line.charAt(at) == 'X')
                && (at + 1 == line.length() || !isPart(line.charAt(at + 1)))) {
            at++;
            return true;
        }
        at = from;
        return false;
    }

    private int constant() {
        expect('#');
        int from = at;
        return narrowed(value(), from);
    }

    private long value() {
        skip();
        int from = at;
        if (at < line.length() && (line.charAt(at) == '-' || Character.digit(line.charAt(at), 10) >= 0)) {
            return number();
        }
        String name = word("a number or the name of a constant");
        OptionalLong value = names.apply(name);
        if (value.isEmpty()) {
            throw error(from, "nothing is known by the name " + name);
        }
        return value.getAsLong();
    }

    private int narrowed(long value, int from) {
        if (value < Integer.MIN_VALUE || value > 0xffffffffL) {
            throw error(from, value + " does not fit 32 bits");
        }
        return (int) value;
    }

    private long number() {
        skip();
        int from = at;
        if (at < line.length() && line.charAt(at) == '-') {
            at++;
        }
        while (at < line.length() && isPart(line.charAt(at))) {
            at++;
        }
        String digits = line.substring(from, at);
        try {
            return Long.decode(digits);
        } catch (NumberFormatException e) {
            throw digits.isEmpty() ? unexpected("a number") : error(from, "\"" + digits + "\" is not a number");
        }
    }

    private String word(String expected) {
        skip();
        int from = at;
        while (at < line.length() && isPart(line.charAt(at))) {
            at++;
        }
        if (at == from) {
            throw unexpected(expected);
        }
        return line.substring(from, at);
    }

    private static boolean isPart(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '.' || c == '-';
    }

    private boolean accept(char c) {
        skip();
        if (at < line.length() && line.charAt(at) == c) {
            at++;
            return true;
        }
        return false;
    }

    private void expect(char c) {
        if (!accept(c)) {
            throw unexpected("\"" + c + "\"");
        }
    }

    private AssemblySyntaxException unexpected(String expected) {
        return error(
                at,
                (at == line.length() ? "the line ends" : "\"" + line.charAt(at) + "\"") + " (expected " + expected
                        + ")");
    }

    private AssemblySyntaxException error(int where, String message) {
        return new AssemblySyntaxException(number, where + 1, message);
    }
}
