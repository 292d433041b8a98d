package org.jpledge.tools.decode;

import org.jpledge.syscall.Arch;
import org.jspecify.annotations.Nullable;

/** How a number is shown. */
sealed interface Scalar permits Symbols, Scalar.Plain {
    /**
     * Appends a number.
     *
     * @param out where to
     * @param value the number, as wide as it is
     * @param bits how wide it is
     * @param signed whether it may be below 0
     */
    void append(StringBuilder out, long value, int bits, boolean signed);

    /** Kinds of numbers that are the same everywhere. */
    enum Plain implements Scalar {
        INT,
        HEX,
        ADDRESS,
        FD,
        MODE,
        DEV,
        SIGNAL,
        SIGSET,
        LIMIT;

        @Override
        public void append(StringBuilder out, long value, int bits, boolean signed) {
            switch (this) {
                case INT -> out.append(signed || value >= 0 ? Long.toString(value) : Long.toUnsignedString(value));
                case HEX -> {
                    if (value == 0) {
                        out.append('0');
                    } else {
                        hex(out, bits == 64 ? value : value & (1L << bits) - 1);
                    }
                }
                case ADDRESS -> {
                    if (value == 0) {
                        out.append("NULL");
                    } else {
                        hex(out, value);
                    }
                }
                case FD -> out.append((int) value);
                case MODE -> mode(out, value);
                case DEV -> device(out, value);
                case SIGNAL -> signal(out, value);
                case SIGSET -> signals(out, value);
                case LIMIT -> limit(out, value, bits);
            }
        }
    }

    /** Appends a number in hexadecimal. */
    static void hex(StringBuilder out, long value) {
        out.append("0x").append(Long.toHexString(value));
    }

    private static void mode(StringBuilder out, long value) {
        int type = (int) value & 0170000;
        String name = switch (type) {
            case 0140000 -> "S_IFSOCK";
            case 0120000 -> "S_IFLNK";
            case 0100000 -> "S_IFREG";
            case 0060000 -> "S_IFBLK";
            case 0040000 -> "S_IFDIR";
            case 0020000 -> "S_IFCHR";
            case 0010000 -> "S_IFIFO";
            default -> "";
        };
        long rest = value;
        if (!name.isEmpty()) {
            out.append(name).append('|');
            rest &= ~0170000L;
            if ((rest & 04000) != 0) {
                out.append("S_ISUID|");
            }
            if ((rest & 02000) != 0) {
                out.append("S_ISGID|");
            }
            if ((rest & 01000) != 0) {
                out.append("S_ISVTX|");
            }
            rest &= ~07000L;
        }
        String octal = Long.toOctalString(rest);
        out.append("000".substring(Math.min(3, octal.length()))).append(octal.startsWith("0") ? "" : leading(octal));
        out.append(octal);
    }

    /** C's sign of an octal number; three digits are filled up. */
    private static String leading(String octal) {
        return octal.length() >= 3 ? "0" : "";
    }

    private static void device(StringBuilder out, long value) {
        long major = value >>> 8 & 0xfff | value >>> 32 & ~0xfffL;
        long minor = value & 0xff | value >>> 12 & ~0xffL & 0xffffffffL;
        out.append("makedev(");
        hex(out, major);
        out.append(", ");
        hex(out, minor);
        out.append(')');
    }

    /** Appends the name of a signal. Numbers of signals are the same on all our architectures. */
    static void signal(StringBuilder out, long value) {
        String name = signalName(value);
        if (name == null) {
            out.append(value);
        } else {
            out.append(name);
        }
    }

    /** The name of a signal; null for a number that is none. */
    static @Nullable String signalName(long value) {
        if (value >= 32 && value <= 64) {
            return value == 32 ? "SIGRTMIN" : "SIGRT_" + (value - 32);
        }
        Symbols signals = Symbols.of(Arch.X86_64, "signal");
        return signals == null ? null : signals.name(value);
    }

    private static void signals(StringBuilder out, long set) {
        long shown = set;
        if (Long.bitCount(set) > 32) {
            out.append('~');
            shown = ~set;
        }
        out.append('[');
        boolean first = true;
        for (int i = 0; i < Long.SIZE; i++) {
            if ((shown >>> i & 1) != 0) {
                out.append(first ? "" : " ");
                first = false;
                String name = signalName(i + 1);
                if (name == null) {
                    out.append(i + 1);
                } else {
                    out.append(name, 3, name.length());
                }
            }
        }
        out.append(']');
    }

    private static void limit(StringBuilder out, long value, int bits) {
        long infinity = bits == 64 ? -1 : (1L << bits) - 1;
        if (value == infinity) {
            out.append(bits == 64 ? "RLIM64_INFINITY" : "RLIM_INFINITY");
        } else if (value > 1024 && value % 1024 == 0) {
            out.append(value / 1024).append("*1024");
        } else {
            out.append(Long.toUnsignedString(value));
        }
    }
}
