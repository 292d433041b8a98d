package org.jpledge.benchmarks;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.jpledge.Pledge;
import org.jpledge.Sandbox;

/** Run in a JVM of its own: prints the microseconds that something takes when it is the first that this JVM does. */
final class ColdPledge {
    private static final String PROMISES = "stdio rpath inet";

    private ColdPledge() {}

    @SuppressWarnings("SystemOut")
    static void main(String[] arguments) throws Throwable {
        long start = System.nanoTime();
        switch (arguments[0]) {
            case "pledge" -> Pledge.pledge(PROMISES);
            case "prepare" -> Sandbox.pledge(PROMISES).prepare();
            case "foreign" -> foreign();
            default -> throw new IllegalArgumentException(arguments[0]);
        }
        System.out.println((System.nanoTime() - start) / 1000);
    }

    /** One call of a C function with seven numbers: no library that makes system calls from Java is quicker. */
    private static void foreign() throws Throwable {
        MethodHandle call = Linker.nativeLinker()
                .downcallHandle(FunctionDescriptor.of(
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG));
        MemorySegment syscall = Linker.nativeLinker().defaultLookup().findOrThrow("getppid");
        if ((long) call.invokeExact(syscall, 0L, 0L, 0L, 0L, 0L, 0L, 0L) < 0) {
            throw new IllegalStateException("getppid");
        }
    }
}
