package org.jpledge.machine;

import java.util.ArrayList;
import java.util.List;

/** Registers and constants on both sides of every border of an instruction's fields. */
final class Samples {
    static final List<Reg> GENERAL = general();
    static final long[] CONSTANTS = constants();
    static final int[] ADDENDS = {
        0, 1, 127, 128, 129, 4095, 4096, 4097, 8192, 0xabcdef, 0xffffff, -1, -127, -128, -129, -4095, -4096, -4097,
        -0xffffff
    };
    static final int[] OFFSETS = {
        0, 1, 2, 4, 8, 16, 127, 128, 255, 256, 257, 4095, 4096, 8190, 8191, 16380, 16384, 32760, 32768, 0x12345, -1, -8,
        -128, -129, -256, -257, -4096, -0x12345
    };

    private Samples() {}

    private static List<Reg> general() {
        List<Reg> general = new ArrayList<>(List.of(Reg.values()));
        general.remove(Reg.SP);
        return List.copyOf(general);
    }

    private static long[] constants() {
        List<Long> constants = new ArrayList<>(List.of(0L, 0x12345678L, 0x123456789abcdef0L, 0xffff0000ffff0000L));
        for (int bit = 0; bit < 64; bit++) {
            long power = 1L << bit;
            for (long near : new long[] {power - 1, power, power + 1}) {
                constants.add(near);
                constants.add(-near);
                constants.add(~near);
            }
        }
        return constants.stream().distinct().mapToLong(Long::longValue).toArray();
    }
}
