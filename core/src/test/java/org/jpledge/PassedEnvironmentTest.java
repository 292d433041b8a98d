package org.jpledge;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.jpledge.launch.Executable;
import org.jpledge.launch.Launcher;
import org.jpledge.launch.Step;
import org.jpledge.promise.Enforcement;
import org.jpledge.promise.Policy;
import org.jpledge.promise.Promises;
import org.jpledge.syscall.Arch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A launcher that is told the environment by its first argument. */
@Tag("enforcement")
class PassedEnvironmentTest {
    @TempDir
    private Path directory;

    private Run run(List<Step> steps, String... arguments) throws Exception {
        Policy policy = Policy.of(Promises.parse("stdio"));
        for (Step step : steps) {
            policy = policy.preparing(step);
        }
        Arch arch = Arch.host();
        Executable program = Executable.of(Path.of("/usr/bin/env"), arch);
        byte[] launcher = Launcher.of(policy.plan(program, arch, List.of(bytes("env")), Enforcement.NONE));
        String[] command = new String[arguments.length + 1];
        command[0] = Run.executable(directory, "launcher", launcher).toString();
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        return Run.of(command);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    @Test
    void theFirstArgumentIsTheWholeEnvironment() throws Exception {
        List<Step> steps = List.of(new Step.PassedEnvironment());
        assertThat(run(steps, "B=x y\1A=\1odd name\1B=again\1"))
                .isEqualTo(new Run(0, "B=x y\nA=\nodd name\nB=again\n", ""));
        assertThat(run(steps, "")).isEqualTo(new Run(0, "", ""));
        assertThat(run(steps, "A=1\1", "-u", "A", "B=2")).isEqualTo(new Run(0, "B=2\n", ""));
    }

    @Test
    void whatThePlanChangesIsChangedInIt() throws Exception {
        Step changes = new Step.Environment(true, List.of(bytes("A=9"), bytes("C=3")));
        assertThat(run(List.of(new Step.PassedEnvironment(), changes), "A=1\1B=2\1"))
                .isEqualTo(new Run(0, "B=2\nA=9\nC=3\n", ""));
    }

    @Test
    void withoutThatArgumentNothingIsRun() throws Exception {
        assertThat(run(List.of(new Step.PassedEnvironment())))
                .isEqualTo(new Run(125, "", "pledge: environment: EINVAL\n"));
    }
}
