package org.jpledge.tools.trace;

import org.jpledge.tools.event.Task;

/** What the tracer knows of a thread. */
final class Traced {
    /** Its numbers. */
    final Task task;

    /** Its memory, for the watcher. */
    final Memory memory;

    /** The program that it executes, shared by all threads of a process. */
    Image image;

    /** Whether it is in a call that the watcher knows of. */
    boolean inCall;

    /** When that call began, {@link System#nanoTime}. */
    long since;

    Traced(Task task, Memory memory, Image image) {
        this.task = task;
        this.memory = memory;
        this.image = image;
    }
}
