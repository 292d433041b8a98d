package org.jpledge.seccomp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jpledge.bpf.Comparison;
import org.jpledge.bpf.Insn;
import org.jpledge.bpf.Interpreter;
import org.jpledge.bpf.InvalidProgramException;
import org.jpledge.bpf.Program;
import org.jpledge.bpf.SeccompData;
import org.jpledge.bpf.Validity;
import org.jpledge.syscall.Arch;
import org.junit.jupiter.api.Test;

class VerifierTest {
    private static final Identity SELF = RandomFilters.SELF;
    private static final Identity OTHER = new Identity(1, 0, 0);
    private static final Action EPERM = new Action.Errno(1);
    private static final Action ENOSYS = new Action.Errno(38);

    private static Filter filter(String rules) {
        return Filter.of(
                Arch.X86_64,
                new RuleParser(Arch.X86_64).parse(rules, Action.ALLOW),
                EPERM,
                ENOSYS,
                Action.KILL_PROCESS);
    }

    @Test
    void whatTheCompilerMakesOfRandomFiltersIsProven() {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(5);
        RandomFilters filters = new RandomFilters(random);
        for (int i = 0; i < 150; i++) {
            Filter filter = filters.filter();
            Verification verification = Verifier.prove(filter, Compiler.compile(filter), SELF, OTHER);
            assertThat(wrong(verification.findings())).as("%d: %s", i, filter).isEmpty();
            assertThat(verification.unproven()).isEmpty();
        }
    }

    @Test
    void whatTheCompilerMakesOfRandomFiltersIsRightAtTheirBoundaries() {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(6);
        RandomFilters filters = new RandomFilters(random);
        for (int i = 0; i < 60; i++) {
            Filter filter = filters.filter();
            assertThat(Verifier.sample(filter, Compiler.compile(filter), SELF, 200, i))
                    .as("%d: %s", i, filter)
                    .isEmpty();
        }
    }

    /** A program with one thing changed is either found out, with a call that shows it, or answers as before. */
    @Test
    void programsThatAreNotQuiteRightAreFoundOut() {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(7);
        RandomFilters filters = new RandomFilters(random);
        int found = 0;
        int equal = 0;
        for (int i = 0; i < 150; i++) {
            Filter filter = filters.filter();
            Compiled compiled = Compiler.compile(filter);
            for (int j = 0; j < 3; j++) {
                Program mutant = mutant(compiled.bind(SELF), random);
                Interpreter interpreter = new Interpreter(mutant);
                Verification verification = Verifier.prove(filter, new Compiled(mutant, List.of()), SELF);
                List<Finding.WrongAnswer> wrong = wrong(verification.findings());
                for (Finding.WrongAnswer answer : wrong) {
                    SeccompData call = answer.call();
                    assertThat(filter.decide(call, SELF)).isEqualTo(answer.expected());
                    assertThat(interpreter
                                    .run(call, Landmarks.order(call.arch()))
                                    .value())
                            .isEqualTo(answer.answer())
                            .isNotEqualTo(answer.expected().encoded());
                }
                if (wrong.isEmpty() && verification.unproven().isEmpty()) {
                    equal++;
                    for (int k = 0; k < 300; k++) {
                        SeccompData call = filters.near(filter);
                        assertThat(interpreter
                                        .run(call, Landmarks.order(call.arch()))
                                        .value())
                                .as("%s under %s", call, filter)
                                .isEqualTo(filter.decide(call, SELF).encoded());
                    }
                } else {
                    found++;
                }
            }
        }
        assertThat(found).isGreaterThan(300);
        assertThat(equal).isGreaterThan(5);
    }

    private static Program mutant(Program program, RandomGenerator random) {
        while (true) {
            List<Insn> insns = new ArrayList<>(program.insns());
            int at = random.nextInt(insns.size());
            insns.set(
                    at,
                    switch (insns.get(at)) {
                        case Insn.LoadWord(int offset) -> new Insn.LoadWord(offset ^ 4 << random.nextInt(3));
                        case Insn.AluConstant alu ->
                            new Insn.AluConstant(alu.operation(), alu.k() ^ 1 << random.nextInt(32));
                        case Insn.Return(int k) -> new Insn.Return(k ^ 1 << 16);
                        case Insn.JumpIf jump ->
                            switch (random.nextInt(5)) {
                                case 0 -> new Insn.JumpIf(jump.test(), jump.k(), jump.jf(), jump.jt());
                                case 1 -> new Insn.JumpIf(jump.test(), jump.k() + 1, jump.jt(), jump.jf());
                                case 2 -> new Insn.JumpIf(jump.test(), jump.k() - 1, jump.jt(), jump.jf());
                                case 3 -> new Insn.JumpIf(Comparison.GT, jump.k(), jump.jt(), jump.jf());
                                default ->
                                    new Insn.JumpIf(jump.test(), jump.k(), jump.jt(), random.nextInt(jump.jf() + 2));
                            };
                        case Insn other -> other;
                    });
            if (isValid(insns)) {
                return new Program(insns);
            }
        }
    }

