package org.jpledge.tools.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.random.RandomGeneratorFactory;
import org.jpledge.syscall.Arch;
import org.jpledge.tools.text.Includes;
import org.junit.jupiter.api.Test;

/** Whatever a policy says, its file says it, in TOML and in JSON. */
class LosslessTest {
    private static final int ROUNDS = 400;
    private static final Reading SETTINGS = new Reading(Arch.X86_64, new Variables("/home/u", "/srv/p"), Includes.NONE);

    @Test
    void whatIsWrittenIsReadBack() throws PolicyException {
        RandomPolicies policies =
                new RandomPolicies(RandomGeneratorFactory.of("L64X128MixRandom").create(17));
        for (int round = 0; round < ROUNDS; round++) {
            PolicyDocument policy = policies.policy();
            String toml = TomlText.of(policy, SETTINGS.variables(), List.of("Learnt.", ""), Map.of());
            assertThat(PolicyDocument.read(toml, "p.toml", SETTINGS)).as(toml).isEqualTo(policy);
            String json = JsonPolicy.of(policy, SETTINGS.variables());
            assertThat(PolicyDocument.read(json, "p.json", SETTINGS)).as(json).isEqualTo(policy);
        }
    }

    /** Before and after all other paths in the order of paths. */
    @Test
    void whereTheDirectoryLiesDoesNotChangeATextThatNamesIt() throws PolicyException {
        RandomPolicies policies =
                new RandomPolicies(RandomGeneratorFactory.of("L64X128MixRandom").create(18));
        for (int round = 0; round < ROUNDS; round++) {
            PolicyDocument policy = policies.policy();
            String toml = TomlText.of(policy, SETTINGS.variables(), List.of(), Map.of());
            String json = JsonPolicy.of(policy, SETTINGS.variables());
            String line = CommandText.line(policy, SETTINGS.variables().directory());
            for (String place : List.of("/0", "/zz/z")) {
                Variables there = new Variables(SETTINGS.variables().home(), place);
                PolicyDocument same =
                        PolicyDocument.read(toml, "p.toml", new Reading(Arch.X86_64, there, Includes.NONE));
                assertThat(TomlText.of(same, there, List.of(), Map.of())).isEqualTo(toml);
                assertThat(JsonPolicy.of(same, there)).isEqualTo(json);
                assertThat(CommandText.line(same, place)).isEqualTo(line);
            }
        }
    }
}
