package org.jpledge.examples;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import org.jpledge.Pledge;
import org.jpledge.PledgeException;

/** What hostile code in a sandbox tries. As a plugin, and wherever a test puts it. */
public final class Attack implements UnaryOperator<String> {
    private static final int PORT = 9;
    private static final short RETURN = 6;
    private static final int ALLOW = 0x7fff0000;
    private static final long SET_MODE_FILTER = 1;

    /**
     * Tries everything in a JVM of its own.
     *
     * @param arguments none
     */
    public static void main(String[] arguments) {
        System.out.println(all());
    }

    @Override
    public String apply(String text) {
        return text + ' ' + all();
    }

    /** Tries everything; what worked is in the answer. */
    static String all() {
        StringBuilder worked = new StringBuilder("worked:");
        try {
            Files.readString(Path.of("/etc/passwd"));
            worked.append(" file");
        } catch (IOException e) {
            Attack.refused(e);
        }
        try {
            Files.delete(Files.createFile(
                    Path.of("/tmp/jpledge-attack-" + ProcessHandle.current().pid())));
            worked.append(" write");
        } catch (IOException e) {
            Attack.refused(e);
        }
        if (connects()) {
            worked.append(" connect");
        }
        try {
            new ProcessBuilder("/bin/true").start();
            worked.append(" process");
        } catch (IOException e) {
            Attack.refused(e);
        }
        if (executableMemory()) {
            worked.append(" memory");
        }
        allowEverything();
        try {
            Files.readString(Path.of("/etc/passwd"));
            worked.append(" file-again");
        } catch (IOException e) {
            Attack.refused(e);
        }
        try {
            Pledge.pledge("stdio rpath exec proc");
            worked.append(" filter");
        } catch (PledgeException e) {
            Attack.refused(e);
        }
        return worked.toString();
    }

    /** Whether a connection can be asked for; nobody may be there to answer. */
    static boolean connects() {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), PORT)) {
            return socket.isConnected();
        } catch (ConnectException e) {
            return true;
        } catch (IOException e) {
            Attack.refused(e);
            return false;
        }
    }

    private static void refused(Throwable refusal) {
        if (refusal.getMessage() == null) {
            throw new IllegalStateException(refusal);
        }
    }

    /** Adds a filter that allows everything: whether the kernel takes it or not, nothing may come of it. */
    private static void allowEverything() {
        int seccomp = System.getProperty("os.arch").equals("aarch64") ? 277 : 317;
        Linker linker = Linker.nativeLinker();
        MemorySegment syscall = linker.defaultLookup().findOrThrow("syscall");
        FunctionDescriptor shape = FunctionDescriptor.of(
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment instruction = arena.allocate(Long.BYTES, Long.BYTES);
            instruction.set(ValueLayout.JAVA_SHORT, 0, RETURN);
            instruction.set(ValueLayout.JAVA_INT, Integer.BYTES, ALLOW);
            MemorySegment program = arena.allocate(2L * Long.BYTES, Long.BYTES);
            program.set(ValueLayout.JAVA_SHORT, 0, (short) 1);
            program.set(ValueLayout.JAVA_LONG, Long.BYTES, instruction.address());
            long result = (long) linker.downcallHandle(syscall, shape)
                    .invokeExact((long) seccomp, SET_MODE_FILTER, 0L, program.address());
            if (result > 0) {
                throw new IllegalStateException("seccomp: " + result);
            }
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** Whether memory can be had that is writable and executable. */
    private static boolean executableMemory() {
        Linker linker = Linker.nativeLinker();
        MemorySegment mmap = linker.defaultLookup().findOrThrow("mmap");
        FunctionDescriptor shape = FunctionDescriptor.of(
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_LONG);
        try {
            return (long) linker.downcallHandle(mmap, shape).invokeExact(0L, 4096L, 7, 0x22, -1, 0L) != -1;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
