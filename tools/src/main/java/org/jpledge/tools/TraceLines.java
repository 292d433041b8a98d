package org.jpledge.tools;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Optional;
import org.jpledge.tools.text.Words;
import org.jspecify.annotations.Nullable;

/**
 * Where lines go: standard error, each with a write(2) of its own, so that they stay whole among what the program writes; or a
 * file, gathered for a moment. What cannot be written is remembered and does not stop anything.
 */
final class TraceLines implements AutoCloseable {
    private static final int MOST = 1 << 16;
    private static final long PATIENCE_NANOS = 50_000_000;

    private final OutputStream out;
    private final boolean gathers;
    private final byte[] buffer = new byte[MOST];
    private int filled;
    private long flushed = System.nanoTime();
    private @Nullable IOException problem;

    private TraceLines(OutputStream out, boolean gathers) {
        this.out = out;
        this.gathers = gathers;
    }

    static TraceLines toStandardError() {
        return new TraceLines(new FileOutputStream(FileDescriptor.err), false);
    }

    static TraceLines toFile(String name) throws Failure {
        return new TraceLines(OutputFile.open(name), true);
    }

    /** Writes a line, or several; a character is a byte. */
    void write(String lines) {
        byte[] bytes = Words.bytes(lines);
        if (filled + bytes.length > MOST) {
            flush();
        }
        if (bytes.length > MOST) {
            writeOut(bytes, bytes.length);
            return;
        }
        System.arraycopy(bytes, 0, buffer, filled, bytes.length);
        filled += bytes.length;
        if (!gathers || System.nanoTime() - flushed > PATIENCE_NANOS) {
            flush();
        }
    }

    private void flush() {
        writeOut(buffer, filled);
        filled = 0;
        flushed = System.nanoTime();
    }

    private void writeOut(byte[] bytes, int length) {
        if (problem == null && length > 0) {
            try {
                out.write(bytes, 0, length);
            } catch (IOException e) {
                problem = e;
            }
        }
    }

    /** Why something could not be written. */
    Optional<String> problem() {
        return problem == null ? Optional.empty() : Optional.of(String.valueOf(problem.getMessage()));
    }

    @Override
    public void close() {
        flush();
        if (gathers) {
            try {
                out.close();
            } catch (IOException e) {
                problem = problem == null ? e : problem;
            }
        }
    }
}
