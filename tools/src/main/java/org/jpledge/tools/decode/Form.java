package org.jpledge.tools.decode;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A system call of an architecture: how its arguments are read, and what its result is.
 *
 * @param name its name
 * @param slots its arguments
 * @param result how its result is shown
 * @param variants what is different where an argument has a certain value
 * @param effect what it does to descriptors
 */
record Form(String name, Slot[] slots, Result result, List<Variant> variants, Effect effect) {
    /** When memory is read. */
    enum When {
        BEFORE,
        AFTER,
        BOTH
    }

    /**
     * An argument.
     *
     * @param name the parameter's name
     * @param bits how many bits count
     * @param signed whether it may be below 0
     * @param how what it is
     * @param when when it is read
     * @param only where the kernel looks at it: where one of these holds; nothing: everywhere
     */
    record Slot(String name, int bits, boolean signed, How how, When when, How.Condition[] only) {
        boolean isLookedAt(long[] registers) {
            for (How.Condition each : only) {
                if (each.holds(registers)) {
                    return true;
                }
            }
            return only.length == 0;
        }

        /** The part of a register that counts. */
        long value(long register) {
            int unused = Long.SIZE - bits;
            return signed ? register << unused >> unused : register << unused >>> unused;
        }
    }

    /**
     * What a result is.
     *
     * @param kind of what kind
     * @param scalar how the number is shown, where that is not a plain number
     */
    record Result(Kind kind, @Nullable Scalar scalar) {
        static final Result PLAIN = new Result(Kind.NUMBER, null);

        enum Kind {
            NUMBER,
            DESCRIPTOR,
            SHOWN
        }
    }

    /**
     * What is different where an argument has a certain value.
     *
     * @param parameter the argument
     * @param mask its bits that matter
     * @param value their value
     * @param slots all arguments
     * @param result how the result is shown
     */
    record Variant(int parameter, long mask, long value, Slot[] slots, Result result) {
        boolean fits(long[] registers) {
            return (registers[parameter] & mask) == value;
        }
    }

    /** What a call does to what is known of its process. */
    enum Effect {
        NONE,
        /** A descriptor in the first argument is closed. */
        CLOSES_FIRST,
        /** A descriptor in the second argument is closed, and perhaps opened. */
        CLOSES_SECOND,
        /** Any descriptor may be closed. */
        CLOSES_ANY,
        /** The root or the working directory is another. */
        MOVES,
        /** Names may lead elsewhere. */
        NAMES,
        /** A path is opened. */
        OPENS
    }

    /** The arguments, as they are for these registers. */
    Slot[] slots(long[] registers) {
        Variant variant = variant(registers);
        return variant == null ? slots : variant.slots;
    }

    /** What the result is for these registers. */
    Result result(long[] registers) {
        Variant variant = variant(registers);
        return variant == null ? result : variant.result;
    }

    private @Nullable Variant variant(long[] registers) {
        for (Variant each : variants) {
            if (each.fits(registers)) {
                return each;
            }
        }
        return null;
    }
}
