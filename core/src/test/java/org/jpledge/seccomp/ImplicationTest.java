package org.jpledge.seccomp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jpledge.bpf.SeccompData;
import org.jpledge.syscall.Arch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One rule makes another superfluous. */
class ImplicationTest {
    private static final Identity SELF = new Identity(4711, 1000, 100);
    private static final List<Operator> OPERATORS = List.of(Operator.values());

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '"',
            value = {
                "open(flags & 0xff == 1); open(flags & 0x0f == 1); true",
                "open(flags & 0x0f == 1); open(flags & 0xff == 1); false",
                "open(flags & 0x0f in {1, 2}); open(flags & 3 in {0, 1, 2}); true",
                "open(flags & 0x0f in {1, 3}); open(flags & 3 in {0, 1, 2}); false",
                "open(flags == 1, mode == 0); open(flags == 1); true",
                "open(flags == 1); open(flags == 1, mode == 0); false",
                "open(flags == 1); open; true",
                "open; open(flags == 1); false",
                "kill(pid == $pid); kill(pid in {$pid, 0}); true",
                "kill(pid == $pid); kill(pid & 0xff == 1); false",
                "kill(pid == 1); kill(pid == $pid); false",
                "open(flags > 5); open(flags > 5); true",
                "open(flags > 6); open(flags > 5); false",
                "open(flags == 7); open(flags > 5); false",
                "open(flags == 1); open(mode == 1); false"
            })
    void aRuleImpliesAWiderOne(String narrow, String wide, boolean implied) {
        assertThat(Implication.holds(rule(narrow), rule(wide))).isEqualTo(implied);
    }

    @Test
    void whatMeetsARuleMeetsEveryRuleItImplies() {
        Random random = new Random(2);
        int found = 0;
        for (int round = 0; round < 100_000; round++) {
            Rule narrow = random(random);
            Rule wide = random(random);
            if (Implication.holds(narrow, wide)) {
                found++;
                for (int i = 0; i < 50; i++) {
                    SeccompData call = SeccompData.of(2, Arch.X86_64.audit(), argument(random), argument(random));
                    if (narrow.matches(call, SELF)) {
                        assertThat(wide.matches(call, SELF))
                                .as("%s %s %s", narrow, wide, call)
                                .isTrue();
                    }
                }
            }
        }
        assertThat(found).isGreaterThan(1000);
    }

    private static Rule random(Random random) {
        List<Condition> conditions = new ArrayList<>();
        for (int i = random.nextInt(3); i > 0; i--) {
            Operator op = OPERATORS.get(random.nextInt(OPERATORS.size()));
            boolean own = (op == Operator.EQ || op == Operator.IN) && random.nextInt(4) == 0;
            long mask = random.nextInt(3) == 0 ? -1 : random.nextInt(16);
            List<Value> values = new ArrayList<>();
            values.add(own ? new Value.Own(Variable.UID) : new Value.Constant(random.nextInt(16) & mask));
            while (op == Operator.IN && random.nextBoolean()) {
                values.add(new Value.Constant(random.nextInt(16) & mask));
            }
            conditions.add(new Condition(random.nextInt(2), random.nextBoolean(), mask, op, values));
        }
        return new Rule(2, conditions, Action.ALLOW);
    }

    private static long argument(Random random) {
        long low = random.nextInt(8) == 0 ? SELF.uid() : random.nextInt(32);
        return random.nextInt(4) == 0 ? low | 1L << 32 : low;
    }

    private static Rule rule(String text) {
        return new RuleParser(Arch.X86_64).parse(text, Action.ALLOW).getFirst();
    }
}
