package org.jpledge.tools.decode;

/** What signals are called. */
public final class SignalName {
    private SignalName() {}

    /**
     * The name of a signal.
     *
     * @param number of the signal
     * @return such as {@code SIGTERM}; the number, if it has no name
     */
    public static String of(int number) {
        StringBuilder out = new StringBuilder();
        Scalar.signal(out, number);
        return out.toString();
    }
}
