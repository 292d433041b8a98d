package org.jpledge.tools.trace;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jpledge.linux.ProcessState;

/**
 * A program to start under the tracer. It gets this process's standard input, output and error and all other descriptors
 * that this process was given. All strings hold a byte in a character.
 *
 * @param path the file, as execve(2) gets it; names are not looked up in PATH
 * @param arguments all of them, the program's name first
 * @param environment entries {@code NAME=value}
 * @param directory its working directory; this process's, if empty
 * @param user its user, if it is to be another one: needs root
 * @param group its group, likewise; it has no further groups then
 * @param launcher an ELF file of ours that is executed instead, and executes the program; nothing is told before that. A
 *     launcher cannot trace what is traced already, so its policy must hold without a second stage
 * @param state the signals and limits that the program starts with
 */
public record TracedProgram(
        String path,
        List<String> arguments,
        List<String> environment,
        Optional<String> directory,
        OptionalInt user,
        OptionalInt group,
        Optional<byte[]> launcher,
        ProcessState state) {
    /** Copies the lists. */
    public TracedProgram {
        arguments = List.copyOf(arguments);
        environment = List.copyOf(environment);
    }

    /**
     * A program that starts where and as whom this process runs.
     *
     * @param path the file, as execve(2) gets it
     * @param arguments all of them, the program's name first
     * @param environment entries {@code NAME=value}
     * @param state the signals and limits that it starts with
     * @return the program
     */
    public static TracedProgram of(String path, List<String> arguments, List<String> environment, ProcessState state) {
        return new TracedProgram(
                path,
                arguments,
                environment,
                Optional.empty(),
                OptionalInt.empty(),
                OptionalInt.empty(),
                Optional.empty(),
                state);
    }

    /**
     * The same program in another directory.
     *
     * @param where its working directory
     * @return the program
     */
    public TracedProgram in(String where) {
        return new TracedProgram(path, arguments, environment, Optional.of(where), user, group, launcher, state);
    }

    /**
     * The same program as another user.
     *
     * @param uid the user's number
     * @param gid the number of the user's group
     * @return the program
     */
    public TracedProgram as(int uid, int gid) {
        return new TracedProgram(
                path, arguments, environment, directory, OptionalInt.of(uid), OptionalInt.of(gid), launcher, state);
    }

    /**
     * The same program, started by a launcher.
     *
     * @param elf the launcher's file
     * @return the program
     */
    public TracedProgram by(byte[] elf) {
        return new TracedProgram(path, arguments, environment, directory, user, group, Optional.of(elf), state);
    }
}
