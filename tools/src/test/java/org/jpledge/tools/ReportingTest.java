package org.jpledge.tools;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code --report}: the program runs as without it, and what is refused is explained. */
@Tag("enforcement")
class ReportingTest {
    /** Waits until a program of the script, whose output is the file out, has said something. */
    private static final String AWAIT = "rm -f out; await() { until grep -qs \"$1\" out; do sleep 0.05; done; }\n";

    @TempDir
    private static Path directory;

    private static Path home;

    @BeforeAll
    static void install() throws IOException {
        home = Reported.installed(directory);
        Files.writeString(directory.resolve("fruit"), "apple\n");
    }

    private static Reported as(User user) throws Exception {
        user.assume();
        return new Reported(user.own(directory.resolve(user.name())), home, user);
    }

    @ParameterizedTest
    @EnumSource
    void aRefusalIsExplainedWithTheOptionsThatWouldAllowIt(User user) throws Exception {
        Shell.Result result = as(user).script("PLEDGE --report -p stdio -- cat /etc/passwd");
        assertThat(result.status()).isEqualTo(1);
        assertThat(result.out()).isEmpty();
        assertThat(result.err())
                .containsPattern("cat\\[[0-9]+] openat\\(\"/etc/passwd\", O_RDONLY\\) refused: needs rpath\\."
                        + " Add: -p rpath -v r:/etc/passwd, or instead -p getpw\n"
                        + "    at /[^ ]*libc[^ ]*\\+0x[0-9a-f]+ \\([^ ]*open[^ ]*\\+0x[0-9a-f]+\\)\n");
        Shell.Result allowed = as(user).script("PLEDGE --report -p 'stdio rpath' -v r:/etc/passwd -- cat /etc/passwd");
        assertThat(allowed.status()).as(allowed.err()).isZero();
        assertThat(allowed.out()).isEqualTo(Files.readString(Path.of("/etc/passwd")));
        assertThat(allowed.err()).doesNotContain("/etc/passwd");
    }

