package org.jpledge.junit;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.opentest4j.AssertionFailedError;
import org.opentest4j.ValueWrapper;

/**
 * Something that was thrown in another JVM. No serialised object: the other JVM may run what nobody trusts.
 *
 * @param type the name of its class
 * @param message its message
 * @param isAssertion whether it is an assertion's
 * @param compared what was expected and what there was, as texts, where an assertion says so
 * @param stack where it was thrown
 * @param cause its cause
 * @param suppressed what it hid
 */
record Failure(
        String type,
        String message,
        boolean isAssertion,
        Optional<Compared> compared,
        List<StackTraceElement> stack,
        Optional<Failure> cause,
        List<Failure> suppressed) {
    private static final int DEEPEST = 16;
    private static final int MOST_BYTES = 1 << 20;
    private static final int MOST_ELEMENTS = 10_000;

    /** Two values as texts. */
    record Compared(String expected, String actual) {}

    static Failure of(Throwable thrown) {
        return of(thrown, DEEPEST);
    }

    private static Failure of(Throwable thrown, int depth) {
        Optional<Compared> compared = Optional.empty();
        if (thrown instanceof AssertionFailedError error && error.isExpectedDefined() && error.isActualDefined()) {
            compared = Optional.of(new Compared(text(error.getExpected()), text(error.getActual())));
        }
        List<Failure> suppressed = new ArrayList<>();
        for (Throwable other : thrown.getSuppressed()) {
            if (depth > 0) {
                suppressed.add(of(other, depth - 1));
            }
        }
        Throwable cause = thrown.getCause();
        return new Failure(
                thrown.getClass().getName(),
                String.valueOf(thrown.getMessage()),
                thrown instanceof AssertionError,
                compared,
                List.of(thrown.getStackTrace()),
                cause == null || depth == 0 ? Optional.empty() : Optional.of(of(cause, depth - 1)),
                suppressed);
    }

    private static String text(ValueWrapper value) {
        return value.getStringRepresentation();
    }

    /** The same for this JVM: an assertion's as such, anything else under a name of ours. */
    Throwable toThrowable() {
        Throwable thrown;
        if (compared.isPresent()) {
            thrown = new AssertionFailedError(
                    message, compared.get().expected(), compared.get().actual());
        } else if (isAssertion) {
            thrown = new AssertionFailedError(message);
        } else {
            thrown = new ThrownInFork(type, message);
        }
        thrown.setStackTrace(stack.toArray(new StackTraceElement[0]));
        cause.ifPresent(inner -> thrown.initCause(inner.toThrowable()));
        for (Failure other : suppressed) {
            thrown.addSuppressed(other.toThrowable());
        }
        return thrown;
    }

    void write(DataOutputStream out) throws IOException {
        write(out, type);
        write(out, message);
        out.writeBoolean(isAssertion);
        out.writeBoolean(compared.isPresent());
        if (compared.isPresent()) {
            write(out, compared.get().expected());
            write(out, compared.get().actual());
        }
        int elements = Math.min(stack.size(), MOST_ELEMENTS);
        out.writeInt(elements);
        for (StackTraceElement element : stack.subList(0, elements)) {
            write(out, element.getClassName());
            write(out, element.getMethodName());
            write(out, String.valueOf(element.getFileName()));
            out.writeInt(element.getLineNumber());
        }
        out.writeBoolean(cause.isPresent());
        if (cause.isPresent()) {
            cause.get().write(out);
        }
        out.writeInt(suppressed.size());
        for (Failure other : suppressed) {
            other.write(out);
        }
    }

    static Failure read(DataInputStream in) throws IOException {
        return read(in, DEEPEST);
    }

    private static Failure read(DataInputStream in, int depth) throws IOException {
        if (depth < 0) {
            throw new IOException("causes that are too deep");
        }
        String type = readText(in);
        String message = readText(in);
        boolean isAssertion = in.readBoolean();
        Optional<Compared> compared =
                in.readBoolean() ? Optional.of(new Compared(readText(in), readText(in))) : Optional.empty();
        List<StackTraceElement> stack = new ArrayList<>();
        int elements = length(in, MOST_ELEMENTS);
        for (int i = 0; i < elements; i++) {
            stack.add(new StackTraceElement(readText(in), readText(in), readText(in), in.readInt()));
        }
        Optional<Failure> cause = in.readBoolean() ? Optional.of(read(in, depth - 1)) : Optional.empty();
        List<Failure> suppressed = new ArrayList<>();
        int others = length(in, MOST_ELEMENTS);
        for (int i = 0; i < others; i++) {
            suppressed.add(read(in, depth - 1));
        }
        return new Failure(type, message, isAssertion, compared, stack, cause, suppressed);
    }

    static void write(DataOutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int length = Math.min(bytes.length, MOST_BYTES);
        out.writeInt(length);
        out.write(bytes, 0, length);
    }

    static String readText(DataInputStream in) throws IOException {
        return new String(in.readNBytes(length(in, MOST_BYTES)), StandardCharsets.UTF_8);
    }

    private static int length(DataInputStream in, int most) throws IOException {
        int length = in.readInt();
        if (length < 0 || length > most) {
            throw new IOException("a length of " + length);
        }
        return length;
    }
}
