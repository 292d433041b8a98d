package org.jpledge.tools.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.FileNotFoundException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Condition;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.FilterText;
import org.jpledge.seccomp.Operator;
import org.jpledge.seccomp.Rule;
import org.jpledge.seccomp.RuleParser;
import org.jpledge.seccomp.Value;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;
import org.jpledge.tools.policy.PolicyDocument;
import org.junit.jupiter.api.Test;

/** Policies of kafel: what they mean, and that what is written means what was meant. */
class KafelTest {
    private static final long SEED = 7;

    private static Imported imported(String text, String... files) throws ImportException {
        return KafelReader.read(text, ImportSettings.of(Arch.X86_64).withIncludes((name, from) -> {
            for (int i = 0; i < files.length; i += 2) {
                if (files[i].equals(name)) {
                    return files[i + 1];
                }
            }
            throw new FileNotFoundException("no such file");
        }));
    }

    private static Filter read(String text, String... files) throws ImportException {
        return imported(text, files).filter(Imported.MAIN);
    }

    private static Exported written(Filter filter) {
        return KafelWriter.write(
                new Exportable("test", PolicyDocument.EMPTY, new TreeMap<>(Map.of(Imported.MAIN, filter))));
    }

    private static List<String> rules(Filter filter) {
        return filter.sections().getFirst().rules().stream()
                .map(rule -> FilterText.of(rule, Arch.X86_64))
                .toList();
    }

