package org.jpledge;

import java.nio.file.Path;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Constants;
import org.jpledge.syscall.SyscallTable;

/**
 * A system call as tables of tests write it, {@code openat(AT_FDCWD, "$dir/file", O_RDONLY)}, as the words that probe.c and
 * silent.c take. {@code $dir} is the test's directory, {@code last} the result before, {@code own} the process,
 * {@code parent} this one, {@code buffer} a pointer to zeros, {@code &N} a pointer to an int.
 */
final class CallText {
    private static final Arch ARCH = Arch.host();

    private CallText() {}

    /** The call with numbers in place of names. */
    static String words(String call, Path directory) {
        int open = call.indexOf('(');
        StringBuilder words = new StringBuilder(number(call.substring(0, open)));
        String arguments = call.substring(open + 1, call.length() - 1);
        if (!arguments.isEmpty()) {
            for (String argument : arguments.split(", ", -1)) {
                words.append(' ').append(argument(argument, directory));
            }
        }
        return words.toString();
    }

    private static String number(String name) {
        if (Character.isLetter(name.charAt(0))) {
            return Integer.toString(SyscallTable.of(ARCH).number(name).orElseThrow());
        }
        return name;
    }

    private static String argument(String text, Path directory) {
        if (text.startsWith("\"")) {
            return "s" + text.substring(1, text.length() - 1).replace("$dir", directory.toString());
        }
        if (text.startsWith("&")) {
            return "i" + text.substring(1);
        }
        return switch (text) {
            case "own" -> "P";
            case "last" -> "R";
            case "buffer" -> "b";
            case "parent" -> Long.toString(ProcessHandle.current().pid());
            default -> value(text);
        };
    }

    private static String value(String text) {
        long value = 0;
        for (String part : text.split("\\|", -1)) {
            if (Character.isLetter(part.charAt(0))) {
                value |= Constants.of(ARCH).value(part).orElseThrow(() -> new IllegalArgumentException(part));
            } else if (part.startsWith("0x")) {
                value |= Long.parseUnsignedLong(part.substring(2), 16);
            } else {
                value |= Long.decode(part);
            }
        }
        return Long.toUnsignedString(value);
    }
}
