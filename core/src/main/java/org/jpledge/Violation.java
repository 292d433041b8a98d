package org.jpledge;

import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * A system call of this process that was refused, seen under {@link OnViolation#REPORT}. Immutable.
 *
 * @param call its name, such as {@code openat}; its number where it has no name
 * @param arguments the six numbers that came with it, as the kernel saw them; pointers are addresses
 * @param missing the promises that would have allowed it; empty if no promise does
 * @param rule what of the sandbox's own rules refused it, such as {@code deny("socketpair")}; empty where it was the want of a
 *     promise
 * @param thread the thread's number (gettid(2))
 * @param threadName the thread's name as the kernel has it, at most 15 bytes
 * @param address the instruction that made the call, or the one behind it
 */
public record Violation(
        String call,
        List<Long> arguments,
        List<String> missing,
        String rule,
        int thread,
        String threadName,
        long address) {
    /** Copies the lists. */
    public Violation {
        arguments = List.copyOf(arguments);
        missing = List.copyOf(missing);
    }

    /**
     * The line that is logged, without the process: {@code openat needs rpath}.
     *
     * @return one line
     */
    public String text() {
        return text(call, missing, rule, " ");
    }

    /**
     * Has somebody told of each violation from now on, beside the log.
     *
     * @param listener called by the thread that logs, one violation at a time; it should not block, and what it throws is logged
     */
    public static void listen(Consumer<Violation> listener) {
        Reporting.listen(Objects.requireNonNull(listener));
    }

    /** Tells the log and the listeners of all violations that there were by now, before it returns. */
    public static void tellAll() {
        Reporting.tellAll();
    }

    static String text(String call, List<String> missing, String rule, String between) {
        if (!rule.isEmpty()) {
            return call + " is refused by " + rule;
        }
        return missing.isEmpty()
                ? call + " is not allowed by any promise"
                : call + " needs " + String.join(between, missing);
    }
}
