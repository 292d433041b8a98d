package org.jpledge.tools.need;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Constants;
import org.jpledge.syscall.Signature;
import org.jpledge.syscall.SyscallTable;
import org.jpledge.tools.event.Argument;
import org.jpledge.tools.event.Syscall;

/**
 * The older call that programs make when a younger one is not there. Under promises clone3(2) and openat2(2) fail with ENOSYS,
 * because their flags lie in memory; libc then goes on with these.
 */
final class Predecessor {
    private Predecessor() {}

    /** The call that will be made in place of one; the call itself if it has no predecessor, or its flags are not known. */
    static Syscall of(Syscall call) {
        return switch (call.name()) {
            case "clone3" -> replaced(call, "clone", structure(call), "flags");
            case "openat2" -> replaced(call, "openat", structure(call), "flags");
            default -> call;
        };
    }

    private static List<Argument.Field> structure(Syscall call) {
        for (Argument argument : call.arguments()) {
            if (argument instanceof Argument.Structure structure) {
                return structure.fields();
            }
        }
        return List.of();
    }

    private static Syscall replaced(Syscall call, String name, List<Argument.Field> fields, String flags) {
        OptionalInt number = SyscallTable.of(call.arch()).number(name);
        if (number.isEmpty() || fields.isEmpty()) {
            return call;
        }
        Signature signature = Signature.of(call.arch(), name).orElseThrow();
        List<Argument> arguments = new ArrayList<>();
        for (int i = 0; i < signature.parameters().size(); i++) {
            String parameter = signature.parameters().get(i).name();
            Argument known = new Argument.Whole(parameter, 0, 0);
            for (Argument argument : call.arguments()) {
                if (argument.name().equals(parameter)) {
                    known = argument;
                }
            }
            for (Argument.Field field : fields) {
                if (field.name().equals(parameter) && (parameter.equals(flags) || parameter.equals("mode"))) {
                    known = new Argument.Symbols(parameter, value(call.arch(), field.text()), field.text());
                }
            }
            arguments.add(known);
        }
        return new Syscall(
                call.task(),
                call.at(),
                call.arch(),
                number.getAsInt(),
                name,
                arguments,
                call.outcome(),
                call.nanos(),
                call.early(),
                call.address());
    }

    /** The number of flags by names; a name that is none counts nothing. */
    private static long value(Arch arch, String text) {
        long value = 0;
        for (String term : text.split("\\|", -1)) {
            String word = term.strip();
            if (word.startsWith("0x")) {
                value |= Long.parseUnsignedLong(word.substring(2), 16);
            } else if (!word.isEmpty() && word.charAt(0) == '0') {
                value |= Long.parseLong(word, 8);
            } else if (!word.isEmpty() && Character.isDigit(word.charAt(0))) {
                value |= Long.parseLong(word);
            } else {
                value |= Constants.of(arch).value(word).orElse(0);
            }
        }
        return value;
    }
}
