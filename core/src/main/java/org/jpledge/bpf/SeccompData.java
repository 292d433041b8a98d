package org.jpledge.bpf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * What a filter sees of a system call: the kernel's {@code struct seccomp_data}.
 *
 * @param nr the system call's number
 * @param arch the architecture, an AUDIT_ARCH constant
 * @param instructionPointer where the call was made
 * @param arg0 the first argument
 * @param arg1 the second argument
 * @param arg2 the third argument
 * @param arg3 the fourth argument
 * @param arg4 the fifth argument
 * @param arg5 the sixth argument
 */
public record SeccompData(
        int nr, int arch, long instructionPointer, long arg0, long arg1, long arg2, long arg3, long arg4, long arg5) {
    /** The size of the structure. */
    public static final int BYTES = 64;

    /** The size of the structure in words of 32 bits. */
    public static final int WORDS = BYTES / 4;

    /** How many arguments there are. */
    public static final int ARGUMENTS = 6;

    /** Where the system call's number is. */
    public static final int NR = 0;

    /** Where the architecture is. */
    public static final int ARCH = 4;

    /** Where the instruction pointer is. */
    public static final int INSTRUCTION_POINTER = 8;

    /** Where the first argument is. */
    public static final int ARGS = 16;

    /**
     * Describes a call with some arguments; the others are zero, and so is the instruction pointer.
     *
     * @param nr the system call's number
     * @param arch the architecture, an AUDIT_ARCH constant
     * @param args up to six arguments
     * @return the call
     */
    public static SeccompData of(int nr, int arch, long... args) {
        if (args.length > ARGUMENTS) {
            throw new IllegalArgumentException("a system call has at most 6 arguments, not " + args.length);
        }
        long[] all = Arrays.copyOf(args, ARGUMENTS);
        return new SeccompData(nr, arch, 0, all[0], all[1], all[2], all[3], all[4], all[5]);
    }

    /**
     * The same call, made at an address.
     *
     * @param address the address behind the instruction
     * @return the call with that instruction pointer
     */
    public SeccompData at(long address) {
        return new SeccompData(nr, arch, address, arg0, arg1, arg2, arg3, arg4, arg5);
    }

    /**
     * Where the low half of an argument is.
     *
     * @param argument 0 to 5
     * @param order the byte order of the architecture
     * @return an offset in bytes
     */
    public static int low(int argument, ByteOrder order) {
        return ARGS + 8 * argument + (order == ByteOrder.LITTLE_ENDIAN ? 0 : 4);
    }

    /**
     * Where the high half of an argument is.
     *
     * @param argument 0 to 5
     * @param order the byte order of the architecture
     * @return an offset in bytes
     */
    public static int high(int argument, ByteOrder order) {
        return ARGS + 8 * argument + (order == ByteOrder.LITTLE_ENDIAN ? 4 : 0);
    }

    /**
     * One of the arguments.
     *
     * @param index 0 to 5
     * @return its 64 bits
     */
    public long arg(int index) {
        return switch (index) {
            case 0 -> arg0;
            case 1 -> arg1;
            case 2 -> arg2;
            case 3 -> arg3;
            case 4 -> arg4;
            case 5 -> arg5;
            default -> throw new IndexOutOfBoundsException("argument " + index + " is not in 0 to 5");
        };
    }

    /**
     * The structure as it lies in memory.
     *
     * @param order the byte order of the architecture
     * @return 64 bytes
     */
    public byte[] encode(ByteOrder order) {
        ByteBuffer bytes = ByteBuffer.allocate(BYTES).order(order);
        bytes.putInt(nr).putInt(arch).putLong(instructionPointer);
        for (int i = 0; i < ARGUMENTS; i++) {
            bytes.putLong(arg(i));
        }
        return bytes.array();
    }

    /**
     * The words that a filter's loads see, in the order of their offsets.
     *
     * @param order the byte order of the architecture
     * @return 16 words
     */
    public int[] words(ByteOrder order) {
        int[] words = new int[WORDS];
        words[NR / 4] = nr;
        words[ARCH / 4] = arch;
        split(words, INSTRUCTION_POINTER, instructionPointer, order);
        for (int i = 0; i < ARGUMENTS; i++) {
            split(words, ARGS + 8 * i, arg(i), order);
        }
        return words;
    }

    private static void split(int[] words, int offset, long value, ByteOrder order) {
        boolean little = order == ByteOrder.LITTLE_ENDIAN;
        words[offset / 4] = (int) (little ? value : value >>> 32);
        words[offset / 4 + 1] = (int) (little ? value >>> 32 : value);
    }
}
