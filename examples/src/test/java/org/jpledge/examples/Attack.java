package org.jpledge.examples;

import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
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
            Files.writeString(Path.of("/tmp/jpledge-attack"), "");
            worked.append(" write");
        } catch (IOException e) {
            Attack.refused(e);
        }
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), PORT)) {
            worked.append(" connection ").append(socket);
        } catch (java.net.ConnectException e) {
            worked.append(" connect");
        } catch (IOException | LinkageError e) {
            Attack.refused(e);
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
        try {
            Pledge.pledge("stdio rpath exec proc");
            worked.append(" filter");
        } catch (PledgeException e) {
            Attack.refused(e);
        }
        return worked.toString();
    }

    private static void refused(Throwable refusal) {
        if (refusal.getMessage() == null) {
            throw new IllegalStateException(refusal);
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
