package org.jpledge.seccomp;

import org.jpledge.bpf.SeccompData;
import org.jpledge.syscall.Arch;

/** Something that is wrong with a compiled program. */
public sealed interface Finding {
    /**
     * A call that the program answers otherwise than the rules.
     *
     * @param call the call
     * @param self the process that makes it
     * @param expected what the rules say
     * @param answer what the program returns
     */
    record WrongAnswer(SeccompData call, Identity self, Action expected, int answer) implements Finding {}

    /**
     * A call that is allowed whatever its arguments, but that the kernel will not remember as such.
     *
     * @param arch the architecture
     * @param number the call's number
     */
    record NotRemembered(Arch arch, int number) implements Finding {}

    /**
     * A program ends with a value that no action of the filter has.
     *
     * @param instruction the index of the ret
     * @param answer its value
     */
    record StrangeAnswer(int instruction, int answer) implements Finding {}
}
