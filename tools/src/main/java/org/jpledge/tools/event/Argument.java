package org.jpledge.tools.event;

import java.util.List;

/** An argument of a system call: what the register held, and what that means. Strings of the traced program hold bytes as characters. */
public sealed interface Argument {
    /**
     * Which argument it is.
     *
     * @return the parameter's name, such as {@code flags}
     */
    String name();

    /**
     * What a filter sees.
     *
     * @return the register's 64 bits
     */
    long raw();

    /**
     * A number.
     *
     * @param name the parameter's name
     * @param raw the register
     * @param value the number, of as many bits and with the sign that the parameter has
     */
    record Whole(String name, long raw, long value) implements Argument {}

    /**
     * Flags, a mode or a constant.
     *
     * @param name the parameter's name
     * @param raw the register
     * @param text by names, such as {@code O_RDONLY|O_CLOEXEC}; what has no name in hexadecimal; empty where the kernel does
     *     not look at the argument, such as the mode of a file that is not created
     */
    record Symbols(String name, long raw, String text) implements Argument {}

    /**
     * An address of which no more is known, or null.
     *
     * @param name the parameter's name
     * @param raw the address
     */
    record Address(String name, long raw) implements Argument {}

    /**
     * A file descriptor.
     *
     * @param name the parameter's name
     * @param raw the register
     * @param number the descriptor, or AT_FDCWD
     * @param what what is open there, such as {@code /etc/passwd}, {@code pipe:[123]}; empty where it is not known
     */
    record Descriptor(String name, long raw, int number, String what) implements Argument {}

    /**
     * A path.
     *
     * @param name the parameter's name
     * @param raw the address
     * @param written as the program wrote it
     * @param absolute from the root, as the calling process sees it: its directory before it, and no {@code .} or
     *     {@code ..} left; empty where that is not known
     * @param file as {@code absolute}, and without symbolic links in what existed when the call began: what the call would
     *     work on; empty where that is not known
     */
    record PathName(String name, long raw, String written, String absolute, String file) implements Argument {}

    /**
     * Bytes in memory.
     *
     * @param name the parameter's name
     * @param raw the address
     * @param bytes the first of them
     * @param length how many there are
     */
    record Data(String name, long raw, String bytes, long length) implements Argument {}

    /**
     * A socket's address.
     *
     * @param name the parameter's name
     * @param raw the address in memory
     * @param endpoint what is there
     */
    record Socket(String name, long raw, Endpoint endpoint) implements Argument {}

    /**
     * A structure, as far as it matters, or an array.
     *
     * @param name the parameter's name
     * @param raw the address
     * @param fields each with its name; an array's elements have empty names; at the end, a field with neither name nor text
     *     says that there is more
     * @param peers the sockets' addresses in it, such as where a message goes to
     */
    record Structure(String name, long raw, List<Field> fields, List<Endpoint> peers) implements Argument {
        /** Copies the lists. */
        public Structure {
            fields = List.copyOf(fields);
            peers = List.copyOf(peers);
        }

        /**
         * One without addresses of sockets.
         *
         * @param name the parameter's name
         * @param raw the address
         * @param fields each with its name
         */
        public Structure(String name, long raw, List<Field> fields) {
            this(name, raw, fields, List.of());
        }
    }

    /**
     * A part of a structure.
     *
     * @param name its name
     * @param text its value, as C has it
     */
    record Field(String name, String text) {
        /**
         * The part as C has it.
         *
         * @return {@code name=text}; only the text without a name, and dots without both
         */
        public String written() {
            if (name.isEmpty()) {
                return text.isEmpty() ? "..." : text;
            }
            return name + '=' + text;
        }
    }

    /**
     * A list of strings, such as the arguments of a program.
     *
     * @param name the parameter's name
     * @param raw the address
     * @param items the first of them
     * @param count how many there are
     */
    record Strings(String name, long raw, List<String> items, int count) implements Argument {
        /** Copies the items. */
        public Strings {
            items = List.copyOf(items);
        }
    }
}
