package org.jpledge.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import org.jpledge.Promise;
import org.jpledge.landlock.Abi;
import org.jpledge.promise.PromiseTable;
import org.jpledge.syscall.Arch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ExplanationTest {
    private static String of(String... words) throws Failure {
        return Explanation.of(List.of(words), Arch.X86_64, kernel(Abi.V7));
    }

    @Test
    void allWordsAreListed() {
        assertThat(Explanation.ofAll().lines()).hasSize(Promise.values().length);
        assertThat(Explanation.ofAll()).contains("rpath       read files and directories, ask about paths\n");
    }

    @ParameterizedTest
    @EnumSource(Promise.class)
    void everyWordIsExplained(Promise promise) throws Failure {
        String text = of(promise.word());
        var section = PromiseTable.standard().promise(promise.word()).orElseThrow();
        assertThat(text).startsWith(promise.word() + ": " + section.meaning() + "\n");
        String flat = text.replaceAll("\\s+", " ");
        for (String difference : section.differs()) {
            assertThat(flat).contains(difference);
        }
        for (Arch arch : Arch.values()) {
            assertThat(Explanation.of(List.of(promise.word()), arch, kernel(Abi.V7)))
                    .doesNotContain("\n\n\n");
        }
    }

    @Test
    void callsAreThoseOfTheArchitecture() throws Failure {
        assertThat(of("stdio")).contains("mmap(prot & PROT_EXEC == 0)").doesNotContain("s390x:", " _llseek");
        assertThat(Explanation.of(List.of("stdio"), Arch.S390X, kernel(Abi.V7))).contains("\n  mmap\n");
        assertThat(of("pf")).contains("System calls, and paths that can be opened:\n  none of its own\n");
    }

    @Test
    void whatAJvmNeedsIsExplainedToo() throws Failure {
        assertThat(of("stdio", "jvm").replaceAll("\\s+", " "))
                .contains(
                        " jvm: no promise, ",
                        "mmap(addr >= (0x7f1230000000), addr < (0x7f123f000000), len <= (0xf000000), flags & MAP_FIXED == MAP_FIXED)");
    }

    @Test
    void whatAWordGivesTogetherWithOthersIsSaid() throws Failure {
        assertThat(of("tty")).contains("Together with proc:\n", "ioctl(request == TIOCSPGRP)");
        assertThat(of("id")).contains("As with proc:\n");
    }

    @Test
    void linesFitATerminalButForLongNames() throws Failure {
        assertThat(of("stdio", "inet", "proc").lines())
                .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(80));
    }

    @Test
    void whatTheKernelLeavesOpenIsSaid() throws Failure {
        String udp = "dns over UDP needs Landlock ABI 10 (Linux 7.2), and this kernel has ABI 7";
        assertThat(of("dns").replaceAll("\\s+", " ")).contains("On this kernel, Landlock ABI 7", udp);
        assertThat(of("unix")).contains("On this kernel").doesNotContain("dns over");
        assertThat(of("rpath")).doesNotContain("On this kernel");
        assertThat(Explanation.of(List.of("dns"), Arch.X86_64, kernel(Abi.V3)).replaceAll("\\s+", " "))
                .contains("dns over TCP needs Landlock ABI 4 (Linux 6.7), and this kernel has ABI 3");
        for (Promise promise : Promise.values()) {
            assertThat(Explanation.of(List.of(promise.word()), Arch.X86_64, kernel(Abi.LATEST)))
                    .doesNotContain("On this kernel");
            assertThat(Explanation.of(List.of(promise.word()), Arch.X86_64, kernel(Abi.NONE)))
                    .startsWith(promise.word() + ": ");
        }
    }

    private static RunningKernel kernel(Abi abi) {
        return new RunningKernel(abi, abi == Abi.NONE ? Optional.of("for a test") : Optional.empty());
    }

    @Test
    void aWrongWordIsNamedWithTheNearestRightOne() {
        assertThatThrownBy(() -> of("stdio", "rpth"))
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.status()).isEqualTo(64))
                .hasMessage("explain: \"rpth\" is no promise, and no system call of x86-64 (did you mean rpath?)");
    }
}
