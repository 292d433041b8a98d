package org.jpledge.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jpledge.bpf.Disassembler;
import org.jpledge.bpf.Program;
import org.jpledge.syscall.Arch;
import org.jpledge.tools.inspect.Audit;
import org.jpledge.tools.inspect.Finding;
import org.jpledge.tools.inspect.Listing;
import org.jpledge.tools.text.RawPath;
import org.jpledge.tools.text.Words;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FilterCommandTest {
    private static final String PROLOGUE = """
            ld [arch]
            jne #AUDIT_ARCH_X86_64, bad
            ld [nr]
            jge #0x40000000, bad
            """;

    @TempDir
    Path directory;

    @BeforeEach
    void onlyX8664() {
        assumeTrue(Arch.host() == Arch.X86_64, "the examples are x86-64's");
    }

    private String file(String name, String text) throws Exception {
        return Files.writeString(directory.resolve(name), text).toString();
    }

    private String file(String name, byte[] bytes) throws Exception {
        return Files.write(directory.resolve(name), bytes).toString();
    }

    private static String shown(FilterTrial trial, Path directory) {
        return trial.err().replace(directory + "/", "");
    }

    // Includes.

    @Test
    void filesWhoseNamesAreNotAsciiAreIncluded() throws Exception {
        String place = directory + "/\u00e9\u0fef";
        Files.createDirectory(RawPath.of(Words.ofText(place)));
        for (String[] each : new String[][] {
            {"base.toml", "filter.rules = 'read'\nfilter.otherwise = 'kill'", "include = '%s'\n"},
            {"base.policy", "POLICY a { ALLOW { read } }", "#include \"%s\"\nUSE a DEFAULT KILL\n"},
            {"base.mj", "read: 1", "@include ./%s\nwrite: 1\n"}
        }) {
            Files.writeString(RawPath.of(Words.ofText(place + "/" + each[0])), each[1]);
            String named = file("by-" + each[0], each[2].formatted("\u00e9\u0fef/" + each[0]));
            assertThat(FilterTrial.of("filter", "run", named, "read", "close").out())
                    .as(each[0])
                    .startsWith("allow\nkill");
            String missing = file("no-" + each[0], each[2].formatted("\u00e9\u0fef/none"));
            assertThat(Words.text(
                            FilterTrial.of("filter", "run", missing, "read").err()))
                    .contains("cannot include ", "\u00e9\u0fef/none", ": no such file");
        }
        // What is wrong in a file of such a name is said with the name as it is.
        Files.writeString(RawPath.of(Words.ofText(place + "/base.toml")), "promise = ''");
        assertThat(Words.text(FilterTrial.of("filter", "check", directory + "/by-base.toml")
                        .err()))
                .contains("\u00e9\u0fef/base.toml:1:11: unknown key \"promise\"");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "read",
                "filter.rules = 'read'\nfilter.otherwise = 'kill'",
                "{\"filter\": {\"rules\": \"read\", \"otherwise\": \"kill\"}}",
                "read: 1",
                "POLICY a { ALLOW { read } }\nUSE a DEFAULT KILL",
                "[Service]\nSystemCallFilter=read"
            })
    void aByteOrderMarkIsNoPartOfAFile(String text) throws Exception {
        String plain = file("plain", text);
        assertThat(FilterTrial.of("filter", "diff", plain, file("marked", "\ufeff" + text)))
                .extracting(FilterTrial::status, FilterTrial::err)
                .containsExactly(0, "");
        // Elsewhere it is a character that nobody has written there on purpose.
        assertThat(FilterTrial.of("filter", "diff", plain, file("within", text + "\n\ufeffx"))
                        .status())
                .isEqualTo(125);
    }

    // Bad input.

    @Test
    void whatIsNoProgramIsOneLine() throws Exception {
        byte[] good = Listing.read("ld [nr]\nret allow\n", Arch.X86_64).encode(ByteOrder.LITTLE_ENDIAN);
        refused(
                "empty.bpf",
                new byte[0],
                "no BPF program for seccomp: the file is empty (expected 8 bytes for every instruction)");
        refused(
                "cut.bpf",
                Arrays.copyOf(good, 13),
                "no BPF program for seccomp: 13 bytes are not a whole number of instructions of 8 bytes");
        byte[] illegal = good.clone();
        illegal[0] = 0x28;
        refused(
                "illegal.bpf",
                illegal,
                "no BPF program for seccomp: instruction 0: opcode 0x28 is not allowed in a seccomp filter");
        byte[] jump = good.clone();
        jump[0] = 0x15;
        jump[2] = 9;
        refused(
                "jump.bpf",
                jump,
                "no BPF program for seccomp: instruction 0: a jump over 9 leaves the program of 2 instructions");
        refused(
                "large.bpf",
                new byte[10 << 20],
                "10485760 bytes are no BPF program, which has at most 4096 instructions of 8 bytes");
        refused(
                "zero.bpf",
                new byte[8 * 4096],
                "no BPF program for seccomp: instruction 4095: the last instruction must be a ret");
        byte[] endless = new byte[(16 << 20) + 1];
        refused("endless.bpf", endless, "more than 16 MiB, which is too much");
    }

    private void refused(String name, byte[] bytes, String message) throws Exception {
        for (String command : List.of("disasm", "explain", "check")) {
            FilterTrial trial = FilterTrial.of("filter", command, file(name, bytes));
            assertThat(shown(trial, directory)).isEqualTo("pledge: " + name + ": " + message + "\n");
            assertThat(trial.status()).isEqualTo(125);
            assertThat(trial.out()).isEmpty();
        }
    }

    @Test
    void aMissingFileADirectoryAndAWrongWordAreNamed() throws Exception {
        assertThat(shown(FilterTrial.of("filter", "explain", directory + "/no"), directory))
                .isEqualTo("pledge: no: no such file\n");
        assertThat(FilterTrial.of("filter", "explain", directory.toString()).err())
                .endsWith(": is a directory\n");
        FilterTrial none = FilterTrial.of("filter", "explain");
        assertThat(none.status()).isEqualTo(64);
        assertThat(none.err()).startsWith("pledge: filter explain needs the file of a filter; ");
        assertThat(FilterTrial.of("filter", "explain", "a", "b").err())
                .startsWith("pledge: filter explain takes no \"b\"");
        assertThat(FilterTrial.of("filter", "explain", "--arch", "pdp11", file("a", "read"))
                        .err())
                .startsWith("pledge: option --arch: \"pdp11\" is none of x86-64, ");
        assertThat(shown(FilterTrial.of("filter", "explain", file("r", "read\nsoket\n")), directory))
                .startsWith("pledge: r:2:1: ")
                .contains("did you mean socket?");
        assertThat(shown(FilterTrial.of("filter", "asm", file("x.asm", "ld [nr]\nrett allow\n")), directory))
                .startsWith("pledge: x.asm:2:1: unknown instruction \"rett\"");
    }

    // Text and back.

    @Test
    void asmReadsWhatDisasmPrints() throws Exception {
        String rules = file("rules", "read write(fd == 1) openat(flags & 3 == 0) socket(family in {2, 10})");
        String text = FilterTrial.of("filter", "disasm", rules).out();
        assertThat(text).contains("; x86-64\n", "errno 38, ENOSYS\n");
        FilterTrial made = FilterTrial.of("filter", "asm", file("x.asm", text));
        FilterTrial again = FilterTrial.of("filter", "disasm", file("x.bpf", made.bytes()));
        assertThat(again.out()).isEqualTo(text);
        String foreign =
                file("be.bpf", Listing.read("ld [nr]\nret allow\n", Arch.S390X).encode(ByteOrder.BIG_ENDIAN));
        assertThat(FilterTrial.of("filter", "disasm", foreign).out()).startsWith("l0: ld [0] ");
        Path output = directory.resolve("out.bpf");
        assertThat(FilterTrial.of("filter", "asm", directory + "/x.asm", "-o", output.toString())
                        .out())
                .isEmpty();
        assertThat(Files.readAllBytes(output)).isEqualTo(made.bytes());
    }

    // Explaining.

    @Test
    void whatLibseccompMakesIsExplained() throws Exception {
        Path source = Path.of("src/test/resources/org/jpledge/tools/libseccomp.c");
        Path program = directory.resolve("libseccomp");
        Shell.Result built = Shell.run("gcc -o " + program + " " + source + " -lseccomp");
        assumeTrue(built.status() == 0, "there is no gcc, or no libseccomp to develop with");
        String rules = """
                read
                write(fd:64 <= 2)
                lseek(offset >= 0x100000000, whence:64 != SEEK_END)
                getpid -> log
                kill -> trap
                fcntl(cmd:64 in {F_GETFD, F_GETFL})
                openat(flags & O_ACCMODE == 0)
                # all other calls -> errno EPERM
                # numbers that x86-64 does not know -> errno EPERM
                """;
        for (int which = 0; which < 4; which++) {
            Path bpf = directory.resolve(which + ".bpf");
            assertThat(Shell.run(program + " " + which + " >" + bpf).status()).isZero();
            FilterTrial trial = FilterTrial.of("filter", "explain", bpf.toString());
            assertThat(trial.err()).isEmpty();
            assertThat(trial.out()).doesNotContain("not followed", "not confirmed");
            if (which == 3) {
                assertThat(trial.out()).startsWith("""
                        # x86-64
                        ioctl(request:64 == TIOCSTI) -> errno EPERM
                        socket(family:64 == AF_VSOCK) -> errno EACCES
                        ptrace -> kill
                        # all other calls -> allow
                        """);
            } else {
                List<String> lines = new ArrayList<>(trial.out().lines().toList());
                assertThat(lines).containsAll(rules.lines().toList());
            }
        }
        assertThat(FilterTrial.of("filter", "diff", directory + "/0.bpf", directory + "/0.bpf")
                        .status())
                .isZero();
        // Two trees of one policy: one linear, one with other architectures besides.
        FilterTrial differing = FilterTrial.of("filter", "diff", directory + "/0.bpf", directory + "/1.bpf");
        assertThat(differing.status()).isEqualTo(1);
        assertThat(differing.out()).contains("@@ i386 @@").doesNotContain("@@ x86-64 @@");
    }

    // Running.

    @Test
    void aCallIsAnsweredByNameByNumberAndOnOtherArchitectures() throws Exception {
        String rules = file("rules", "read socket(family == AF_INET) ioctl(request in {TCGETS, TIOCGWINSZ})");
        assertThat(FilterTrial.of(
                                "filter",
                                "run",
                                rules,
                                "socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, 0)",
                                "socket(1)",
                                "0")
                        .out())
                .isEqualTo("allow\nerrno EPERM\nallow\n");
        assertThat(FilterTrial.of("filter", "run", "--arch", "i386", rules, "ioctl(1, TCGETS)")
                        .out())
                .isEqualTo("allow\n");
        assertThat(FilterTrial.of("filter", "run", rules, "ioctl(1, 0xffffffff00005401, \"a\\\"b\")")
                        .out())
                .isEqualTo("allow\n");
        assertThat(FilterTrial.of("filter", "run", rules, "-v", "read").out())
                .startsWith("l0: ld [4]                           ; a=0x0 x=0x0\nl1: jeq #0xc000003e, ")
                .endsWith("\nallow\n");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "socket(AF_INTE)   | column 8: x86-64 has no constant \"AF_INTE\" (did you mean AF_INET?)",
                "socket(1          | column 9: expected , or )",
                "socket(1) now     | column 11: \"now\" follows the call",
                "read(1,2,3,4,5,6,7)| column 1: a system call has at most 6 arguments, not 7",
                "open(\"x)         | column 6: the string has no end",
                "99999999999       | column 1: \"99999999999\" is no number of a system call",
                "read(0xfffffffffffffffff)| column 6: \"0xfffffffffffffffff\" is not a number of 64 bits",
                "read()            | ",
            })
    void aCallThatIsNotRightIsNamed(String call, String message) throws Exception {
        FilterTrial trial = FilterTrial.of("filter", "run", file("rules", "read"), call);
        if (message == null) {
            assertThat(trial.out()).isEqualTo("allow\n");
        } else {
            assertThat(trial.err()).isEqualTo("pledge: call \"" + call + "\": " + message + "\n");
            assertThat(trial.status()).isEqualTo(64);
        }
    }

    @Test
    void aFileOfCasesFailsWhereOneIsOtherwise() throws Exception {
        String rules = file("rules", "read");
        FilterTrial good = FilterTrial.of(
                "filter", "run", rules, "--cases", file("good", "# all\nread -> allow\n\nwrite(1) -> errno EPERM\n"));
        assertThat(good.status()).isZero();
        assertThat(good.out()).isEmpty();
        FilterTrial bad =
                FilterTrial.of("filter", "run", rules, "--cases", file("bad", "read -> allow\nwrite(1) -> allow\n"));
        assertThat(bad.status()).isEqualTo(1);
        assertThat(bad.out().replace(directory + "/", "")).isEqualTo("bad:2: write(1) gets errno EPERM, not allow\n");
        FilterTrial wrong = FilterTrial.of("filter", "run", rules, "--cases", file("wrong", "\nread allow\n"));
        assertThat(shown(wrong, directory)).isEqualTo("pledge: wrong:2: column 11: expected -> and an action\n");
    }

    // Comparing.

    @Test
    void differencesAreSaidAsConditionsAndEachHasACallThatShowsIt() throws Exception {
        String first = file("first", "read\nsocket(family in {1, 2})\nmmap(prot & 4 == 0)\n");
        String second = file("second", "read\nsocket(family == 2)\nmmap\ngetpid -> kill\n");
        FilterTrial trial = FilterTrial.of("filter", "diff", first, second);
        assertThat(trial.status()).isEqualTo(1);
        assertThat(trial.out().replace(directory + "/", "")).isEqualTo("""
                --- first
                +++ second
                @@ x86-64 @@
                mmap(prot & PROT_EXEC != 0): errno EPERM | allow  # mmap(0, 0, 4, 0, 0, 0)
                getpid: errno EPERM | kill  # getpid()
                socket(family == AF_UNIX): allow | errno EPERM  # socket(1, 0, 0)
                """);
        FilterTrial same = FilterTrial.of("filter", "diff", first, first);
        assertThat(same.status()).isZero();
        assertThat(same.out()).isEmpty();
        String odd = file(
                "odd.bpf",
                Listing.read("ld [arg0.low]\nmul #3\njeq #6, a\nret allow\na: ret allow", Arch.X86_64)
                        .encode(ByteOrder.LITTLE_ENDIAN));
        FilterTrial unsure = FilterTrial.of("filter", "diff", odd, odd);
        assertThat(unsure.status()).isEqualTo(2);
        assertThat(unsure.out()).startsWith("# not followed: instruction 1: mul of what was computed");
    }

    // Checking: each finding in a program that has it, and not in one that has not.

    private static List<String> findings(String text) {
        List<String> ids = new ArrayList<>();
        for (Finding finding : Audit.of(Listing.read(text, Arch.X86_64), Arch.X86_64)) {
            ids.add(finding.kind().id());
        }
        return ids;
    }

    @Test
    void aFilterWithoutFaultsHasNoFinding() throws Exception {
        assertThat(findings(PROLOGUE + "jeq #SYS_read, good\nret errno 38\nbad: ret kill\ngood: ret allow\n"))
                .isEmpty();
        FilterTrial trial = FilterTrial.of(
                "filter",
                "check",
                file(
                        "rules",
                        "read write(fd == 1) mmap(prot & 4 == 0) clone3 -> errno ENOSYS openat2 -> errno ENOSYS"));
        assertThat(trial.status()).isZero();
        assertThat(trial.out()).startsWith("# ").contains(" are remembered as allowed and execute none\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "architecture           @ ld [nr]; jeq #1, bad; ret allow; bad: ret kill",
                "x32                    @ ld [arch]; jne #AUDIT_ARCH_X86_64, bad; ld [nr]; jeq #1, bad; ret allow; bad: ret kill",
                "wide-comparison        @ PROLOGUE jne #41, good; ld [arg0.low]; jne #40, good; ld [arg0.high]; jne #0, good; bad: ret kill; good: ret allow",
                "tiocsti                @ PROLOGUE jeq #16, good; ret errno 38; bad: ret kill; good: ret allow",
                "tiocsti                @ PROLOGUE jne #16, no; ld [arg1.high]; jne #0, good; ld [arg1.low]; jeq #0x5412, bad, good; no: ret errno 38; bad: ret kill; good: ret allow",
                "narrow-comparison      @ PROLOGUE jne #0, no; ld [arg2.low]; jgt #100, bad, good; no: ret errno 38; bad: ret kill; good: ret allow",
                "errno-zero             @ PROLOGUE jeq #1, zero; ret errno 38; bad: ret kill; zero: ret errno 0",
                "unknown-numbers        @ PROLOGUE jeq #0, good; bad: ret errno 1; good: ret allow",
                "unknown-numbers        @ PROLOGUE jeq #435, bad; ret errno 38; bad: ret errno 1",
                "strict-comparison      @ PROLOGUE jne #41, no; ld [arg0.high]; jne #0, bad; ld [arg0.low]; jeq #2, good, bad; no: ret errno 38; bad: ret kill; good: ret allow",
                "dead-instructions      @ PROLOGUE jeq #0, good; ret errno 38; ret errno 5; bad: ret kill; good: ret allow",
                "not-remembered         @ ld [arg0.low]; st M[0]; PROLOGUE jeq #0, good; ret errno 38; bad: ret kill; good: ret allow",
                "not-followed           @ PROLOGUE jne #0, no; ld [arg2.low]; mul #3; jgt #100, bad, good; no: ret errno 38; bad: ret kill; good: ret allow",
            })
    void eachFindingIsFoundWhereItIs(String row) {
        String id = row.substring(0, row.indexOf('@')).strip();
        String text = row.substring(row.indexOf('@') + 1)
                .replace("PROLOGUE", PROLOGUE)
                .replace(";", "\n");
        assertThat(findings(text)).contains(id);
    }

    /** In the program of a policy there is nothing left of such a rule, so its text is asked. */
    @Test
    void aRuleThatNoCallCanMeetIsFoundInAText() throws Exception {
        String rules = "clone3 -> errno ENOSYS openat2 -> errno ENOSYS read ";
        FilterTrial trial = FilterTrial.of(
                "filter", "check", file("dead", rules + "read(fd == 1) -> kill write(fd == 1, fd == 2)"));
        assertThat(trial.status()).isEqualTo(1);
        assertThat(trial.out())
                .contains("medium dead-rule: x86-64: \"read(fd == 1) -> kill\" never matches: \"read\" comes first\n")
                .contains(
                        "medium dead-rule: x86-64: \"write(fd == 1, fd == 2)\" never matches: its conditions contradict"
                                + " each other\n");
        assertThat(FilterTrial.of("filter", "check", file("alive", rules + "write(fd == 1)"))
                        .out())
                .startsWith("# ");
        // What promises say twice is nobody's mistake.
        assertThat(FilterTrial.of(
                                "filter",
                                "check",
                                file(
                                        "promised.toml",
                                        "promises = \"stdio rpath\"\ndeny = [\"ptrace\", \"ptrace -> kill\"]\n"))
                        .out())
                .containsOnlyOnce("dead-rule");
    }

    @Test
    void socketcallIsFoundOn32Bits() {
        String text =
                "ld [arch]\njne #AUDIT_ARCH_I386, bad\nld [nr]\njeq #102, good\nret errno 38\nbad: ret kill\ngood: ret allow\n";
        assertThat(findings(text)).containsExactly("multiplexer");
        assertThat(findings(text.replace("102", "3"))).isEmpty();
    }

    @Test
    void findingsAreJsonObjectsToo() throws Exception {
        String bpf = file(
                "x.bpf",
                Listing.read("ld [nr]\njeq #1, bad\nret allow\nbad: ret kill\n", Arch.X86_64)
                        .encode(ByteOrder.LITTLE_ENDIAN));
        FilterTrial trial = FilterTrial.of("filter", "check", "--json", bpf);
        assertThat(trial.status()).isEqualTo(1);
        assertThat(trial.out().lines().toList())
                .anySatisfy(line -> assertThat(line)
                        .startsWith("{\"id\":\"x32\",\"severity\":\"high\",\"sentence\":\"numbers from 0x40000000")
                        .endsWith("\"witness\":\"0x40000000()\"}"));
    }

    // A running process.

    @Test
    void theFiltersOfARunningProcessAreWhatWasCompiledAndItGoesOn() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "the filters of a process are for root");
        Path launcher = directory.resolve("sleep.pledged");
        perform("compile", "-p", "stdio", "-o", launcher.toString(), "--", "/bin/sleep", "60");
        String printed = perform("--print", "-p", "stdio", "--", "/bin/sleep", "60");
        // Not a child of this JVM, which would be told of its stops.
        String pid = Shell.run(launcher + " >/dev/null 2>&1 & echo $!").out().strip();
        try {
            Path status = Path.of("/proc", pid, "status");
            for (int i = 0; i < 1000 && !Files.readString(status).contains("Seccomp_filters:\t2"); i++) {
                TimeUnit.MILLISECONDS.sleep(10);
            }
            for (int i = 0; i < 1000 && !Files.readString(status).contains("TracerPid:\t0"); i++) {
                TimeUnit.MILLISECONDS.sleep(10);
            }
            FilterTrial trial = FilterTrial.of("filter", "dump", "--index", "0", pid);
            FilterTrial exact = FilterTrial.of("filter", "dump", "--index", "1", pid);
            assertThat(trial.err()).isEmpty();
            assertThat(exact.err()).isEmpty();
            assertInstalled(
                    printed, Program.decode(exact.bytes(), ByteOrder.nativeOrder()), "BPF from the entry point on");
            assertInstalled(
                    printed, Program.decode(trial.bytes(), ByteOrder.nativeOrder()), "BPF before the entry point");
            assertThat(FilterTrial.of("filter", "dump", pid).out())
                    .contains("## filter 0 of 2, ", "## filter 1 of 2, ", "\nread\n")
                    .doesNotContain("not followed");
            assertThat(FilterTrial.of("filter", "dump", "-o", directory + "/dumped", pid)
                            .status())
                    .isZero();
            assertThat(Files.readAllBytes(directory.resolve("dumped/1.bpf"))).isEqualTo(exact.bytes());
            assertThat(FilterTrial.of("filter", "dump", "--index", "2", pid).err())
                    .isEqualTo("pledge: option --index: process " + pid + " has 2 filters, 0 to 1\n");
            // It may not have gone back to its sleep yet, but nothing holds it.
            assertThat(Files.readString(status))
                    .containsPattern("State:\t[SR] ")
                    .contains("TracerPid:\t0");
        } finally {
            Shell.run("kill -9 " + pid);
        }
    }

    /** A program that was installed is the one that was printed, but for the numbers of its process. */
    private static void assertInstalled(String printed, Program program, String heading) {
        List<String> lines =
                Disassembler.text(program, ByteOrder.nativeOrder()).lines().toList();
        List<String> all = printed.lines().toList();
        int at = 0;
        while (!all.get(at).contains(heading)) {
            at++;
        }
        int same = 0;
        for (int i = 0; i < lines.size(); i++) {
            String expected = all.get(at + 1 + i);
            same += expected.equals(lines.get(i)) || expected.contains("jeq #0x0,") ? 1 : 0;
        }
        assertThat(same).as(heading).isEqualTo(lines.size());
    }

    private static String perform(String... words) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream print = new PrintStream(out, false, StandardCharsets.ISO_8859_1);
        Start start = _ -> {
            throw new AssertionError("nothing is started here");
        };
        String process = Long.toString(ProcessHandle.current().pid());
        new Pledge(List.of("PATH=/bin"), print, print, process, RunningKernel::asked, List.of(), start)
                .perform(List.of(words));
        return out.toString(StandardCharsets.ISO_8859_1);
    }

    @Test
    void aProcessWithoutAFilterOrNoneAtAllIsNamed() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "the filters of a process are for root");
        String pid = Shell.run("sleep 60 >/dev/null 2>&1 & echo $!").out().strip();
        try {
            FilterTrial none = FilterTrial.of("filter", "dump", pid);
            assertThat(none.status()).isEqualTo(125);
            assertThat(none.err()).isEqualTo("pledge: process " + pid + ": it has no seccomp filter\n");
        } finally {
            assertThat(Shell.run("kill -9 " + pid).status()).isZero();
        }
        assertThat(FilterTrial.of("filter", "dump", "999999999").err())
                .isEqualTo("pledge: process 999999999: there is no such process\n");
        assertThat(FilterTrial.of("filter", "dump", "me").err())
                .isEqualTo("pledge: filter dump: \"me\" is not a number\n");
    }
}
