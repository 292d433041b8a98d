package org.jpledge.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** System calls of one thread that makes many: nothing is allocated for a call. Not thread safe. */
final class DirectCalls {
    private final MemorySegment state;

    /**
     * Prepares calls.
     *
     * @param arena how long they can be made
     */
    DirectCalls(Arena arena) {
        state = arena.allocate(Linker.Option.captureStateLayout());
    }

    /**
     * Makes a call, see {@link Kernel#number}.
     *
     * @return what the kernel returned: negative is an error number
     */
    long call(int number, long first, long second, long third, long fourth, long fifth, long sixth) {
        try {
            long result = (long) Kernel.CALL.invokeExact(
                    Kernel.SYSCALL, state, (long) number, first, second, third, fourth, fifth, sixth);
            return result == -1 ? -state.get(ValueLayout.JAVA_INT, Kernel.ERRNO_OFFSET) : result;
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("system call " + number, e);
        }
    }

    /** Makes a call with four arguments. */
    long call(int number, long first, long second, long third, long fourth) {
        return call(number, first, second, third, fourth, 0, 0);
    }
}