    private static boolean isValid(List<Insn> insns) {
        try {
            Validity.check(insns);
            return true;
        } catch (InvalidProgramException e) {
            return false;
        }
    }

    private static List<Finding.WrongAnswer> wrong(List<Finding> findings) {
        List<Finding.WrongAnswer> wrong = new ArrayList<>();
        for (Finding finding : findings) {
            if (finding instanceof Finding.WrongAnswer answer) {
                wrong.add(answer);
            }
        }
        return wrong;
    }

    @Test
    void aWrongAnswerHasAWitnessThatOnlyThatCallCouldBe() {
        Filter wanted = filter("mmap(prot & PROT_EXEC == 0, len == 0x123456789)");
        Filter given = filter("mmap(prot & PROT_EXEC == 0, len in {0x123456789, 0x123456788})");
        Verification verification = Verifier.prove(wanted, Compiler.compile(given), SELF);
        assertThat(verification.findings()).singleElement().isInstanceOfSatisfying(Finding.WrongAnswer.class, wrong -> {
            assertThat(wrong.call().nr()).isEqualTo(9);
            assertThat(wrong.call().arg1()).isEqualTo(0x123456788L);
            assertThat(wrong.call().arg2() & 4).isZero();
            assertThat(wrong.expected()).isEqualTo(EPERM);
            assertThat(wrong.answer()).isEqualTo(Action.ALLOW.encoded());
        });
    }

    @Test
    void anAllowedCallWhoseArgumentsAreReadIsReported() {
        Filter filter = filter("getpid");
        Program slow = new Program(List.of(
                new Insn.LoadWord(4),
                new Insn.JumpIf(Comparison.EQ, Arch.X86_64.audit(), 0, 2),
                new Insn.LoadWord(16),
                new Insn.JumpIf(Comparison.EQ, 0, 0, 0),
                new Insn.Return(Action.ALLOW.encoded())));
        assertThat(Verifier.prove(filter, new Compiled(slow, List.of()), SELF).findings())
                .contains(new Finding.NotRemembered(Arch.X86_64, 39));
    }

    @Test
    void aRetThatIsNoActionOfTheFilterIsReported() {
        Filter filter = filter("getpid");
        List<Insn> insns = new ArrayList<>(Compiler.compile(filter).program().insns());
        insns.add(new Insn.Return(0x00050002));
        Verification verification = Verifier.prove(filter, new Compiled(new Program(insns), List.of()), SELF);
        assertThat(verification.findings()).containsExactly(new Finding.StrangeAnswer(insns.size() - 1, 0x00050002));
    }

    @Test
    void whatCannotBeFollowedIsSaid() {
        Filter filter = filter("getpid");
        assertThat(unproven(filter, new Insn.LoadWord(16), new Insn.ReturnA()))
                .contains("number 0, instruction 1: it returns what is computed from an argument");
        assertThat(unproven(
                        filter,
                        new Insn.LoadWord(16),
                        new Insn.CopyAToX(),
                        new Insn.LoadWord(24),
                        new Insn.JumpIfX(Comparison.EQ, 0, 1),
                        new Insn.Return(0),
                        new Insn.Return(Action.ALLOW.encoded())))
                .contains("number 0, instruction 3: jeq compares two values that both depend on arguments");
        // So many ranges of numbers with an even number of bits are too many.
        assertThat(unproven(
                        filter,
                        new Insn.LoadWord(0),
                        new Insn.JumpIf(Comparison.SET, 1, 0, 1),
                        new Insn.Return(0),
                        new Insn.Return(Action.ALLOW.encoded())))
                .contains("instruction 1: the number or architecture is more than compared");
    }

    private static List<String> unproven(Filter filter, Insn... insns) {
        Verification verification = Verifier.prove(filter, new Compiled(new Program(List.of(insns)), List.of()), SELF);
        assertThat(verification.isProven()).isFalse();
        return verification.unproven();
    }

    @Test
    void factsAreReported() {
        Filter filter = filter("getpid getppid close(fd == 1)");
        Compiled compiled = Compiler.compile(filter);
        Verification verification = Verifier.prove(filter, compiled, SELF);
        assertThat(verification.isProven()).isTrue();
        assertThat(verification.remembered()).isEqualTo(2);
        assertThat(verification.converted()).isEqualTo(compiled.program().convertedLength());
        assertThat(verification.longest()).isBetween(6, compiled.program().length());
        assertThat(verification.paths()).isGreaterThan(400);
    }
}
