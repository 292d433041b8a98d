package org.jpledge.bpf;

/** The two registers of classic BPF. */
public enum Register {
    /** The accumulator: what loads fill, arithmetic changes and tests look at. */
    A,
    /** The index register: a second operand. */
    X
}
