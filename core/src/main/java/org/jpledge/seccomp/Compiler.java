package org.jpledge.seccomp;

import java.nio.ByteOrder;
import java.util.List;
import org.jpledge.bpf.SeccompData;
import org.jpledge.syscall.Arch;
import org.jspecify.annotations.Nullable;

/**
 * Turns a filter into classic BPF.
 *
 * <p>The kernel decides calls that are allowed whatever their arguments from a bitmap that it fills once, so what runs at all
 * are calls whose arguments count, and refusals. The program first finds the architecture, then searches for the number with
 * few questions on the way to those calls, and reads arguments only where they count.
 */
public final class Compiler {
    // How much a run of numbers counts in the search: calls whose arguments count run the program every time, refusals
    // now and then (who makes a call often is seldom refused it), and what is allowed never does on a kernel that
    // remembers it.
    private static final int REFUSALS = 16;
    private static final int REMEMBERED = 1;

    /** What a call counts for that is hardly ever made, or of which that is not known, in the unit of frequencies. */
    private static final int SELDOM = 256;

    private final Filter filter;
    private final DecisionGraph graph = new DecisionGraph();
    private final ValueSwitch values = new ValueSwitch(graph);
    private @Nullable CallDecisions little;
    private @Nullable CallDecisions big;

    private Compiler(Filter filter) {
        this.filter = filter;
    }

    /**
     * Compiles a filter. The same filter gives the same program.
     *
     * @param filter the policy
     * @return the program and what is to be filled in
     * @throws org.jpledge.bpf.InvalidProgramException if the program has more than 4096 instructions
     */
    public static Compiled compile(Filter filter) {
        Compiler compiler = new Compiler(filter);
        return Emitter.emit(compiler.graph, compiler.architectures());
    }

    private int architectures() {
        List<Filter.Section> sections = filter.sections();
        int node = graph.answer(filter.foreign().encoded());
        for (int i = sections.size() - 1; i >= 0; i--) {
            Filter.Section section = sections.get(i);
            node = graph.equal(SeccompData.ARCH, -1, section.arch().audit(), numbers(section), node);
        }
        return node;
    }

    private int numbers(Filter.Section section) {
        Arch arch = section.arch();
        RulesByNumber rules = new RulesByNumber(section.rules());
        CallDecisions calls = calls(arch.order());
        int otherwise = graph.answer(filter.otherwise().encoded());
        int unknown = graph.answer(filter.unknown().encoded());
        int foreign = graph.answer(filter.foreign().encoded());
        int allow = graph.answer(Action.ALLOW.encoded());
        int[] known = KnownNumbers.of(arch);
        long[] frequencies = section.frequencies().of(arch);
        int atFrequency = 0;
        int open = values.open();
        int next = 0;
        int i = 0;
        int j = 0;
        while (i < known.length || j < rules.size()) {
            boolean ruled = j < rules.size() && (i == known.length || rules.number(j) <= known[i]);
            int number = ruled ? rules.number(j) : known[i];
            int node = ruled ? calls.decide(rules.rules(j), otherwise) : otherwise;
            if (number > next) {
                values.run(open, next, unknown, SELDOM / REFUSALS);
            }
            while (atFrequency < frequencies.length && frequencies[atFrequency] >>> 32 < number) {
                atFrequency++;
            }
            boolean counted = atFrequency < frequencies.length && frequencies[atFrequency] >>> 32 == number;
            int made = SELDOM + (counted ? (int) frequencies[atFrequency] : 0);
            values.run(open, number, node, weight(node, allow, made));
            next = number + 1;
            if (i < known.length && known[i] == number) {
                i++;
            }
            if (ruled) {
                j++;
            }
        }
        if (next >= 0) {
            values.run(open, next, unknown, SELDOM / REFUSALS);
        }
        if (arch == Arch.X86_64) {
            values.run(open, Filter.X32, foreign, SELDOM / REFUSALS);
        }
        values.run(open, Filter.SKIPPED, allow, REMEMBERED);
        return values.build(open, SeccompData.NR, -1);
    }

    private int weight(int node, int allow, int made) {
        if (!graph.isAnswer(node)) {
            return made;
        }
        return node == allow ? REMEMBERED : made / REFUSALS;
    }

    private CallDecisions calls(ByteOrder order) {
        CallDecisions calls = order == ByteOrder.LITTLE_ENDIAN ? little : big;
        if (calls == null) {
            calls = new CallDecisions(graph, values, order);
            if (order == ByteOrder.LITTLE_ENDIAN) {
                little = calls;
            } else {
                big = calls;
            }
        }
        return calls;
    }
}
