package org.jpledge.tools.learn;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jpledge.bpf.SeccompData;
import org.jpledge.promise.Circumstance;
import org.jpledge.promise.Missing;
import org.jpledge.promise.Promises;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Identity;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the tracer does not stop at needs nothing but stdio, and a contained program gets no further than it should. */
class InterestingTest {
    private static final Identity SELF = new Identity(4242, 1000, 1000);
    private static final int SAMPLES = 40;
    private static final List<String> FORBIDDEN =
            List.of("socket", "connect", "bind", "chmod", "fchmodat", "mount", "ptrace", "bpf", "unshare", "reboot");

    @ParameterizedTest
    @EnumSource(names = {"X86_64", "AARCH64"})
    void whatIsNotToldNeedsNoMoreThanStdio(Arch arch) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(1);
        Filter filter = Interesting.filter(arch);
        int untold = 0;
        for (int number : SyscallTable.of(arch).byNumber().keySet()) {
            for (int i = 0; i < SAMPLES; i++) {
                SeccompData call = call(number, arch, random);
                if (filter.decide(call, SELF) instanceof Action.Allow) {
                    untold++;
                    assertThat(Missing.alternatives(call, SELF, arch, Circumstance.UNRESTRICTED))
                            .as("%s", call)
                            .anyMatch(words -> List.of("stdio").containsAll(words));
                } else {
                    assertThat(filter.decide(call, SELF)).isInstanceOf(Action.Trace.class);
                }
            }
        }
        assertThat(untold).isGreaterThan(1000);
    }

    @ParameterizedTest
    @EnumSource(names = {"X86_64", "AARCH64"})
    void aContainedProgramHasNoNetworkAndChangesNoModes(Arch arch) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(2);
        Filter filter = Interesting.contained(arch, Promises.of("stdio", "rpath", "wpath", "cpath", "proc", "exec"));
        for (String name : FORBIDDEN) {
            SyscallTable.of(arch).number(name).ifPresent(number -> {
                for (int i = 0; i < SAMPLES; i++) {
                    assertThat(filter.decide(call(number, arch, random), SELF))
                            .as(name)
                            .isEqualTo(new Action.Errno(1));
                }
            });
        }
        SeccompData open = SeccompData.of(SyscallTable.of(arch).number("openat").orElseThrow(), arch.audit(), -100);
        assertThat(filter.decide(open, SELF)).isInstanceOf(Action.Trace.class);
    }

    private static SeccompData call(int number, Arch arch, RandomGenerator random) {
        long[] arguments = new long[SeccompData.ARGUMENTS];
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = switch (random.nextInt(4)) {
                case 0 -> 0;
                case 1 -> random.nextLong(64);
                case 2 -> 1L << random.nextInt(32);
                default -> random.nextLong(0x10000);
            };
        }
        return SeccompData.of(number, arch.audit(), arguments);
    }
}
