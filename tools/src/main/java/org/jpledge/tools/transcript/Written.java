package org.jpledge.tools.transcript;

import java.util.List;
import java.util.OptionalInt;
import org.jpledge.syscall.Arch;

/**
 * A system call as a transcript has it.
 *
 * @param thread who made it
 * @param at when, in nanoseconds
 * @param arch in which architecture's numbers
 * @param name its name
 * @param number its number, where that is written
 * @param arguments as strace writes them
 * @param result likewise: what is behind the equals sign
 * @param nanos how long it took; -1 where that is not written
 * @param address the instruction's; 0 where that is not written
 */
record Written(
        int thread,
        long at,
        Arch arch,
        String name,
        OptionalInt number,
        List<String> arguments,
        String result,
        long nanos,
        long address) {}
