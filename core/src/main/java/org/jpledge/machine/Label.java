package org.jpledge.machine;

/** A place in the code of one {@link Assembler}, known when it is bound. */
public final class Label {
    private static final int UNBOUND = -1;

    private int offset = UNBOUND;

    Label() {}

    void bind(int at) {
        if (offset != UNBOUND) {
            throw new IllegalStateException("label bound twice, at " + offset + " and " + at);
        }
        offset = at;
    }

    int offset() {
        if (offset == UNBOUND) {
            throw new IllegalStateException("label used but never bound");
        }
        return offset;
    }
}
