package org.jpledge.tools.decode;

/** How an argument is read: the words of calls.table. */
sealed interface How {
    /** A number in the register. */
    record Plain(Scalar scalar) implements How {}

    /** A descriptor, or AT_FDCWD. */
    record Directory() implements How {}

    /**
     * A path.
     *
     * @param directory the parameter with the descriptor that it starts from, or -1
     * @param link whether it is itself meant if it is a symbolic link
     * @param unless where it is the other way round
     * @param flags the parameter that may say that no path means the descriptor, or -1
     */
    record Name(int directory, boolean link, Condition[] unless, int flags, long empty) implements How {}

    /** A string that is no path. */
    record Text() implements How {}

    /** Bytes. */
    record Data(Length length) implements How {}

    /** Pointers to strings, up to a null. */
    record Strings(boolean environment) implements How {}

    /** The address of a socket. */
    record Address(Length length) implements How {}

    /** Messages with addresses, data and what is passed beside; no length: one that is no mmsghdr. */
    record Message(Length length) implements How {}

    /** Pieces of data. */
    record Vector(Length length) implements How {}

    /** The value of a socket's option. */
    record Option(Length length) implements How {}

    /** A set of signals. */
    record Signals() implements How {}

    /** A number, or several. */
    record Integers(int count) implements How {}

    /** How a child ended, or that it stopped. */
    record Status() implements How {}

    /** A set of descriptors, as select(2) has it. */
    record DescriptorSet(Length count) implements How {}

    /** A structure. */
    record Structure(Layout layout) implements How {}

    /** An array of structures. */
    record Array(Layout layout, Length count) implements How {}

    /** What the kernel does not look at. */
    record Unused() implements How {}

    /**
     * How much there is.
     *
     * @param kind where that is said
     * @param number which parameter, or how much
     */
    record Length(Kind kind, int number) {
        enum Kind {
            /** In a register. */
            PARAMETER,
            /** In memory to which a register points. */
            POINTED,
            /** In the result. */
            RESULT,
            /** In the table. */
            FIXED
        }
    }

    /**
     * Whether an argument has all of some flags.
     *
     * @param parameter which
     * @param flags the flags
     */
    record Condition(int parameter, long flags) {
        boolean holds(long[] registers) {
            return (registers[parameter] & flags) == flags;
        }
    }
}
