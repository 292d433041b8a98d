package org.jpledge.seccomp;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import org.jpledge.bpf.ActionCache;
import org.jpledge.bpf.Insn;
import org.jpledge.bpf.Program;
import org.jspecify.annotations.Nullable;

/**
 * Holds compiled programs against the rules they came from, by two means that know nothing of the compiler and nothing of each
 * other: {@link #prove} follows every way through the program, with what is known of the arguments on it, and asks whether
 * the rules say the same there; {@link #sample} runs the program on calls around every value that the rules name.
 */
public final class Verifier {
    private Verifier() {}

    /**
     * Follows every way through a program. Numbers and architectures are looked at one by one where the program or the rules
     * tell them apart, and one of each range otherwise, which is enough as both only compare them; arguments are followed as
     * what is known of their words, so the answer is about all values.
     *
     * @param filter the rules
     * @param compiled the program
     * @param selves the processes for which the program is bound and looked at; at least one
     * @return what is wrong, with a call that shows it, and what could not be followed
     */
    public static Verification prove(Filter filter, Compiled compiled, Identity... selves) {
        return prove(filter, compiled, true, selves);
    }

    /** As {@link #prove}; answers need only mean the same to the kernel, if they are not to be exact. */
    static Verification prove(Filter filter, Compiled compiled, boolean exact, Identity... selves) {
        List<Finding> findings = new ArrayList<>();
        List<String> unproven = new ArrayList<>();
        int paths = 0;
        int remembered = 0;
        strangeAnswers(filter, compiled.program(), findings);
        for (Identity self : selves) {
            Program program = compiled.bind(self);
            remembered = 0;
            Landmarks landmarks = new Landmarks(program);
            unproven.addAll(landmarks.unclear());
            SortedSet<Integer> foreign = landmarks.numbers(null);
            for (int audit : landmarks.apart(filter)) {
                Filter.Section section = section(filter, audit);
                PathProof proof = new PathProof(filter, section, program, audit, self, exact);
                for (int number : section == null ? foreign : landmarks.numbers(section)) {
                    proof.prove(number);
                }
                findings.addAll(proof.findings());
                unproven.addAll(proof.unproven());
                paths += proof.paths();
                if (section != null) {
                    for (int number : KnownNumbers.of(section.arch())) {
                        remembered += ActionCache.allows(program, audit, number) ? 1 : 0;
                    }
                }
            }
        }
        Program program = compiled.program();
        return new Verification(
                findings, unproven, paths, Reach.longest(program), program.convertedLength(), remembered);
    }

    /** A ret whose value is none of the filter's actions is wrong even if no call comes to it. */
    private static void strangeAnswers(Filter filter, Program program, List<Finding> findings) {
        Set<Integer> answers = new HashSet<>();
        answers.add(Action.ALLOW.encoded());
        answers.add(filter.otherwise().encoded());
        answers.add(filter.unknown().encoded());
        answers.add(filter.foreign().encoded());
        for (Filter.Section section : filter.sections()) {
            for (Rule rule : section.rules()) {
                answers.add(rule.action().encoded());
            }
        }
        for (int i = 0; i < program.length(); i++) {
            if (program.insns().get(i) instanceof Insn.Return(int k) && !answers.contains(k)) {
                findings.add(new Finding.StrangeAnswer(i, k));
            }
        }
    }

    private static Filter.@Nullable Section section(Filter filter, int audit) {
        for (Filter.Section section : filter.sections()) {
            if (section.arch().audit() == audit) {
                return section;
            }
        }
        return null;
    }

    /**
     * Runs a program on calls around the values that the rules name: for every number that the architectures or the rules
     * know and some that they do not, all combinations of such values where they are few, and some of them otherwise.
     *
     * @param filter the rules
     * @param compiled the program
     * @param self the process for which the program is bound
     * @param calls at most so many calls for each number
     * @param seed chooses among the combinations where there are more
     * @return the calls that the program answers otherwise than the rules
     */
    public static List<Finding> sample(Filter filter, Compiled compiled, Identity self, int calls, long seed) {
        List<Finding> findings = new ArrayList<>();
        Program program = compiled.bind(self);
        Landmarks landmarks = new Landmarks(program);
        for (int audit : landmarks.architectures(filter)) {
            Filter.Section section = section(filter, audit);
            BoundaryCalls boundary = new BoundaryCalls(filter, section, program, audit, self, seed);
            for (int number : landmarks.numbers(section)) {
                boundary.run(number, calls, findings);
            }
        }
        return findings;
    }
}
