package org.jpledge.bpf;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;

/** The kernel that this test runs on, asked through a process of its own: see {@link KernelFilters}. */
public final class RunningKernel implements Closeable {
    private static final ByteOrder ORDER = ByteOrder.nativeOrder();

    private final Process process;
    private final DataOutputStream to;
    private final DataInputStream from;

    private RunningKernel(Process process) {
        this.process = process;
        this.to = new DataOutputStream(new BufferedOutputStream(process.getOutputStream()));
        this.from = new DataInputStream(process.getInputStream());
    }

    /**
     * Starts the process; skips the test where there is no Linux kernel to ask.
     *
     * @return the kernel
     * @throws IOException if it does not start
     */
    public static RunningKernel start() throws IOException {
        assumeTrue(System.getProperty("os.name").equals("Linux"), "there is no Linux kernel to ask");
        int seccomp = SyscallTable.of(Arch.host()).number("seccomp").orElseThrow();
        return new RunningKernel(new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        testClasses().toString(),
                        KernelFilters.class.getName(),
                        Integer.toString(seccomp))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
    }

    private static Path testClasses() {
        String name = KernelFilters.class.getName().replace('.', '/') + ".class";
        try {
            URI here = Objects.requireNonNull(
                            KernelFilters.class.getClassLoader().getResource(name))
                    .toURI();
            Path path = Path.of(here);
            for (int i = 0; i < Path.of(name).getNameCount(); i++) {
                path = Objects.requireNonNull(path.getParent());
            }
            return path;
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Whether the kernel accepts a program.
     *
     * @param program its bytes
     * @return 0 or an errno
     * @throws IOException if the process has ended
     */
    public int accepts(byte[] program) throws IOException {
        request(KernelFilters.ACCEPTS, program);
        to.flush();
        return from.readInt();
    }

    /**
     * How calls of one number end under a program.
     *
     * @param program the program
     * @param number the calls' number
     * @param calls each with six arguments
     * @return an errno for each, or 0
     * @throws IOException if the process has ended
     */
    public int[] run(Program program, int number, long[][] calls) throws IOException {
        request(KernelFilters.RUNS, program.encode(ORDER));
        to.writeLong(number);
        to.writeInt(calls.length);
        for (long[] call : calls) {
            for (long argument : call) {
                to.writeLong(argument);
            }
        }
        to.flush();
        int refused = from.readInt();
        if (refused != 0) {
            throw new IllegalStateException("the program was not attached: errno " + refused);
        }
        int[] errnos = new int[calls.length];
        for (int i = 0; i < errnos.length; i++) {
            errnos[i] = from.readInt();
        }
        return errnos;
    }

    /**
     * How often a program can be attached to one thread.
     *
     * @param program the program
     * @return the count
     * @throws IOException if the process has ended
     */
    public int capacity(Program program) throws IOException {
        request(KernelFilters.COUNTS, program.encode(ORDER));
        to.flush();
        return from.readInt();
    }

    private void request(int kind, byte[] program) throws IOException {
        to.write(kind);
        to.writeInt(program.length);
        to.write(program);
    }

    @Override
    public void close() throws IOException {
        to.close();
        try {
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
