package org.jpledge.benchmarks;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.List;

/** Starts and awaits processes with posix_spawn(3): what java.lang.ProcessBuilder adds would hide what is measured. */
final class Spawn {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final MethodHandle POSIX_SPAWN = LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("posix_spawn"),
            FunctionDescriptor.of(
                    ValueLayout.JAVA_INT,
                    ValueLayout.ADDRESS,
                    ValueLayout.ADDRESS,
                    ValueLayout.ADDRESS,
                    ValueLayout.ADDRESS,
                    ValueLayout.ADDRESS,
                    ValueLayout.ADDRESS));
    private static final MethodHandle WAITPID = LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("waitpid"),
            FunctionDescriptor.of(
                    ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));

    private final Arena arena = Arena.global();
    private final MemorySegment pid = arena.allocate(ValueLayout.JAVA_INT);
    private final MemorySegment status = arena.allocate(ValueLayout.JAVA_INT);
    private final MemorySegment path;
    private final MemorySegment argv;
    private final MemorySegment envp;

    Spawn(List<String> command) {
        path = arena.allocateFrom(command.getFirst());
        argv = strings(command);
        envp = strings(System.getenv().entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .toList());
    }

    private MemorySegment strings(List<String> strings) {
        MemorySegment pointers = arena.allocate(ValueLayout.ADDRESS, strings.size() + 1L);
        for (int i = 0; i < strings.size(); i++) {
            pointers.setAtIndex(ValueLayout.ADDRESS, i, arena.allocateFrom(strings.get(i)));
        }
        return pointers;
    }

    /** Nanoseconds from before the start to after the end. */
    long run() {
        try {
            long start = System.nanoTime();
            int error = (int) POSIX_SPAWN.invokeExact(pid, path, MemorySegment.NULL, MemorySegment.NULL, argv, envp);
            if (error != 0) {
                throw new IllegalStateException("posix_spawn " + path.getString(0) + ": " + error);
            }
            int child = pid.get(ValueLayout.JAVA_INT, 0);
            int waited = (int) WAITPID.invokeExact(child, status, 0);
            long nanoseconds = System.nanoTime() - start;
            if (waited != child || status.get(ValueLayout.JAVA_INT, 0) != 0) {
                throw new IllegalStateException(
                        path.getString(0) + " ended with status " + status.get(ValueLayout.JAVA_INT, 0));
            }
            return nanoseconds;
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
