package org.jpledge.tools.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.RuleParser;
import org.jpledge.syscall.Arch;
import org.jpledge.tools.policy.PolicyDocument;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Filters as C headers: a C compiler takes them without a warning, and the kernel does what they say. */
class CHeaderTest {
    @TempDir
    private Path directory;

    @BeforeAll
    static void needsACompiler() throws Exception {
        assumeTrue(run("sh", "-c", "command -v gcc").status() == 0, "there is no gcc");
    }

    /** How a program ended. */
    private record Ended(int status, String output) {}

    private static Ended run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return new Ended(process.exitValue(), output);
    }

    private static Filter filter(String rules, Arch... arches) {
        List<Filter.Section> sections = Arrays.stream(arches)
                .map(arch -> new Filter.Section(arch, new RuleParser(arch).parse(rules, new Action.Errno(13))))
                .toList();
        return new Filter(sections, Action.ALLOW, new Action.Errno(38), Action.KILL_PROCESS);
    }

    private Path header(Map<String, Filter> filters) throws IOException {
        Exported exported = CHeader.write(new Exportable("my-sandbox", PolicyDocument.EMPTY, new TreeMap<>(filters)));
        assertThat(exported.losses()).isEmpty();
        Files.writeString(directory.resolve("sandbox.h"), exported.text());
        return directory.resolve("sandbox.h");
    }

    /** Compiles a program with a header's filter and runs it. */
    private Ended compiled(String compiler, String standard, String name, String body)
            throws IOException, InterruptedException {
        Path source = directory.resolve(name);
        Files.writeString(source, """
                #include "sandbox.h"
                #include <stdio.h>
                #include <sys/socket.h>
                #include <signal.h>
                int main(void)
                {
                %s
                }
                """.formatted(body));
        Path program = directory.resolve(name + ".out");
        Ended ended = run(
                compiler,
                "-Wall",
                "-Wextra",
                "-Werror",
                standard,
                "-pedantic",
                "-o",
                program.toString(),
                source.toString());
        assertThat(ended.output()).isEmpty();
        assertThat(ended.status()).isZero();
        return run(program.toString());
    }

    private static final String TRIES = """
            if (my_sandbox_install() != 0)
                return 2;
            errno = 0;
            printf("%d ", socket(AF_INET, SOCK_STREAM, 0) < 0);
            printf("%d ", errno);
            printf("%d ", socket(AF_UNIX, SOCK_STREAM, 0) < 0);
            printf("%d", prctl(PR_GET_NO_NEW_PRIVS, 0UL, 0UL, 0UL, 0UL));
            return 0;
            """;

    @Test
    void aProgramInCRefusesAndAllows() throws Exception {
        header(Map.of("main", filter("socket(family != AF_UNIX)", Arch.host())));
        assertThat(compiled("gcc", "-std=c99", "try.c", TRIES)).isEqualTo(new Ended(0, "1 13 0 1"));
    }

    @Test
    void aProgramWithoutTheFilterIsNotRefused() throws Exception {
        header(Map.of("main", filter("socket(family != AF_UNIX)", Arch.host())));
        assertThat(compiled("gcc", "-std=c11", "try.c", TRIES.replace("my_sandbox_install() != 0", "0")))
                .extracting(Ended::output)
                .isEqualTo("0 0 0 0");
    }

    @Test
    void aProgramInCPlusPlusDoesToo() throws Exception {
        assumeTrue(run("sh", "-c", "command -v g++").status() == 0, "there is no g++");
        header(Map.of("main", filter("socket(family != AF_UNIX)", Arch.host())));
        assertThat(compiled("g++", "-std=c++11", "try.cc", TRIES)).isEqualTo(new Ended(0, "1 13 0 1"));
    }

    @Test
    void theNumberOfTheProcessIsFilledIn() throws Exception {
        header(Map.of("main", filter("kill(pid != $pid)", Arch.host())));
        assertThat(compiled("gcc", "-std=c99", "try.c", """
                        extern int kill(pid_t, int);
                        if (my_sandbox_install() != 0)
                            return 2;
                        printf("%d ", kill(getpid(), 0));
                        printf("%d ", kill(getppid(), 0));
                        printf("%d", errno);
                        return 0;
                        """)).isEqualTo(new Ended(0, "0 -1 13"));
    }

    @Test
    void severalFiltersAndArchitecturesAreInOneHeader() throws Exception {
        header(Map.of(
                "main", filter("socket(family != AF_UNIX)", Arch.values()), "2nd", filter("getpid", Arch.values())));
        assertThat(compiled("gcc", "-std=c99", "try.c", """
                        if (my_sandbox_main_install() != 0 || my_sandbox_filter_2nd_install() != 0)
                            return 2;
                        printf("%d %d", socket(AF_INET, SOCK_STREAM, 0) < 0, getpid() < 0);
                        return 0;
                        """)).isEqualTo(new Ended(0, "1 1"));
    }

    @Test
    void filtersWhoseNamesAreTheSameInCHaveFunctionsOfTheirOwn() throws Exception {
        header(Map.of(
                "io-uring",
                filter("socket(family != AF_UNIX)", Arch.host()),
                "io_uring",
                filter("getpid", Arch.host())));
        assertThat(compiled("gcc", "-std=c99", "try.c", """
                        if (my_sandbox_io_uring_2_install() != 0)
                            return 2;
                        printf("%d %d ", socket(AF_INET, SOCK_STREAM, 0) < 0, getpid() < 0);
                        if (my_sandbox_io_uring_install() != 0)
                            return 2;
                        printf("%d %d", socket(AF_INET, SOCK_STREAM, 0) < 0, getpid() < 0);
                        return 0;
                        """)).isEqualTo(new Ended(0, "0 1 1 1"));
    }

    @Test
    void anArchitectureWithoutAFilterDoesNotCompile() throws Exception {
        Arch other = Arch.host() == Arch.S390X ? Arch.RISCV64 : Arch.S390X;
        Path header = header(Map.of("main", filter("getpid", other)));
        Ended ended = run("gcc", "-fsyntax-only", "-x", "c", header.toString());
        assertThat(ended.status()).isNotZero();
        assertThat(ended.output()).contains("my_sandbox has no filter for this architecture");
    }

    @Test
    void theRulesStandInTheHeader() throws IOException {
        assertThat(header(Map.of("main", filter("socket(family != AF_UNIX)", Arch.X86_64))))
                .content()
                .contains(" * socket(family != 1) -> errno EACCES\n", "{ 0x20, 0, 0, 0x00000004U }, /* l0: ld [4]");
    }
}
