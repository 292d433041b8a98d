package org.jpledge.bpf;

import java.io.Serial;

/** Instructions or bytes that the kernel would refuse as a seccomp filter; the message says where and why. */
public final class InvalidProgramException extends IllegalArgumentException {
    @Serial
    private static final long serialVersionUID = 1L;

    /** See the accessor. */
    private final int instruction;

    /**
     * Makes an exception about one instruction or about the whole program.
     *
     * @param instruction the index of the offending instruction, or -1 for the program as a whole
     * @param message what is wrong
     */
    public InvalidProgramException(int instruction, String message) {
        super(instruction < 0 ? message : "instruction " + instruction + ": " + message);
        this.instruction = instruction;
    }

    /**
     * Makes an exception with what there was to say at first.
     *
     * @param instruction the index of the offending instruction, or -1 for the program as a whole
     * @param message what is wrong
     * @param cause what was thrown before more was known
     */
    public InvalidProgramException(int instruction, String message, InvalidProgramException cause) {
        this(instruction, message);
        initCause(cause);
    }

    /**
     * Where it is wrong.
     *
     * @return the index of the offending instruction, or -1 for the program as a whole
     */
    public int instruction() {
        return instruction;
    }
}
