package org.jpledge.tools.need;

import java.util.ArrayList;
import java.util.List;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Constants;
import org.jpledge.syscall.Parameter;
import org.jpledge.syscall.Signature;
import org.jpledge.syscall.SyscallTable;
import org.jpledge.tools.event.Argument;
import org.jpledge.tools.event.Endpoint;
import org.jpledge.tools.event.Outcome;
import org.jpledge.tools.event.Syscall;
import org.jpledge.tools.event.Task;

/** System calls as a decoder makes them. */
public final class Calls {
    private static final long SOMEWHERE = 0x7fff0000;
    private static final int PROCESS = 42;

    private Calls() {}

    /** A call that succeeded; a text is a path, or names of constants with bars between them. */
    public static Syscall call(String name, Object... arguments) {
        return call(new Outcome.Returned(0, ""), false, name, arguments);
    }

    /** A call with what became of it. */
    public static Syscall call(Outcome outcome, boolean early, String name, Object... arguments) {
        Arch arch = Arch.X86_64;
        List<Parameter> parameters = Signature.of(arch, name).orElseThrow().parameters();
        List<Argument> known = new ArrayList<>();
        for (int i = 0; i < parameters.size(); i++) {
            String parameter = parameters.get(i).name();
            Object argument = i < arguments.length ? arguments[i] : Integer.valueOf(0);
            known.add(
                    switch (argument) {
                        case Integer number -> new Argument.Whole(parameter, number, number);
                        case Argument made -> made;
                        case Endpoint endpoint -> new Argument.Socket(parameter, SOMEWHERE, endpoint);
                        case String text
                        when text.startsWith("/") -> new Argument.PathName(parameter, SOMEWHERE, text, text, text);
                        case String text -> new Argument.Symbols(parameter, value(arch, text), text);
                        case List<?> fields ->
                            new Argument.Structure(
                                    parameter,
                                    SOMEWHERE,
                                    fields.stream()
                                            .map(Argument.Field.class::cast)
                                            .toList());
                        default -> throw new IllegalArgumentException(argument.toString());
                    });
        }
        int number = SyscallTable.of(arch).number(name).orElseThrow();
        return new Syscall(new Task(PROCESS, PROCESS), 0, arch, number, name, known, outcome, -1, early, 0);
    }

    private static long value(Arch arch, String text) {
        long value = 0;
        for (String word : text.split("\\|", -1)) {
            value |= Constants.of(arch).value(word).orElseThrow(() -> new IllegalArgumentException(word));
        }
        return value;
    }
}
