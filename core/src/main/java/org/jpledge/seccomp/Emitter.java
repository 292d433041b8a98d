package org.jpledge.seccomp;

import java.util.ArrayList;
import java.util.List;
import org.jpledge.bpf.Alu;
import org.jpledge.bpf.Assembler;
import org.jpledge.bpf.Assembly;
import org.jpledge.bpf.Comparison;
import org.jpledge.bpf.Insn;
import org.jpledge.bpf.Label;
import org.jspecify.annotations.Nullable;

/**
 * Writes a decision graph as a program. Nodes are laid out so that all jumps go forward and most tests fall through on one
 * side. What the accumulator holds is followed along every way into a node: each way enters it before the load, before the
 * masking or right at the test, as it needs to, so nothing is loaded twice.
 */
final class Emitter {
    private static final int NO_WORD = -1;

    private final DecisionGraph graph;
    private final Assembler asm = new Assembler();

    /** Nodes that are used, in reverse of the order in which they are laid out. */
    private final int[] postorder;

    private int count;

    private final boolean[] seen;

    /** Nodes that are to be laid, those whose sides have been as their complement. */
    private final int[] stack;

    private int top;

    private final List<Variable> variables = new ArrayList<>(0);
    private final List<Integer> emitted = new ArrayList<>(0);

    // For each node, how it is entered: the label for ways with nothing useful in the accumulator, for ways with the
    // right
    // word but not masked, and for the others.
    private final @Nullable Label[] load;
    private final @Nullable Label[] and;
    private final @Nullable Label[] test;

    // For each node, what the accumulator has when the test is made: those bits of the node's word, and if exact no
    // others.
    private final boolean[] entered;
    private final int[] bits;
    private final boolean[] exact;

    private Emitter(DecisionGraph graph) {
        int size = graph.size();
        this.graph = graph;
        this.postorder = new int[size];
        this.seen = new boolean[size];
        this.stack = new int[2 * size + 1];
        this.load = new @Nullable Label[size];
        this.and = new @Nullable Label[size];
        this.test = new @Nullable Label[size];
        this.entered = new boolean[size];
        this.bits = new int[size];
        this.exact = new boolean[size];
    }

    /** Writes the decision that begins with a node. */
    static Compiled emit(DecisionGraph graph, int root) {
        Emitter emitter = new Emitter(graph);
        emitter.lay(root);
        return emitter.write(root);
    }

    /**
     * Puts nodes into postorder, visiting first the side that is to be jumped to and last the one to fall through to, so that
     * in reverse the latter comes right after the test.
     */
    private void lay(int root) {
        stack[top++] = root;
        while (top > 0) {
            layOne(stack[--top]);
        }
    }

    // A method of its own, as others here that are the body of a loop: this runs a few times only, and a JVM compiles
    // what is called often sooner than a loop that comes to its end.
    private void layOne(int node) {
        if (node < 0) {
            postorder[count++] = ~node;
        } else if (!seen[node]) {
            seen[node] = true;
            if (graph.isAnswer(node)) {
                postorder[count++] = node;
            } else {
                boolean yesFalls = fallsThroughOnYes(node);
                stack[top++] = ~node;
                stack[top++] = yesFalls ? graph.yes(node) : graph.no(node);
                stack[top++] = yesFalls ? graph.no(node) : graph.yes(node);
            }
        }
    }

    /** The smaller side falls through, which keeps jumps short; but answers are shared and stand at the end. */
    private boolean fallsThroughOnYes(int node) {
        int yes = graph.yes(node);
        int no = graph.no(node);
        if (graph.isAnswer(yes) || graph.isAnswer(no)) {
            return graph.isAnswer(no) && !graph.isAnswer(yes);
        }
        // The kernel cannot turn a test for bits around: falling through where they are set costs it an instruction.
        return graph.weight(yes) < graph.weight(no) && graph.comparison(node) != Comparison.SET;
    }

    private Compiled write(int root) {
        arrive(root, NO_WORD, 0, false);
        for (int i = count - 1; i >= 0; i--) {
            writeOne(postorder[i]);
        }
        Assembly assembly = asm.assemble();
        List<Patch> patches = new ArrayList<>(variables.size());
        for (int i = 0; i < variables.size(); i++) {
            patches.add(new Patch(assembly.position(emitted.get(i)), variables.get(i)));
        }
        return new Compiled(assembly.program(), patches);
    }

    private void writeOne(int node) {
        if (graph.isAnswer(node)) {
            place(test[node]);
            asm.emit(new Insn.Return(graph.k(node)));
            return;
        }
        int word = graph.word(node);
        int mask = graph.mask(node);
        Label loading = load[node];
        if (loading != null) {
            asm.place(loading);
            asm.emit(new Insn.LoadWord(word));
        }
        Label masking = and[node];
        boolean masks = mask != -1 && graph.comparison(node) != Comparison.SET;
        if (masks && (loading != null || masking != null)) {
            place(masking);
            asm.emit(new Insn.AluConstant(Alu.AND, mask));
        }
        place(test[node]);
        Label yes = arrive(graph.yes(node), word, bits[node], exact[node]);
        Label no = arrive(graph.no(node), word, bits[node], exact[node]);
        int jump = asm.jumpIf(graph.comparison(node), graph.k(node), yes, no);
        Variable variable = graph.variable(node);
        if (variable != null) {
            variables.add(variable);
            emitted.add(jump);
        }
    }

    private void place(@Nullable Label label) {
        if (label != null) {
            asm.place(label);
        }
    }

    /** A way into a node, with what the accumulator holds on it: some bits of a word, and if exactly no others. */
    private Label arrive(int node, int word, int has, boolean exactly) {
        if (graph.isAnswer(node)) {
            return label(test, node);
        }
        int wanted = graph.mask(node);
        boolean covers = word == graph.word(node) && (has & wanted) == wanted;
        if (graph.comparison(node) == Comparison.SET) {
            // The test itself masks: other bits do no harm.
            if (covers) {
                meet(node, has, exactly);
                return label(test, node);
            }
            meet(node, -1, true);
            return label(load, node);
        }
        meet(node, wanted, true);
        if (!covers) {
            return label(load, node);
        }
        if (exactly && has == wanted) {
            return label(test, node);
        }
        return label(and, node);
    }

    private Label label(@Nullable Label[] labels, int node) {
        Label label = labels[node];
        if (label == null) {
            label = asm.label();
            labels[node] = label;
        }
        return label;
    }

    private void meet(int node, int has, boolean exactly) {
        if (!entered[node]) {
            entered[node] = true;
            bits[node] = has;
            exact[node] = exactly;
        } else if (bits[node] != has || exact[node] != exactly) {
            bits[node] &= has;
            exact[node] = false;
        }
    }
}
