package org.jpledge.junit;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/** What became of a test in its JVM. */
sealed interface Outcome {
    /** It passed. */
    record Passed() implements Outcome {}

    /** An assumption did not hold. */
    record Aborted(String reason) implements Outcome {}

    /** Something was thrown, by the test or by what surrounds it. */
    record Failed(Failure failure, boolean isOfTest) implements Outcome {
        Failed(Failure failure) {
            this(failure, false);
        }
    }

    /** Writes it. */
    default void write(DataOutputStream out) throws IOException {
        switch (this) {
            case Passed _ -> out.writeByte('P');
            case Aborted aborted -> {
                out.writeByte('A');
                Failure.write(out, aborted.reason());
            }
            case Failed failed -> {
                out.writeByte('F');
                failed.failure().write(out);
            }
        }
    }

    /** Reads what {@link #write} wrote. Comes from a process that is not trusted: there are only texts and numbers in it. */
    static Outcome read(DataInputStream in) throws IOException {
        int kind = in.readByte();
        return switch (kind) {
            case 'P' -> new Passed();
            case 'A' -> new Aborted(Failure.readText(in));
            case 'F' -> new Failed(Failure.read(in), true);
            default -> throw new IOException("no outcome: " + kind);
        };
    }
}
