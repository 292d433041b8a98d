package org.jpledge.seccomp;

import java.util.HashMap;
import java.util.Map;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;

/** The numbers that an architecture's table knows, ascending. */
final class KnownNumbers {
    private static final Map<Arch, int[]> NUMBERS = new HashMap<>();

    private KnownNumbers() {}

    /** The numbers; the array is shared and not to be changed. */
    static int[] of(Arch arch) {
        synchronized (NUMBERS) {
            int[] numbers = NUMBERS.get(arch);
            if (numbers == null) {
                numbers = SyscallTable.of(arch).ascending();
                NUMBERS.put(arch, numbers);
            }
            return numbers;
        }
    }
}
