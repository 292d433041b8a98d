package org.jpledge.launch;

import java.util.List;
import org.jpledge.syscall.Arch;

/**
 * A static ELF executable that has a server make a launcher, and becomes it: so the program is what the client's process was,
 * with all that a process has, and the server is nobody's parent.
 *
 * <p>Its arguments are the socket's path; the environment, as entries that each end in a byte 1, or one digit: the descriptor of a file
 * that has them, each ended by a zero byte; and the words of the command line. It ends with the status that the server answers, after
 * writing what the server has for standard output and standard error; or with 125 and one line that says what went wrong. It asks nobody
 * but a server of its own user, or root's.
 *
 * @see ClientFrame
 */
public final class LauncherClient {
    /** What its calls can fail with beside what a launcher's can. */
    private static final List<String> ERRORS = List.of("EPIPE", "ENOTSOCK", "EPROTOTYPE", "ENOBUFS", "ECONNRESET");

    private static final int PATIENCE_SECONDS = 60;

    private LauncherClient() {}

    /**
     * The program. It waits for a minute at a time, while a server may have much to do.
     *
     * @param arch the processor: x86-64 or aarch64
     * @return an ELF executable
     */
    public static byte[] of(Arch arch) {
        return of(arch, PATIENCE_SECONDS);
    }

    /**
     * The program.
     *
     * @param arch the processor: x86-64 or aarch64
     * @param seconds how long it waits each time until the server takes or sends something; more than zero
     * @return an ELF executable
     */
    public static byte[] of(Arch arch, int seconds) {
        Emitter out = new Emitter(Target.of(arch), ElfImage.dataAddress(0), ERRORS);
        new ClientCode(out, seconds).emit();
        out.finish();
        return ElfImage.of(arch, new byte[0], ClientMemory.SIZE, out.asm.assemble());
    }
}
