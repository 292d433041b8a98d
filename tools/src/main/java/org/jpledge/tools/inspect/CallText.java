package org.jpledge.tools.inspect;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jpledge.bpf.SeccompData;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Constants;
import org.jpledge.syscall.Parameter;
import org.jpledge.syscall.Signature;
import org.jpledge.syscall.SyscallTable;

/** System calls as people write them: {@code socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, 0)}, {@code 41(2, 1, 0)}, {@code getpid}. */
public final class CallText {
    /** Where a string that is an argument is said to lie: any address will do, as a filter cannot look there. */
    private static final long SOMEWHERE = 0x7f0000001000L;

    private static final long SMALL = 4096;

    private final Arch arch;
    private final String text;
    private int at;

    private CallText(Arch arch, String text) {
        this.arch = arch;
        this.text = text;
    }

    /** Why a text is no call; the message begins with the column. */
    public static final class CallException extends Exception {
        private static final long serialVersionUID = 1L;

        CallException(int column, String message) {
            super("column " + column + ": " + message, null, false, false);
        }
    }

    /**
     * Reads a call. Arguments are numbers, constants, several of these with bars between them, strings and NULL for pointers,
     * and {@code _} for one that does not matter; those that are left out are zero.
     *
     * @param text the call
     * @param arch in whose numbers
     * @return what a filter sees of it
     * @throws CallException if it is not right
     */
    public static SeccompData parse(String text, Arch arch) throws CallException {
        return new CallText(arch, text).call();
    }

    private SeccompData call() throws CallException {
        skip();
        int from = at;
        String name = word();
        if (name.isEmpty()) {
            throw new CallException(at + 1, "expected the name or number of a system call");
        }
        int number = number(name, from);
        List<Long> arguments = new ArrayList<>();
        skip();
        if (accept('(')) {
            skip();
            if (!accept(')')) {
                do {
                    arguments.add(argument());
                } while (accept(','));
                if (!accept(')')) {
                    throw new CallException(at + 1, "expected , or )");
                }
            }
        }
        skip();
        if (at < text.length()) {
            throw new CallException(at + 1, "\"" + text.substring(at) + "\" follows the call");
        }
        if (arguments.size() > SeccompData.ARGUMENTS) {
            throw new CallException(from + 1, "a system call has at most 6 arguments, not " + arguments.size());
        }
        long[] args = new long[arguments.size()];
        for (int i = 0; i < args.length; i++) {
            args[i] = arch.is64Bit() ? arguments.get(i) : arguments.get(i) & 0xffffffffL;
        }
        return SeccompData.of(number, arch.audit(), args);
    }

    private int number(String name, int from) throws CallException {
        if (Character.digit(name.charAt(0), 10) >= 0 || name.charAt(0) == '-') {
            OptionalLong number = number(name);
            if (number.isEmpty() || number.getAsLong() > 0xffffffffL || number.getAsLong() < Integer.MIN_VALUE) {
                throw new CallException(from + 1, "\"" + name + "\" is no number of a system call");
            }
            return (int) number.getAsLong();
        }
        OptionalInt number = SyscallTable.of(arch).number(name);
        if (number.isEmpty()) {
            Optional<String> meant = SyscallTable.of(arch).nearest(name);
            throw new CallException(
                    from + 1,
                    arch.label() + " has no system call \"" + name + "\""
                            + meant.map(" (did you mean %s?)"::formatted).orElse(""));
        }
        return number.getAsInt();
    }

    private long argument() throws CallException {
        skip();
        if (at < text.length() && text.charAt(at) == '"') {
            return string();
        }
        long value = term();
        while (accept('|')) {
            value |= term();
        }
        return value;
    }

    private long string() throws CallException {
        int from = at++;
        while (at < text.length() && text.charAt(at) != '"') {
            at += text.charAt(at) == '\\' ? 2 : 1;
        }
        if (at >= text.length()) {
            throw new CallException(from + 1, "the string has no end");
        }
        at++;
        return SOMEWHERE;
    }

    private long term() throws CallException {
        skip();
        int from = at;
        if (accept('~')) {
            return ~term();
        }
        String word = word();
        if (word.isEmpty()) {
            throw new CallException(at + 1, "expected a number, a constant, a string or _");
        }
        if (word.equals("NULL") || word.equals("_")) {
            return 0;
        }
        if (Character.digit(word.charAt(0), 10) >= 0 || word.charAt(0) == '-') {
            OptionalLong number = number(word);
            if (number.isEmpty()) {
                throw new CallException(from + 1, "\"" + word + "\" is not a number of 64 bits");
            }
            return number.getAsLong();
        }
        OptionalLong constant = Constants.of(arch).value(word);
        if (constant.isEmpty()) {
            Optional<String> meant = Constants.of(arch).nearest(word);
            throw new CallException(
                    from + 1,
                    arch.label() + " has no constant \"" + word + "\""
                            + meant.map(" (did you mean %s?)"::formatted).orElse(""));
        }
        return constant.getAsLong();
    }

    private static OptionalLong number(String word) {
        boolean negative = word.startsWith("-");
        String digits = negative ? word.substring(1) : word;
        try {
            long value = digits.startsWith("0x") || digits.startsWith("0X")
                    ? Long.parseUnsignedLong(digits.substring(2), 16)
                    : Long.parseUnsignedLong(digits, digits.length() > 1 && digits.charAt(0) == '0' ? 8 : 10);
            return OptionalLong.of(negative ? -value : value);
        } catch (NumberFormatException e) {
            return OptionalLong.empty();
        }
    }

    private String word() {
        int from = at;
        while (at < text.length()
                && (Character.isLetterOrDigit(text.charAt(at))
                        || text.charAt(at) == '_'
                        || (text.charAt(at) == '-' && at == from))) {
            at++;
        }
        return text.substring(from, at);
    }

    private boolean accept(char c) {
        skip();
        if (at < text.length() && text.charAt(at) == c) {
            at++;
            return true;
        }
        return false;
    }

    private void skip() {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
    }

    /**
     * A call as text that {@link #parse} reads.
     *
     * @param call the call
     * @param arch its architecture, if that is known
     * @return the call
     */
    public static String of(SeccompData call, Optional<Arch> arch) {
        Optional<String> name = arch.flatMap(known -> SyscallTable.of(known).name(call.nr()));
        List<Parameter> parameters = arch.isEmpty() || name.isEmpty()
                ? List.of()
                : Signature.of(arch.get(), name.get())
                        .map(Signature::parameters)
                        .orElse(List.of());
        int count = name.isEmpty() ? SeccompData.ARGUMENTS : parameters.size();
        while (count < SeccompData.ARGUMENTS && hasArgument(call, count)) {
            count++;
        }
        while (name.isEmpty() && count > 0 && call.arg(count - 1) == 0) {
            count--;
        }
        StringBuilder out = new StringBuilder(name.orElse(
                call.nr() >= 0 && call.nr() < SMALL
                        ? Integer.toString(call.nr())
                        : "0x" + Integer.toHexString(call.nr())));
        out.append('(');
        for (int i = 0; i < count; i++) {
            long value = call.arg(i);
            out.append(i == 0 ? "" : ", ")
                    .append(value > -SMALL && value < SMALL ? Long.toString(value) : "0x" + Long.toHexString(value));
        }
        return out.append(')').toString();
    }

    private static boolean hasArgument(SeccompData call, int from) {
        for (int i = from; i < SeccompData.ARGUMENTS; i++) {
            if (call.arg(i) != 0) {
                return true;
            }
        }
        return false;
    }
}
