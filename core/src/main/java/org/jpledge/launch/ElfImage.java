package org.jpledge.launch;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jpledge.syscall.Arch;

/**
 * A static ELF executable of two segments at fixed addresses: data, which may be written, and code, which may not.
 *
 * <p>The data come first in the file, because their size is known before the code is: every address is known while
 * code is emitted. Source: elf(5), and the kernel's fs/binfmt_elf.c.
 */
final class ElfImage {
    private static final int HEADER = 64;
    private static final int PROGRAM_HEADER = 56;
    private static final int SEGMENTS = 3;
    /** The largest page size of either architecture. */
    private static final int PAGE = 0x10000;

    private static final long DATA_BASE = 0x600000;
    private static final long CODE_BASE = 0x400000;
    private static final int DATA_OFFSET = HEADER + SEGMENTS * PROGRAM_HEADER + 15 & ~15;

    private ElfImage() {}

    /** Where the byte at {@code offset} of the data will be. */
    static long dataAddress(int offset) {
        return DATA_BASE + DATA_OFFSET + offset;
    }

    /**
     * The file.
     *
     * @param data initialized data
     * @param zeros bytes of zeroed memory after them
     * @param code entered at its first byte
     */
    static byte[] of(Arch arch, byte[] data, int zeros, byte[] code) {
        int codeOffset = DATA_OFFSET + data.length + 15 & ~15;
        ByteBuffer out = ByteBuffer.allocate(codeOffset + code.length).order(ByteOrder.LITTLE_ENDIAN);
        out.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1, 0}).putLong(0);
        out.putShort((short) 2); // ET_EXEC
        out.putShort(machine(arch)).putInt(1);
        out.putLong(CODE_BASE + codeOffset).putLong(HEADER).putLong(0).putInt(0);
        out.putShort((short) HEADER).putShort((short) PROGRAM_HEADER).putShort((short) SEGMENTS);
        out.putShort((short) 0).putShort((short) 0).putShort((short) 0);
        segment(out, 1, 5, codeOffset, CODE_BASE + codeOffset, code.length, code.length);
        segment(out, 1, 6, DATA_OFFSET, DATA_BASE + DATA_OFFSET, data.length, data.length + zeros);
        segment(out, 0x6474e551, 6, 0, 0, 0, 0); // PT_GNU_STACK: not executable
        out.position(DATA_OFFSET).put(data);
        out.position(codeOffset).put(code);
        return out.array();
    }

    private static short machine(Arch arch) {
        return switch (arch) {
            case X86_64 -> 62;
            case AARCH64 -> 183;
            default -> throw new IllegalArgumentException("no launchers for " + arch.label());
        };
    }

    private static void segment(
            ByteBuffer out, int type, int flags, long offset, long address, long fileSize, long memorySize) {
        out.putInt(type).putInt(flags).putLong(offset).putLong(address).putLong(address);
        out.putLong(fileSize).putLong(memorySize).putLong(type == 1 ? PAGE : 16);
    }
}
