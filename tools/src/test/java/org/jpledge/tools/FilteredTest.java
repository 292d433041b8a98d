package org.jpledge.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Commands under rules and filters of the user's own. */
@Tag("enforcement")
class FilteredTest {
    /** What true, ls and sh do from their entry points on. */
    private static final String STRICT = """
            # Written by hand: true, ls, cat and sh with children, reading only.
            read write close fstat newfstatat statx lseek fadvise64 getdents64 readlink
            open(flags & (O_ACCMODE | O_CREAT | O_TRUNC) == O_RDONLY)
            openat(flags & (O_ACCMODE | O_CREAT | O_TRUNC) == O_RDONLY)
            mmap(prot & (PROT_WRITE | PROT_EXEC) != PROT_WRITE | PROT_EXEC)
            mprotect(prot & (PROT_WRITE | PROT_EXEC) != PROT_WRITE | PROT_EXEC)
            munmap brk mremap
            rt_sigaction rt_sigprocmask rt_sigreturn
            ioctl(request in {TCGETS, TIOCGWINSZ})
            fcntl dup2 pipe2 getpid getppid getuid geteuid getgid getegid getcwd gettid tgkill
            prlimit64(new_limit == 0) getrandom futex statfs uname access faccessat2
            arch_prctl set_tid_address set_robust_list rseq pread64
            clone vfork execve wait4
            clone3 -> errno ENOSYS
            exit_group
            """;

    @TempDir
    private static Path directory;

    private static Path home = Path.of("");

    @BeforeAll
    static void install() throws IOException {
        home = Reported.installed(directory);
        Files.writeString(directory.resolve("strict"), STRICT);
        Files.writeString(directory.resolve("fruit"), "apple\n");
    }

    private static Reported as(User user) throws Exception {
        user.assume();
        return new Reported(user.own(directory.resolve(user.name())), home, user);
    }

    @ParameterizedTest
    @EnumSource
    void aStrictFilterIsEnoughForWhatItWasWrittenForAndForNothingElse(User user) throws Exception {
        Reported reported = as(user);
        assertThat(reported.script("PLEDGE --filter ../strict -- /bin/true")).isEqualTo(new Shell.Result(0, "", ""));
        assertThat(reported.script("PLEDGE --filter ../strict -- ls -d /usr"))
                .isEqualTo(new Shell.Result(0, "/usr\n", ""));
        assertThat(reported.script(
                        "PLEDGE --filter ../strict -- sh -c 'cat ../fruit; (exit 3); echo $?; cat ../fruit | cat'"))
                .isEqualTo(new Shell.Result(0, "apple\n3\napple\n", ""));
        Shell.Result writing =
                reported.script("PLEDGE --filter ../strict -- sh -c 'echo x >made; mkdir made'; ls made");
        assertThat(writing.err())
                .contains("cannot create made: Operation not permitted")
                .contains("cannot access 'made'");
        // Promises beside it narrow it, and the other way round.
        assertThat(reported.script("PLEDGE --filter ../strict -p 'stdio rpath' -- cat ../fruit")
                        .out())
                .isEqualTo("apple\n");
        assertThat(reported.script("PLEDGE --filter ../strict -p stdio -- cat ../fruit")
                        .err())
                .contains("Permission denied");
        assertThat(reported.script("PLEDGE --filter ../strict -p 'stdio rpath cpath' -- mkdir made")
                        .err())
                .contains("Operation not permitted");
        // So do unveils, with and without promises.
        assertThat(reported.script("PLEDGE -q --filter ../strict -v /usr -v ../fruit -- cat ../fruit ../strict"))
                .isEqualTo(new Shell.Result(1, "apple\n", "cat: ../strict: Permission denied\n"));
        assertThat(reported.script("PLEDGE -q --filter ../strict -p 'stdio rpath' -v /usr -- cat ../fruit")
                        .err())
                .contains("Permission denied");
    }

    @ParameterizedTest
    @EnumSource
    void aDenialKillsIfViolationsDo(User user) throws Exception {
        Reported reported = as(user);
        String ls = " --deny getdents64 -- ls ..";
        assertThat(reported.script("PLEDGE -p 'stdio rpath'" + ls).err()).contains("Operation not permitted");
        // The line is said after the program's end; the pipe is open until it is.
        Shell.Result killed = reported.script("(PLEDGE -k -p 'stdio rpath'" + ls + "; echo status $?) 2>&1 | cat");
        assertThat(killed.out()).contains("status 159\n", "its promises \"stdio rpath\" and the rules beside them");
        assertThat(reported.script("PLEDGE -k -q --filter ../strict" + ls).status())
                .isEqualTo(159);
        assertThat(reported.script("PLEDGE -k -p 'stdio rpath' --filter ../strict -- ls ..")
                        .status())
                .isZero();
        assertThat(reported.script("PLEDGE -p 'stdio rpath' --deny 'getdents64 -> errno EACCES' -- ls ..")
                        .err())
                .contains("Permission denied");
    }

    @ParameterizedTest
    @EnumSource
    void aCompiledProgramHasThemInIt(User user) throws Exception {
        Reported reported = as(user);
        String compile = "PLEDGE compile --filter ../strict --deny 'getdents64 -> errno EACCES' -o listing -- ls -d";
        assertThat(reported.script(compile).status()).isZero();
        assertThat(reported.script("env -i ./listing /usr")).isEqualTo(new Shell.Result(0, "/usr\n", ""));
        assertThat(reported.script("cp ../strict gone; "
                                + compile.replace("../strict", "gone").replace(" -d", "") + "; rm gone; ./listing /usr")
                        .err())
                .contains("Permission denied");
    }

