package org.jpledge.seccomp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.jpledge.syscall.Arch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RuleParserTest {
    private static final Action EPERM = new Action.Errno(1);

    private static List<Rule> parse(String text) {
        return new RuleParser(Arch.X86_64).parse(text, Action.ALLOW);
    }

    private static Rule one(String text) {
        List<Rule> rules = parse(text);
        assertThat(rules).hasSize(1);
        return rules.getFirst();
    }

    private static Condition condition(String text) {
        Rule rule = one(text);
        assertThat(rule.conditions()).hasSize(1);
        return rule.conditions().getFirst();
    }

    @Test
    void aCallAloneMeansAnyArguments() {
        assertThat(one("read")).isEqualTo(new Rule(0, List.of(), Action.ALLOW));
    }

    @Test
    void rulesStandInOrderWithCommentsAndLinesWhereverTheWriterLikes() {
        assertThat(parse("""
                        # reading
                        read readv   # two
                        socket(family == AF_UNIX,   # a comment inside
                               type == SOCK_STREAM)
                        """))
                .containsExactly(
                        new Rule(0, List.of(), Action.ALLOW),
                        new Rule(19, List.of(), Action.ALLOW),
                        new Rule(
                                41,
                                List.of(Condition.of(0, false, Operator.EQ, 1), Condition.of(1, false, Operator.EQ, 1)),
                                Action.ALLOW));
    }

    @Test
    void theMaskBindsTighterThanTheComparison() {
        assertThat(condition("mmap(prot & PROT_EXEC == 0)"))
                .isEqualTo(new Condition(2, true, 4, Operator.EQ, List.of(new Value.Constant(0))));
        assertThat(condition("mmap(prot & PROT_EXEC|PROT_WRITE == PROT_WRITE)").mask())
                .isEqualTo(6);
    }

    @Test
    void everyOperatorIsRead() {
        for (Operator op : Operator.values()) {
            String value = op == Operator.IN ? "{3}" : "3";
            assertThat(condition("close(fd " + op.text() + value + ")").op()).isEqualTo(op);
            assertThat(condition("close(fd" + (op == Operator.IN ? " in" : op.text()) + " " + value + ")")
                            .op())
                    .isEqualTo(op);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "10, 10",
        "0x1F, 31",
        "017, 15",
        "0, 0",
        "-1, 0xffffffffffffffff",
        "~0, 0xffffffffffffffff",
        "~(1 | 2) , 0xfffffffffffffffc",
        "(1)|2|-4, 0xffffffffffffffff",
        "0xffffffffffffffff, 0xffffffffffffffff",
        "18446744073709551615, 0xffffffffffffffff",
        "PROT_READ|PROT_WRITE, 3",
    })
    void numbersAreExpressions(String text, String value) {
        assertThat(condition("munmap(len == " + text + ")").values())
                .containsExactly(new Value.Constant(Long.decode("0") + parseUnsigned(value)));
    }

    private static long parseUnsigned(String value) {
        return value.startsWith("0x") ? Long.parseUnsignedLong(value, 2, value.length(), 16) : Long.parseLong(value);
    }

    @Test
    void setsHoldSeveralValues() {
        assertThat(condition("ioctl(request in {TCGETS, FIONREAD, 7})"))
                .isEqualTo(new Condition(
                        1,
                        false,
                        -1,
                        Operator.IN,
                        List.of(new Value.Constant(0x5401), new Value.Constant(0x541b), new Value.Constant(7))));
    }

    @Test
    void variablesStandForTheProcess() {
        assertThat(condition("kill(pid == $pid)").values()).containsExactly(new Value.Own(Variable.PID));
        assertThat(condition("chown(user in {$uid, 0xffffffff})").values())
                .containsExactly(new Value.Own(Variable.UID), new Value.Constant(0xffffffffL));
    }

    @Test
    void anIntIsComparedInItsLowWordAndALongInBoth() {
        assertThat(condition("openat(dirfd == AT_FDCWD)"))
                .isEqualTo(new Condition(0, false, 0xffffffffL, Operator.EQ, List.of(new Value.Constant(0xffffff9cL))));
        assertThat(condition("munmap(len == -1)").word()).isTrue();
        assertThat(new RuleParser(Arch.I386)
                        .parse("munmap(len == 1)", Action.ALLOW)
                        .getFirst()
                        .conditions()
                        .getFirst()
                        .word())
                .isFalse();
    }

    @Test
    void aFileModeHasSixteenBits() {
        assertThat(condition("chmod(mode == 0644)").mask()).isEqualTo(0xffff);
        assertThat(condition("chmod(mode & ~0777 == 0)").mask()).isEqualTo(0xfe00);
    }

    @Test
    void argumentsHaveTheNamesOfTheirArchitecture() {
        RuleParser s390x = new RuleParser(Arch.S390X);
        assertThat(condition("clone(flags & CLONE_THREAD != 0)").argument()).isZero();
        assertThat(s390x.parse("clone(flags & CLONE_THREAD != 0)", Action.ALLOW)
                        .getFirst()
                        .conditions()
                        .getFirst()
                        .argument())
                .isEqualTo(1);
        assertThat(condition("read(arg2 == 0)").argument()).isEqualTo(2);
        // The kernel's own prctl calls its second argument arg2.
        assertThat(condition("prctl(arg2 == 0)").argument()).isEqualTo(1);
    }

    @Test
    void actionsFollowAnArrow() {
        assertThat(one("ptrace -> errno ENOSYS").action()).isEqualTo(new Action.Errno(38));
        assertThat(one("ptrace -> errno:38").action()).isEqualTo(new Action.Errno(38));
        assertThat(one("ptrace->kill").action()).isEqualTo(Action.KILL_PROCESS);
        assertThat(one("ptrace(request == 0) -> kill-thread").action()).isEqualTo(Action.KILL_THREAD);
        assertThat(one("ptrace -> trap").action()).isEqualTo(new Action.Trap(0));
        assertThat(one("ptrace -> trace 0xffff").action()).isEqualTo(new Action.Trace(65535));
        assertThat(one("ptrace -> log").action()).isEqualTo(Action.LOG);
        assertThat(one("ptrace -> notify").action()).isEqualTo(Action.NOTIFY);
        assertThat(parse("ptrace -> trap 5 read -> allow kill -> kill kill"))
                .extracting(Rule::action)
                .containsExactly(new Action.Trap(5), Action.ALLOW, Action.KILL_PROCESS, Action.ALLOW);
        assertThat(new RuleParser(Arch.X86_64).parse("read", EPERM).getFirst().action())
                .isEqualTo(EPERM);
    }

    @Test
    void anActionAloneIsReadAsInRules() {
        RuleParser parser = new RuleParser(Arch.X86_64);
        assertThat(parser.parseAction("errno EPERM")).isEqualTo(EPERM);
        assertThat(parser.parseAction("errno:EPERM")).isEqualTo(EPERM);
        assertThatThrownBy(() -> parser.parseAction("kill me"))
                .isInstanceOf(RuleSyntaxException.class)
                .hasMessageContaining("me");
        assertThatThrownBy(() -> parser.parseAction("")).isInstanceOf(RuleSyntaxException.class);
    }

    @Test
    void aCallThatAnArchitectureLacksYieldsNoRule() {
        // Nor is there anything to say about arguments and constants that are not there either.
        String text = "arch_prctl(code in {ARCH_SET_FS, $pid}, arg1 & ~3 != 0) -> kill read";
        assertThat(new RuleParser(Arch.AARCH64).parse(text, EPERM)).containsExactly(new Rule(63, List.of(), EPERM));
        assertThatThrownBy(() -> new RuleParser(Arch.AARCH64).parse("arch_prctl(code = 3)", EPERM))
                .isInstanceOf(RuleSyntaxException.class);
        assertThatThrownBy(() -> new RuleParser(Arch.AARCH64).parse("arch_prctl(code == 1) -> no", EPERM))
                .isInstanceOf(RuleSyntaxException.class);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "opne                          | 1 | 1  | unknown system call \"opne\" (did you mean open?)",
                "read(                         | 1 | 6  | the text ends where an argument of read should be",
                "read)                         | 1 | 5  | \")\" where a system call should be",
                "read(fd)                      | 1 | 8  | \")\" where one of == != < <= > >= in should be",
                "read(fd = 1)                  | 1 | 9  | \"=\" where one of == != < <= > >= in should be",
                "read(df == 1)                 | 1 | 6  | read has no argument \"df\" (it has fd, buf, count)",
                "read(fd == )                  | 1 | 12 | \")\" where a number should be",
                "read(fd == 1x)                | 1 | 12 | \"1x\" is not a number of 64 bits",
                "read(fd == 08)                | 1 | 12 | \"08\" is not a number of 64 bits",
                "read(fd == 0x)                | 1 | 12 | \"0x\" is not a number of 64 bits",
                "read(count == 18446744073709551616) | 1 | 15 | \"18446744073709551616\" is not a number of 64 bits",
                "read(fd == 4294967296)        | 1 | 12 | 0x100000000 does not fit the 32 bits of fd",
                "read(fd == -2147483649)       | 1 | 12 | 0xffffffff7fffffff does not fit the 32 bits of fd",
                "read(fd & 0x100000000 == 0)   | 1 | 11 | mask 0x100000000 does not fit the 32 bits of fd",
                "read(fd < -1)                 | 1 | 11 | -1 has no order: < is unsigned",
                "read(fd & 3 == 4)             | 1 | 16 | 0x4 has bits outside the mask of fd, which can never be equal",
                "read(fd > $pid)               | 1 | 11 | $pid has no order: > does not take it",
                "read(fd == $ppid)             | 1 | 12 | unknown variable \"$ppid\" (there are $pid, $uid and $gid)",
                "read(fd in {})                | 1 | 13 | \"}\" where a number should be",
                "read(fd in {1, 2)             | 1 | 17 | \")\" where \"}\" should be",
                "read(fd in 1)                 | 1 | 12 | \"1\" where \"{\" should be",
                "socket(family == AF_INET5)    | 1 | 18 | no constant \"AF_INET5\" on x86-64 (did you mean AF_INET?)",
                "read ->                       | 1 | 8  | the text ends where an action should be",
                "read -> errno                 | 1 | 14 | the text ends where the name of an error should be",
                "read -> errno EPREM           | 1 | 15 | unknown error \"EPREM\" (did you mean EPERM?)",
                "read -> errno 0               | 1 | 15 | errno takes 1 to 4095, not 0: the refused call would seem to succeed; where that is meant, write errno none",
                "syscall                       | 1 | 8  | the text ends where \"(\" should be",
                "syscall(read)                 | 1 | 9  | \"read\" where the number of a system call should be",
                "syscall(0x40000000)           | 1 | 9  | 1073741824 is not a system call of x86-64",
                "syscall(0 fd == 1)            | 1 | 11 | \"fd\" where \")\" should be",
                "read(arg(6) == 1)             | 1 | 10 | \"6\" where an argument's place, 0 to 5, should be",
                "read(fd:16 == 1)              | 1 | 9  | \"16\" where a width, 32 or 64, should be",
                "read(fd: == 1)                | 1 | 10 | \"=\" where a width, 32 or 64, should be",
                "read(fd:32 == 0x100000000)    | 1 | 15 | 0x100000000 does not fit the 32 bits of fd",
                "read -> errno 4096            | 1 | 15 | errno takes 1 to 4095, not 4096",
                "read -> trap 65536            | 1 | 14 | trap takes 0 to 65535, not 65536",
                "read -> die                   | 1 | 9  | unknown action \"die\" (there are allow, errno NAME, kill, kill-thread, trap, trace, log and notify)",
                "!                             | 1 | 1  | \"!\" where a system call should be",
            })
    void errorsNameTheWordAndItsPlace(String text, int line, int column, String message) {
        assertThatThrownBy(() -> parse(text.strip())).isInstanceOfSatisfying(RuleSyntaxException.class, e -> {
            assertThat(e.getMessage()).isEqualTo(message);
            assertThat(e.line()).isEqualTo(line);
            assertThat(e.column()).isEqualTo(column);
        });
    }

    @Test
    void placesCountFromTheLineThatTheTextBeginsAt() {
        assertThatThrownBy(() -> new RuleParser(Arch.X86_64).parse("read\n  wirte", Action.ALLOW, 40))
                .isInstanceOfSatisfying(RuleSyntaxException.class, e -> {
                    assertThat(e.line()).isEqualTo(41);
                    assertThat(e.column()).isEqualTo(3);
                });
    }

    @Test
    void endlessNestingIsRefused() {
        assertThatThrownBy(() -> parse("read(fd == " + "(".repeat(100_000)))
                .isInstanceOf(RuleSyntaxException.class)
                .hasMessageContaining("inside each other");
        assertThatThrownBy(() -> parse("read(fd == " + "~".repeat(100_000))).isInstanceOf(RuleSyntaxException.class);
    }
}
