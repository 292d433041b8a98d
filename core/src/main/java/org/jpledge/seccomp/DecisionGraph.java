package org.jpledge.seccomp;

import java.util.Arrays;
import org.jpledge.bpf.Comparison;
import org.jspecify.annotations.Nullable;

/**
 * Decisions that share their equal parts: every node is a test of one word of the call, or an answer, and two equal nodes are
 * one. A test's two ways lead to nodes that were made before it, so the graph has no cycles.
 */
final class DecisionGraph {
    // What a node is.
    private static final int ANSWER = 0;
    private static final int EQUAL = 1;
    private static final int GREATER = 2;
    private static final int AT_LEAST = 3;
    private static final int ANY_OF = 4;
    // Tests of equality whose other side is known in the confined process only.
    private static final int EQUAL_PID = 5;
    private static final int EQUAL_UID = 6;
    private static final int EQUAL_GID = 7;

    /** Above this the size of a decision does not matter any more. */
    private static final int LARGE = 1 << 20;

    private int size;
    private int[] word = new int[512];
    private int[] mask = new int[512];
    private int[] kind = new int[512];
    private int[] k = new int[512];
    private int[] yes = new int[512];
    private int[] no = new int[512];
    private int[] weight = new int[512];

    /** Open addressing; a node's index plus one, or zero. */
    private int[] table = new int[2048];

    /** How many nodes there are; their numbers are below. */
    int size() {
        return size;
    }

    boolean isAnswer(int node) {
        return kind[node] == ANSWER;
    }

    /** The offset of the word that a test looks at. */
    int word(int node) {
        return word[node];
    }

    /** The bits of the word that a test looks at; for {@link Comparison#SET} those that it asks for. */
    int mask(int node) {
        return mask[node];
    }

    Comparison comparison(int node) {
        return switch (kind[node]) {
            case GREATER -> Comparison.GT;
            case AT_LEAST -> Comparison.GE;
            case ANY_OF -> Comparison.SET;
            default -> Comparison.EQ;
        };
    }

    /** What the word is held against, or the answer. */
    int k(int node) {
        return k[node];
    }

    /** The variable that the word is held against, or null where that is a constant. */
    @Nullable
    Variable variable(int node) {
        return switch (kind[node]) {
            case EQUAL_PID -> Variable.PID;
            case EQUAL_UID -> Variable.UID;
            case EQUAL_GID -> Variable.GID;
            default -> null;
        };
    }

    int yes(int node) {
        return yes[node];
    }

    int no(int node) {
        return no[node];
    }

    /** How large the decision is that begins with a node: its nodes, those that it shares as often as it comes to them. */
    int weight(int node) {
        return weight[node];
    }

    /** The node of an answer. */
    int answer(int value) {
        return node(ANSWER, 0, 0, value, 0, 0);
    }

    /** The node that asks whether a masked word is equal to a constant. */
    int equal(int ofWord, int ofMask, int to, int ifSo, int ifNot) {
        return ifSo == ifNot ? ifSo : node(EQUAL, ofWord, ofMask, to, ifSo, ifNot);
    }

    /** The node that asks whether a masked word is equal to a variable. */
    int equal(int ofWord, int ofMask, Variable to, int ifSo, int ifNot) {
        int question = switch (to) {
            case PID -> EQUAL_PID;
            case UID -> EQUAL_UID;
            case GID -> EQUAL_GID;
        };
        return ifSo == ifNot ? ifSo : node(question, ofWord, ofMask, 0, ifSo, ifNot);
    }

    /** The node that asks whether a masked word is at least a constant. */
    int atLeast(int ofWord, int ofMask, int least, int ifSo, int ifNot) {
        if (ifSo == ifNot) {
            return ifSo;
        }
        // The same question about a constant without the highest bit costs the kernel one instruction less.
        return least == Integer.MIN_VALUE
                ? node(GREATER, ofWord, ofMask, Integer.MAX_VALUE, ifSo, ifNot)
                : node(AT_LEAST, ofWord, ofMask, least, ifSo, ifNot);
    }

    /** The node that asks whether a word has any of some bits. */
    int anyOf(int ofWord, int bits, int ifSo, int ifNot) {
        return ifSo == ifNot ? ifSo : node(ANY_OF, ofWord, bits, bits, ifSo, ifNot);
    }

    /** Forgets the nodes that were made last. */
    void cut(int toSize) {
        // In this order each is at the end of its chain in the table.
        while (size > toSize) {
            int last = size - 1;
            table[slot(kind[last], word[last], mask[last], k[last], yes[last], no[last])] = 0;
            size = last;
        }
    }

    private int node(int ofKind, int ofWord, int ofMask, int ofK, int ofYes, int ofNo) {
        int slot = slot(ofKind, ofWord, ofMask, ofK, ofYes, ofNo);
        if (table[slot] != 0) {
            return table[slot] - 1;
        }
        if (size == word.length) {
            grow();
            slot = slot(ofKind, ofWord, ofMask, ofK, ofYes, ofNo);
        }
        int made = size++;
        kind[made] = ofKind;
        word[made] = ofWord;
        mask[made] = ofMask;
        k[made] = ofK;
        yes[made] = ofYes;
        no[made] = ofNo;
        weight[made] = ofKind == ANSWER ? 1 : Math.min(LARGE, 1 + weight[ofYes] + weight[ofNo]);
        table[slot] = size;
        return made;
    }

    /** Where the table has the node, or would have it. */
    private int slot(int ofKind, int ofWord, int ofMask, int ofK, int ofYes, int ofNo) {
        int hash = ((ofWord * 31 + ofMask) * 31 + ofKind) * 31 + ofK;
        hash = ((hash * 31 + ofYes) * 31 + ofNo) * 0x9E3779B1;
        int at = (hash >>> 12) & (table.length - 1);
        while (table[at] != 0) {
            int i = table[at] - 1;
            if (k[i] == ofK
                    && word[i] == ofWord
                    && yes[i] == ofYes
                    && no[i] == ofNo
                    && kind[i] == ofKind
                    && mask[i] == ofMask) {
                return at;
            }
            at = (at + 1) & (table.length - 1);
        }
        return at;
    }

    private void grow() {
        int capacity = 2 * word.length;
        kind = Arrays.copyOf(kind, capacity);
        word = Arrays.copyOf(word, capacity);
        mask = Arrays.copyOf(mask, capacity);
        k = Arrays.copyOf(k, capacity);
        yes = Arrays.copyOf(yes, capacity);
        no = Arrays.copyOf(no, capacity);
        weight = Arrays.copyOf(weight, capacity);
        table = new int[4 * capacity];
        for (int i = 0; i < size; i++) {
            table[slot(kind[i], word[i], mask[i], k[i], yes[i], no[i])] = i + 1;
        }
    }
}
