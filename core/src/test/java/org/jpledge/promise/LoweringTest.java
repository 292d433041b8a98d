package org.jpledge.promise;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jpledge.bpf.SeccompData;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Filter;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What holds for the filters of all promises. */
class LoweringTest {
    private static final List<String> WORDS = PromiseTable.standard().words();
    private static final Action EPERM = new Action.Errno(1);
    private static final Action ENOSYS = new Action.Errno(38);

    @ParameterizedTest
    @EnumSource
    void oneMoreWordNeverAllowsLess(Arch arch) {
        BoundaryCalls calls = new BoundaryCalls(arch);
        BitSet nothing = calls.allowed(Lowering.exact(Promises.NONE, arch, EPERM));
        for (String word : WORDS) {
            assertAllowsAllOf(calls, calls.allowed(Lowering.exact(Promises.of(word), arch, EPERM)), nothing, word);
        }
        Random random = new Random(1);
        for (int round = 0; round < 20; round++) {
            List<String> some = new ArrayList<>();
            BitSet before = nothing;
            for (int i = 0; i < 8; i++) {
                some.add(WORDS.get(random.nextInt(WORDS.size())));
                Promises promises = Promises.of(some.toArray(new String[0]));
                BitSet now = calls.allowed(Lowering.exact(promises, arch, EPERM));
                assertAllowsAllOf(calls, now, before, promises);
                before = now;
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"X86_64", "AARCH64"})
    void aPairAllowsWhatEitherWordDoes(Arch arch) {
        BoundaryCalls calls = new BoundaryCalls(arch);
        List<BitSet> single = new ArrayList<>();
        for (String word : WORDS) {
            single.add(calls.allowed(Lowering.exact(Promises.of(word), arch, EPERM)));
        }
        for (int i = 0; i < WORDS.size(); i++) {
            for (int j = 0; j < i; j++) {
                Promises pair = Promises.of(WORDS.get(i), WORDS.get(j));
                BitSet both = calls.allowed(Lowering.exact(pair, arch, EPERM));
                assertAllowsAllOf(calls, both, single.get(i), pair);
                assertAllowsAllOf(calls, both, single.get(j), pair);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void theLoaderIsAllowedWhateverTheProgramIs(Arch arch) {
        BoundaryCalls calls = new BoundaryCalls(arch);
        for (Set<Circumstance> circumstances : Circumstances.some()) {
            for (Promises promises : someSets()) {
                assertAllowsAllOf(
                        calls,
                        calls.allowed(Lowering.loader(promises, arch, EPERM, circumstances)),
                        calls.allowed(Lowering.exact(promises, arch, EPERM, circumstances)),
                        promises);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void whereLandlockDecidesTheFilterAllowsNoLess(Arch arch) {
        BoundaryCalls calls = new BoundaryCalls(arch);
        for (Promises promises : someSets()) {
            assertAllowsAllOf(
                    calls,
                    calls.allowed(Lowering.exact(promises, arch, EPERM, EnumSet.allOf(Circumstance.class))),
                    calls.allowed(Lowering.exact(promises, arch, EPERM)),
                    promises);
        }
    }

    @ParameterizedTest
    @EnumSource
    void allWordsTogetherGiveNothingThatIsInNever(Arch arch) {
        BoundaryCalls calls = new BoundaryCalls(arch);
        BitSet never = calls.never();
        assertThat(never.cardinality()).isGreaterThan(250);
        for (Set<Circumstance> circumstances : Circumstances.some()) {
            BitSet exact = calls.allowed(Lowering.exact(all(), arch, EPERM, circumstances));
            BitSet loader = calls.allowed(Lowering.loader(all(), arch, EPERM, circumstances));
            exact.or(loader);
            exact.and(never);
            assertThat(calls(calls, exact)).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource
    void errorChangesTheAnswerAndNothingElse(Arch arch) {
        BoundaryCalls calls = new BoundaryCalls(arch);
        for (String word : WORDS) {
            Filter without = Lowering.exact(Promises.of(word), arch, Action.KILL_PROCESS);
            Filter with = Lowering.exact(Promises.of(word, "error"), arch, Action.KILL_PROCESS);
            if (!word.equals("error")) {
                assertThat(calls.allowed(with)).isEqualTo(calls.allowed(without));
            }
            assertThat(calls.decidedAs(with, Action.KillProcess.class).isEmpty())
                    .isTrue();
            assertThat(with.otherwise()).isEqualTo(ENOSYS);
        }
    }

    @ParameterizedTest
    @EnumSource
    void theTablesOwnErrnosReplaceKillsOnly(Arch arch) {
        BoundaryCalls calls = new BoundaryCalls(arch);
        for (Action violation : List.of(EPERM, new Action.Trap(0), new Action.Trace(1), Action.LOG, Action.NOTIFY)) {
            Filter filter = Lowering.exact(all(), arch, violation);
            BitSet answered = calls.decidedAs(filter, violation.getClass());
            answered.or(calls.allowed(filter));
            if (!(violation instanceof Action.Errno)) {
                answered.or(calls.decidedAs(filter, Action.Errno.class));
                assertThat(filter.sections().getFirst().rules())
                        .allSatisfy(rule -> assertThat(rule.action()).isIn(Action.ALLOW, ENOSYS));
            }
            assertThat(answered.cardinality()).isEqualTo(calls.count());
        }
    }

    @Test
    void aForeignArchitectureIsDeniedEvenWhereAViolationIsOnlyWatched() {
        SeccompData call = SeccompData.of(1, Arch.I386.audit());
        for (Action violation : List.of(EPERM, Action.KILL_PROCESS, Action.KILL_THREAD, new Action.Trap(3))) {
            assertThat(Lowering.exact(all(), Arch.X86_64, violation).foreign())
                    .isEqualTo(ENOSYS.equals(violation) ? ENOSYS : expected(violation));
        }
        for (Action violation : List.of(Action.LOG, Action.NOTIFY, new Action.Trace(0), Action.ALLOW)) {
            assertThat(Lowering.exact(Promises.of("stdio"), Arch.X86_64, violation)
                            .decide(call, BoundaryCalls.SELF))
                    .isEqualTo(EPERM);
        }
    }

    /** All words together have error among them. */
    private static Action expected(Action violation) {
        return violation instanceof Action.Trap ? violation : ENOSYS;
    }

    @ParameterizedTest
    @EnumSource
    void numbersThatNobodyKnowsFailWithEnosys(Arch arch) {
        SeccompData call = SeccompData.of(SyscallTable.of(arch).highest() + 1, arch.audit());
        for (Action violation : List.of(EPERM, Action.KILL_PROCESS, Action.LOG)) {
            assertThat(Lowering.exact(Promises.of("stdio"), arch, violation).decide(call, BoundaryCalls.SELF))
                    .isEqualTo(ENOSYS);
        }
    }

    private static List<Promises> someSets() {
        List<Promises> sets =
                new ArrayList<>(List.of(Promises.NONE, all(), Promises.parse("stdio rpath wpath cpath inet")));
        for (String word : WORDS) {
            sets.add(Promises.of(word));
            sets.add(Promises.of("stdio", word));
        }
        return sets;
    }

    private static Promises all() {
        return Promises.of(WORDS.toArray(new String[0]));
    }

    private static void assertAllowsAllOf(BoundaryCalls calls, BitSet more, BitSet less, Object what) {
        BitSet missing = (BitSet) less.clone();
        missing.andNot(more);
        if (!missing.isEmpty()) {
            assertThat(calls(calls, missing)).as("lost under %s", what).isEmpty();
        }
    }

    private static List<SeccompData> calls(BoundaryCalls calls, BitSet which) {
        return which.stream().limit(10).mapToObj(calls::call).toList();
    }
}