    /** Each command line is run twice, with --report and without. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            -p stdio                          | cat /etc/passwd
            -p 'stdio rpath'                  | cat /etc/passwd
            -p 'stdio error'                  | cat /etc/passwd
            -p stdio                          | ls /
            -p ''                             | true
            -p 'stdio rpath' -v r:/usr        | ls /etc/hostname /usr/bin/env /nonexistent
            -p 'stdio rpath wpath' -v r:/     | touch fresh
            -p 'stdio rpath wpath cpath'      | sh -c 'echo new >made; cat made; rm made; rmdir none'
            -p 'stdio rpath'                  | mkdir fresh
            -k -p stdio                       | cat /etc/passwd
            -k -q -p 'stdio rpath'            | mkdir fresh
            -p 'stdio rpath' --on-violation errno:ENOENT | mkdir fresh
            -p 'stdio rpath' --best-effort    | mkdir fresh
            -p 'stdio rpath exec proc prot_exec' -k | sh -c 'mkdir fresh; echo $?'
            -p 'stdio rpath exec proc prot_exec' | sh -c 'cat /etc/hostname | wc -c; exit 7'
            -p 'stdio rpath exec proc prot_exec' | sh -c 'kill -USR1 $$'
            -p 'stdio rpath exec proc prot_exec' | sh -c 'kill -STOP $$; echo stopped' >o & until grep -qs stopped o; do kill -CONT $!; sleep 0.1; done; cat o; rm o; wait $!
            -p 'stdio rpath proc prot_exec'   | /usr/bin/python3 -c 'import os; os.kill(os.getppid(), 0)'
            -p 'stdio rpath exec'             | /bin/ls /
            -p 'stdio rpath'                  | nonexistent-program
            -p 'stdio rpath'                  | /etc/passwd
            -p 'stdio rpath inet' --connect 443 | /usr/bin/python3 -c 'import socket; socket.create_connection(("127.0.0.1", 1))'
            -p 'stdio rpath'                  | /usr/bin/python3 -c 'import socket; socket.socket()'
            -p 'stdio rpath'                  | /usr/bin/python3 -c 'import ctypes; print(ctypes.CDLL(None).syscall(101, 0, 0, 0, 0))'
            -p 'stdio rpath'                  | sh -c 'head -c 3 /dev/zero | tr \\\\0 x'
            """)
    void theProgramRunsAsWithoutIt(String options, String command) throws Exception {
        for (User user : User.values()) {
            Reported reported = as(user);
            String line = "%s -- %s 2>/dev/null; echo \"status $?\"";
            String quiet = options.contains("-q") ? options : options + " -q";
            Shell.Result without = reported.script("PLEDGE " + line.formatted(quiet, command));
            Shell.Result with = reported.script(
                    "exec 7>/dev/null; PLEDGE --report --report-fd 7 " + line.formatted(quiet, command));
            assertThat(with.out()).as(user + " " + command).isEqualTo(without.out());
            assertThat(with.status()).isEqualTo(without.status());
        }
    }

    @Test
    void errorsAreTheSame() throws Exception {
        String probe = """
                import errno, os, socket
                os.chdir('DIR')
                def name(what, call):
                    try:
                        call()
                        print(what, 'done')
                    except OSError as e:
                        print(what, errno.errorcode[e.errno])
                name('passwd', lambda: open('/etc/passwd'))
                name('missing', lambda: open('/nonexistent'))
                name('write', lambda: open('/etc/passwd', 'a'))
                name('directory', lambda: os.listdir('/etc'))
                name('create', lambda: open('new', 'w'))
                name('remove', lambda: os.unlink('new'))
                name('mkdir', lambda: os.mkdir('new'))
                name('rmdir', lambda: os.rmdir('new'))
                name('link', lambda: os.link('probe.py', 'new'))
                name('rename', lambda: os.rename('new', 'newer'))
                name('unlink', lambda: os.unlink('newer'))
                name('nobody', lambda: os.unlink('/etc/jpledge-none'))
                name('chmod', lambda: os.chmod('/etc/passwd', 0o644))
                name('fork', lambda: os.fork() or os._exit(0))
                name('exec', lambda: os.execv('/bin/true', ['true']))
                name('inet', lambda: socket.socket())
                name('connect', lambda: socket.socket(socket.AF_UNIX).connect('\\0nobody'))
                name('signal', lambda: os.kill(1, 0))
                name('nice', lambda: os.nice(1))
                """;
        for (User user : User.values()) {
            Reported reported = as(user);
            Path place = directory.resolve(user.name());
            Path script = place.resolve("probe.py");
            Files.writeString(script, probe.replace("DIR", place.toString()));
            for (String options : List.of(
                    "-p 'stdio rpath'",
                    "-p 'stdio rpath error'",
                    "-p 'stdio rpath wpath cpath proc'",
                    "-p 'stdio rpath wpath cpath unix inet' -v r:/usr -v r:/root -v r:" + script,
                    "-p 'stdio rpath' --on-violation log",
                    "-p 'stdio rpath' --on-violation errno:EIO")) {
                String line = options + " -q -- /usr/bin/python3 -S " + script;
                Shell.Result without = reported.script("PLEDGE " + line);
                Reported.Run with = reported.run(line);
                assertThat(with.result()).as(user + " " + options).isEqualTo(without);
                assertThat(without.out()).as(without.err()).isNotEmpty();
                assertThat(with.refusals()).isNotEmpty();
            }
        }
    }

    @Test
    void aRefusalThatComesAgainIsCounted() throws Exception {
        Reported.Run run = as(User.SELF).run("-p stdio -- ls /a /a /a");
        List<JsonObject> counts = run.events().stream()
                .filter(event -> event.get("event").getAsString().equals("count"))
                .toList();
        assertThat(counts).hasSize(1);
        assertThat(counts.getFirst().get("count").getAsInt()).isEqualTo(3);
        assertThat(run.refusals()).hasSize(1);
    }

    @Test
    void portsPathsThatAreMadeAndScopesAreExplained() throws Exception {
        Reported.Run ports = as(User.SELF)
                .run("-p 'stdio rpath inet' --connect 443 -- /usr/bin/python3 -S -c '\nimport socket\n"
                        + "for go in (lambda: socket.create_connection((\"127.0.0.1\", 80)),"
                        + " lambda: socket.socket().bind((\"127.0.0.1\", 8080))):\n"
                        + "  try: go()\n  except OSError as e: print(e)'");
        List<String> added = ports.refusals().stream()
                .map(each -> String.join(" ", Reported.strings(each, "add")))
                .toList();
        assertThat(added).as(ports.result().toString()).contains("--connect 80", "--bind 8080");
        Reported.Run made =
                as(User.SELF).run("-p 'stdio rpath wpath cpath' -v r:/usr -- sh -c '>" + directory + "/made'");
        assertThat(Reported.strings(made.refusals().getLast(), "add"))
                .isEqualTo(List.of("-v", "wc:" + directory.toRealPath()));
        Reported.Run signal = as(User.SELF).run("-p 'stdio rpath proc' -- sh -c 'kill -0 1'");
        assertThat(signal.refusals()).isEmpty();
    }

    @Test
    void processesThreadsAndProgramsThatItStartsAreReportedOn() throws Exception {
        Reported.Run run = as(User.SELF)
                .run("-p 'stdio rpath exec proc prot_exec' -- sh -c 'mkdir one; (mkdir two; exec mkdir three) & wait;"
                        + " /usr/bin/python3 -c \"import threading,os\n"
                        + "def go():\n"
                        + "  try: os.mkdir(\\\"four\\\")\n"
                        + "  except OSError: pass\n"
                        + "t = threading.Thread(target=go); t.start(); t.join()\"; perl -e \"syscall(58) == 0 and"
                        + " exec qw(mkdir five)\"'");
        assertThat(run.refusals().toString()).contains("one", "two", "three", "four");
        for (JsonObject refusal : run.refusals()) {
            assertThat(Reported.words(refusal)).as(refusal.toString()).containsAnyOf("cpath", "tty", "wpath");
        }
        JsonObject inThread = run.refusals().stream()
                .filter(each -> each.get("text").getAsString().contains("four"))
                .findFirst()
                .orElseThrow();
        assertThat(inThread.get("thread").getAsInt())
                .isNotEqualTo(inThread.get("process").getAsInt());
    }

    @Test
    void aChildOfVforkIsReportedOn() throws Exception {
        Reported.Run run = as(User.SELF)
                .run("-p 'stdio rpath exec proc prot_exec' -- /usr/bin/python3 -S -c 'import subprocess;"
                        + " subprocess._USE_VFORK = True; print(subprocess.run([\"mkdir\", \"six\"]).returncode)'");
        assertThat(run.result().out()).as(run.result().err()).isEqualTo("1\n");
        assertThat(run.refusals().toString()).contains("six");
    }

    @Test
    void aProgramWithFiltersOfItsOwnIsReportedOnForOursAlone() throws Exception {
        SyscallTable table = SyscallTable.of(Arch.host());
        int mkdir = table.number("mkdir").orElse(table.number("mkdirat").orElseThrow());
        Path script = as(User.SELF).place().resolve("filters.py");
        Files.writeString(script, """
                import ctypes, os, struct
                libc = ctypes.CDLL(None)
                def install(*program):
                    code = ctypes.create_string_buffer(b''.join(struct.pack('HBBI', *each) for each in program))
                    header = ctypes.create_string_buffer(struct.pack('HP', len(program), ctypes.addressof(code)))
                    assert libc.syscall(SECCOMP, 1, 0, ctypes.c_void_p(ctypes.addressof(header))) == 0
                def make(name):
                    try:
                        os.mkdir(name)
                    except OSError as e:
                        print(e.errno)
                install((6, 0, 0, 0x7fff0000))
                make('seven')
                install((0x20, 0, 0, 0), (0x15, 0, 1, MKDIR), (6, 0, 0, 0x50005), (6, 0, 0, 0x7fff0000))
                make('eight')
                """.replace(
                        "SECCOMP", Integer.toString(table.number("seccomp").orElseThrow()))
                .replace("MKDIR", Integer.toString(mkdir)));
        String line = "-p 'stdio rpath prot_exec' -q -- /usr/bin/python3 -S " + script;
        Reported.Run run = as(User.SELF).run(line);
        assertThat(run.result()).isEqualTo(as(User.SELF).script("PLEDGE " + line));
        assertThat(run.result().out()).as(run.result().err()).endsWith("\n5\n").hasLineCount(2);
        assertThat(run.refusals().toString()).contains("seven").doesNotContain("eight");
    }

    @Test
    void aProgramOfAnotherArchitectureIsNotRun() throws Exception {
        Path program = directory.resolve("narrow");
        String build = "echo 'void _start(void) { for (;;); }' | gcc -m32 -x c -nostdlib -static -o " + program + " -";
        Assumptions.assumeTrue(
                Arch.host() == Arch.X86_64 && Shell.run(build).status() == 0, "nothing makes a 32-bit program");
        Shell.Result result = as(User.SELF).script("PLEDGE --report -p stdio -- " + program);
        assertThat(result.status()).isEqualTo(126);
        assertThat(result.err())
                .isEqualTo("pledge: " + program + ": an i386 program; only x86-64 programs can be confined here\n");
    }

    @Test
    void aLibraryThatMayNotBeLoadedIsReportedBeforeTheEntryPoint() throws Exception {
        Path library = directory.resolve("hidden");
        Files.createDirectories(library);
        Shell.Result copied = Shell.run("cp \"$(ldd /bin/ls | awk '/libc.so/ { print $3 }')\" " + library);
        assertThat(copied.status()).isZero();
        Reported.Run run = as(User.SELF)
                .run("--env LD_LIBRARY_PATH=" + library + " -p 'stdio rpath' -v r:/etc -- /bin/ls /etc/hostname");
        JsonObject early = run.refusals().getFirst();
        assertThat(early.get("early").getAsBoolean()).isTrue();
        assertThat(early.get("by").getAsString()).isEqualTo("landlock");
        assertThat(early.get("text").getAsString()).contains("hidden/libc.so");
    }

    @Test
    void aSupervisorThatDiesGivesNoRights() throws Exception {
        String script =
                AWAIT + "rm -f pipe; mkfifo pipe; PLEDGE --report -p 'stdio rpath' -v r:/usr -v r:/root -- sh -c"
                        + " 'echo started; read x; read line </etc/passwd; echo $line; : </usr/bin/env || echo nothing'"
                        + " <pipe >out 2>&1 & P=$!; exec 8>pipe; await started; KILL; echo x >&8; wait $P; echo $?;"
                        + " until grep -q env out; do sleep 0.05; done; cat out";
        Shell.Result lives = as(User.SELF).script(script.replace("KILL", ":").replace("nothing", "nothing; echo env"));
        assertThat(lives.out())
                .startsWith("0\nstarted\n")
                .contains("passwd: Permission denied", "\nenv\n")
                .doesNotContain("root:", "nothing");
        // Nobody is left to answer: what it asks about fails, even what it might do.
        Shell.Result died = as(User.SELF).script(script.replace("KILL", "kill -9 $P; wait $P"));
        assertThat(died.out())
                .contains("passwd: Function not implemented", "env: Function not implemented")
                .doesNotContain("root:");
    }

    @Test
    void signalsReachTheProgramAndItsDeathIsThisOnes() throws Exception {
        Shell.Result result = as(User.SELF)
                .script(AWAIT
                        + "PLEDGE --report -p 'stdio rpath proc exec prot_exec' -- sh -c 'trap \"echo got it; exit 5\""
                        + " TERM; echo ready; while :; do sleep 0.1; done' >out & await ready; kill -TERM $!; wait $!;"
                        + " echo $?; cat out");
        assertThat(result.out()).isEqualTo("5\nready\ngot it\n");
        Shell.Result killed = as(User.SELF)
                .script(AWAIT
                        + "PLEDGE --report -p 'stdio rpath proc exec prot_exec' -- sh -c 'echo ready; exec sleep 60'"
                        + " >out & await ready; kill -TERM $!; wait $!; echo $?");
        assertThat(killed.out()).isEqualTo("143\n");
    }

    @Test
    void aJobOfATerminalIsStoppedAndContinued() throws Exception {
        Assumptions.assumeTrue(Shell.run("command -v script && command -v bash").status() == 0, "not installed");
        String job = "PLEDGE --report -p 'stdio rpath proc exec prot_exec' -- sh -c"
                + " 'echo running; read x; mkdir $x; echo the end'";
        Shell.Result result = as(User.SELF)
                .script(AWAIT + "cat >job <<'end'\n" + job + "\nend\n"
                        + ">out; (echo '. ./job'; await running; printf '\\032'; await Stopped; echo 'jobs; fg'; echo made;"
                        + " await 'the end'; echo 'echo status $?'; echo exit)"
                        + " | script -qfc 'bash --norc -i' /dev/null >out; cat out");
        assertThat(result.out()).contains("Stopped", "refused: needs cpath", "the end", "status 0");
    }

    @Test
    void whatCannotBeReportedOnIsSaidInOneLine() throws Exception {
        Reported reported = as(User.SELF);
        assertThat(reported.script("PLEDGE --report -p stdio --on-violation trap -- true")
                        .err())
                .contains("option --report: under --on-violation trap the program itself is told");
        assertThat(reported.script("PLEDGE compile --report -o x -p stdio -- true")
                        .err())
                .isEqualTo("pledge: option --report belongs to pledge run, not to pledge compile\n");
        assertThat(reported.script("PLEDGE --report --print -p stdio -- true").status())
                .isEqualTo(64);
        assertThat(reported.script("PLEDGE --report-fd 2 -p stdio -- true").err())
                .isEqualTo("pledge: option --report-fd is for --report\n");
        assertThat(reported.script("PLEDGE --report --report-fd 42 -p stdio -- true")
                        .err())
                .isEqualTo("pledge: option --report-fd: descriptor 42 is not open for writing\n");
        assertThat(reported.script("PLEDGE --report -p 'stdio rpath' -v r:/proc/self -- true")
                        .err())
                .contains("goes through /proc/self");
    }

    @Test
    void aProgramThatMayNotBeReadIsNotRun() throws Exception {
        Reported reported = as(User.NOBODY);
        Files.copy(Path.of("/bin/true"), directory.resolve("unreadable"));
        assertThat(Shell.run("chmod 711 " + directory.resolve("unreadable")).status())
                .isZero();
        Shell.Result result = reported.script("PLEDGE --report -p stdio -- " + directory.resolve("unreadable"));
        assertThat(result.status()).isIn(125, 126);
        assertThat(result.err().lines()).hasSize(1);
    }

    @Test
    void theFrontStaysBesideTheProgramAndKeepsNoLauncher() throws Exception {
        Shell.Result result = Shell.run(
                "echo in | \"$PLEDGE\" --report -p 'stdio rpath' -- sh -c 'read x; echo \"$x $A\"; exit 3'; echo $?;"
                        + " \"$PLEDGE\" --report-fd 7 -p 'stdio rpath' --report -- cat /etc/passwd 7>&1 >/dev/null;"
                        + " find \"$XDG_CACHE_HOME\" -type f | wc -l",
                with(Installation.environment(home, directory), "A", "environment"),
                directory);
        assertThat(result.out()).as(result.err()).isEqualTo("in environment\n3\n0\n");
        Shell.Result refused = Shell.run(
                "\"$PLEDGE\" --report -p stdio -- ls /", Installation.environment(home, directory), directory);
        assertThat(refused.err()).contains("ls[", "refused: needs rpath. Add: -p rpath\n");
        assertThat(refused.status()).isEqualTo(2);
    }

    private static Map<String, String> with(Map<String, String> environment, String name, String value) {
        Map<String, String> more = new HashMap<>(environment);
        more.put(name, value);
        return more;
    }
}
