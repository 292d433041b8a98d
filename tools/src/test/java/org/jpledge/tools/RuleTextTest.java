package org.jpledge.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.jpledge.Promise;
import org.jpledge.promise.Enforcement;
import org.jpledge.promise.Policy;
import org.jpledge.promise.Promises;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Rule;
import org.jpledge.seccomp.RuleParser;
import org.jpledge.syscall.Arch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RuleTextTest {
    @ParameterizedTest
    @EnumSource(Arch.class)
    void whatIsPrintedReadsBackAsTheSameRules(Arch arch) {
        List<String> words = new ArrayList<>();
        for (Promise promise : Promise.values()) {
            words.add(promise.word());
        }
        Policy all = Policy.of(Promises.parse(String.join(" ", words)));
        for (Policy policy : List.of(all, Policy.of(Promises.parse("stdio rpath inet")))) {
            for (Filter.Section section : policy.loader(arch, Enforcement.NONE).sections()) {
                StringBuilder text = new StringBuilder();
                for (Rule rule : section.rules()) {
                    new RuleText(arch).append(text, rule);
                }
                assertThat(new RuleParser(arch).parse(text.toString(), Action.NOTIFY))
                        .isEqualTo(section.rules());
            }
        }
    }
}
