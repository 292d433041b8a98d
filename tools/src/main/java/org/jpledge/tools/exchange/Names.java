package org.jpledge.tools.exchange;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Constants;
import org.jpledge.syscall.Errno;
import org.jpledge.syscall.Nearest;
import org.jpledge.syscall.SyscallTable;

/**
 * What the names in a file mean on one architecture.
 *
 * @param arch the architecture
 * @param own constants that the file's user has given
 */
record Names(Arch arch, Map<String, String> own) {
    /**
     * The number of a call.
     *
     * @param name its name
     * @param place where the name stands
     * @return empty for a call of other architectures only
     * @throws ImportException if no architecture has such a call
     */
    OptionalInt call(String name, Place place) throws ImportException {
        OptionalInt number = SyscallTable.of(arch).number(name);
        if (number.isPresent() || CallNames.isKnown(name)) {
            return number;
        }
        throw place.wrong("unknown system call \"" + name + "\"" + suggestion(CallNames.nearest(name)));
    }

    /** The value of a named constant. */
    long constant(String name, Place place) throws ImportException {
        String given = own.get(name);
        if (given != null) {
            OptionalLong value = Numbers.parse(given);
            if (value.isEmpty()) {
                throw place.wrong("the value \"" + given + "\" of " + name + " is not a number of 64 bits");
            }
            return value.getAsLong();
        }
        OptionalLong value = Constants.of(arch).value(name);
        if (value.isPresent()) {
            return value.getAsLong();
        }
        OptionalInt error = Errno.number(arch, name);
        if (error.isPresent()) {
            return error.getAsInt();
        }
        List<String> nearest = new ArrayList<>(own.keySet());
        Constants.of(arch).nearest(name).ifPresent(nearest::add);
        throw place.wrong(
                "no constant \"" + name + "\" on " + arch.label() + suggestion(Nearest.nearest(name, nearest)));
    }

    /** The number of an error that a call is to fail with. */
    int errno(String name, Place place) throws ImportException {
        OptionalLong given = own.containsKey(name) ? OptionalLong.of(constant(name, place)) : Numbers.parse(name);
        if (given.isPresent()) {
            long number = given.getAsLong();
            if (number < 0 || number > 4095) {
                throw place.wrong("an error is 0 to 4095, not " + name);
            }
            return (int) number;
        }
        return Errno.number(arch, name)
                .orElseThrow(
                        () -> place.wrong("unknown error \"" + name + "\"" + suggestion(Errno.nearest(arch, name))));
    }

    static String suggestion(Optional<String> nearest) {
        return nearest.map(name -> " (did you mean \"" + name + "\"?)").orElse("");
    }
}
