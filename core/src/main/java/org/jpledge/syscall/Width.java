package org.jpledge.syscall;

/**
 * How much of an argument's register the kernel looks at, and whether it takes it for signed.
 *
 * <p>This is about the register as a filter sees it: on a 32-bit architecture no argument is wider than 32 bits, so long, size_t and pointers are
 * {@link #INT} or {@link #UINT} there.
 */
public enum Width {
    /** 16 bits, unsigned: a file mode. A filter may compare 32; the kernel cuts the rest off. */
    USHORT(16, false),
    /** 32 bits, signed. */
    INT(32, true),
    /** 32 bits, unsigned. */
    UINT(32, false),
    /** 64 bits, signed. */
    LONG(64, true),
    /** 64 bits, unsigned. */
    ULONG(64, false),
    /** An address of 64 bits. */
    POINTER(64, false);

    private final int bits;
    private final boolean signed;

    Width(int bits, boolean signed) {
        this.bits = bits;
        this.signed = signed;
    }

    /**
     * The number of low bits that count.
     *
     * @return 16, 32 or 64
     */
    public int bits() {
        return bits;
    }

    /**
     * Whether the kernel takes the highest of these bits for a sign.
     *
     * @return false for unsigned
     */
    public boolean isSigned() {
        return signed;
    }

    /**
     * Whether all 64 bits count; otherwise only the low 32 may be compared, because whatever a caller puts above them changes nothing.
     *
     * @return true for 64 bits
     */
    public boolean isWord() {
        return bits == 64;
    }

    static Width parse(String name) {
        return switch (name) {
            case "USHORT" -> USHORT;
            case "INT" -> INT;
            case "UINT" -> UINT;
            case "LONG" -> LONG;
            case "ULONG" -> ULONG;
            case "POINTER" -> POINTER;
            default -> throw new IllegalArgumentException(name);
        };
    }
}
