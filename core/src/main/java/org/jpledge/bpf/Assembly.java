package org.jpledge.bpf;

/** A program together with where each emitted instruction ended up in it. */
public final class Assembly {
    private final Program program;
    private final int[] positions;

    Assembly(Program program, int[] positions) {
        this.program = program;
        this.positions = positions;
    }

    /**
     * The finished program.
     *
     * @return valid by the kernel's rules
     */
    public Program program() {
        return program;
    }

    /**
     * Where an emitted instruction is.
     *
     * @param emitted the number that the assembler gave when the instruction was emitted
     * @return its index in the program
     */
    public int position(int emitted) {
        return positions[emitted];
    }
}
