package org.jpledge.seccomp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jpledge.bpf.Interpreter;
import org.jpledge.bpf.SeccompData;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;
import org.junit.jupiter.api.Test;

class FrequenciesTest {
    private static final Action EPERM = new Action.Errno(1);

    /** Many calls whose arguments count: only what comes often can be on a short way. */
    private static Filter filter(Frequencies frequencies) {
        List<Rule> rules = new ArrayList<>();
        for (int number = 0; number < 300; number += 3) {
            rules.add(new Rule(
                    number, List.of(Condition.of(0, false, Operator.EQ, number)), new Action.Errno(number % 7 + 2)));
        }
        return new Filter(
                List.of(new Filter.Section(Arch.X86_64, rules, frequencies)), EPERM, EPERM, Action.KILL_PROCESS);
    }

    private static int executed(Filter filter, String call) {
        int number = SyscallTable.of(Arch.X86_64).number(call).orElseThrow();
        return new Interpreter(Compiler.compile(filter).program())
                .run(SeccompData.of(number, Arch.X86_64.audit()), ByteOrder.LITTLE_ENDIAN)
                .executed();
    }

    @Test
    void whatComesOftenIsDecidedSoonerAndTheRestStillSoon() {
        Filter equal = filter(Frequencies.EQUAL);
        Filter other = filter(Frequencies.EQUAL.with("shmat", 90_000));
        Filter often = filter(Frequencies.EQUAL.with("close", 90_000));
        assertThat(executed(equal, "close")).isGreaterThan(9);
        assertThat(executed(often, "close")).isLessThanOrEqualTo(7);
        assertThat(executed(often, "shmat")).isLessThanOrEqualTo(executed(equal, "shmat") + 4);
        assertThat(executed(other, "close")).isGreaterThan(7);
    }

    @Test
    void frequenciesAnswerNothing() {
        for (Frequencies frequencies : List.of(
                Frequencies.EQUAL,
                Frequencies.MEASURED,
                Frequencies.MEASURED.with("close", 0).with("getsid", 77_777))) {
            Filter filter = filter(frequencies);
            Compiled compiled = Compiler.compile(filter);
            assertThat(Verifier.prove(filter(Frequencies.MEASURED), compiled, RandomFilters.SELF)
                            .isProven())
                    .isTrue();
            assertThat(compiled.program().length())
                    .isLessThanOrEqualTo(Compiler.compile(filter(Frequencies.EQUAL))
                                    .program()
                                    .length()
                            + 8);
        }
    }

    @Test
    void theTableNamesCallsThatThereAre() {
        assertThat(Frequencies.MEASURED.calls()).hasSizeGreaterThan(40);
        assertThat(Frequencies.MEASURED.calls().values().stream()
                        .mapToInt(Integer::intValue)
                        .sum())
                .isBetween(Frequencies.WHOLE * 95 / 100, Frequencies.WHOLE);
        for (String call : Frequencies.MEASURED.calls().keySet()) {
            assertThat(SyscallTable.of(Arch.X86_64).number(call)).as(call).isPresent();
        }
        assertThat(Frequencies.MEASURED).hasToString("measured");
    }

    @Test
    void anArchitectureHasTheFrequenciesOfItsOwnCalls() {
        long[] numbers = Frequencies.EQUAL
                .with("openat", 7)
                .with("arch_prctl", 3)
                .with("read", 0)
                .of(Arch.AARCH64);
        assertThat(Arrays.stream(numbers).boxed()).containsExactly(56L << 32 | 7, 63L << 32);
    }

    @Test
    void aNameThatNoArchitectureHasIsRefusedWithTheNearest() {
        assertThatThrownBy(() -> Frequencies.MEASURED.with("opnat", 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("no architecture has a system call \"opnat\", the nearest is \"openat\"");
        assertThat(Frequencies.EQUAL.with("socketcall", 1).calls()).containsKey("socketcall");
    }

    @Test
    void aFrequencyOutsideTheWholeIsRefused() {
        assertThatThrownBy(() -> Frequencies.EQUAL.with("read", -1)).hasMessageContaining("is not in 0 to 100000");
        assertThatThrownBy(() -> Frequencies.EQUAL.with("read", 100_001)).hasMessageContaining("is not in 0 to 100000");
    }
}
