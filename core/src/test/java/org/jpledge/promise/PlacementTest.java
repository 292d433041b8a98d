package org.jpledge.promise;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jpledge.Promise;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Rule;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every system call has its place in the promise table. */
class PlacementTest {
    private static final List<Section> SECTIONS = PromiseTable.standard().sections();

    @ParameterizedTest
    @EnumSource
    void everySystemCallIsInAPromiseOrRefusedForAReason(Arch arch) {
        Set<String> unplaced = new TreeSet<>(SyscallTable.of(arch).byNumber().values());
        for (int i = 0; i < SECTIONS.size(); i++) {
            boolean refuses = SECTIONS.get(i).kind() == Section.Kind.NEVER;
            if (SECTIONS.get(i).kind() == Section.Kind.LOADER) {
                continue;
            }
            for (Rule rule : LoweredTable.of(arch).rules(i)) {
                if (refuses ? rule.conditions().isEmpty() : !isErrno(rule) || isEnosysSection(i)) {
                    unplaced.remove(name(arch, rule));
                }
            }
        }
        assertThat(unplaced).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void whatIsNeverAllowedIsInNoPromise(Arch arch) {
        Set<String> never = new HashSet<>();
        Set<String> given = new HashSet<>();
        for (int i = 0; i < SECTIONS.size(); i++) {
            for (Rule rule : LoweredTable.of(arch).rules(i)) {
                if (SECTIONS.get(i).kind() != Section.Kind.NEVER) {
                    given.add(name(arch, rule));
                } else if (rule.conditions().isEmpty()) {
                    never.add(name(arch, rule));
                }
            }
        }
        never.retainAll(given);
        assertThat(never).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void whatFailsWithEnosysIsAllowedUnderConditionsAtMost(Arch arch) {
        Set<String> enosys = new HashSet<>();
        Set<String> whole = new HashSet<>();
        for (int i = 0; i < SECTIONS.size(); i++) {
            for (Rule rule : LoweredTable.of(arch).rules(i)) {
                if (isEnosysSection(i)) {
                    enosys.add(name(arch, rule));
                } else if (rule.conditions().isEmpty()) {
                    whole.add(name(arch, rule));
                }
            }
        }
        enosys.retainAll(whole);
        assertThat(enosys).isEmpty();
    }

    @Test
    void everyRuleHasAReasonAboveIt() {
        List<String> bare = new ArrayList<>();
        for (Section section : SECTIONS) {
            for (Group group : section.groups()) {
                boolean only = section.groups().size() == 1;
                if (group.why().isEmpty() && !(only && !section.meaning().isEmpty())) {
                    bare.add(section.words() + " " + group.rules().getFirst().text());
                }
            }
        }
        assertThat(bare).isEmpty();
    }

    @Test
    void theWordsAreOpenBsdsAndTwoExtensions() {
        assertThat(PromiseTable.standard().words())
                .containsExactlyInAnyOrder(
                        "audio",
                        "bpf",
                        "chown",
                        "cpath",
                        "disklabel",
                        "dns",
                        "dpath",
                        "drm",
                        "error",
                        "exec",
                        "fattr",
                        "flock",
                        "getpw",
                        "id",
                        "inet",
                        "mcast",
                        "pf",
                        "proc",
                        "prot_exec",
                        "ps",
                        "recvfd",
                        "route",
                        "rpath",
                        "sendfd",
                        "settime",
                        "stdio",
                        "tape",
                        "tmppath",
                        "tty",
                        "unix",
                        "unveil",
                        "video",
                        "vminfo",
                        "vmm",
                        "wpath",
                        "wroute",
                        "anet");
        assertThat(SECTIONS.stream()
                        .filter(section -> !section.extension().isEmpty())
                        .map(section -> section.words().getFirst()))
                .containsExactlyInAnyOrder("tmppath", "anet");
    }

    @Test
    void thePublicEnumHasTheSameWords() {
        assertThat(Stream.of(Promise.values()).map(Promise::word))
                .containsExactlyInAnyOrderElementsOf(PromiseTable.standard().words());
    }

    @Test
    void everySectionSpeaksOfWordsThatCanBePromised() {
        Set<String> known = new HashSet<>(PromiseTable.standard().words());
        for (Circumstance circumstance : Circumstance.values()) {
            known.add(circumstance.word());
        }
        for (Section section : SECTIONS) {
            assertThat(known).containsAll(section.words());
        }
    }

    private static boolean isErrno(Rule rule) {
        return rule.action() instanceof Action.Errno;
    }

    private static boolean isEnosysSection(int section) {
        return SECTIONS.get(section).kind() == Section.Kind.ENOSYS;
    }

    private static String name(Arch arch, Rule rule) {
        return SyscallTable.of(arch).name(rule.number()).orElseThrow();
    }
}
