package org.jpledge.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** Replaces this JVM by another program: same process id, same parent. */
public final class Execution {
    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int SIG_SETMASK = 2;
    private static final int RLIMIT_NOFILE = 7;
    private static final long SIG_IGN = 1;
    private static final int SIGNALS = 64;

    private Execution() {}

    /**
     * Executes an ELF file that is nowhere but in memory. What the JVM changed of its process is put back first.
     *
     * @param elf the file's bytes
     * @param arguments each without NUL
     * @param environment entries {@code NAME=value}, each without NUL
     * @param before the process as it was before the JVM
     * @throws KernelException if the kernel refuses; the JVM then goes on, with that state
     */
    public static void become(byte[] elf, List<byte[]> arguments, List<byte[]> environment, ProcessState before)
            throws KernelException {
        try (Arena arena = Arena.ofConfined();
                MemoryFile image = new MemoryFile(elf)) {
            long argv = strings(arena, arguments);
            long envp = strings(arena, environment);
            long empty = string(arena, new byte[0]);
            restore(arena, before);
            Kernel.require("execveat", image.descriptor(), empty, argv, envp, AT_EMPTY_PATH);
        }
    }

    private static void restore(Arena arena, ProcessState before) throws KernelException {
        MemorySegment limit = arena.allocate(ValueLayout.JAVA_LONG, 2);
        Kernel.require("prlimit64", 0, RLIMIT_NOFILE, 0, limit.address());
        limit.setAtIndex(ValueLayout.JAVA_LONG, 0, before.softDescriptorLimit());
        Kernel.require("prlimit64", 0, RLIMIT_NOFILE, limit.address(), 0);
        MemorySegment ignore = arena.allocate(ValueLayout.JAVA_LONG, 4);
        ignore.setAtIndex(ValueLayout.JAVA_LONG, 0, SIG_IGN);
        for (int signal = 1; signal <= SIGNALS; signal++) {
            if ((before.ignored() >>> signal - 1 & 1) != 0) {
                // Fails for SIGKILL and SIGSTOP alone, which nobody can ignore.
                Kernel.call("rt_sigaction", signal, ignore.address(), 0, 8);
            }
        }
        MemorySegment mask = arena.allocate(ValueLayout.JAVA_LONG);
        mask.set(ValueLayout.JAVA_LONG, 0, before.blocked());
        Kernel.require("rt_sigprocmask", SIG_SETMASK, mask.address(), 0, 8);
    }

    private static long string(Arena arena, byte[] bytes) {
        MemorySegment segment = arena.allocate(bytes.length + 1L);
        MemorySegment.copy(bytes, 0, segment, ValueLayout.JAVA_BYTE, 0, bytes.length);
        return segment.address();
    }

    private static long strings(Arena arena, List<byte[]> strings) {
        MemorySegment pointers = arena.allocate(ValueLayout.JAVA_LONG, strings.size() + 1L);
        for (int i = 0; i < strings.size(); i++) {
            pointers.setAtIndex(ValueLayout.JAVA_LONG, i, string(arena, strings.get(i)));
        }
        return pointers.address();
    }
}
