package org.jpledge;

import java.util.Locale;
import org.jpledge.linux.Kernel;
import org.jpledge.syscall.Arch;

/** What a machine must be for a process to restrict itself. */
final class Machine {
    private Machine() {}

    /**
     * Checks it.
     *
     * @throws UnsupportedOperationException if this is not Linux, or a processor of another kind
     * @throws SandboxException if the JVM does not let this library call the kernel; the message has the flag
     */
    static void require() {
        String system = System.getProperty("os.name", "");
        if (!system.toLowerCase(Locale.ROOT).equals("linux")) {
            throw new UnsupportedOperationException(
                    "seccomp and Landlock are Linux's, and this is " + (system.isEmpty() ? "another system" : system));
        }
        Arch.host();
        try {
            Kernel.call("getpid");
        } catch (IllegalCallerException | ExceptionInInitializerError | NoClassDefFoundError e) {
            Module module = Machine.class.getModule();
            String name = module.isNamed() ? module.getName() : "ALL-UNNAMED";
            throw new SandboxException(
                    "this JVM does not let " + name + " call the kernel: start it with --enable-native-access=" + name,
                    false,
                    e);
        }
    }
}
