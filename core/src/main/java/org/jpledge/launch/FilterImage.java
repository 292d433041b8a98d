package org.jpledge.launch;

import java.util.List;
import org.jpledge.bpf.Program;

/**
 * A seccomp program as a launcher carries it.
 *
 * @param program the instructions
 * @param patches the instructions whose constant is one of the process's own credentials
 */
public record FilterImage(Program program, List<Patch> patches) {
    /**
     * An instruction to complete.
     *
     * @param instruction its index
     * @param credential what its constant {@code k} becomes
     */
    public record Patch(int instruction, Credential credential) {}
}
