package org.jpledge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.jpledge.SyscallFilter.*;
import static org.jpledge.syscall.Errno.*;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongFunction;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jpledge.bpf.SeccompData;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Compiler;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.FilterText;
import org.jpledge.seccomp.Identity;
import org.jpledge.seccomp.Operator;
import org.jpledge.seccomp.Shadow;
import org.jpledge.seccomp.Verifier;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Errno;
import org.jpledge.syscall.SyscallTable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SyscallFilterTest {
    private static final Identity NOBODY = new Identity(2, 65534, 65534);

    private static SyscallFilter x86(Action otherwise) {
        return SyscallFilter.defaultAction(otherwise).arch(Arch.X86_64);
    }

    private static Action decide(SyscallFilter filter, Arch arch, String call, long... arguments) {
        int number = SyscallTable.of(arch).number(call).orElseThrow();
        return filter.filter().decide(SeccompData.of(number, arch.audit(), arguments), NOBODY);
    }

    private static Action decide(SyscallFilter filter, String call, long... arguments) {
        return decide(filter, Arch.X86_64, call, arguments);
    }

    @Test
    void theLineOfTheManualIsAFilter() {
        var f = SyscallFilter.defaultAction(KILL)
                .rule(ALLOW, "write", arg(0).eq(1))
                .rule(errno(EACCES), "open");
        String text = f.arch(Arch.X86_64).export(FilterText::of);
        Action otherwise = f.export(Filter::otherwise);
        assertThat(text).isEqualTo("""
                # x86-64
                write(fd == 1)
                open -> errno EACCES
                # all other calls -> kill
                # numbers that x86-64 does not know -> errno ENOSYS
                # other architectures, and x32 -> kill
                """);
        assertThat(f.program().length()).isGreaterThan(5);
        assertThat(otherwise).isEqualTo(Action.KILL_PROCESS);
    }

    @Test
    void theFirstRuleThatMatchesDecides() {
        SyscallFilter f = x86(errno(EPERM.number(Arch.X86_64)))
                .rule(LOG, "read", arg(0).eq(3))
                .rule(ALLOW, "read")
                .rule(errno("EBADF"), "write", arg("fd").gt(2), arg("count").ne(0))
                .rule(trap(7), "write", arg(2).eq(0))
                .rule(trace(8), "close")
                .rule(KILL_THREAD, "fork")
                .rule(NOTIFY, "mount")
                .rules("ioctl(request == TIOCSTI) ioctl -> errno ENOTTY", ALLOW)
                .rules("dup dup2", ENOENT);
        assertThat(decide(f, "read", 3)).isEqualTo(Action.LOG);
        assertThat(decide(f, "read", 4)).isEqualTo(Action.ALLOW);
        assertThat(decide(f, "write", 3, 0, 1)).isEqualTo(new Action.Errno(9));
        assertThat(decide(f, "write", 3, 0, 0)).isEqualTo(new Action.Trap(7));
        assertThat(decide(f, "write", 2, 0, 1)).isEqualTo(new Action.Errno(1));
        assertThat(decide(f, "close")).isEqualTo(new Action.Trace(8));
        assertThat(decide(f, "fork")).isEqualTo(Action.KILL_THREAD);
        assertThat(decide(f, "mount")).isEqualTo(Action.NOTIFY);
        assertThat(decide(f, "ioctl", 0, 0x5412)).isEqualTo(Action.ALLOW);
        assertThat(decide(f, "ioctl", 0, 0x5411)).isEqualTo(new Action.Errno(25));
        assertThat(decide(f, "dup2")).isEqualTo(new Action.Errno(2));
        assertThat(f.shadowed()).isEmpty();
    }

    /** Each comparison with what meets it around a border, in both widths. */
    @TestFactory
    Stream<DynamicTest> everyComparisonOnEveryArgument() {
        record Case(String name, LongFunction<ArgumentTest> test, Truth truth) {}
        List<DynamicTest> tests = new ArrayList<>();
        for (int index = 0; index < SeccompData.ARGUMENTS; index++) {
            for (boolean word : new boolean[] {true, false}) {
                Argument argument = word ? arg(index).qword() : arg(index).dword();
                List<Case> cases = List.of(
                        new Case("==", argument::eq, (a, b) -> a == b),
                        new Case("!=", argument::ne, (a, b) -> a != b),
                        new Case("<", argument::lt, (a, b) -> Long.compareUnsigned(a, b) < 0),
                        new Case("<=", argument::le, (a, b) -> Long.compareUnsigned(a, b) <= 0),
                        new Case(">", argument::gt, (a, b) -> Long.compareUnsigned(a, b) > 0),
                        new Case(">=", argument::ge, (a, b) -> Long.compareUnsigned(a, b) >= 0),
                        new Case("in", b -> argument.in(b, 77), (a, b) -> a == b || a == 77),
                        new Case(
                                "& 0xf0f ==",
                                b -> argument.masked(0xf0f).eq(b & 0xf0f),
                                (a, b) -> (a & 0xf0f) == (b & 0xf0f)));
                int at = index;
                for (Case each : cases) {
                    tests.add(DynamicTest.dynamicTest(
                            "arg(" + at + ") " + each.name + (word ? " of 64 bits" : " of 32 bits"),
                            () -> compare(at, word, each.test, each.truth)));
                }
            }
        }
        return tests.stream();
    }

    private interface Truth {
        boolean of(long argument, long value);
    }

    private static void compare(int index, boolean word, LongFunction<ArgumentTest> test, Truth truth) {
        long[] borders = word
                ? new long[] {0, 1, 0x1234, 0xffffffffL, 0x100000000L, 0x8000000000000000L, -1}
                : new long[] {0, 1, 0x1234, 0x7fffffffL, 0x80000000L, 0xffffffffL};
        for (long border : borders) {
            ArgumentTest tested = test.apply(border);
            long highest = word ? -1 : 0xffffffffL;
            boolean never = (tested.operator() == Operator.LT && border == 0)
                    || (tested.operator() == Operator.GT && border == highest);
            if (never) {
                says(
                        "never matches: nothing meets its condition",
                        () -> x86(KILL).rule(ALLOW, "read", tested));
                continue;
            }
            SyscallFilter f = x86(Action.KILL_PROCESS).rule(ALLOW, "read", tested);
            assertThat(Verifier.prove(f.filter(), Compiler.compile(f.filter()), NOBODY)
                            .isProven())
                    .isTrue();
            for (long base : new long[] {border, 77, 0}) {
                for (long near : new long[] {base - 1, base, base + 1, base + (1L << 32), base | 1L << 63}) {
                    long[] arguments = new long[SeccompData.ARGUMENTS];
                    arguments[index] = near;
                    long seen = word ? near : near & 0xffffffffL;
                    assertThat(decide(f, "read", arguments))
                            .as("0x%x against 0x%x", near, border)
                            .isEqualTo(truth.of(seen, border) ? Action.ALLOW : Action.KILL_PROCESS);
                }
            }
        }
    }

    @Test
    void anIntIsComparedInItsLowWordAndAPointerInBoth() {
        SyscallFilter f = x86(KILL)
                .rule(ALLOW, "write", arg(0).eq(1))
                .rule(ALLOW, "read", arg("count").le(10));
        assertThat(decide(f, "write", 0xdeadbeef00000001L)).isEqualTo(Action.ALLOW);
        assertThat(decide(f, "read", 0, 0, 0x100000001L)).isEqualTo(Action.KILL_PROCESS);
        SyscallFilter wide = x86(KILL).rule(ALLOW, "write", arg(0).qword().eq(1));
        assertThat(decide(wide, "write", 0xdeadbeef00000001L)).isEqualTo(Action.KILL_PROCESS);
        SyscallFilter negative = x86(KILL).rule(ALLOW, "openat", arg("dirfd").eq(-100));
        assertThat(decide(negative, "openat", 0xffffff9cL)).isEqualTo(Action.ALLOW);
        assertThat(decide(negative, "openat", -100)).isEqualTo(Action.ALLOW);
        assertThat(decide(negative, "openat", 100)).isEqualTo(Action.KILL_PROCESS);
    }

    @Test
    void severalArchitecturesAreOneProgram() {
        SyscallFilter f = SyscallFilter.defaultAction(ENOTTY)
                .arch(Arch.X86_64, Arch.I386, Arch.PPC64LE)
                .rule(ALLOW, "read")
                .rule(errno(EDEADLOCK), "mkdir")
                .rule(ALLOW, "socketcall")
                .onForeign(errno(77))
                .onUnknown(KILL_THREAD);
        assertThat(decide(f, Arch.X86_64, "read")).isEqualTo(Action.ALLOW);
        assertThat(decide(f, Arch.I386, "read")).isEqualTo(Action.ALLOW);
        assertThat(decide(f, Arch.X86_64, "mkdir")).isEqualTo(new Action.Errno(35));
        assertThat(decide(f, Arch.PPC64LE, "mkdir")).isEqualTo(new Action.Errno(58));
        assertThat(decide(f, Arch.I386, "socketcall")).isEqualTo(Action.ALLOW);
        assertThat(decide(f, Arch.AARCH64, "read")).isEqualTo(new Action.Errno(77));
        assertThat(f.filter().decide(SeccompData.of(9999, Arch.I386.audit()), NOBODY))
                .isEqualTo(Action.KILL_THREAD);
        assertThat(f.filter().sections())
                .extracting(Filter.Section::arch)
                .containsExactly(Arch.X86_64, Arch.I386, Arch.PPC64LE);
        assertThat(Verifier.prove(f.filter(), Compiler.compile(f.filter()), NOBODY)
                        .isProven())
                .isTrue();
        SyscallFilter differing = SyscallFilter.defaultAction(EDEADLOCK).arch(Arch.X86_64, Arch.PPC64LE);
        assertThatThrownBy(differing::filter)
                .hasMessage(
                        "errno EDEADLOCK has different numbers on x86-64 and ppc64le: one program for both can only have it"
                                + " in rules");
    }

    @Test
    void oneThatWasReadIsTheSameAndCanBeChanged() {
        Filter read = x86(KILL).rule(ALLOW, "read", arg(0).eq(1)).onUnknown(LOG).filter();
        assertThat(SyscallFilter.of(read).filter()).isEqualTo(read);
        assertThat(decide(SyscallFilter.of(read).rule(ALLOW, "write"), "write")).isEqualTo(Action.ALLOW);
        assertThat(decide(SyscallFilter.of(read), "write")).isEqualTo(Action.KILL_PROCESS);
    }

    @Test
    void callsThatAreNewerThanTheKernelAreUnknown() {
        SyscallFilter f = x86(errno(1)).rule(ALLOW, "openat").kernel("4.19");
        assertThat(decide(f, "faccessat2")).isEqualTo(new Action.Errno(38));
        assertThat(decide(f, "clone3")).isEqualTo(new Action.Errno(38));
        assertThat(decide(f, "statx")).isEqualTo(new Action.Errno(1));
        assertThat(decide(f, "openat")).isEqualTo(Action.ALLOW);
        assertThatThrownBy(() -> f.kernel("new")).hasMessageStartingWith("no version of Linux: \"new\"");
    }

    @Test
    void inAMergeTheOwnRulesComeFirst() {
        SyscallFilter one = x86(KILL).rule(ALLOW, "read", arg(0).eq(0)).rule(ALLOW, "close");
        SyscallFilter other =
                x86(KILL).rule(errno(EBADF), "read").rule(trap(1), "close").arch(Arch.I386, Arch.X86_64);
        SyscallFilter both = one.merge(other);
        assertThat(decide(both, "read", 0)).isEqualTo(Action.ALLOW);
        assertThat(decide(both, "read", 1)).isEqualTo(new Action.Errno(9));
        assertThat(decide(both, "close")).isEqualTo(Action.ALLOW);
        assertThat(decide(both, Arch.I386, "read", 1)).isEqualTo(new Action.Errno(9));
        assertThat(both.shadowed())
                .extracting(Shadow::text)
                .containsExactly(
                        "x86-64: \"close -> trap 1\" never matches: \"close\" comes first",
                        "i386: \"close -> trap 1\" never matches: \"close\" comes first");
        assertThatThrownBy(() -> one.merge(x86(ALLOW)))
                .hasMessage("the filters cannot be merged: by default one says kill, the other allow");
        assertThatThrownBy(() -> one.merge(x86(KILL).onForeign(EPERM)))
                .hasMessage(
                        "the filters cannot be merged: for foreign architectures one says kill, the other errno EPERM");
    }

    @Test
    void rulesThatCanNeverMatchAreReported() {
        SyscallFilter f = x86(KILL)
                .rule(ALLOW, "read", arg(0).le(10))
                .rule(errno(EPERM), "read", arg(0).eq(3))
                .rule(errno(EPERM), "read", arg(0).eq(11))
                .rule(ALLOW, "write", arg(0).lt(5))
                .rule(ALLOW, "write", arg(0).ge(5))
                .rule(errno(EPERM), "write", arg(2).eq(0))
                .rule(ALLOW, "ioctl", arg(1).masked(0xff).eq(1))
                .rule(errno(EPERM), "ioctl", arg(1).eq(0x201))
                .rule(errno(EPERM), "ioctl", arg(1).eq(0x202));
        assertThat(f.shadowed())
                .extracting(Shadow::text)
                .containsExactly(
                        "x86-64: \"read(fd == 3) -> errno EPERM\" never matches: \"read(fd <= 0xa)\" comes first",
                        "x86-64: \"write(count == 0) -> errno EPERM\" never matches: \"write(fd < 5)\" and 1 other come first",
                        "x86-64: \"ioctl(request == 0x201) -> errno EPERM\" never matches: \"ioctl(request & 0xff == 1)\" comes"
                                + " first");
    }

    @Test
    void frequenciesAndFlagsChangeNoAnswer() {
        SyscallFilter f =
                x86(KILL).rule(ALLOW, "read").frequency("read", 1000).flags(FilterFlag.LOG, FilterFlag.SPEC_ALLOW);
        assertThat(decide(f, "read")).isEqualTo(Action.ALLOW);
        assertThat(decide(f, "write")).isEqualTo(Action.KILL_PROCESS);
    }

    @ParameterizedTest
    @EnumSource(Errno.class)
    void everyErrorHasItsNumberOnEveryArchitecture(Errno error) {
        for (Arch arch : Arch.values()) {
            assertThat(Errno.number(arch, error.name())).hasValue(error.number(arch));
        }
        assertThat(errno(error.name())).isEqualTo(error);
    }

    @Test
    void badValuesAreNamed() {
        says("errno takes 1 to 4095, not 0: the refused call would seem to succeed", () -> errno(0));
        says("errno takes 1 to 4095, not 0: the refused call would seem to succeed", () -> x86(new Action.Errno(0)));
        says("errno takes 1 to 4095, not 4096", () -> errno(4096));
        says("errno takes 1 to 4095, not -1", () -> errno(-1));
        says("trap takes 0 to 65535, not 65536", () -> trap(65536));
        says("trace takes 0 to 65535, not -1", () -> trace(-1));
        says("unknown error \"EACESS\" (did you mean EACCES?)", () -> errno("EACESS"));
        says(
                "unknown system call \"opne\" (did you mean open?)",
                () -> x86(KILL).rule(ALLOW, "opne"));
        says("unknown system call \"\"", () -> x86(KILL).rule(ALLOW, ""));
        says(
                "unknown system call \"raed\" (did you mean read?)",
                () -> x86(KILL).frequency("raed", 1));
        says("the frequency -1 of read is not in 0 to 100000", () -> x86(KILL).frequency("read", -1));
        says("there is no argument 6: a system call has arguments 0 to 5", () -> arg(6));
        says("there is no argument -1: a system call has arguments 0 to 5", () -> arg(-1));
        says(
                "write has no argument \"file\" on " + Arch.host().label() + " (it has fd, buf, count)",
                () -> x86(KILL).rule(ALLOW, "write", arg("file").eq(1)));
        says(
                "write: 0x100000000 does not fit the 32 bits that arg(0) has (qword() compares 64)",
                () -> x86(KILL).rule(ALLOW, "write", arg(0).eq(1L << 32)));
        says(
                "write: the mask 0x700000000 does not fit the 32 bits that arg(0) has (qword() compares 64)",
                () -> x86(KILL).rule(ALLOW, "write", arg(0).masked(7L << 32).eq(1)));
        says(
                "write: -1 has no order: arg(0) is compared without sign",
                () -> x86(KILL).rule(ALLOW, "write", arg(0).lt(-1)));
        says(
                "write: 0x4 has bits outside the mask 0x3 of arg(0), which can never be equal",
                () -> x86(KILL).rule(ALLOW, "write", arg(0).masked(3).eq(4)));
        says("arg(0) in cannot be compared with 0 values", () -> arg(0).in());
        says(
                Arch.host().label()
                        + ": \"write(fd == 1, fd == 2)\" never matches: its conditions contradict each other",
                () -> x86(KILL).rule(ALLOW, "write", arg(0).eq(1), arg(0).eq(2)));
        says(
                Arch.host().label() + ": \"write(fd < 0)\" never matches: nothing meets its condition",
                () -> x86(KILL).rule(ALLOW, "write", arg(0).lt(0)));
        says(
                "open cannot be errno EACCES: an earlier rule with the same tests says allow, and the first one decides",
                () -> x86(KILL).rule(ALLOW, "open").rule(errno(EACCES), "open"));
        says(
                "WAIT_KILLABLE_RECV is about a listener: it needs NEW_LISTENER",
                () -> x86(KILL).flags(FilterFlag.WAIT_KILLABLE_RECV));
        says("a filter is for at least one architecture", () -> x86(KILL).arch());
        says("x86-64 is named twice", () -> x86(KILL).arch(Arch.X86_64, Arch.X86_64));
        says(
                "unknown system call \"raed\" (did you mean read?)",
                () -> x86(KILL).rules("raed", ALLOW));
        says(
                "the program is not finished before it is known which process has it: a rule asks for $pid",
                () -> x86(KILL).rules("kill(pid == $pid)", ALLOW).program());
        says(
                "the filter is for " + other().label() + ", and this machine is "
                        + Arch.host().label(),
                () -> SyscallFilter.defaultAction(KILL).arch(other()).load());
    }

    private static Arch other() {
        return Arch.host() == Arch.S390X ? Arch.X86_64 : Arch.S390X;
    }

    private static void says(String message, ThrowingCallable bad) {
        assertThatThrownBy(bad).isInstanceOf(IllegalArgumentException.class).hasMessageEndingWith(message);
    }

    @Test
    void aProgramThatIsTooLongSaysWhatToDrop() {
        SyscallFilter f = x86(KILL).rule(ALLOW, "read").rule(ALLOW, "write", arg(0).in(1, 2));
        for (int i = 0; i < 3000; i++) {
            f = f.rules("ioctl(request == " + 7 * i + ", arg == " + 3 * i + ")", ALLOW);
        }
        assertThatThrownBy(f::program)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageMatching(
                        "the program has \\d+ instructions, the kernel takes at most 4096: drop or join rules, most of"
                                + " which are about ioctl \\(3000 rules, 6000 values\\), write \\(1 rule, 2 values\\), read \\(1 rule, 0"
                                + " values\\)");
    }
}
