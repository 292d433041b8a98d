package org.jpledge.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code ./pledge trace}: between the caller and the program there are a shell and a JVM, and neither is to be noticed. */
@Tag("enforcement")
class TraceFrontTest {
    @TempDir
    private static Path directory;

    private static Path home = Path.of("");

    @BeforeAll
    static void install() throws Exception {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        home = Installation.shared();
    }

    private static Shell.Result run(User user, String script) throws Exception {
        user.assume();
        return run(user, script, user.own(Files.createTempDirectory(directory, "own")));
    }

    private static Shell.Result run(User user, String script, Path own) throws Exception {
        Map<String, String> environment = new HashMap<>(Installation.environment(home, directory));
        environment.put("LC_ALL", "C.UTF-8");
        return user.run(script.replace("TRACE", "\"$PLEDGE\" trace -o log --"), environment, own);
    }

    private static void same(User user, String script) throws Exception {
        assertThat(run(user, script)).isEqualTo(run(user, script.replace("TRACE", "")));
    }

    @ParameterizedTest
    @EnumSource
    void whatTheCallerGivesReachesTheProgram(User user) throws Exception {
        same(user, "printf 'a\\0b\\377' | TRACE sh -c 'od -c; echo error >&2; exit 42'");
        same(user, "exec 5</dev/null 9>&1; TRACE ls /proc/self/fd");
        // What is closed is /dev/null: a JVM that opens files would take its place.
        assertThat(run(user, "TRACE sh -c 'readlink /proc/$$/fd/0' 0<&-").out()).isEqualTo("/dev/null\n");
        same(user, "ulimit -Sn 77; TRACE sh -c 'ulimit -Sn; ulimit -Hn'");
        same(user, "trap '' HUP USR1; TRACE grep Sig[BI] /proc/self/status");
        same(
                user,
                "env -i PATH=/usr/bin:/bin JAVA_HOME=$JAVA_HOME JAVA_TOOL_OPTIONS=-x 'no.name=1' \"B=$(printf '\\377\\1\\2')\""
                        + " PWD=/nowhere _=x OLDPWD=y LC_ALL=C TRACE env"
                                .replace("TRACE", "\"$PLEDGE\" trace -o log --"));
        same(user, "TRACE printf '[%s]' '' ' ' \"$(printf 'a\\nb\\377')\" '*' -- -p");
        same(user, "umask 027; mkdir within; cd within; TRACE sh -c 'umask; basename $(pwd)'");
    }

    @Test
    void aLargeEnvironmentReachesTheProgram() throws Exception {
        same(
                User.SELF,
                "export LARGE=$(printf '%0100000d' 5) ANOTHER=$(printf '%090000d' 5); TRACE env | grep -E '^(LARGE|ANOTHER)=' | sort | md5sum");
    }

    @Test
    void aSignalForPledgeIsTheProgramsAndTheStatusItsOwn() throws Exception {
        Shell.Result result = run(
                User.SELF,
                "TRACE sh -c 'trap \"echo got; exit 7\" TERM; touch ready; while :; do sleep 0.05; done' &"
                        + " until [ -e ready ]; do sleep 0.05; done; sleep 0.1; kill $!; wait $!");
        assertThat(result).isEqualTo(new Shell.Result(7, "got\n", ""));
    }

    /** Runs a script in a terminal of its own, with what somebody types. */
    private static Path typed(String script, String typing) throws Exception {
        assumeTrue(Shell.run("command -v script bash").status() == 0, "no script(1) or no bash(1)");
        Path own = Files.createTempDirectory(directory, "own");
        Files.writeString(own.resolve("typed"), script.replace("TRACE", "\"$PLEDGE\" trace -o log --"));
        run(User.SELF, "(" + typing + ") | script -qec '" + "bash --norc --noprofile -i" + "' /dev/null", own);
        return own;
    }

    private static String read(Path own, String name) throws IOException {
        return Files.readString(own.resolve(name)).strip();
    }

    @Test
    void controlCReachesTheProgramOnceAndTheTerminalIsItsOwn() throws Exception {
        Path own = typed(
                """
                TRACE sh -c 'trap "echo got >>got; exit 3" INT; touch ready; while :; do sleep 0.05; done'
                echo $? >status
                """,
                "printf '. ./typed\\n'; until [ -e ready ]; do sleep 0.05; done; sleep 0.2; printf '\\003';"
                        + " until [ -e got ]; do sleep 0.05; done; until [ -e status ]; do sleep 0.05; done; printf 'exit\\n'");
        assertThat(read(own, "got")).isEqualTo("got");
        assertThat(read(own, "status")).isEqualTo("3");
    }

    @Test
    void controlZStopsTheProgramAndTheShellCanGoOnWithIt() throws Exception {
        Path own = typed(
                "TRACE sh -c 'touch ready; sleep 1; echo over >over; exit 5'",
                "cat typed; printf '\\n'; until [ -e ready ]; do sleep 0.05; done; printf '\\032'; sleep 0.5;"
                        + " printf 'jobs >jobs\\n'; sleep 1.5; printf 'ls over >early 2>&1; fg; echo $? >status; exit\\n';"
                        + " until [ -e status ]; do sleep 0.05; done");
        assertThat(read(own, "jobs")).contains("Stopped");
        assertThat(read(own, "early")).contains("No such file");
        assertThat(read(own, "status")).isEqualTo("5");
    }
}