    @ParameterizedTest
    @EnumSource
    void aReportNamesTheRuleOrTheFilterAndNoPromise(User user) throws Exception {
        Reported reported = as(user);
        Shell.Result text = reported.script("PLEDGE --report -p 'stdio rpath' --deny getdents64 -- ls ..");
        assertThat(text.err())
                .containsPattern("ls\\[[0-9]+] getdents64\\(.*\\) refused by --deny 'getdents64'\\.\n")
                .doesNotContain("needs");
        Reported.Run denied = reported.run("-p 'stdio rpath' --deny 'getdents64 -> errno EACCES' -- ls ..");
        JsonObject refusal = refusal(denied, "getdents64");
        assertThat(refusal.get("rule").getAsString()).isEqualTo("--deny 'getdents64 -> errno EACCES'");
        assertThat(refusal.get("error").getAsString()).isEqualTo("EACCES");
        assertThat(Reported.words(refusal)).isEmpty();
        assertThat(Reported.strings(refusal, "add")).isEmpty();
        assertThat(denied.result().err()).contains("Permission denied");
        Reported.Run filtered = reported.run("--filter ../strict -- mkdir made");
        assertThat(refusal(filtered, "mkdir").get("rule").getAsString()).isEqualTo("--filter ../strict");
        // The want of a promise is said as ever.
        Reported.Run both = reported.run("--filter ../strict -p 'stdio rpath' -- mkdir made");
        assertThat(Reported.words(refusal(both, "mkdir"))).containsExactly("cpath");
        Reported.Run killed = reported.run("-p 'stdio rpath' --deny 'getdents64 -> kill' -- ls ..");
        assertThat(refusal(killed, "getdents64").get("event").getAsString()).isEqualTo("killed");
        assertThat(killed.result().status()).isEqualTo(159);
        assertThat(reported.script("PLEDGE --report -p stdio --deny 'getdents64 -> trap' -- ls"))
                .isEqualTo(
                        new Shell.Result(
                                64,
                                "",
                                "pledge: option --report: nobody can do in a filter's place what it does with the action trap\n"));
    }

    private static JsonObject refusal(Reported.Run run, String call) {
        return run.refusals().stream()
                .filter(refusal -> refusal.get("call").getAsString().equals(call))
                .findFirst()
                .orElseThrow();
    }

    @ParameterizedTest
    @EnumSource
    void printingShowsWhatIsTheUsersOwn(User user) throws Exception {
        Reported reported = as(user);
        String words = "PLEDGE --print -p stdio --filter ../strict --deny socketpair --allow 'getpid ptrace' -- true";
        assertThat(reported.script(words).out())
                .contains("# --filter ../strict holds too: the more severe answer counts\n")
                .contains("""

                        # --deny 'socketpair'
                        socketpair -> errno EPERM
                        # --allow 'getpid ptrace'
                        getpid -> allow
                        ptrace -> allow
                        # after these
                        """);
        JsonObject json = JsonParser.parseString(reported.script(words.replace("--print", "--print --json"))
                        .out())
                .getAsJsonObject();
        assertThat(Reported.strings(json, "filters")).containsExactly("../strict");
        assertThat(Reported.strings(json, "own"))
                .containsExactly(
                        "{\"option\":\"--deny\",\"rule\":\"socketpair\"}",
                        "{\"option\":\"--allow\",\"rule\":\"getpid ptrace\"}");
        assertThat(json.get("promised").getAsBoolean()).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void dockersDefaultProfileRunsOrdinaryCommands(User user) throws Exception {
        String data = System.getenv("JPLEDGE_DATA");
        Path profile = Path.of(data == null ? "../../shared/data" : data, "docker-default.json");
        assumeTrue(Files.exists(profile), profile + " is not there: set JPLEDGE_DATA to the directory that holds it");
        Files.copy(profile, directory.resolve("docker.json"), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        Reported reported = as(user);
        for (String command : List.of("ls /", "sh -c 'cat ../fruit | wc -c'", "perl -e 'print 1'", "true")) {
            Shell.Result bare = reported.script(command);
            assertThat(reported.script("PLEDGE --filter ../docker.json -- " + command))
                    .isEqualTo(bare);
        }
        assertThat(reported.script("PLEDGE --filter ../docker.json -- unshare -U true")
                        .err())
                .contains("Operation not permitted");
        assertThat(reported.script("PLEDGE --filter ../docker.json -p 'stdio rpath' -- ls /")
                        .status())
                .isZero();
    }

    @ParameterizedTest
    @EnumSource(names = "SELF")
    void rootGivesItselfUpUnderAFilterToo(User user) throws Exception {
        assumeTrue(Shell.run("id -u").out().equals("0\n"), "only root can become somebody else");
        Reported reported = as(user);
        assertThat(reported.script("PLEDGE --filter ../strict -u 65534 -- sh -c 'cat /etc/shadow; cat ../fruit'"))
                .isEqualTo(new Shell.Result(0, "apple\n", "cat: /etc/shadow: Permission denied\n"));
    }
}
