package org.jpledge.seccomp;

import java.nio.ByteOrder;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jpledge.bpf.InvalidProgramException;
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

    /** More nodes, states or questions than these are not kept for what is compiled next. */
    private static final int MOST_KEPT = 4096;

    /** A compiler that has work to do again: a process that narrows its sandbox compiles much of what it did before. */
    private static final AtomicReference<@Nullable Compiler> RESTING = new AtomicReference<>();

    private final DecisionGraph graph = new DecisionGraph();
    private final ValueSwitch values = new ValueSwitch(graph);
    private @Nullable CallDecisions little;
    private @Nullable CallDecisions big;

    private Compiler() {}

    /**
     * Compiles a filter. The same filter gives the same program, whatever was compiled before. Any thread may call this.
     *
     * @param filter the policy
     * @return the program and what is to be filled in
     * @throws InvalidProgramException if the program has more than 4096 instructions; the message says what most of them are for
     */
    public static Compiled compile(Filter filter) {
        Compiler resting = RESTING.getAndSet(null);
        Compiler compiler = resting == null || resting.isFull() ? new Compiler() : resting;
        Compiled compiled = compiler.program(filter);
        RESTING.set(compiler);
        return compiled;
    }

    /** Compiles a filter with nothing in mind, for the test that this makes no difference. */
    static Compiled compileAnew(Filter filter) {
        return new Compiler().program(filter);
    }

    private boolean isFull() {
        return graph.size() + (little == null ? 0 : little.size()) + (big == null ? 0 : big.size()) > MOST_KEPT;
    }

    /** Decides all calls, which is what is kept, and then searches for their numbers. */
    private Compiled program(Filter filter) {
        int foreign = graph.answer(filter.foreign().encoded());
        List<Filter.Section> sections = filter.sections();
        int[] runs = new int[sections.size()];
        for (int i = 0; i < runs.length; i++) {
            runs[i] = new Numbers(filter, sections.get(i)).runs();
        }
        int kept = graph.size();
        int node = foreign;
        for (int i = runs.length - 1; i >= 0; i--) {
            int numbers = values.build(runs[i], SeccompData.NR, -1);
            node = graph.equal(SeccompData.ARCH, -1, sections.get(i).arch().audit(), numbers, node);
        }
        Compiled compiled;
        try {
            compiled = Emitter.emit(graph, node);
        } catch (InvalidProgramException e) {
            throw new InvalidProgramException(-1, e.getMessage() + ": " + Bulk.text(filter), e);
        }
        graph.cut(kept);
        return compiled;
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

    /** The numbers of one architecture, as runs of those that are decided alike. */
    private final class Numbers {
        private final Arch arch;
        private final RulesByNumber rules;
        private final CallDecisions calls;
        private final long[] frequencies;
        private final int allow = graph.answer(Action.ALLOW.encoded());
        private final int otherwise;
        private final int unknown;
        private final int foreign;
        private final int open = values.open();

        /** The first number that is in no run yet. */
        private int next;

        private int atFrequency;

        Numbers(Filter filter, Filter.Section section) {
            arch = section.arch();
            rules = new RulesByNumber(section.rules());
            calls = calls(arch.order());
            frequencies = section.frequencies().of(arch);
            otherwise = graph.answer(filter.otherwise().encoded());
            unknown = graph.answer(filter.unknown().encoded());
            foreign = graph.answer(filter.foreign().encoded());
        }

        /** Adds them all, for {@link ValueSwitch#build}. */
        int runs() {
            int[] known = KnownNumbers.of(arch);
            int i = 0;
            int j = 0;
            while (i < known.length || j < rules.size()) {
                boolean ruled = j < rules.size() && (i == known.length || rules.number(j) <= known[i]);
                if (ruled) {
                    add(rules.number(j), calls.decide(rules.rules(j), otherwise));
                } else {
                    add(known[i], otherwise);
                }
                i += i < known.length && known[i] == next - 1 ? 1 : 0;
                j += ruled ? 1 : 0;
            }
            if (next >= 0) {
                values.run(open, next, unknown, SELDOM / REFUSALS);
            }
            if (arch == Arch.X86_64) {
                values.run(open, Filter.X32, foreign, SELDOM / REFUSALS);
            }
            values.run(open, Filter.SKIPPED, allow, REMEMBERED);
            return open;
        }

        private void add(int number, int node) {
            if (number > next) {
                values.run(open, next, unknown, SELDOM / REFUSALS);
            }
            values.run(open, number, node, weight(number, node));
            next = number + 1;
        }

        private int weight(int number, int node) {
            while (atFrequency < frequencies.length && frequencies[atFrequency] >>> 32 < number) {
                atFrequency++;
            }
            boolean counted = atFrequency < frequencies.length && frequencies[atFrequency] >>> 32 == number;
            int made = SELDOM + (counted ? (int) frequencies[atFrequency] : 0);
            if (!graph.isAnswer(node)) {
                return made;
            }
            return node == allow ? REMEMBERED : made / REFUSALS;
        }
    }
}
