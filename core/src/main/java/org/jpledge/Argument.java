package org.jpledge;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.LongStream;
import org.jpledge.bpf.SeccompData;
import org.jpledge.seccomp.Condition;
import org.jpledge.seccomp.Operator;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Parameter;
import org.jpledge.syscall.Signature;
import org.jspecify.annotations.Nullable;

/**
 * An argument of a system call, to be compared: {@link SyscallFilter#arg(int) arg(0)}.
 *
 * <p>As many bits are compared as the kernel takes of this argument: of an {@code int} the low 32, whatever a program puts into
 * the upper half of the register, of a pointer or a size all 64. {@link #dword()} and {@link #qword()} say it for calls whose
 * types are not to be trusted. All order is unsigned. Immutable and thread safe.
 */
public final class Argument {
    private static final int HALF_WORD = 0xffff;
    private static final long LOW = 0xffffffffL;

    /** How many bits count. */
    private enum Bits {
        OF_ITS_TYPE,
        LOW_32,
        ALL_64
    }

    private final int index;

    /** Its name, if it is known by that. */
    private final @Nullable String name;

    private final Bits bits;
    private final long mask;

    private Argument(int index, @Nullable String name, Bits bits, long mask) {
        this.index = index;
        this.name = name;
        this.bits = bits;
        this.mask = mask;
    }

    static Argument of(int index) {
        if (index < 0 || index >= SeccompData.ARGUMENTS) {
            throw new IllegalArgumentException(
                    "there is no argument " + index + ": a system call has arguments 0 to 5");
        }
        return new Argument(index, null, Bits.OF_ITS_TYPE, -1);
    }

    static Argument of(String name) {
        return new Argument(-1, Objects.requireNonNull(name), Bits.OF_ITS_TYPE, -1);
    }

    /**
     * Lets only some of its bits count.
     *
     * @param kept the bits
     * @return the argument, cut down to them
     */
    public Argument masked(long kept) {
        return new Argument(index, name, bits, kept);
    }

    /**
     * Compares all 64 bits of the register.
     *
     * @return the argument in this width
     */
    public Argument qword() {
        return new Argument(index, name, Bits.ALL_64, mask);
    }

    /**
     * Compares the low 32 bits of the register.
     *
     * @return the argument in this width
     */
    public Argument dword() {
        return new Argument(index, name, Bits.LOW_32, mask);
    }

    /**
     * Tests for a value.
     *
     * @param value what it is equal to; a negative one has its sign in all the bits that count
     * @return the test
     */
    public ArgumentTest eq(long value) {
        return new ArgumentTest(this, Operator.EQ, List.of(value));
    }

    /**
     * Tests for any other value.
     *
     * @param value what it is not equal to
     * @return the test
     */
    public ArgumentTest ne(long value) {
        return new ArgumentTest(this, Operator.NE, List.of(value));
    }

    /**
     * Tests for less.
     *
     * @param value what it is less than, without sign
     * @return the test
     */
    public ArgumentTest lt(long value) {
        return new ArgumentTest(this, Operator.LT, List.of(value));
    }

    /**
     * Tests for less, or the value itself.
     *
     * @param value what it is not greater than, without sign
     * @return the test
     */
    public ArgumentTest le(long value) {
        return new ArgumentTest(this, Operator.LE, List.of(value));
    }

    /**
     * Tests for more.
     *
     * @param value what it is greater than, without sign
     * @return the test
     */
    public ArgumentTest gt(long value) {
        return new ArgumentTest(this, Operator.GT, List.of(value));
    }

    /**
     * Tests for more, or the value itself.
     *
     * @param value what it is not less than, without sign
     * @return the test
     */
    public ArgumentTest ge(long value) {
        return new ArgumentTest(this, Operator.GE, List.of(value));
    }

    /**
     * Tests for one of several values.
     *
     * @param values at least one
     * @return the test
     */
    public ArgumentTest in(long... values) {
        return new ArgumentTest(this, Operator.IN, LongStream.of(values).boxed().toList());
    }

    /** The condition on one architecture. */
    Condition condition(Operator op, List<Long> values, Arch arch, String call) {
        Optional<Signature> signature = Signature.of(arch, call);
        int position = position(signature, arch, call);
        boolean word = arch.is64Bit();
        long full = -1;
        if (signature.isPresent() && position < signature.get().parameters().size()) {
            Parameter parameter = signature.get().parameters().get(position);
            word = word && parameter.width().isWord();
            full = parameter.width().bits() == Short.SIZE ? HALF_WORD : -1;
        }
        if (bits != Bits.OF_ITS_TYPE) {
            word = bits == Bits.ALL_64;
            full = -1;
        }
        for (long value : values) {
            check(value, word, op, call);
        }
        return new Condition(
                position,
                word,
                mask & full,
                op,
                values.stream().map(ArgumentTest::value).toList());
    }

    private int position(Optional<Signature> signature, Arch arch, String call) {
        if (name == null) {
            return index;
        }
        OptionalInt position = signature.isPresent() ? signature.get().position(name) : OptionalInt.empty();
        if (position.isEmpty()) {
            throw new IllegalArgumentException(
                    call + " has no argument \"" + name + "\" on " + arch.label() + named(signature));
        }
        return position.getAsInt();
    }

    private static String named(Optional<Signature> signature) {
        if (signature.isEmpty() || signature.get().parameters().isEmpty()) {
            return " (arg(0) to arg(5) always work)";
        }
        StringBuilder names = new StringBuilder(" (it has ");
        for (Parameter parameter : signature.get().parameters()) {
            names.append(names.length() > 9 ? ", " : "").append(parameter.name());
        }
        return names.append(')').toString();
    }

    private void check(long value, boolean word, Operator op, String call) {
        boolean ordered = op != Operator.EQ && op != Operator.NE && op != Operator.IN;
        if (!word) {
            if (mask >>> 32 != 0 && mask >>> 32 != LOW) {
                throw new IllegalArgumentException(call + ": the mask 0x" + Long.toHexString(mask)
                        + " does not fit the 32 bits that " + this + " has (qword() compares 64)");
            }
            if (value < Integer.MIN_VALUE || value > LOW) {
                throw new IllegalArgumentException(call + ": 0x" + Long.toHexString(value)
                        + " does not fit the 32 bits that " + this + " has (qword() compares 64)");
            }
            if (ordered && value < 0) {
                throw new IllegalArgumentException(
                        call + ": " + value + " has no order: " + this + " is compared without sign");
            }
        }
        long outside = (word ? value : value & LOW) & ~mask;
        if (!ordered && outside != 0) {
            throw new IllegalArgumentException(call + ": 0x" + Long.toHexString(value) + " has bits outside the mask 0x"
                    + Long.toHexString(mask) + " of " + this + ", which can never be equal");
        }
    }

    /**
     * The argument as it is written.
     *
     * @return such as {@code arg(0)}
     */
    @Override
    public String toString() {
        return name == null ? "arg(" + index + ")" : "arg(\"" + name + "\")";
    }
}
