package org.jpledge.linux;

import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Constants;

/** A child's standard input, output and error as a {@link ProcessBuilder} says them, and this process's ends of its pipes. */
final class Streams {
    private static final long NEW_FILE_MODE = 0666;

    private final List<Integer> childs = new ArrayList<>(3);
    private final List<Integer> opened = new ArrayList<>(3);
    private OutputStream input = OutputStream.nullOutputStream();
    private InputStream output = InputStream.nullInputStream();
    private InputStream error = InputStream.nullInputStream();

    /** Opens them; what was opened before something failed is closed. */
    Streams(ProcessBuilder builder) throws KernelException, IOException {
        boolean done = false;
        try {
            int in = descriptor(builder.redirectInput(), 0);
            if (in < 0) {
                int[] pipe = pipe();
                input = new FileOutputStream(file(pipe[1]));
                drop(pipe[1]);
                in = pipe[0];
            }
            childs.add(in);
            int out = descriptor(builder.redirectOutput(), 1);
            if (out < 0) {
                int[] pipe = pipe();
                output = ownEnd(pipe);
                out = pipe[1];
            }
            childs.add(out);
            int err = builder.redirectErrorStream() ? out : descriptor(builder.redirectError(), 2);
            if (err < 0) {
                int[] pipe = pipe();
                error = ownEnd(pipe);
                err = pipe[1];
            }
            childs.add(err);
            done = true;
        } finally {
            if (!done) {
                closeChilds();
            }
        }
    }

    /** What the child is to have, in this process's numbers. */
    List<Integer> childs() {
        return List.copyOf(childs);
    }

    OutputStream input() {
        return input;
    }

    InputStream output() {
        return output;
    }

    InputStream error() {
        return error;
    }

    /** Closes the child's ends here, when it has them. */
    void closeChilds() {
        for (int descriptor : opened) {
            Kernel.call("close", descriptor);
        }
    }

    private InputStream ownEnd(int[] pipe) throws IOException {
        InputStream own = new FileInputStream(file(pipe[0]));
        drop(pipe[0]);
        return own;
    }

    private void drop(int descriptor) {
        Kernel.call("close", descriptor);
        opened.remove(Integer.valueOf(descriptor));
    }

    private static String file(int descriptor) {
        return "/proc/self/fd/" + descriptor;
    }

    /** A descriptor for the child; -1 for a pipe. */
    private int descriptor(Redirect redirect, int standard) throws KernelException {
        if (redirect.type() == Redirect.Type.PIPE) {
            return -1;
        }
        if (redirect.type() == Redirect.Type.INHERIT) {
            return standard;
        }
        long flags = flag("O_CLOEXEC")
                | switch (redirect.type()) {
                    case WRITE -> flag("O_WRONLY") | flag("O_CREAT") | flag("O_TRUNC");
                    case APPEND -> flag("O_WRONLY") | flag("O_CREAT") | flag("O_APPEND");
                    default -> flag("O_RDONLY");
                };
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment path = arena.allocateFrom(String.valueOf(redirect.file()), StandardCharsets.UTF_8);
            return kept((int) Kernel.require("openat", flag("AT_FDCWD"), path.address(), flags, NEW_FILE_MODE));
        }
    }

    private int[] pipe() throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment ends = arena.allocate(ValueLayout.JAVA_INT, 2);
            Kernel.require("pipe2", ends.address(), flag("O_CLOEXEC"));
            return new int[] {
                kept(ends.getAtIndex(ValueLayout.JAVA_INT, 0)), kept(ends.getAtIndex(ValueLayout.JAVA_INT, 1))
            };
        }
    }

    private int kept(int descriptor) {
        opened.add(descriptor);
        return descriptor;
    }

    private static long flag(String name) {
        return Constants.of(Arch.host()).value(name).orElseThrow();
    }
}
