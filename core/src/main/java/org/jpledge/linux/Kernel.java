package org.jpledge.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;

/**
 * System calls by number, through libc's {@code syscall(2)}.
 *
 * <p>One shape of downcall serves every call: building a second one costs as much as the first, tens of milliseconds in
 * a cold JVM. Thread safe.
 */
public final class Kernel {
    private static final int MAX_ERRNO = 4095;

    private static final Arch ARCH = Arch.host();
    private static final SyscallTable TABLE = SyscallTable.of(ARCH);
    static final long ERRNO_OFFSET =
            Linker.Option.captureStateLayout().byteOffset(MemoryLayout.PathElement.groupElement("errno"));
    static final MemorySegment SYSCALL = Linker.nativeLinker().defaultLookup().findOrThrow("syscall");
    static final MethodHandle CALL = link();

    private Kernel() {}

    private static MethodHandle link() {
        Linker linker = Linker.nativeLinker();
        FunctionDescriptor shape = FunctionDescriptor.of(
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG);
        return linker.downcallHandle(shape, Linker.Option.captureCallState("errno"), Linker.Option.firstVariadicArg(1));
    }

    /**
     * Makes a system call with up to six arguments.
     *
     * @param name the call, by the kernel's name
     * @param arguments numbers and addresses
     * @return what the kernel returned: negative is an error number
     */
    public static long call(String name, long... arguments) {
        return call(number(name), arguments);
    }

    /** The number of a call by the kernel's name. */
    static int number(String name) {
        return TABLE.number(name)
                .orElseThrow(() -> new IllegalArgumentException(ARCH.label() + " has no system call " + name));
    }

    private static long call(int number, long... arguments) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(Linker.Option.captureStateLayout());
            long result = (long) CALL.invokeExact(
                    SYSCALL,
                    state,
                    (long) number,
                    at(arguments, 0),
                    at(arguments, 1),
                    at(arguments, 2),
                    at(arguments, 3),
                    at(arguments, 4),
                    at(arguments, 5));
            return result == -1 ? -state.get(ValueLayout.JAVA_INT, ERRNO_OFFSET) : result;
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("system call " + number, e);
        }
    }

    /** Calls a function of our own machine code, as C does, with one argument. */
    static long run(MemorySegment function, long argument) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(Linker.Option.captureStateLayout());
            return (long) CALL.invokeExact(function, state, argument, 0L, 0L, 0L, 0L, 0L, 0L);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("generated code", e);
        }
    }

    /**
     * Makes a system call that must not fail.
     *
     * @param name the call, by the kernel's name
     * @param arguments numbers and addresses
     * @return what the kernel returned, never an error
     * @throws KernelException if it failed
     */
    public static long require(String name, long... arguments) throws KernelException {
        long result = call(name, arguments);
        if (result < 0 && result >= -MAX_ERRNO) {
            throw KernelException.of(name, (int) -result);
        }
        return result;
    }

    private static long at(long[] arguments, int index) {
        return index < arguments.length ? arguments[index] : 0;
    }
}
