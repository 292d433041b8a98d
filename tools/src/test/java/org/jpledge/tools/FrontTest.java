package org.jpledge.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The shell front, as users start it: what reaches the program, and when a launcher comes from the cache. */
@Tag("enforcement")
class FrontTest {
    /** What the program gets must be what it would get without us. */
    private static final String BARE = "";

    @TempDir
    private static Path shared;

    private static Path home = Path.of("");

    @TempDir
    private Path directory;

    @BeforeAll
    static void install() throws IOException {
        home = Installation.make(shared.resolve("home with spaces"));
    }

    @BeforeEach
    void chooseCache() throws IOException {
        Files.createDirectory(cache());
    }

    private Path cache() {
        return directory.resolve("cache");
    }

    private Map<String, String> environment() {
        return Map.of(
                "XDG_CACHE_HOME",
                cache().toString(),
                "JAVA_HOME",
                System.getProperty("java.home"),
                "PLEDGE",
                home + "/pledge",
                "D",
                directory.toString());
    }

    /** Runs a script in which {@code "$PLEDGE"} is the front. */
    private Shell.Result run(String script) throws Exception {
        return Shell.run(script, environment(), directory);
    }

    private void same(String shell, String format) throws Exception {
        Shell.Result bare = run(format.replace("PLEDGE", BARE));
        String pledged = format.replace("PLEDGE", shell + " \"$PLEDGE\" -p 'stdio rpath tty' --");
        for (int i = 0; i < 2; i++) {
            assertThat(run(pledged)).as(i == 0 ? "compiled" : "from the cache").isEqualTo(bare);
        }
    }

    /** Where the front cannot do without a JVM, the status is 125. */
    private Shell.Result runWithoutJava(String script) throws Exception {
        Path java = home.resolve("target/pledge/java");
        String path = Files.readString(java);
        try {
            Path none = directory.resolve("none/bin/java");
            Files.createDirectories(none.getParent());
            Files.writeString(none, "#!/bin/sh\nexit 99\n");
            Files.setPosixFilePermissions(none, PosixFilePermissions.fromString("rwx------"));
            Files.writeString(java, none + "\n");
            return run(script);
        } finally {
            Files.writeString(java, path);
        }
    }

    private List<Path> cached() throws IOException {
        try (Stream<Path> files = Files.walk(cache())) {
            return files.filter(Files::isRegularFile)
                    .filter(file -> !file.toString().matches(".*\\.[0-9]"))
                    .toList();
        }
    }

