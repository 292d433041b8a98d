package org.jpledge;

import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.jpledge.landlock.Abi;
import org.jpledge.linux.CodeCache;
import org.jpledge.linux.Kernel;
import org.jpledge.linux.KernelException;
import org.jpledge.linux.Landlock;
import org.jpledge.linux.Seccomp;
import org.jpledge.syscall.Arch;
import org.jspecify.annotations.Nullable;

/**
 * What a process must stand on to restrict itself: asked for once, before the first restriction, on a thread beside the
 * caller's. In a cold JVM java.lang.foreign takes longer to start than all else that has to be done, and needs none of it.
 */
final class Machine {
    private static @Nullable Aside<Abi> kernel;

    private Machine() {}

    /**
     * Begins to ask the kernel what it can do; does nothing the next time.
     *
     * @throws UnsupportedOperationException if this is not Linux, or a processor of another kind
     */
    static synchronized Aside<Abi> ask() {
        Aside<Abi> asked = kernel;
        if (asked == null) {
            String system = System.getProperty("os.name", "");
            if (!system.toLowerCase(Locale.ROOT).equals("linux")) {
                throw new UnsupportedOperationException("seccomp and Landlock are Linux's, and this is "
                        + (system.isEmpty() ? "another system" : system));
            }
            Arch.host();
            asked = new Aside<>(new Asking());
            kernel = asked;
        }
        return asked;
    }

    /**
     * The kernel's version of Landlock.
     *
     * @throws KernelException if the kernel has no filters
     * @throws SandboxException if the JVM does not let this library call the kernel; the message has the flag
     * @throws UnsupportedOperationException if this is not Linux, or a processor of another kind
     */
    static Abi abi() throws KernelException {
        return get(ask());
    }

    /**
     * Waits for an answer.
     *
     * @throws KernelException if the kernel refuses something
     */
    static <T> T get(Aside<T> asked) throws KernelException {
        try {
            return asked.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof KernelException refused) {
                throw refused;
            }
            if (e.getCause() instanceof RuntimeException unchecked) {
                throw unchecked;
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    private static final class Asking implements Callable<Abi> {
        @Override
        public Abi call() throws KernelException {
            try {
                Kernel.call("getpid");
            } catch (IllegalCallerException | ExceptionInInitializerError | NoClassDefFoundError e) {
                Module module = Machine.class.getModule();
                String name = module.isNamed() ? module.getName() : "ALL-UNNAMED";
                throw new SandboxException(
                        "this JVM does not let " + name + " call the kernel: start it with --enable-native-access="
                                + name,
                        false,
                        e);
            }
            Seccomp.require();
            return Landlock.support().abi();
        }
    }

    /** What is to be found out, and to be made, once it is known what the kernel can do. */
    static final class Ground implements Callable<Optional<CodeCache>> {
        private final Abi abi;

        Ground(Abi abi) {
            this.abi = abi;
        }

        @Override
        public Optional<CodeCache> call() throws KernelException {
            Landlock.prepare(abi);
            return CodeCache.find();
        }
    }
}
