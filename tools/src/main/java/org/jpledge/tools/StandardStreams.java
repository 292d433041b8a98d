package org.jpledge.tools;

import java.io.IOException;
import java.lang.foreign.Arena;
import org.jpledge.linux.Kernel;
import org.jpledge.linux.KernelException;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Constants;

/** Descriptors 0, 1 and 2 of this process, which are those of the programs that it starts. */
final class StandardStreams {
    static final int INPUT = 0;
    static final int OUTPUT = 1;
    static final int ERROR = 2;

    private static final String NULL = "/dev/null";
    private static final int O_RDWR = 2;
    private static final long AT_FDCWD = -100;
    private static final int TERMINAL_SETTINGS = 64;

    private StandardStreams() {}

    /** Whether a descriptor is a terminal. See termios(3). */
    static boolean isTerminal(int descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            long request = Constants.of(Arch.host()).value("TCGETS").orElseThrow();
            long settings = arena.allocate(TERMINAL_SETTINGS).address();
            return Kernel.call("ioctl", descriptor, request, settings) == 0;
        }
    }

    /** What is done meanwhile. */
    interface Work<T> {
        T run() throws Failure, IOException;
    }

    /**
     * Does something while standard input and output, where they are no terminals, are /dev/null: so a program that is run for
     * a try reads no answers and writes no results.
     */
    static <T> T aside(Work<T> work) throws Failure, IOException {
        return aside(INPUT, () -> aside(OUTPUT, work));
    }

    private static <T> T aside(int descriptor, Work<T> work) throws Failure, IOException {
        if (isTerminal(descriptor)) {
            return work.run();
        }
        long kept = Kernel.call("fcntl", descriptor, constant("F_DUPFD_CLOEXEC"), ERROR + 1);
        try (Arena arena = Arena.ofConfined()) {
            long nothing = Kernel.require(
                    "openat", AT_FDCWD, arena.allocateFrom(NULL).address(), O_RDWR | constant("O_CLOEXEC"));
            Kernel.require("dup3", nothing, descriptor, 0);
            Kernel.call("close", nothing);
        } catch (KernelException e) {
            throw new Failure(Failure.OURS, NULL + ": " + e.getMessage());
        }
        try {
            return work.run();
        } finally {
            if (kept < 0) {
                Kernel.call("close", descriptor);
            } else {
                Kernel.call("dup3", kept, descriptor, 0);
                Kernel.call("close", kept);
            }
        }
    }

    private static long constant(String name) {
        return Constants.of(Arch.host()).value(name).orElseThrow();
    }
}
