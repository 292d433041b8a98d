package org.jpledge.bpf;

/** A place in a program that is being assembled; jumps name it before it is known where it will be. */
public final class Label {
    /** The emitted instruction that the label stands before, or -1 where it has not been placed yet. */
    int target = -1;

    Label() {}
}
