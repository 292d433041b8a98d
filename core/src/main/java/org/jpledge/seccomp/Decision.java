package org.jpledge.seccomp;

import org.jspecify.annotations.Nullable;

/**
 * What a program makes of calls with one number: questions about words, each with what follows from its answers. Decisions
 * that are equal are one object, if one {@link Decisions} made them.
 */
sealed interface Decision {
    /**
     * The program's answer.
     *
     * @param answer what it returns; or what somebody who puts several programs together made of their answers
     */
    record Leaf(int answer) implements Decision {}

    /**
     * The program cannot be followed any further.
     *
     * @param at the instruction
     * @param why what there is to say about it
     */
    record Unfollowed(int at, String why) implements Decision {}

    /** A question about some bits of a word; compared by identity. */
    final class Split implements Decision {
        private final int word;
        private final int mask;
        private final boolean equal;
        private final int value;
        private final Decision yes;
        private final Decision no;

        Split(int word, int mask, boolean equal, int value, Decision yes, Decision no) {
            this.word = word;
            this.mask = mask;
            this.equal = equal;
            this.value = value;
            this.yes = yes;
            this.no = no;
        }

        /** The word's index. */
        int word() {
            return word;
        }

        /** Which of its bits. */
        int mask() {
            return mask;
        }

        /** Whether it is asked if they are equal to the value; otherwise if they are at least that. */
        boolean isEqual() {
            return equal;
        }

        int value() {
            return value;
        }

        Decision yes() {
            return yes;
        }

        Decision no() {
            return no;
        }

        /** Learns that the answer is yes; false if it cannot be. */
        boolean learnYes(WordKnowledge known) {
            return known.between(word, mask, value, equal ? value : -1);
        }

        /** Learns that the answer is no; false if it cannot be. */
        boolean learnNo(WordKnowledge known) {
            return equal ? known.differs(word, mask, value) : value != 0 && known.between(word, mask, 0, value - 1);
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }

        @Override
        public String toString() {
            return "(w" + word + "&" + Integer.toHexString(mask) + (equal ? "==" : ">=") + Integer.toHexString(value)
                    + " ? " + yes + " : " + no + ")";
        }
    }
}