    private Path copy(String program, String name) throws IOException {
        Path copy = directory.resolve(name);
        Files.copy(Path.of(program), copy, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        Files.setLastModifiedTime(copy, FileTime.from(Instant.parse("2020-01-01T00:00:00Z")));
        return copy;
    }

    @Test
    void firstUseBuildsAndSaysSoInOneLine() throws Exception {
        Path fresh = Installation.make(directory.resolve("fresh"));
        String script = fresh + "/pledge -p stdio -- echo hello";
        assertThat(run(script)).isEqualTo(new Shell.Result(0, "hello\n", "pledge: building (first use)...\n"));
        assertThat(run(script)).isEqualTo(new Shell.Result(0, "hello\n", ""));
    }

    @Test
    void withoutAJdkTheFirstUseSaysHowToGetOne() throws Exception {
        Path fresh = Installation.make(directory.resolve("fresh"));
        Files.writeString(
                fresh.resolve("bin/jdk.sh"),
                Files.readString(fresh.resolve("bin/jdk.sh")).replace("/usr/lib/jvm", "/nonexistent"));
        Shell.Result result = run("JAVA_HOME= HOME=/nonexistent PATH=/usr/bin:/bin; unset JAVA_HOME; " + fresh
                + "/pledge -p stdio -- echo hello");
        assumeTrue(result.status() != 0, "the JDK on PATH is good enough");
        assertThat(result.status()).isEqualTo(125);
        assertThat(result.err()).startsWith("pledge: no JDK 25 or later found").contains("Install one:");
        assertThat(result.out()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"dash", "bash", "busybox sh"})
    void argumentsGetThroughByteForByte(String shell) throws Exception {
        assumeShell(shell);
        same(
                shell,
                "PLEDGE printf '[%s]' '' ' ' 'a b' \"$(printf 'a\\nb\\n.')\" \"$(printf '\\377\\1\\2x')\" '*' '$x' -- -p");
        same(shell, "PLEDGE printf '[%s]'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"dash", "bash", "busybox sh"})
    void theEnvironmentIsTheCallersToTheLastByte(String shell) throws Exception {
        assumeShell(shell);
        String path = shell.startsWith("busybox") ? "$(command -v busybox) sh" : "$(command -v " + shell + ")";
        String keep = "XDG_CACHE_HOME=\"$XDG_CACHE_HOME\" JAVA_HOME=\"$JAVA_HOME\"";
        String odd = " PWD=/nowhere OLDPWD=x IFS=, 'no.name=1' 'BASH_FUNC_f%%=() {  :; }' PPID=7 SHLVL=9 _=me"
                + " JAVA_TOOL_OPTIONS=-Dx=1 JDK_JAVA_OPTIONS=-Dy=1 \"LINES=$(printf 'a\\nb')\" \"BYTES=$(printf '\\377')\""
                + " OPTIND=5 LC_ALL=C ENV=/nonexistent words=1 launcher=2 environment=3 home=4";
        String script = "exec env -i " + keep + odd + " %s /usr/bin/env";
        Shell.Result bare = run(script.formatted(""));
        String front = path + " \"$PLEDGE\" -p 'stdio rpath' --";
        assertThat(run(script.formatted(front))).isEqualTo(bare);
        assertThat(run(script.formatted(front))).isEqualTo(bare);
    }

    @ParameterizedTest
    @ValueSource(strings = {"dash", "bash", "busybox sh"})
    void anEmptyEnvironmentStaysEmpty(String shell) throws Exception {
        assumeShell(shell);
        run("\"$PLEDGE\" --version");
        String path = shell.startsWith("busybox") ? "$(command -v busybox) sh" : "$(command -v " + shell + ")";
        Shell.Result result = run("exec env -i " + path + " \"$PLEDGE\" -p 'stdio' -- /usr/bin/env");
        assertThat(result).isEqualTo(new Shell.Result(0, "", ""));
    }

    @Test
    void anEnvironmentThatCannotBePassedAsAWordIsWrittenIntoTheLauncher() throws Exception {
        String large = "L=$(head -c 120000 /dev/zero | tr '\\0' x) M=$L; export L M; ";
        same("", large + "PLEDGE env | sort | cksum");
        same(
                "",
                "A=$(printf '\\1\\2'); export A; PLEDGE sh -c 'printf %s \"$A\"' | od -c"
                        .replace("sh -c", "printenv #"));
        same("", "A=$(printf '\\1'); export A; PLEDGE printenv A");
    }

    @Test
    void manyAndLongArgumentsGetThrough() throws Exception {
        same("", "PLEDGE echo $(seq 10000) | cksum");
        same("", "PLEDGE echo \"$(head -c 102400 /dev/zero | tr '\\0' y)\" | cksum");
    }

    @ParameterizedTest
    @ValueSource(strings = {"<&-", ">&-", "2>&-", "<&- >&-", "<&- >&- 2>&-"})
    void closedDescriptorsStayClosed(String closing) throws Exception {
        String script =
                "PLEDGE sh -c 'for i in 0 1 2; do [ -e /proc/self/fd/$i ] && x=$x$i; done; exit 1$x' " + closing;
        same("", script);
        // A cache that is made with descriptors closed.
        String fresh = "\"$PLEDGE\" -p 'stdio rpath' -q -- true " + closing;
        assertThat(run(fresh).status()).isZero();
        assertThat(run(fresh).status()).isZero();
    }

    @Test
    void onlyNamedDescriptorsStayOpen() throws Exception {
        String list = "5</dev/null 9</dev/null 3</dev/null \"$PLEDGE\" -p 'stdio rpath' --fd 9 --fd 5 -- "
                + "sh -c 'for i in 3 4 5 6 7 8 9; do [ -e /proc/self/fd/$i ] && echo $i; done; :'";
        assertThat(run(list)).isEqualTo(new Shell.Result(0, "5\n9\n", ""));
        assertThat(run(list)).isEqualTo(new Shell.Result(0, "5\n9\n", ""));
        assertThat(run("unset XDG_CACHE_HOME HOME; " + list)).isEqualTo(new Shell.Result(0, "5\n9\n", ""));
    }

    @Test
    void exitStatusAndSignalsAreTheProgramsOwn() throws Exception {
        same("", "PLEDGE sh -c 'exit 42'");
        same("", "PLEDGE sh -c 'kill -TERM $$'; echo $?");
        same("", "echo input | PLEDGE cat");
        same("", "PLEDGE sh -c 'echo error >&2'");
        same("", "trap '' HUP QUIT INT PIPE USR1; PLEDGE grep Sig[BI] /proc/self/status");
        same("", "ulimit -S -n 100; PLEDGE sh -c 'ulimit -n; ulimit -H -n'");
    }

    @Test
    void aViolationMayKillLoudlyOrQuietly() throws Exception {
        assertThat(run("exec \"$PLEDGE\" -k -p 'stdio' -- cat /etc/passwd"))
                .isEqualTo(new Shell.Result(
                        159,
                        "",
                        "pledge: cat: killed by SIGSYS: it made a system call outside its promises \"stdio\"\n"));
        assertThat(run("exec \"$PLEDGE\" -qk -p 'stdio' -- cat /etc/passwd")).isEqualTo(new Shell.Result(159, "", ""));
    }

    @Test
    void theProcessIsTheOneThatWasStarted() throws Exception {
        assertThat(run("\"$PLEDGE\" -p 'stdio' -- sh -c 'echo $$' >pid & echo $!; wait; cat pid")
                        .out())
                .matches("(\\d+)\n\\1\n");
    }

    @Test
    void aScriptSeesTheNameItWasCalledBy() throws Exception {
        Path script = directory.resolve("script");
        Files.writeString(script, "#!/bin/sh\necho \"$0 $*\"\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        same("", "PLEDGE ./script a 'b c'");
        same("", "PATH=\"$D:$PATH\"; PLEDGE script a");
        same("", "PLEDGE ../\"${D##*/}\"/script a");
        same(
                "",
                "d=$(printf 'd\\377 \\303\\251'); mkdir -p \"$d\"; cp -p script \"$d/$d\"; cd \"$d\"; PLEDGE \"./$d\" a");
        same("", "cd d*; cp -p ../script .; PLEDGE ./script a; PATH=; PLEDGE script b");
    }

    @Test
    void aRepeatedCommandLineNeedsNoJavaWhateverTheProgramsArguments() throws Exception {
        run("\"$PLEDGE\" -p 'stdio rpath' -- cat /dev/null");
        assertThat(runWithoutJava("echo x | \"$PLEDGE\" -p 'stdio rpath' -- cat -n - "))
                .isEqualTo(new Shell.Result(0, "     1\tx\n", ""));
        assertThat(runWithoutJava("\"$PLEDGE\" run -p 'stdio rpath' -- cat").status())
                .isEqualTo(125);
        run("\"$PLEDGE\" run -p 'stdio rpath' -- cat /dev/null");
        assertThat(runWithoutJava("echo x | \"$PLEDGE\" run -p 'stdio rpath' -- cat -"))
                .isEqualTo(new Shell.Result(0, "x\n", ""));
        assertThat(runWithoutJava("\"$PLEDGE\" -p 'stdio  rpath' -- cat").status())
                .isEqualTo(125);
        assertThat(runWithoutJava("\"$PLEDGE\" -k -p 'stdio rpath' -- cat").status())
                .isEqualTo(125);
        assertThat(runWithoutJava("\"$PLEDGE\" -p 'stdio rpath' cat").status()).isEqualTo(125);
    }

    @Test
    void wordsThatNeedNoQuotesAndWordsThatDoAreCachedAlike() throws Exception {
        String odd = "\"$PLEDGE\" -p stdio --env \"A=$(printf '!\\n\\303\\251%%')\" -- printenv A";
        Shell.Result first = run(odd);
        assertThat(first.out()).isEqualTo("!\n\u00c3\u00a9%\n");
        assertThat(runWithoutJava(odd)).isEqualTo(first);
        String lengthy = "\"$PLEDGE\" -p stdio --env A=" + "x".repeat(300) + " -- printenv A";
        assertThat(runWithoutJava(lengthy).status()).isEqualTo(125);
        assertThat(run(lengthy)).isEqualTo(runWithoutJava(lengthy));
    }

    @Test
    void theCacheIsPrivate() throws Exception {
        run("umask 0; \"$PLEDGE\" -p stdio -- true");
        Path build = cached().getFirst().getParent();
        assertThat(run("stat -c %a " + cache().resolve("pledge") + " " + build + " " + build + "/*true")
                        .out())
                .isEqualTo("700\n1700\n500\n");
    }

    @Test
    void aCacheThatIsOpenToOthersIsNotUsed() throws Exception {
        String script = "\"$PLEDGE\" -p stdio -- echo hello";
        run(script);
        Path build = cached().getFirst().getParent();
        Path launcher = cached().getFirst();
        // What somebody else could have put there.
        run("chmod 777 " + build + "; cp /bin/false '" + launcher + "'; touch -r /bin/echo '" + launcher + "'");
        assertThat(run(script)).isEqualTo(new Shell.Result(0, "hello\n", ""));
        run("chmod 1700 " + build + "; chmod 777 " + cache().resolve("pledge"));
        run("rm -f '" + launcher + "'");
        assertThat(run(script)).isEqualTo(new Shell.Result(0, "hello\n", ""));
        assertThat(launcher).doesNotExist();
    }

    @Test
    void aSymbolicLinkIsNoCache() throws Exception {
        String script = "\"$PLEDGE\" -p stdio -- echo hello";
        run(script);
        Path launcher = cached().getFirst();
        Path build = launcher.getParent();
        run("mv '" + launcher + "' elsewhere; ln -s \"$PWD/elsewhere\" '" + launcher + "'");
        assertThat(runWithoutJava(script).status()).isEqualTo(125);
        assertThat(run(script).out()).isEqualTo("hello\n");
        run("mv " + build + " moved; ln -s \"$PWD/moved\" " + build);
        assertThat(runWithoutJava(script).status()).isEqualTo(125);
        assertThat(run(script).out()).isEqualTo("hello\n");
    }

    @Test
    void anotherUsersCacheIsNotUsed() throws Exception {
        assumeTrue(run("id -u").out().equals("0\n"), "only root can make files of others");
        String script = "\"$PLEDGE\" -p stdio -- echo hello";
        run(script);
        Path launcher = cached().getFirst();
        run("chown 12345 '" + launcher + "'");
        assertThat(runWithoutJava(script).status()).isEqualTo(125);
        run("chown 0 '" + launcher + "'; chown 12345 " + launcher.getParent());
        assertThat(runWithoutJava(script).status()).isEqualTo(125);
        assertThat(run(script)).isEqualTo(new Shell.Result(0, "hello\n", ""));
    }

    @Test
    void aProgramThatChangesIsCompiledAnew() throws Exception {
        Path program = copy("/bin/true", "program");
        String script = "\"$PLEDGE\" -p stdio -- ./program";
        assertThat(run(script).status()).isZero();
        assertThat(runWithoutJava(script).status()).isZero();
        // Older than before: a package may bring such a file.
        Files.setLastModifiedTime(program, FileTime.from(Instant.parse("2019-01-01T00:00:00Z")));
        assertThat(runWithoutJava(script).status()).isEqualTo(125);
        assertThat(run(script).status()).isZero();
        assertThat(runWithoutJava(script).status()).isZero();
        Files.delete(program);
        assertThat(run(script).status()).isEqualTo(127);
        copy("/bin/false", "program");
        assertThat(run(script).status()).isEqualTo(1);
    }

    @Test
    void aScriptWhoseInterpreterChangesIsCompiledAnew() throws Exception {
        Path shell = copy("/bin/sh", "myshell");
        Path program = directory.resolve("program");
        Files.writeString(program, "#!" + shell + "\necho hello\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.setLastModifiedTime(program, FileTime.from(Instant.parse("2020-01-01T00:00:00Z")));
        String script = "\"$PLEDGE\" -p 'stdio rpath' -- ./program";
        assertThat(run(script).out()).isEqualTo("hello\n");
        assertThat(runWithoutJava(script).out()).isEqualTo("hello\n");
        Files.setLastModifiedTime(shell, FileTime.from(Instant.parse("2019-01-01T00:00:00Z")));
        assertThat(runWithoutJava(script).status()).isEqualTo(125);
    }

    @Test
    void aProgramThatHasJustBeenWrittenIsNotCached() throws Exception {
        Path program = directory.resolve("program");
        String script = "\"$PLEDGE\" -p 'stdio rpath' -- ./program";
        for (String word : List.of("one", "two")) {
            Files.writeString(program, "#!/bin/sh\necho " + word + "\n");
            Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
            assertThat(run(script).out()).isEqualTo(word + "\n");
        }
    }

    @Test
    void sameNamesInDifferentDirectoriesAreDifferentPrograms() throws Exception {
        for (String name : List.of("a", "b")) {
            Files.createDirectories(directory.resolve(name));
            copy(name.equals("a") ? "/bin/true" : "/bin/false", name + "/program");
        }
        String script = "cd a; \"$PLEDGE\" -p stdio -- ./program; cd ../b; \"$PLEDGE\" -p stdio -- ./program; echo $?";
        assertThat(run(script).out()).isEqualTo("1\n");
        assertThat(runWithoutJava(script).out()).isEqualTo("1\n");
    }

    @Test
    void withoutAHomeNothingIsLeftBehind() throws Exception {
        Files.createDirectories(directory.resolve("tmp"));
        String script = "unset XDG_CACHE_HOME HOME; TMPDIR=$D/tmp; export TMPDIR; ";
        assertThat(run(script + "\"$PLEDGE\" -p stdio -- echo a b").out()).isEqualTo("a b\n");
        assertThat(run(script + "\"$PLEDGE\" -p stdio -- nonexistent").status()).isEqualTo(127);
        assertThat(run(script + "\"$PLEDGE\" --help").status()).isZero();
        assertThat(directory.resolve("tmp")).isEmptyDirectory();
    }

    @Test
    void aCacheInSomebodyElsesDirectoryIsNotMade() throws Exception {
        assumeTrue(run("id -u").out().equals("0\n"), "only root can make directories of others");
        run("mkdir home; chown 12345 home");
        assertThat(run("unset XDG_CACHE_HOME; HOME=$D/home \"$PLEDGE\" -p stdio -- echo hello")
                        .out())
                .isEqualTo("hello\n");
        assertThat(directory.resolve("home")).isEmptyDirectory();
    }

    @Test
    void aCacheThatCannotBeExecutedFromIsNotUsed() throws Exception {
        assumeTrue(run("unshare -m mount -t tmpfs none /mnt").status() == 0, "mounting is not allowed");
        String mounted =
                "unshare -m sh -c 'mount -t tmpfs -o noexec none cache; %s exec \"$PLEDGE\" -p stdio -- echo a b'";
        assertThat(run(mounted.formatted(""))).isEqualTo(new Shell.Result(0, "a b\n", ""));
        Shell.Result result = run(mounted.formatted("TMPDIR=$D/cache; export TMPDIR;"));
        assertThat(result.status()).isEqualTo(125);
        assertThat(result.err()).startsWith("pledge: programs cannot be executed in " + cache());
    }

    @Test
    void aFailureOfTheJvmIsOurs() throws Exception {
        Shell.Result result = run("ulimit -v 200000; \"$PLEDGE\" -p 'stdio rpath' -- echo hello");
        assertThat(result.status()).isEqualTo(125);
        assertThat(result.err()).contains("pledge: the JVM failed with status ");
        assertThat(result.out()).isEmpty();
        // It leaves no report where the user is.
        assertThat(run("ls").out()).isEqualTo("cache\n");
    }

    @Test
    void wordsThatTheFrontMisreadsReachTheProgramUnchanged() throws Exception {
        // -Oq is an option with an argument, which the front takes for two options of which the second has one.
        same("", "PLEDGE echo a b".replace("PLEDGE", "PLEDGE"));
        assertThat(run("\"$PLEDGE\" -p 'stdio rpath' -kC5 -- echo a -- b").out())
                .isEqualTo("a -- b\n");
        assertThat(run("\"$PLEDGE\" -p stdio -C5 -O99 echo a -- b").out()).isEqualTo("a -- b\n");
        assertThat(run("\"$PLEDGE\" run -p stdio echo a -- b").out()).isEqualTo("a -- b\n");
        assertThat(run("\"$PLEDGE\" run -p stdio -- run b").status()).isEqualTo(127);
        assertThat(run("\"$PLEDGE\" -p stdio --env -u -- echo b").out()).isEqualTo("b\n");
        assertThat(run("\"$PLEDGE\" -qCp stdio -- echo b").status()).isEqualTo(64);
    }

    @Test
    void whatIsWrongIsSaidAndNothingRuns() throws Exception {
        Map<String, String> wrong = Map.of(
                "-p 'stdio rpth' -- touch ran", "64 pledge: unknown promise \"rpth\" (did you mean rpath?)\n",
                "-- touch ran",
                        "64 pledge: no promises: say with -p what the program may do, for example -p 'stdio rpath'\n",
                "-p stdio", "64 pledge: no command to run; see pledge --help\n",
                "", "64 pledge: no command to run; see pledge --help\n",
                "-p stdio --stric touch ran", "64 pledge: unknown option --stric (did you mean --strict?)\n",
                "-p stdio -- ''", "127 pledge: the command is an empty word\n",
                "-p stdio -- ./nothing", "127 pledge: ./nothing: no such file\n",
                "-p stdio -- .", "127 pledge: .: not found in PATH\n",
                "-p stdio -- ./", "126 pledge: .: is a directory\n",
                "-p stdio -C 1x touch ran", "64 pledge: option --cpu: \"1x\" is no number\n");
        for (Map.Entry<String, String> each : wrong.entrySet()) {
            Shell.Result result = run("\"$PLEDGE\" " + each.getKey());
            assertThat(result.status() + " " + result.err()).isEqualTo(each.getValue());
            assertThat(result.out()).isEmpty();
        }
        assertThat(directory.resolve("ran")).doesNotExist();
    }

    @Test
    void aCompiledFileNeedsNothingAndTakesArguments() throws Exception {
        assertThat(run("\"$PLEDGE\" compile -p 'stdio rpath' -o ls.pledged -- ls -a; stat -c %A ls.pledged"))
                .isEqualTo(new Shell.Result(0, "-rwxr-xr-x\n", ""));
        assertThat(run("env -i ./ls.pledged -d /etc")).isEqualTo(new Shell.Result(0, "/etc\n", ""));
        assertThat(run("\"$PLEDGE\" compile -p stdio -o none/x -- ls"))
                .isEqualTo(
                        new Shell.Result(125, "", "pledge: option --output: none/x: its directory does not exist\n"));
        assertThat(run("\"$PLEDGE\" compile -p stdio -- ls").status()).isEqualTo(64);
    }

    @Test
    void printingRunsNothing() throws Exception {
        Shell.Result result = run("\"$PLEDGE\" -p stdio --print -- touch ran");
        assertThat(result.out())
                .contains(
                        "# Plan\n", "execute     /usr/bin/touch\n", "\nread -> allow\n", "BPF from the entry point on");
        assertThat(directory.resolve("ran")).doesNotExist();
        assertThat(run("\"$PLEDGE\" --help >/dev/full"))
                .isEqualTo(new Shell.Result(125, "", "pledge: cannot write to standard output\n"));
    }

    @Test
    void everyOptionWithAnArgumentIsKnownToTheFront() throws Exception {
        String front = Files.readString(home.resolve("pledge"));
        for (Option option : Command.RUN.options()) {
            if (option.takesArgument()) {
                assertThat(front).containsPattern("--" + option.word() + "( \\||\\))");
                assertThat(option.letter() == 0 || front.contains("CFMOPgpu")).isTrue();
            } else {
                assertThat(front).doesNotContainPattern("--" + option.word() + "( \\||\\))");
            }
        }
    }

    private void assumeShell(String shell) throws Exception {
        assumeTrue(run(shell + " -c :").status() == 0, shell + " is not installed");
    }
}
