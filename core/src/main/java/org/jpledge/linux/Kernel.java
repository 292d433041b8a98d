package org.jpledge.linux;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.HexFormat;
import java.util.OptionalInt;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;

/**
 * System calls by number.
 *
 * <p>One shape of downcall serves every call: building a second one costs as much as the first, tens of milliseconds in
 * a cold JVM. libc's {@code syscall(2)} is used to place a few instructions that do the same, but return the kernel's answer
 * as it is: to have the JVM keep {@code errno} would make the shape larger and the first call slower. Thread safe.
 */
public final class Kernel {
    private static final int MAX_ERRNO = 4095;
    private static final long PAGE = 4096;
    private static final int PROT_READ_WRITE = 3;
    private static final int PROT_READ_EXEC = 5;
    private static final int MAP_PRIVATE_ANONYMOUS = 0x22;

    /** mov rax,rdi; mov rdi,rsi; mov rsi,rdx; mov rdx,rcx; mov r10,r8; mov r8,r9; mov r9,[rsp+8]; syscall; ret. */
    private static final String X86_64 = "4889f8 4889f7 4889d6 4889ca 4d89c2 4d89c8 4c8b4c2408 0f05 c3";

    /** mov x8,x0; mov x0,x1; and so on to mov x5,x6; svc #0; ret. */
    private static final String AARCH64 =
            "e80300aa e00301aa e10302aa e20303aa e30304aa e40305aa e50306aa 010000d4 c0035fd6";

    private static final Arch ARCH = Arch.host();
    private static final SyscallTable TABLE = SyscallTable.of(ARCH);
    private static final MethodHandle CALL = link();
    private static final MemorySegment SYSCALL = place();

    private Kernel() {}

    private static MethodHandle link() {
        FunctionDescriptor shape = FunctionDescriptor.of(
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG);
        return Linker.nativeLinker().downcallHandle(shape);
    }

    /** Puts our own code where it can be executed, for good; it is never writable while it is executable. */
    private static MemorySegment place() {
        byte[] code = HexFormat.of()
                .parseHex(
                        switch (ARCH) {
                            case X86_64 -> X86_64.replace(" ", "");
                            case AARCH64 -> AARCH64.replace(" ", "");
                            default ->
                                throw new UnsupportedOperationException("no system calls are made on " + ARCH.label());
                        });
        MemorySegment libc = Linker.nativeLinker().defaultLookup().findOrThrow("syscall");
        long page = run(libc, number("mmap"), 0, PAGE, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0);
        if (page == -1) {
            throw new IllegalStateException("no memory");
        }
        MemorySegment memory = MemorySegment.ofAddress(page).reinterpret(PAGE);
        MemorySegment.copy(code, 0, memory, ValueLayout.JAVA_BYTE, 0, code.length);
        if (run(libc, number("mprotect"), page, PAGE, PROT_READ_EXEC, 0, 0, 0) != 0) {
            throw new IllegalStateException("no memory that can be executed");
        }
        return memory;
    }

    /**
     * Makes a system call with up to six arguments.
     *
     * @param name the call, by the kernel's name
     * @param arguments numbers and addresses
     * @return what the kernel returned: negative is an error number
     */
    public static long call(String name, long... arguments) {
        return call(
                number(name),
                at(arguments, 0),
                at(arguments, 1),
                at(arguments, 2),
                at(arguments, 3),
                at(arguments, 4),
                at(arguments, 5));
    }

    /** The number of a call by the kernel's name. */
    static int number(String name) {
        OptionalInt number = TABLE.number(name);
        if (number.isEmpty()) {
            throw new IllegalArgumentException(ARCH.label() + " has no system call " + name);
        }
        return number.getAsInt();
    }

    /** Makes a system call, see {@link #number}, without an array for its arguments: for who makes very many. */
    static long call(int number, long first, long second, long third, long fourth, long fifth, long sixth) {
        return run(SYSCALL, number, first, second, third, fourth, fifth, sixth);
    }

    /** Makes a system call with four arguments. */
    static long call(int number, long first, long second, long third, long fourth) {
        return run(SYSCALL, number, first, second, third, fourth, 0, 0);
    }

    /** Calls a function of our own machine code, as C does, with one argument. */
    static long run(MemorySegment function, long argument) {
        return run(function, argument, 0, 0, 0, 0, 0, 0);
    }

    private static long run(MemorySegment function, long a, long b, long c, long d, long e, long f, long g) {
        try {
            return (long) CALL.invokeExact(function, a, b, c, d, e, f, g);
        } catch (RuntimeException | Error problem) {
            throw problem;
        } catch (Throwable problem) {
            throw new IllegalStateException(problem);
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
