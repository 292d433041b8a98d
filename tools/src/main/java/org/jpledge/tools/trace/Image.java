package org.jpledge.tools.trace;

import org.jpledge.linux.Ptrace;
import org.jspecify.annotations.Nullable;

/**
 * A program in memory: whether it has come to its entry point.
 *
 * <p>Not immutable: threads share one, and a process made by vfork(2) shares its parent's.
 */
final class Image {
    /** The breakpoint at its entry point, while it has not been reached. */
    Ptrace.@Nullable Breakpoint entry;

    Image(Ptrace.@Nullable Breakpoint entry) {
        this.entry = entry;
    }

    /** Whether what happens is the dynamic linker's doing. */
    boolean isEarly() {
        return entry != null;
    }

    /** The memory of a process made by fork(2). */
    Image copy() {
        return new Image(entry);
    }
}
