package org.jpledge;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jpledge.landlock.Abi;
import org.jpledge.landlock.FilePath;
import org.jpledge.launch.Executable;
import org.jpledge.launch.ExecutableException;
import org.jpledge.launch.Launcher;
import org.jpledge.promise.Policy;
import org.jpledge.promise.Promises;
import org.jpledge.syscall.Arch;
import org.jpledge.unveil.HostTree;

/**
 * Launchers as they are made for a kernel without Landlock: the filter alone decides, by the flags of open(2). So that what
 * it refuses is seen, and not what Landlock would refuse as well.
 */
final class FilterOnly {
    private FilterOnly() {}

    static Policy pledge(String promises) {
        return Policy.of(Promises.parse(promises));
    }

    static byte[] launcher(Policy policy, String... command) throws IOException {
        List<byte[]> arguments = new ArrayList<>();
        for (String argument : command) {
            arguments.add(argument.getBytes(Executable.NAMES));
        }
        try {
            Arch arch = Arch.host();
            Executable program = Executable.find(command[0], System.getenv("PATH"), arch);
            return Launcher.of(policy.plan(program, arch, arguments, Abi.NONE, FilePath.ROOT, new HostTree()));
        } catch (ExecutableException e) {
            throw new IOException(e.getMessage(), e);
        }
    }
}