    private static String wrong(String text, String... files) {
        try {
            return "no error: " + rules(read(text, files));
        } catch (ImportException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private static int number(String call) {
        return SyscallTable.of(Arch.X86_64).number(call).orElseThrow();
    }

    private static long low(long arg) {
        return arg & 0xffffffffL;
    }

    @Test
    void theExamplesOfTheDocumentationMeanWhatItSays() throws ImportException {
        Imported imported = imported("""
                #define mysyscall 500
                #define STDOUT 1
                POLICY my_const {
                  ALLOW {
                    mysyscall
                  }
                }
                POLICY my_literal {
                  ALLOW {
                    SYSCALL[-1], SYSCALL[501] (first_arg, my_arg_name) { first_arg == 42 && my_arg_name != 42 }
                  }
                }
                POLICY guarded {
                  ALLOW {
                    io_uring_setup ON x86_64,
                    arm_fadvise64_64 ON arm
                  }
                }
                POLICY arguments {
                  ALLOW {
                    mmap { (prot & 4) == 0 },
                    open { flags == 0|0x80000 },
                    write { fd == STDOUT }
                  }
                }
                USE my_const, USE my_literal, USE guarded, USE arguments
                ERRNO(5) { ptrace }
                DEFAULT KILL_PROCESS
                """);
        assertThat(imported.remarks())
                .containsExactlyInAnyOrder(
                        "line 10: number -1 is how a tracer skips a call, and always let through here",
                        "line 16: x86-64 has no arm_fadvise64_64");
        assertThat(Differences.between(
                        imported.filter(Imported.MAIN),
                        (number, args) -> {
                            boolean allowed = number == 500
                                    || number == 501 && args[0] == 42 && args[1] != 42
                                    || number == number("io_uring_setup")
                                    || number == number("mmap") && (args[2] & 4) == 0
                                    || number == number("open") && low(args[1]) == 0x80000
                                    || number == number("write") && low(args[0]) == 1;
                            return allowed
                                    ? Action.ALLOW
                                    : number == number("ptrace") ? new Action.Errno(5) : Action.KILL_PROCESS;
                        },
                        Arch.X86_64,
                        SEED))
                .isEmpty();
    }

    @Test
    void theExampleOfTheShellIsImported() throws ImportException {
        Filter filter = read(
                "POLICY a { ALLOW { write, execve, brk, access, mmap, open, newfstat, close, read, mprotect, arch_prctl, munmap, getuid, getgid, getpid, rt_sigaction, geteuid, getppid, getcwd, getegid, ioctl, fcntl, newstat, clone, wait4, rt_sigreturn, exit_group } } USE a DEFAULT KILL");
        assertThat(rules(filter)).hasSize(27).contains("fstat", "stat").doesNotContain("newfstat");
        assertThat(filter.otherwise()).isEqualTo(Action.KILL_THREAD);
    }

    @Test
    void conditionsAreComparedAsWidelyAsKafelDoes() throws ImportException {
        Filter filter = read("""
                POLICY sample { // a comment
                  ALLOW {
                    write(myfd, mybuf, mysize) { /* another
                       one */ (myfd == 1 || myfd == 2) && (mysize < 4 || mybuf == 0) },
                    read { fd == 1, !(buf >= 0x10 && count != 3), 5 < count },
                    close { fd == -1 },
                    openat { (filename & 0xf1f1f1f1f1f1f1f1) == 0, (flags & 0xf1) == 0xf1, (flags | 0x3) == 7 },
                    lseek {}
                  },
                  LOG { dup(a, b) { (a & 0xf00) > 0x200 } }
                }
                USE sample DEFAULT TRAP(3)
                """);
        assertThat(Differences.between(
                        filter,
                        (number, args) -> {
                            boolean allowed = number == number("write")
                                            && (args[0] == 1 || args[0] == 2)
                                            && (args[2] >= 0 && args[2] < 4 || args[1] == 0)
                                    || number == number("read")
                                            && (low(args[0]) == 1
                                                    || !(Long.compareUnsigned(args[1], 16) >= 0 && args[2] != 3)
                                                    || Long.compareUnsigned(args[2], 5) > 0)
                                    || number == number("close") && args[0] == -1
                                    || number == number("openat")
                                            && ((args[1] & 0xf1f1f1f1f1f1f1f1L) == 0
                                                    || (args[2] & 0xf1) == 0xf1
                                                    || low(args[2] | 3) == 7)
                                    || number == number("lseek");
                            return allowed
                                    ? Action.ALLOW
                                    : number == number("dup") && (args[0] & 0xf00) > 0x200
                                            ? Action.LOG
                                            : new Action.Trap(3);
                        },
                        Arch.X86_64,
                        SEED))
                .isEmpty();
    }

    @Test
    void theFirstRuleInTheOrderOfUseHolds() throws ImportException {
        Filter filter = read("""
                POLICY one { ALLOW { write(fd) { fd == 1 }, read } }
                POLICY two { KILL { read, write }, DENY { open }, USER_NOTIF { close }, TRACE(9) { dup } }
                POLICY both { USE one, USE two }
                USE both
                """);
        assertThat(rules(filter))
                .containsExactly(
                        "write(fd:64 == 1)",
                        "read",
                        "read -> kill-thread",
                        "write -> kill-thread",
                        "open -> kill-thread",
                        "close -> notify",
                        "dup -> trace 9");
    }

    @Test
    void filesAreIncluded() throws ImportException {
        Filter filter = read(
                "#include \"a.policy\" \"sub/b.policy\"; USE a, USE b\n",
                "a.policy",
                "POLICY a { ALLOW { read } }",
                "sub/b.policy",
                "#include \"c.policy\"\nPOLICY b { ALLOW { close { fd == X } } }",
                "sub/c.policy",
                "#define X 0b101\n");
        assertThat(rules(filter)).containsExactly("read", "close(fd == 5)");
    }

    @Test
    void mistakesAreNamedWithTheirPlace() {
        assertThat(wrong("ALLOW {\n  raed }")).isEqualTo("2:3: unknown system call \"raed\" (did you mean \"read\"?)");
        assertThat(wrong("ALLOW { read { fb == 1 } }"))
                .isEqualTo(
                        "1:16: \"fb\" is neither an argument of the call nor a constant of #define (did you mean \"fd\"?)");
        assertThat(wrong("ALLOW { SYSCALL[7] { fd == 1 } }")).endsWith("of #define; declare its arguments");
        assertThat(wrong("ALOW { read }"))
                .isEqualTo("1:1: expected an action, USE, POLICY or DEFAULT, not \"ALOW\" (did you mean \"ALLOW\"?)");
        assertThat(wrong("ERRNO(4096) { read }")).isEqualTo("1:7: ERRNO takes 0 to 4095, not 4096");
        assertThat(wrong("TRAP(0x10000) { read }")).isEqualTo("1:6: TRAP takes 0 to 65535, not 0x10000");
        assertThat(wrong("ALLOW { read { fd == 0x1ffffffffffffffff } }"))
                .isEqualTo("1:22: \"0x1ffffffffffffffff\" is not a number of 64 bits");
        assertThat(wrong("ALLOW { read { fd != count } }")).startsWith("1:19: two arguments meet here");
        assertThat(wrong("ALLOW { read { (fd & count) == 1 } }")).startsWith("1:20: two arguments meet here");
        assertThat(wrong("ALLOW { read { fd } }")).isEqualTo("1:19: expected one of == != < <= > >=, not \"}\"");
        assertThat(wrong("ALLOW { read { (fd == 1) == 1 } }")).isEqualTo("1:26: a comparison is no number");
        assertThat(wrong("ALLOW { read { (fd | 1) < 3 } }")).startsWith("1:25: an argument with bits set by |");
        assertThat(wrong("ALLOW { read")).isEqualTo("1:13: expected \"}\", not the end");
        assertThat(wrong("POLICY a { } POLICY a { }")).isEqualTo("1:21: there is a policy \"a\" already");
        assertThat(wrong("POLICY ab { } USE ac"))
                .isEqualTo("1:19: no policy \"ac\" before this (did you mean \"ab\"?)");
        assertThat(wrong("POLICY a { USE a }")).isEqualTo("1:16: no policy \"a\" before this");
        assertThat(wrong("DEFAULT KILL DEFAULT KILL")).isEqualTo("1:14: there is a DEFAULT already");
        assertThat(wrong("#define A 1\n#define A 2")).isEqualTo("2:11: A is 1 already");
        assertThat(wrong("ALLOW { read ON sparc }")).startsWith("1:17: unknown architecture \"sparc\"");
        assertThat(wrong("ALLOW { read(a, a) }")).isEqualTo("1:17: there is an argument \"a\" already");
        assertThat(wrong("ALLOW { read(a,b,c,d,e,f,g) }")).endsWith("a system call has six arguments at the most");
        assertThat(wrong("/* never\nends")).isEqualTo("1:1: the comment that begins here does not end");
        assertThat(wrong("#include \"a")).isEqualTo("1:10: the name that begins here does not end");
        assertThat(wrong("#include x")).isEqualTo("1:10: expected a file name in quotes, not \"x\"");
        assertThat(wrong("#include \"a\"")).isEqualTo("1:10: cannot include a: no such file");
        assertThat(wrong("#include \"a\"", "a", "ALLOW {\n raed }")).startsWith("a:2:2: unknown system call");
        assertThat(wrong("#include \"a\"", "a", "#include \"b\"", "b", "#include \"a\";"))
                .isEqualTo("b:1:10: a file includes itself: a includes b includes a");
        assertThat(wrong("ALLOW { read; }")).isEqualTo("1:13: \";\" is no sign of a kafel policy");
        assertThat(wrong("ALLOW { read \u2013 }")).isEqualTo("1:14: \"\u2013\" is no sign of a kafel policy");
        assertThat(wrong("")).isEqualTo("1:1: the policy is empty");
    }

    @Test
    void whatIsTooLargeIsRefusedInTime() {
        assertThat(wrong("ALLOW { read { " + "(".repeat(300) + "fd == 1" + ")".repeat(300) + " } }"))
                .endsWith("more than 200 parentheses inside each other");
        assertThat(wrong("ALLOW { read { " + "!".repeat(300) + "(fd == 1) } }"))
                .endsWith("more than 200 parentheses inside each other");
        assertThat(wrong("ALLOW { read { fd == 1" + " || fd == 2".repeat(900_000) + " } }"))
                .endsWith("the condition comes to more than 4096 rules for one call");
        String factor = "(fd == 1 || fd == 2 || count == 3 || count == 4)";
        assertThat(wrong("ALLOW { read { " + factor + (" && " + factor).repeat(40) + " } }"))
                .endsWith("the condition comes to more than 4096 rules for one call");
    }

    @Test
    void whatIsWrittenMeansWhatWasMeant() throws ImportException {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(SEED);
        List<Action> all = List.of(
                Action.ALLOW,
                Action.LOG,
                Action.NOTIFY,
                Action.KILL_PROCESS,
                Action.KILL_THREAD,
                new Action.Errno(13),
                new Action.Trap(5),
                new Action.Trace(0xffff));
        RandomFilters filters = new RandomFilters(random, all);
        for (int i = 0; i < 40; i++) {
            Filter filter = filters.next(action -> action, Action.KILL_THREAD, Arch.X86_64);
            Exported written = written(filter);
            assertThat(written.losses()).isEmpty();
            assertThat(Differences.between(filter, read(written.text()), Arch.X86_64, i))
                    .as("seed %d, filter %d:%n%s", SEED, i, written.text())
                    .isEmpty();
        }
    }

    @Test
    void severalArchitecturesAreToldApart() throws ImportException {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(SEED);
        RandomFilters filters =
                new RandomFilters(random, List.of(Action.ALLOW, Action.KILL_PROCESS, new Action.Errno(1)));
        for (int i = 0; i < 8; i++) {
            Filter filter = filters.next(action -> action, Action.KILL_THREAD, Arch.X86_64, Arch.I386, Arch.AARCH64);
            Exported written = written(filter);
            Filter again = KafelReader.read(written.text(), ImportSettings.of(Arch.X86_64, Arch.I386, Arch.AARCH64))
                    .filter(Imported.MAIN);
            assertThat(written.losses()).isEmpty();
            for (Arch arch : List.of(Arch.X86_64, Arch.I386, Arch.AARCH64)) {
                assertThat(Differences.between(filter, again, arch, i))
                        .as(written.text())
                        .isEmpty();
            }
        }
    }

    @Test
    void aLargeSetIsSeveralRules() throws ImportException {
        List<Value> values = new ArrayList<>();
        for (int i = 0; i < 150; i++) {
            values.add(new Value.Constant(3L * i));
        }
        Rule rule = new Rule(0, List.of(new Condition(1, true, -1, Operator.IN, values)), Action.ALLOW);
        Filter filter =
                Filter.of(Arch.X86_64, List.of(rule), Action.KILL_THREAD, Action.KILL_THREAD, Action.KILL_THREAD);
        assertThat(written(filter).text().split("read\\(fd, buf\\)")).hasSize(4);
        assertThat(Differences.between(filter, read(written(filter).text()), Arch.X86_64, SEED))
                .isEmpty();
    }

    @Test
    void whatIsWrittenIsReadable() {
        Filter filter = Filter.of(
                Arch.X86_64,
                new RuleParser(Arch.X86_64)
                        .parse(
                                "read write(fd in {1, 2}) stat mmap(prot & PROT_EXEC == 0) close -> errno EBADF",
                                Action.ALLOW),
                Action.KILL_PROCESS,
                Action.KILL_PROCESS,
                Action.KILL_THREAD);
        assertThat(written(filter)).isEqualTo(new Exported("""
                        POLICY test {
                          ALLOW {
                            read,
                            write(fd) { ((fd & 0xffffffff) == 1 || (fd & 0xffffffff) == 2) },
                            newstat,
                            mmap(addr, len, prot) { (prot & 4) == 0 }
                          },
                          ERRNO(9) {
                            close
                          }
                        }
                        USE test DEFAULT KILL_PROCESS
                        """, List.of()));
    }

    @Test
    void whatCannotBeSaidIsLostByName() {
        Filter filter = Filter.of(
                Arch.X86_64,
                new RuleParser(Arch.X86_64).parse("kill(pid == $pid) read", Action.ALLOW),
                Action.KILL_PROCESS,
                new Action.Errno(38),
                new Action.Errno(1));
        assertThat(written(filter).losses())
                .containsExactly(
                        "kill(pid == $pid): the number is known in the process alone, so this is not allowed",
                        "numbers that x86-64 does not know: kill instead of errno ENOSYS",
                        "calls of other architectures: kill-thread instead of errno EPERM");
        Filter large = Filter.of(Arch.S390X, List.of(), Action.KILL_THREAD, Action.KILL_THREAD, Action.KILL_THREAD);
        assertThat(written(large).losses()).containsExactly("all calls of s390x: kafel does not know the architecture");
    }
}
