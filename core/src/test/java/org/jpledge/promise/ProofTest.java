package org.jpledge.promise;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Compiled;
import org.jpledge.seccomp.Compiler;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Verification;
import org.jpledge.seccomp.Verifier;
import org.jpledge.syscall.Arch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every promise, every pair of promises and all of them together, as programs, decide what their rules say. */
class ProofTest {
    private static final Action EPERM = new Action.Errno(1);

    /** What was looked at. Many words and circumstances come to the same rules, and these to the same program. */
    private static final Set<Filter> PROVEN = new HashSet<>();

    @ParameterizedTest
    @EnumSource
    void theProgramsOfAllPairsAreProven(Arch arch) {
        List<String> words = PromiseTable.standard().words();
        List<String> wrong = new ArrayList<>();
        for (int i = 0; i < words.size(); i++) {
            for (int j = 0; j <= i; j++) {
                Promises pair = Promises.of(words.get(i), words.get(j));
                prove(Lowering.exact(pair, arch, EPERM), pair, wrong);
            }
        }
        assertThat(wrong).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void bothStagesAreProvenForEveryPromiseWithStdioAndForAllTogether(Arch arch) {
        List<String> words = PromiseTable.standard().words();
        List<Promises> sets = new ArrayList<>();
        sets.add(Promises.NONE);
        sets.add(Promises.of(words.toArray(new String[0])));
        sets.add(Promises.parse("stdio rpath wpath cpath fattr proc exec prot_exec tty inet unix dns getpw"));
        for (String word : words) {
            sets.add(Promises.of("stdio", word));
        }
        List<String> wrong = new ArrayList<>();
        for (Promises promises : sets) {
            prove(Lowering.loader(promises, arch, EPERM), promises, wrong);
            prove(Lowering.exact(promises, arch, Action.KILL_PROCESS), promises, wrong);
            for (Set<Circumstance> circumstances : Circumstances.some()) {
                prove(Lowering.loader(promises, arch, EPERM, circumstances), promises, wrong);
                prove(Lowering.exact(promises, arch, EPERM, circumstances), promises, wrong);
            }
        }
        assertThat(wrong).isEmpty();
    }

    private static void prove(Filter filter, Promises promises, List<String> wrong) {
        if (!PROVEN.add(filter)) {
            return;
        }
        Compiled compiled = Compiler.compile(filter);
        Verification verification = Verifier.prove(filter, compiled, BoundaryCalls.SELF);
        if (!verification.isProven()) {
            wrong.add(promises + ": " + verification.findings() + verification.unproven());
        }
    }
}
