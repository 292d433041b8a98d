package org.jpledge.launch;

import java.util.List;
import org.jpledge.syscall.Arch;

/**
 * What a launcher does, from its own first instruction to the confined program's.
 *
 * @param arch the processor: x86-64 or aarch64
 * @param steps what happens first, in this order
 * @param confinement what is taken away
 * @param program the file to execute, absolute; no NUL
 * @param arguments the first arguments, the program's own name foremost; the launcher's own arguments follow them
 */
public record LaunchPlan(Arch arch, List<Step> steps, Confinement confinement, byte[] program, List<byte[]> arguments) {
    /**
     * A plan.
     *
     * @throws IllegalArgumentException if there is no argument at all
     */
    public LaunchPlan {
        steps = List.copyOf(steps);
        arguments = List.copyOf(arguments);
        if (arguments.isEmpty()) {
            throw new IllegalArgumentException("a program needs a name as its first argument");
        }
    }

    /**
     * The same for any arguments: but for the program's own name, all are the launcher's.
     *
     * @return a plan with one argument
     */
    public LaunchPlan general() {
        return new LaunchPlan(arch, steps, confinement, program, arguments.subList(0, 1));
    }
}
