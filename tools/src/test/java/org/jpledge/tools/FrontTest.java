package org.jpledge.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
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
        return Installation.environment(home, directory);
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
                    .filter(file -> Files.exists(Path.of(file + ".when")))
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
        assertThat(Installation.firstUse()).isEqualTo("pledge: building (first use)...\n");
        assertThat(run("\"$PLEDGE\" -p stdio -- echo hello")).isEqualTo(new Shell.Result(0, "hello\n", ""));
    }

    @Test
    void withoutAJdkTheFirstUseSaysHowToGetOne() throws Exception {
        Path fresh = Installation.make(directory.resolve("fresh"));
        Files.delete(fresh.resolve("target/pledge/build"));
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
        String path = shell.startsWith("busybox") ? "$(command -v busybox) sh" : "$(command -v " + shell + ")";
        Shell.Result result = run("exec env -i " + path + " \"$PLEDGE\" -p 'stdio' -- /usr/bin/env");
        assertThat(result).isEqualTo(new Shell.Result(0, "", ""));
    }

    @Test
    void anEnvironmentThatCannotBePassedAsAWordIsWrittenIntoTheLauncher() throws Exception {
        String large = "L=$(head -c 120000 /dev/zero | tr '\\0' x) M=$L; export L M; ";
        for (String script : List.of(
                large + "PLEDGE env | sort | cksum",
                "A=$(printf '\\1\\2'); export A; PLEDGE printenv A | od -c",
                "A=$(printf '\\1'); export A; PLEDGE printenv A")) {
            String pledged = script.replace("PLEDGE", "\"$PLEDGE\" -p 'stdio rpath tty' --");
            assertThat(run(pledged)).isEqualTo(run(script.replace("PLEDGE", BARE)));
        }
    }

    @Test
    void manyAndLongArgumentsGetThrough() throws Exception {
        same("", "PLEDGE echo $(seq 10000) | cksum");
        same("", "PLEDGE echo \"$(head -c 102400 /dev/zero | tr '\\0' y)\" | cksum");
    }

    @ParameterizedTest
    @ValueSource(strings = {"<&-", ">&-", "2>&-", "<&- >&- 2>&-"})
    void closedDescriptorsStayClosed(String closing) throws Exception {
        String script =
                "PLEDGE sh -c 'for i in 0 1 2; do [ -e /proc/self/fd/$i ] && x=$x$i; done; exit 1$x' " + closing;
        // First with a cache that is made with descriptors closed.
        same("", script);
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
        // Who says it may outlive the program for a moment.
        assertThat(run("said=$(exec \"$PLEDGE\" -k -p 'stdio' -- cat /etc/passwd 2>&1); echo \"$? $said\"")
                        .out())
                .isEqualTo("159 pledge: cat: killed by SIGSYS: it made a system call outside its promises"
                        + " \"stdio\"\n");
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
        settle("script");
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
    void withoutProcItIsSaidThatThereIsNone() throws Exception {
        // In a namespace of its own, where it hides behind an empty directory.
        assumeTrue(run("unshare -rm mount -t tmpfs none /proc").status() == 0, "no namespaces");
        for (String words : List.of(
                "-p stdio -- true", "doctor", "run --via-socket --socket x -p stdio -- true", "explain stdio")) {
            assertThat(run("unshare -rm sh -c 'mount -t tmpfs none /proc && exec \"$PLEDGE\" " + words + "'"))
                    .as(words)
                    .isEqualTo(
                            new Shell.Result(
                                    125,
                                    "",
                                    "pledge: there is no /proc here, without which nothing can be started: mount -t proc proc /proc\n"));
        }
        assertThat(run("\"$PLEDGE\" -p stdio -- true").status()).isZero();
    }

    @Test
    void aProcOfOtherProcessesIsNoneToAsk() throws Exception {
        assumeTrue(run("unshare -rpf --mount-proc true").status() == 0, "no namespaces");
        // Its launcher is in the cache, and is not used either.
        String cached = "-p stdio -v r:/dev/null -- true";
        assertThat(run("\"$PLEDGE\" " + cached).status()).isZero();
        for (String words : List.of(cached, "doctor", "explain stdio")) {
            assertThat(run("unshare -rpf sh -c '\"$PLEDGE\" " + words + "; exit $?'"))
                    .as(words)
                    .isEqualTo(
                            new Shell.Result(
                                    125,
                                    "",
                                    "pledge: the /proc here is that of another PID namespace, without the processes of this one: mount -t proc proc /proc\n"));
        }
        assertThat(run("unshare -rpf --mount-proc sh -c '\"$PLEDGE\" " + cached + "; exit $?'"))
                .isEqualTo(new Shell.Result(0, "", ""));
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
                "", "64 pledge: no command to run; see pledge --help\n",
                "-p stdio -- ./nothing", "127 pledge: ./nothing: no such file\n",
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
        // Behind these, the front reads no further.
        String read = front.replaceAll(".* resident=1 .*", "");
        for (Option option : Command.RUN.options()) {
            if (option.takesArgument()) {
                assertThat(front).containsPattern("--" + option.word() + "( \\||\\))");
                assertThat(option.letter() == 0 || ("CFMOPgpu" + "v").indexOf(option.letter()) >= 0)
                        .isTrue();
            } else if (option == Option.VIA_SOCKET) {
                assertThat(read).contains("--via-socket) via=1 && continue ;;");
            } else {
                assertThat(read).doesNotContainPattern("--" + option.word() + "( \\||\\))");
            }
        }
    }

    /** Runs a command line twice and says whether the second time needs no JVM. */
    private boolean isCached(String script) throws Exception {
        Shell.Result first = run(script);
        Shell.Result second = runWithoutJava(script);
        if (second.status() == 125) {
            return false;
        }
        assertThat(second).isEqualTo(first);
        return true;
    }

    private void settle(String... names) throws IOException {
        FileTime old = FileTime.from(Instant.parse("2020-01-01T00:00:00Z"));
        for (String name : names) {
            Files.setLastModifiedTime(directory.resolve(name), old);
        }
    }

    private static String veiled(String unveils, String command) {
        return "\"$PLEDGE\" -p 'stdio rpath' " + unveils + " -- " + command;
    }

    /** All is allowed but one call. */
    private void refuse(String call, String file, String time) throws IOException {
        Path path = directory.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, """
                {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["%s"], "action": "SCMP_ACT_ERRNO"}]}
                """.formatted(call));
        Files.setLastModifiedTime(path, FileTime.from(Instant.parse(time)));
    }

    @Test
    void aFilterThatChangesTakesEffect() throws Exception {
        refuse("getdents64", "here/filter.json", "2020-01-01T00:00:00Z");
        refuse("mkdir", "there/filter.json", "2020-01-01T00:00:00Z");
        for (String filter : List.of("filter.json", "$D/here/filter.json")) {
            String script = "cd here; \"$PLEDGE\" --filter " + filter + " -- ls /";
            assertThat(run(script).status()).isEqualTo(2);
            assertThat(runWithoutJava(script).status()).isEqualTo(2);
            refuse("mkdir", "here/filter.json", "2019-01-01T00:00:00Z");
            assertThat(runWithoutJava(script).status()).isEqualTo(125);
            assertThat(run(script).status()).isZero();
            assertThat(runWithoutJava(script).status()).isZero();
            refuse("getdents64", "here/filter.json", "2020-01-01T00:00:00Z");
            assertThat(run(script).status()).isEqualTo(2);
        }
        // A file of the same age in another directory is another file.
        assertThat(run("cd there; \"$PLEDGE\" --filter filter.json -- ls /").status())
                .isZero();
        // What was just written may be written again within the same moment, and a link can be turned.
        String fresh = "cp here/filter.json fresh; \"$PLEDGE\" --filter fresh -- ls /";
        assertThat(isCached(fresh)).isFalse();
        assertThat(isCached("ln -sf here/filter.json link; \"$PLEDGE\" --filter link -- ls /"))
                .isFalse();
        assertThat(isCached("\"$PLEDGE\" --filter here/filter.json --deny 'mkdir -> errno ENOENT' -- mkdir none"))
                .isTrue();
        // Gone, it is no filter any more.
        Files.delete(directory.resolve("here/filter.json"));
        assertThat(run("cd here; \"$PLEDGE\" --filter filter.json -- ls /").status())
                .isEqualTo(125);
    }

    /** The same without a JVM, by every shell there is. */
    private List<Shell.Result> runByEveryShell(String script) throws Exception {
        List<Shell.Result> results = new ArrayList<>();
        for (String shell : List.of("dash", "bash", "busybox sh")) {
            if (run(shell + " -c :").status() == 0) {
                results.add(runWithoutJava(shell + " " + script));
            }
        }
        assertThat(results).isNotEmpty();
        return results;
    }

    @Test
    void aVeilIsCachedUntilAPathIsSomethingElse() throws Exception {
        Path build = Files.createDirectories(directory.resolve("project/build"));
        Files.writeString(build.resolve("file"), "one");
        String script = veiled("-v $D/project/build", "cat $D/project/build/file");
        assertThat(run(script).out()).isEqualTo("one");
        assertThat(runByEveryShell(script)).extracting(Shell.Result::out).containsOnly("one");
        // Files come and go, and so does the directory itself.
        Files.writeString(build.resolve("another"), "");
        assertThat(runByEveryShell(script)).extracting(Shell.Result::out).containsOnly("one");
        run("rm -r project/build; mkdir project/build; echo two >project/build/file");
        assertThat(runByEveryShell(script)).extracting(Shell.Result::out).containsOnly("two\n");
        // A link in its place, or on the way.
        run("mv project/build elsewhere; ln -s ../elsewhere project/build");
        assertThat(runByEveryShell(script)).extracting(Shell.Result::status).containsOnly(125);
        assertThat(run(script).out()).isEqualTo("two\n");
        run("rm project/build; mv elsewhere project/build; mv project moved; ln -s moved project");
        assertThat(runByEveryShell(script)).extracting(Shell.Result::status).containsOnly(125);
        assertThat(run(script).out()).isEqualTo("two\n");
        // Nothing, or a file, is an error of its own; and all is well when the directory is there again.
        run("rm project; mkdir project");
        assertThat(run(script).status()).isEqualTo(125);
        run("echo >project/build");
        assertThat(run(script).status()).isEqualTo(1);
        run("rm -r project; mv moved project");
        assertThat(run(script).out()).isEqualTo("two\n");
        assertThat(runByEveryShell(script)).extracting(Shell.Result::out).containsOnly("two\n");
    }

    @Test
    void aMissingPathThatWasPassedOverIsFoundWhenItComes() throws Exception {
        String script = veiled("--ignore-missing -v /etc -v $D/later", "cat $D/later");
        assertThat(run(script).err()).contains("No such file");
        assertThat(runWithoutJava(script).err()).contains("No such file");
        run("echo here >later");
        assertThat(runWithoutJava(script).status()).isEqualTo(125);
        assertThat(run(script).out()).isEqualTo("here\n");
    }

    @Test
    void aLinkThatIsTurnedIsFollowedAnew() throws Exception {
        run("mkdir a b links; echo a >a/file; echo b >b/file; ln -s ../a links/current");
        settle("links");
        String script = veiled("-v $D/links/current", "cat $D/links/current/file");
        assertThat(run(script).out()).isEqualTo("a\n");
        assertThat(runWithoutJava(script).out()).isEqualTo("a\n");
        run("ln -sfn ../b links/current");
        assertThat(runWithoutJava(script).status()).isEqualTo(125);
        assertThat(run(script).out()).isEqualTo("b\n");
        // Just turned, and so not cached yet.
        assertThat(runWithoutJava(script).status()).isEqualTo(125);
    }

    @Test
    void neighboursOfWhatIsHiddenAreLookedAtAnew() throws Exception {
        run("mkdir project project/secrets; echo 1 >project/a; echo 2 >project/secrets/b");
        settle("project");
        String script = veiled("-q -v $D/project -v :$D/project/secrets", "cat $D/project/new $D/project/secrets/b");
        assertThat(isCached(script)).isTrue();
        run("echo 3 >project/new");
        assertThat(runWithoutJava(script).status()).isEqualTo(125);
        Shell.Result result = run(script);
        assertThat(result.out()).isEqualTo("3\n");
        assertThat(result.err()).contains("secrets/b: Permission denied");
        // The directory has just changed, so that its time may not show the next change.
        assertThat(runWithoutJava(script).status()).isEqualTo(125);
        settle("project");
        assertThat(isCached(script)).isTrue();
        // Older than before, as a package or a backup may make it.
        Files.setLastModifiedTime(directory.resolve("project"), FileTime.from(Instant.parse("2019-01-01T00:00:00Z")));
        assertThat(runWithoutJava(script).status()).isEqualTo(125);
    }

    @Test
    void manyCarveOutsAreNotCached() throws Exception {
        StringBuilder unveils = new StringBuilder("-q -v $D/project");
        for (int i = 0; i < 10; i++) {
            Files.createDirectories(directory.resolve("project/d" + i + "/secret"));
            settle("project/d" + i);
            unveils.append(" -v :$D/project/d").append(i).append("/secret");
        }
        settle("project");
        assertThat(isCached(veiled(unveils.toString(), "true"))).isFalse();
    }

    @Test
    void whatLiesInProcIsNotCachedBecauseItsTimesSayNothing() throws Exception {
        assertThat(isCached(veiled("-q -v /proc -v :/proc/sys", "true"))).isFalse();
    }

    @Test
    void theProgramsOwnDirectoryInProcIsItsOwn() throws Exception {
        String script = veiled("-v /proc/self", "cat /proc/self/comm /proc/1/comm");
        for (int i = 0; i < 2; i++) {
            Shell.Result result = run(script);
            assertThat(result.out()).isEqualTo("cat\n");
            assertThat(result.err()).contains("/proc/1/comm: Permission denied");
        }
    }

    @Test
    void relativePathsAreTakenFromWhereTheCommandIsGiven() throws Exception {
        for (String name : List.of("a", "b")) {
            run("mkdir -p " + name + "/in; for i in 1 2 3 4 5 6 7; do echo " + name + " >" + name + "/in/$i; done");
        }
        String every = "-v in/1 -v r:./in/2 -v r:../a/../${PWD##*/}/in/3 -vin/4 --unveil=in/5 --unveil in/6 -qv in/7";
        for (String way : List.of("", " --chdir /")) {
            String script = "cd %s; " + veiled(every + way, "cat $D/a/in/* $D/b/in/*");
            for (String name : List.of("a", "b")) {
                Shell.Result compiled = run(script.formatted(name));
                assertThat(compiled.out()).isEqualTo((name + "\n").repeat(7));
                // Later, when there is one for the other directory too, this has its own again.
                assertThat(runWithoutJava(script.formatted("a")).out()).isEqualTo("a\n".repeat(7));
            }
            assertThat(runWithoutJava(script.formatted("b")).out()).isEqualTo("b\n".repeat(7));
        }
        // Each of them alone makes the launcher one for its directory.
        for (String one : List.of("-v r:in", "-vin", "--unveil=in", "-qv in")) {
            String script = "cd %s; " + veiled(one, "cat $D/a/in/1 $D/b/in/1");
            assertThat(run(script.formatted("a")).out()).isEqualTo("a\n");
            assertThat(runWithoutJava(script.formatted("b")).status()).isEqualTo(125);
        }
        // The front takes this for absolute; then it is not cached.
        assertThat(run("mkdir -p 'x/y:'; echo x >'x/y:/z'; " + veiled("-v 'x/y:/z'", "cat 'x/y:/z'"))
                        .out())
                .isEqualTo("x\n");
        assertThat(runWithoutJava(veiled("-v 'x/y:/z'", "cat 'x/y:/z'")).status())
                .isEqualTo(125);
    }

    @Test
    void aWorkingDirectoryThatIsALinkIsLookedThrough() throws Exception {
        for (String name : List.of("a", "b")) {
            run("mkdir -p " + name + "/in; echo " + name + " >" + name + "/in/file");
        }
        String script = "cd now; " + veiled("-v in", "cat in/file $D/a/in/file $D/b/in/file");
        run("ln -s a now");
        assertThat(run(script).out()).isEqualTo("a\na\n");
        assertThat(runWithoutJava(script).out()).isEqualTo("a\na\n");
        run("ln -sfn b now");
        assertThat(runWithoutJava(script).status()).isEqualTo(125);
        assertThat(run(script).out()).isEqualTo("b\nb\n");
        // A shell believes PWD; nothing depends on it.
        assertThat(run("cd a; PWD=$D/b; export PWD; exec env PWD=$D/b " + veiled("-v in", "cat in/file"))
                        .out())
                .isEqualTo("a\n");
        assertThat(run("mkdir gone; cd gone; rmdir ../gone; exec 2>&1; " + veiled("-v in", "true"))
                        .out())
                .endsWith("pledge: the working directory cannot be found: it may be removed\n");
    }

    @Test
    void warningsAreSaidFromTheCacheToo() throws Exception {
        String script = "\"$PLEDGE\" %s -p 'stdio rpath' -v /usr/share -v :/usr/share/doc -- true";
        Shell.Result warned = new Shell.Result(
                0,
                "",
                "pledge: /usr/share/doc: names in it can be listed, as in the directory above it; the files cannot be"
                        + " opened\n");
        assertThat(run(script.formatted(""))).isEqualTo(warned);
        assertThat(runWithoutJava(script.formatted(""))).isEqualTo(warned);
        assertThat(runWithoutJava("exec 2>&-; " + script.formatted("")).status())
                .isZero();
        assertThat(run(script.formatted("-q"))).isEqualTo(new Shell.Result(0, "", ""));
        assertThat(runWithoutJava(script.formatted("-q"))).isEqualTo(new Shell.Result(0, "", ""));
        // A variable of the caller's is none of ours.
        assertThat(run("warning=x booted=y from=z; export warning booted from; " + script.formatted("-q")))
                .isEqualTo(new Shell.Result(0, "", ""));
    }

    @Test
    void oddPathsAreCachedLikeOthers() throws Exception {
        run("d=$(printf \"it's \\n\\377 \\$(touch ran)\"); mkdir \"$d\"; echo odd >\"$d/file\"");
        String script = "for d in it*; do " + veiled("-v \"$D/$d\" -v \"$d\"", "cat \"$d/file\"") + "; done";
        assertThat(run(script).out()).isEqualTo("odd\n");
        assertThat(runWithoutJava(script).out()).isEqualTo("odd\n");
        assertThat(directory.resolve("ran")).doesNotExist();
    }

    @Test
    void conditionsOfSomebodyElseAreNotRead() throws Exception {
        assumeTrue(run("id -u").out().equals("0\n"), "only root can make files of others");
        String script = veiled("-v /etc", "true");
        run(script);
        Path conditions = Path.of(cached().getFirst() + ".when");
        run("echo 'touch ran' >>'" + conditions + "'; chown 12345 '" + conditions + "'");
        assertThat(runWithoutJava(script).status()).isEqualTo(125);
        run("chown 0 '" + conditions + "'; mv '" + conditions + "' elsewhere; ln -s $PWD/elsewhere '" + conditions
                + "'");
        assertThat(runWithoutJava(script).status()).isEqualTo(125);
        assertThat(directory.resolve("ran")).doesNotExist();
        assertThat(run(script).status()).isZero();
        assertThat(runWithoutJava(script).status()).isZero();
    }

    @Test
    void anotherBootIsAnotherKernel() throws Exception {
        String script = veiled("-v /etc", "true");
        assertThat(isCached(script)).isTrue();
        Path conditions = Path.of(cached().getFirst() + ".when");
        String text = Files.readString(conditions);
        assertThat(text).contains("same_boot '");
        run("chmod u+w '" + conditions + "'");
        Files.writeString(conditions, text.replace("same_boot '", "same_boot 'lsm=landlock "));
        assertThat(runWithoutJava(script).status()).isEqualTo(125);
        assertThat(run(script).status()).isZero();
        assertThat(runWithoutJava(script).status()).isZero();
    }

    @Test
    void whatIsNoOrdinaryFileIsWrittenToAndStays() throws Exception {
        Shell.Result result =
                run("mkfifo fifo; cat fifo >read & \"$PLEDGE\" compile -o fifo -p 'stdio rpath' -- true; wait;"
                        + " test -p fifo && test -s read && : >plain && ln -s plain link"
                        + " && \"$PLEDGE\" compile -o link -p 'stdio rpath' -- true && test -L link && ./plain");
        assertThat(result.status()).as(result.err()).isZero();
    }

    private void assumeShell(String shell) throws Exception {
        assumeTrue(run(shell + " -c :").status() == 0, shell + " is not installed");
    }
}
