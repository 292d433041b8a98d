package org.jpledge.promise;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jpledge.bpf.Program;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Compiler;
import org.jpledge.seccomp.Contrast;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.FilterText;
import org.jpledge.seccomp.Recovery;
import org.jpledge.seccomp.Rule;
import org.jpledge.seccomp.RuleParser;
import org.jpledge.syscall.Arch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What the promises say is said again by the programs that are made of them: rules that are recovered from a program, written
 * down, read and compiled once more decide every call as the first program did.
 */
class SaidAgainTest {
    private static final Action EPERM = new Action.Errno(1);
    private static final List<String> WORDS = PromiseTable.standard().words();

    /** What was looked at: many pairs of words come to the same rules. */
    private static final Set<Filter> SAID = new HashSet<>();

    @ParameterizedTest
    @EnumSource
    void everyWordAndAllTogetherAreSaidAgain(Arch arch) {
        List<String> wrong = new ArrayList<>();
        for (String word : WORDS) {
            again(Promises.of(word), arch, EPERM, wrong);
        }
        Promises all = Promises.of(WORDS.toArray(new String[0]));
        again(all, arch, EPERM, wrong);
        again(all, arch, Action.KILL_PROCESS, wrong);
        again(Promises.NONE, arch, EPERM, wrong);
        assertThat(wrong).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(names = {"X86_64", "AARCH64"})
    void everyPairIsSaidAgain(Arch arch) {
        List<String> wrong = new ArrayList<>();
        for (int i = 0; i < WORDS.size(); i++) {
            for (int j = 0; j < i; j++) {
                again(Promises.of(WORDS.get(i), WORDS.get(j)), arch, EPERM, wrong);
            }
        }
        assertThat(wrong).isEmpty();
    }

    private static void again(Promises promises, Arch arch, Action violation, List<String> wrong) {
        Filter filter = Lowering.exact(promises, arch, violation);
        if (!SAID.add(filter)) {
            return;
        }
        Program program = Compiler.compile(filter).bind(BoundaryCalls.SELF);
        Recovery recovery = Recovery.of(program, arch);
        if (!recovery.isExact()) {
            wrong.add(promises + ": " + recovery.deviations() + recovery.unclear());
            return;
        }
        Filter said = recovery.filter();
        StringBuilder text = new StringBuilder();
        for (Rule rule : said.sections().getFirst().rules()) {
            text.append(FilterText.of(rule, arch)).append('\n');
        }
        List<Rule> read = new RuleParser(arch).parse(text.toString(), Action.ALLOW);
        Filter again = Filter.of(arch, read, said.otherwise(), said.unknown(), said.foreign());
        Contrast contrast = Contrast.of(program, Compiler.compile(again).bind(BoundaryCalls.SELF));
        if (!contrast.isEqual()) {
            wrong.add(promises + ": " + contrast);
        }
        int before = filter.sections().getFirst().rules().size();
        if (read.size() > before + before / 2) {
            wrong.add(promises + ": " + read.size() + " rules for " + before);
        }
    }
}
