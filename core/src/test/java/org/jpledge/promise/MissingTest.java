package org.jpledge.promise;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jpledge.bpf.SeccompData;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Identity;
import org.jpledge.seccomp.Rule;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;
import org.junit.jupiter.api.Test;

class MissingTest {
    private static final Identity SELF = new Identity(100, 1000, 1000);
    private static final long[] TELLING = {0, 1, 2, 3, 4, 100, 0x1000, 0x80000, -100, -1, 0x5401, 0x5413, 0x241};

    @Test
    void argumentsThatNoRuleLooksAtChangeNothing() {
        Random random = new Random(20261123);
        for (Arch arch : List.of(Arch.X86_64, Arch.AARCH64, Arch.I386)) {
            for (int number : SyscallTable.of(arch).byNumber().keySet()) {
                for (int round = 0; round < 4; round++) {
                    long[] arguments = new long[SeccompData.ARGUMENTS];
                    for (int i = 0; i < arguments.length; i++) {
                        arguments[i] =
                                random.nextBoolean() ? TELLING[random.nextInt(TELLING.length)] : random.nextLong();
                    }
                    SeccompData call = SeccompData.of(number, arch.audit(), arguments);
                    for (Set<Circumstance> circumstances :
                            List.of(Circumstance.UNRESTRICTED, EnumSet.allOf(Circumstance.class))) {
                        assertThat(Missing.alternatives(Missing.seen(call, arch), SELF, arch, circumstances))
                                .as("%s %s", arch, call)
                                .isEqualTo(Missing.alternatives(call, SELF, arch, circumstances));
                    }
                }
            }
        }
    }

    @Test
    void argumentsThatRulesLookAtAreSeen() {
        int open = SyscallTable.of(Arch.X86_64).number("openat").orElseThrow();
        int stat = SyscallTable.of(Arch.X86_64).number("newfstatat").orElseThrow();
        assertThat(Missing.seen(SeccompData.of(open, Arch.X86_64.audit(), -100, 0x7f00, 0x241, 0644), Arch.X86_64))
                .isEqualTo(SeccompData.of(open, Arch.X86_64.audit(), 0, 0, 0x241, 0644));
        assertThat(Missing.seen(SeccompData.of(stat, Arch.X86_64.audit(), -100, 0x7f00, 0x7f01, 0), Arch.X86_64))
                .isEqualTo(SeccompData.of(stat, Arch.X86_64.audit()));
    }

    @Test
    void theRulesOfOneCallAreThoseOfTheTableAboutIt() {
        for (Arch arch : Arch.values()) {
            LoweredTable table = LoweredTable.of(arch);
            for (int number : SyscallTable.of(arch).byNumber().keySet()) {
                for (int section = 0;
                        section < PromiseTable.standard().sections().size();
                        section++) {
                    assertThat(table.rules(section, number))
                            .as("%s %d", arch, number)
                            .isEqualTo(table.rules(section).stream()
                                    .filter(rule -> rule.number() == number)
                                    .toList());
                }
            }
            assertThat(table.rules(0, 100_000)).isEmpty();
        }
    }

    @Test
    void whatStdioAllowsWhateverTheArgumentsIsPlain() {
        for (Arch arch : Arch.values()) {
            Set<Integer> plain = new HashSet<>();
            for (Rule rule : Lowering.exact(Promises.of("stdio"), arch, new Action.Errno(1), Set.of())
                    .sections()
                    .getFirst()
                    .rules()) {
                if (rule.conditions().isEmpty() && rule.action() instanceof Action.Allow) {
                    plain.add(rule.number());
                }
            }
            for (int number : SyscallTable.of(arch).byNumber().keySet()) {
                assertThat(Missing.isPlain(number, arch, Promises.of("stdio")))
                        .as("%s %d", arch, number)
                        .isEqualTo(plain.contains(number));
            }
        }
    }

    @Test
    void whoMakesACallMattersWhereARuleNamesTheOwnProcess() {
        SyscallTable table = SyscallTable.of(Arch.X86_64);
        assertThat(Missing.asksWho(table.number("kill").orElseThrow(), Arch.X86_64))
                .isTrue();
        assertThat(Missing.asksWho(table.number("openat").orElseThrow(), Arch.X86_64))
                .isFalse();
    }
}
