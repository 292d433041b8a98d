package org.jpledge;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A {@link Violation} for Java Flight Recorder. It is committed by another thread, whose stack would say nothing. */
@Name("org.jpledge.Violation")
@Label("Pledge Violation")
@Description("A system call that was refused because it was not promised")
@Category("jpledge")
@StackTrace(false)
final class ViolationEvent extends Event {
    @Label("System Call")
    final String call;

    @Label("Arguments")
    final String arguments;

    @Label("Missing Promise")
    final String missing;

    @Label("Thread Number")
    final int thread;

    @Label("Name of the Thread")
    final String threadName;

    @Label("Instruction Address")
    final long address;

    private ViolationEvent(Violation violation) {
        StringBuilder hexadecimal = new StringBuilder();
        for (long argument : violation.arguments()) {
            hexadecimal.append(hexadecimal.isEmpty() ? "0x" : " 0x").append(Long.toHexString(argument));
        }
        call = violation.call();
        arguments = hexadecimal.toString();
        missing = String.join(" ", violation.missing());
        thread = violation.thread();
        threadName = violation.threadName();
        address = violation.address();
    }

    /** Makes Flight Recorder know the event. */
    static void prepare(Violation example) {
        new ViolationEvent(example).isEnabled();
    }

    /** Commits an event, if anybody records. */
    static void record(Violation violation) {
        new ViolationEvent(violation).commit();
    }
}
