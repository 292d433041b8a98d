package org.jpledge.tools.decode;

import java.util.Optional;
import org.jpledge.syscall.Arch;

/** The constants that arguments of system calls are made of, by name. All methods are pure. */
public final class ArgumentConstants {
    private ArgumentConstants() {}

    /**
     * A value of an argument.
     *
     * @param arch the architecture, which has its own values
     * @param number the system call
     * @param argument which argument, 0 to 5
     * @param value the value
     * @return names of constants, with a bar between them, perhaps with a number among them; nothing if none is known
     */
    public static Optional<String> value(Arch arch, int number, int argument, long value) {
        Form.Slot[] slots = Forms.of(arch).form(number).slots();
        if (argument >= slots.length || !(slots[argument].how() instanceof How.Plain(Symbols symbols))) {
            return Optional.empty();
        }
        int bits = slots[argument].bits();
        if (Long.bitCount(value & -1L >>> (Long.SIZE - bits)) > bits / 2) {
            return Optional.empty(); // Such as all bits: names for some of them say nothing.
        }
        StringBuilder text = new StringBuilder();
        symbols.append(text, value, bits, false);
        return named(text.toString());
    }

    /**
     * Bits of an argument.
     *
     * @param arch the architecture, which has its own values
     * @param number the system call
     * @param argument which argument, 0 to 5
     * @param mask the bits
     * @return names of constants, with a bar between them and in parentheses if there are several; of those that are missing after
     *     a tilde, if most bits are there; nothing if none is known
     */
    public static Optional<String> mask(Arch arch, int number, int argument, long mask) {
        Form.Slot[] slots = Forms.of(arch).form(number).slots();
        if (argument >= slots.length || !(slots[argument].how() instanceof How.Plain(Symbols symbols))) {
            return Optional.empty();
        }
        int bits = slots[argument].bits();
        long full = -1L >>> (Long.SIZE - bits);
        boolean most = Long.bitCount(mask & full) > bits / 2;
        return named(symbols.bits(most ? ~mask & full : mask & full))
                .map(text -> text.contains("|") ? "(" + text + ")" : text)
                .map(text -> most ? "~" + text : text);
    }

    private static Optional<String> named(String text) {
        return Optional.of(text).filter(names -> Character.isUpperCase(names.charAt(0)));
    }
}
