package org.jpledge.bpf;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * A process of its own that hands filters to the running kernel and tells what came of it. Every request is answered in a
 * thread of its own, so that a filter holds for that thread alone. Numbers on both streams are big-endian.
 */
final class KernelFilters {
    /** Is a program accepted? Takes its bytes; answers an errno, or 0 for yes. */
    static final int ACCEPTS = 1;

    /** How do calls end under a program? Takes its bytes, a number and some calls of six arguments; answers an errno each. */
    static final int RUNS = 2;

    /** How often can a program be attached? Takes its bytes; answers the count. */
    static final int COUNTS = 3;

    static final int EBUSY = 16;

    private static final long PR_SET_NO_NEW_PRIVS = 38;
    private static final long SET_MODE_FILTER = 1;
    private static final long NEW_LISTENER = 8;
    private static final byte[] ALLOW = {6, 0, 0, 0, 0, 0, (byte) 0xff, 0x7f};

    private final Linker linker = Linker.nativeLinker();
    private final MethodHandle syscall;
    private final MethodHandle prctl;
    private final MemoryLayout state = Linker.Option.captureStateLayout();
    private final VarHandle errno = state.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private final long seccomp;

    private KernelFilters(long seccomp) {
        this.seccomp = seccomp;
        Linker.Option capture = Linker.Option.captureCallState("errno");
        syscall = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("syscall"),
                FunctionDescriptor.of(
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG),
                capture,
                Linker.Option.firstVariadicArg(1));
        prctl = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("prctl"),
                FunctionDescriptor.of(
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG),
                Linker.Option.firstVariadicArg(1));
    }

    public static void main(String[] args) throws Exception {
        KernelFilters filters = new KernelFilters(Long.parseLong(args[0]));
        DataInputStream in = new DataInputStream(System.in);
        DataOutputStream out = new DataOutputStream(System.out);
        int request;
        while ((request = in.read()) > 0) {
            int kind = request;
            byte[] program = in.readNBytes(in.readInt());
            long number = kind == RUNS ? in.readLong() : 0;
            long[][] calls = new long[kind == RUNS ? in.readInt() : 0][6];
            for (long[] call : calls) {
                for (int i = 0; i < call.length; i++) {
                    call[i] = in.readLong();
                }
            }
            Thread thread = Thread.ofPlatform().start(() -> filters.answer(kind, program, number, calls, out));
            thread.join();
            out.flush();
        }
    }

    private void answer(int kind, byte[] program, long number, long[][] calls, DataOutputStream out) {
        try (Arena arena = Arena.ofConfined()) {
            int privileges = (int) prctl.invokeExact((int) PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L);
            if (privileges != 0) {
                throw new IllegalStateException("no_new_privs was refused");
            }
            switch (kind) {
                case ACCEPTS -> out.writeInt(accepts(arena, program));
                case RUNS -> {
                    out.writeInt(attach(arena, program, 0));
                    for (long[] call : calls) {
                        out.writeInt(call(arena, number, call));
                    }
                }
                default -> {
                    int count = 0;
                    while (attach(arena, program, 0) == 0) {
                        count++;
                    }
                    out.writeInt(count);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Nothing stays behind of an accepted program: a thread may have one filter with a listener, and whether there is one
     * already is asked right after the program's own checks.
     */
    private int accepts(Arena arena, byte[] program) throws Throwable {
        int first = attach(arena, ALLOW, NEW_LISTENER);
        if (first != 0) {
            throw new IllegalStateException("no listener: errno " + first);
        }
        int refused = attach(arena, program, NEW_LISTENER);
        return refused == EBUSY ? 0 : refused;
    }

    private int attach(Arena arena, byte[] program, long flags) throws Throwable {
        MemorySegment insns = arena.allocate(Math.max(8, program.length), 8);
        MemorySegment.copy(program, 0, insns, ValueLayout.JAVA_BYTE, 0, program.length);
        MemorySegment fprog = arena.allocate(16, 8);
        fprog.set(ValueLayout.JAVA_SHORT, 0, (short) (program.length / 8));
        fprog.set(ValueLayout.ADDRESS, 8, insns);
        return call(arena, seccomp, new long[] {SET_MODE_FILTER, flags, fprog.address(), 0, 0, 0});
    }

    /** The call's errno, or 0. A listener's descriptor is left open: the filter ends with its thread. */
    private int call(Arena arena, long number, long[] args) throws Throwable {
        MemorySegment captured = arena.allocate(state);
        long result =
                (long) syscall.invokeExact(captured, number, args[0], args[1], args[2], args[3], args[4], args[5]);
        return result == -1 ? (int) errno.get(captured, 0L) : 0;
    }
}
