package org.jpledge.tools.doctor;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.jpledge.syscall.Arch;

/**
 * Programs of a few instructions for a processor's other sets of system calls, which say by their exit status whether the
 * kernel has that set. Sources: elf(5), and the processors' manuals.
 */
enum ForeignProgram {
    /** 32-bit programs: xor eax,eax; inc eax; xor ebx,ebx; int 0x80. */
    I386(Arch.X86_64, "i386", 3, true, "31c0 40 31db cd80"),
    /** x32: getpid by its number there, whose error's sign is the status. mov eax,0x40000027; syscall; shr rax,63; mov edi,eax; mov eax,60; syscall. */
    X32(Arch.X86_64, "x32", 62, false, "b827000040 0f05 48c1e83f 89c7 b83c000000 0f05"),
    /** 32-bit programs: mov r0,#0; mov r7,#1; svc #0. */
    ARM(Arch.AARCH64, "arm", 40, true, "0000a0e3 0170a0e3 000000ef");

    private static final int BASE = 0x10000;

    private final Arch host;
    private final String word;
    private final int machine;
    private final boolean narrow;
    private final String code;

    ForeignProgram(Arch host, String word, int machine, boolean narrow, String code) {
        this.host = host;
        this.word = word;
        this.machine = machine;
        this.narrow = narrow;
        this.code = code;
    }

    /** What it is called. */
    String word() {
        return word;
    }

    /** Those of a machine. */
    static List<ForeignProgram> of(Arch arch) {
        return Arrays.stream(values()).filter(each -> each.host == arch).toList();
    }

    /** An ELF executable with a single segment that holds all of it. */
    byte[] elf() {
        byte[] instructions = HexFormat.of().parseHex(code.replace(" ", ""));
        int header = narrow ? 52 : 64;
        int segment = narrow ? 32 : 56;
        int start = header + segment;
        ByteBuffer out = ByteBuffer.allocate(start + instructions.length).order(ByteOrder.LITTLE_ENDIAN);
        out.put(new byte[] {0x7f, 'E', 'L', 'F', (byte) (narrow ? 1 : 2), 1, 1, 0})
                .putLong(0);
        out.putShort((short) 2).putShort((short) machine).putInt(1);
        address(out, BASE + start);
        address(out, header);
        address(out, 0);
        // For 32-bit arm: the version of its conventions, without which it is not executed.
        out.putInt(this == ARM ? 0x05000000 : 0);
        out.putShort((short) header).putShort((short) segment).putShort((short) 1);
        out.putShort((short) 0).putShort((short) 0).putShort((short) 0);
        int readAndExecute = 5;
        out.putInt(1);
        if (!narrow) {
            out.putInt(readAndExecute);
        }
        address(out, 0);
        address(out, BASE);
        address(out, BASE);
        address(out, out.capacity());
        address(out, out.capacity());
        if (narrow) {
            out.putInt(readAndExecute);
        }
        address(out, BASE);
        return out.put(instructions).array();
    }

    private void address(ByteBuffer out, long address) {
        if (narrow) {
            out.putInt((int) address);
        } else {
            out.putLong(address);
        }
    }
}
