package org.jpledge.seccomp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.jpledge.bpf.SeccompData;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.KernelVersion;
import org.jpledge.syscall.SyscallTable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class WithKernelTest {
    private static final Action EPERM = new Action.Errno(1);
    private static final Action ENOSYS = new Action.Errno(38);
    private static final Identity NOBODY = new Identity(2, 65534, 65534);

    private static Filter filter(String rules, Action otherwise) {
        return Filter.of(
                Arch.X86_64,
                new RuleParser(Arch.X86_64).parse(rules, Action.ALLOW),
                otherwise,
                ENOSYS,
                Action.KILL_PROCESS);
    }

    private static Action decide(Filter filter, String call) {
        return decide(filter, SyscallTable.of(Arch.X86_64).number(call).orElseThrow());
    }

    private static Action decide(Filter filter, int number) {
        return filter.decide(SeccompData.of(number, Arch.X86_64.audit()), NOBODY);
    }

    @ParameterizedTest
    @CsvSource({
        "statx, 4.10, 4.11",
        "faccessat2, 5.7, 5.8",
        "close_range, 5.8, 5.9",
        "epoll_pwait2, 5.10, 5.11",
        "cachestat, 6.4, 6.5",
        "mseal, 6.9, 6.10"
    })
    void aCallIsUnknownBeforeItsKernelAndRefusedFromItOn(String call, String before, String from) {
        Filter filter = filter("read", EPERM);
        assertThat(decide(filter.withKernel(KernelVersion.parse(before)), call)).isEqualTo(ENOSYS);
        assertThat(decide(filter.withKernel(KernelVersion.parse(from)), call)).isEqualTo(EPERM);
        assertThat(decide(filter, call)).isEqualTo(EPERM);
    }

    @Test
    void whatHasARuleKeepsIt() {
        Filter filter = filter("statx(flags == 0) clone3 openat2 -> errno EACCES", EPERM)
                .withKernel(new KernelVersion(4, 4, 0));
        assertThat(decide(filter, "statx")).isEqualTo(Action.ALLOW);
        assertThat(decide(filter, "clone3")).isEqualTo(Action.ALLOW);
        assertThat(decide(filter, "openat2")).isEqualTo(new Action.Errno(13));
        assertThat(decide(filter, "faccessat2")).isEqualTo(ENOSYS);
    }

    @Test
    void clone3AndOpenat2AreUnknownWhateverTheKernelIfTheRestIsRefused() {
        for (Action refusal : List.of(EPERM, Action.KILL_PROCESS, Action.KILL_THREAD, new Action.Trap(1))) {
            Filter filter = filter("read", refusal).withKernel(new KernelVersion(6, 18, 0));
            assertThat(decide(filter, "clone3")).isEqualTo(ENOSYS);
            assertThat(decide(filter, "openat2")).isEqualTo(ENOSYS);
            assertThat(decide(filter, "clone")).isEqualTo(refusal);
        }
        Filter open = filter("read -> kill", Action.ALLOW).withKernel(new KernelVersion(6, 18, 0));
        assertThat(decide(open, "clone3")).isEqualTo(Action.ALLOW);
        assertThat(decide(open, "openat2")).isEqualTo(Action.ALLOW);
    }

    @Test
    void numbersBeyondTheTableStayUnknown() {
        Filter filter = filter("read", EPERM).withKernel(new KernelVersion(6, 1, 0));
        int beyond = SyscallTable.of(Arch.X86_64).highest() + 1;
        assertThat(decide(filter, beyond)).isEqualTo(ENOSYS);
        assertThat(decide(filter, Filter.X32 - 1)).isEqualTo(ENOSYS);
        assertThat(decide(filter, Filter.X32)).isEqualTo(Action.KILL_PROCESS);
    }

    @ParameterizedTest
    @EnumSource(Arch.class)
    void everyArchitectureCanBeCompiledAndProven(Arch arch) {
        Filter filter = Filter.of(
                        arch,
                        new RuleParser(arch).parse("read write", Action.ALLOW),
                        EPERM,
                        ENOSYS,
                        Action.KILL_PROCESS)
                .withKernel(new KernelVersion(4, 19, 0));
        assertThat(filter.sections().getFirst().rules()).hasSizeGreaterThan(40);
        assertThat(Verifier.prove(filter, Compiler.compile(filter), NOBODY).isProven())
                .isTrue();
    }
}
