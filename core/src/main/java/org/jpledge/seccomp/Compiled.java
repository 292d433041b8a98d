package org.jpledge.seccomp;

import java.util.ArrayList;
import java.util.List;
import org.jpledge.bpf.Insn;
import org.jpledge.bpf.Program;

/**
 * A filter as the kernel takes it, but for the numbers of the process that will be confined.
 *
 * @param program the program, with zero where a patch is to be made
 * @param patches what is to be filled in, in the order of the instructions
 */
public record Compiled(Program program, List<Patch> patches) {
    /** Copies the patches. */
    public Compiled {
        patches = List.copyOf(patches);
    }

    /**
     * Fills in the numbers of a process.
     *
     * @param self the process
     * @return the finished program
     */
    public Program bind(Identity self) {
        if (patches.isEmpty()) {
            return program;
        }
        List<Insn> insns = new ArrayList<>(program.insns());
        for (Patch patch : patches) {
            if (!(insns.get(patch.instruction()) instanceof Insn.JumpIf jump)) {
                throw new IllegalStateException("instruction " + patch.instruction() + " has nothing to fill in");
            }
            insns.set(
                    patch.instruction(), new Insn.JumpIf(jump.test(), self.of(patch.variable()), jump.jt(), jump.jf()));
        }
        return new Program(insns);
    }
}
