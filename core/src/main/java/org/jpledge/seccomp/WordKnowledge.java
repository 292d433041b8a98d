package org.jpledge.seccomp;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.jpledge.bpf.SeccompData;

/**
 * What is known about the words of a call on one path: that some bits of a word lie between two values, or are not some value.
 * There is always a witness, words that agree with all that is known; what would leave none is not taken.
 */
final class WordKnowledge {
    private static final int BITS = 32;

    // What is known, as a stack: the word's index, the bits, and the least and greatest value; or the value they are
    // not.
    private int[] word = new int[64];
    private int[] mask = new int[64];
    private int[] least = new int[64];
    private int[] most = new int[64];
    private boolean[] not = new boolean[64];

    /** The witness of the word before this was known. */
    private int[] before = new int[64];

    private int size;

    private final int[] witness = new int[SeccompData.WORDS];

    /** How much is known; to go back to later. */
    int mark() {
        return size;
    }

    /** Forgets what was learnt since a mark. */
    void forget(int mark) {
        while (size > mark) {
            size--;
            witness[word[size]] = before[size];
        }
    }

    /** Words that agree with all that is known. */
    int[] witness() {
        return witness.clone();
    }

    /** Learns that bits of a word lie between two values, unless that cannot be. */
    boolean between(int index, int bits, int from, int to) {
        return learn(index, bits, from, to, false);
    }

    /** Learns that bits of a word are not some value, unless they cannot be anything else. */
    boolean differs(int index, int bits, int value) {
        return learn(index, bits, value, value, true);
    }

    private boolean learn(int index, int bits, int from, int to, boolean negated) {
        if (size == word.length) {
            word = Arrays.copyOf(word, 2 * size);
            mask = Arrays.copyOf(mask, 2 * size);
            least = Arrays.copyOf(least, 2 * size);
            most = Arrays.copyOf(most, 2 * size);
            not = Arrays.copyOf(not, 2 * size);
            before = Arrays.copyOf(before, 2 * size);
        }
        word[size] = index;
        mask[size] = bits;
        least[size] = from;
        most[size] = to;
        not[size] = negated;
        before[size] = witness[index];
        size++;
        boolean possible = agrees(size - 1, witness[index])
                || (isAboutSameBits(index, bits) ? climb(index, bits) : adapt(index) || search(index));
        if (!possible) {
            size--;
        }
        return possible;
    }

    private boolean isAboutSameBits(int index, int bits) {
        for (int i = 0; i < size; i++) {
            if (word[i] == index && mask[i] != bits) {
                return false;
            }
        }
        return true;
    }

    /** Looks for a value where everything known is about the same bits: from the least possible upward. */
    private boolean climb(int index, int bits) {
        int from = 0;
        int to = -1;
        int excluded = 0;
        for (int i = 0; i < size; i++) {
            if (word[i] == index && not[i]) {
                excluded++;
            } else if (word[i] == index) {
                from = Integer.compareUnsigned(least[i], from) > 0 ? least[i] : from;
                to = Integer.compareUnsigned(most[i], to) < 0 ? most[i] : to;
            }
        }
        int value = from;
        // One value more than there are excluded ones settles it.
        for (int tried = 0; tried <= excluded; tried++) {
            int next = ValueSwitch.leastWithin(bits, value);
            if (Integer.compareUnsigned(next, value) < 0 || Integer.compareUnsigned(next, to) > 0) {
                return false;
            }
            if (take(index, next)) {
                return true;
            }
            value = next + 1;
            if (value == 0) {
                return false;
            }
        }
        return false;
    }

    /** Tries values that differ from the witness in little more than what was learnt last. */
    private boolean adapt(int index) {
        int last = size - 1;
        if (!not[last]) {
            return take(index, (witness[index] & ~mask[last]) | (least[last] & mask[last]));
        }
        for (int bit = Integer.lowestOneBit(mask[last]); bit != 0; bit <<= 1) {
            if ((mask[last] & bit) != 0 && take(index, witness[index] ^ bit)) {
                return true;
            }
        }
        return false;
    }

    private boolean take(int index, int value) {
        if (!agreesWithAll(index, value)) {
            return false;
        }
        witness[index] = value;
        return true;
    }

    private boolean search(int index) {
        // Bits that are known for certain may contradict each other, or be all that something depends on.
        int certain = 0;
        int value = 0;
        for (int i = 0; i < size; i++) {
            if (word[i] == index && !not[i] && least[i] == most[i]) {
                if (((least[i] ^ value) & certain & mask[i]) != 0 || (least[i] & ~mask[i]) != 0) {
                    return false;
                }
                certain |= mask[i];
                value |= least[i];
            }
        }
        // Where all bits but one are those of a value that is excluded, the last one is not.
        int earlier;
        do {
            earlier = certain;
            for (int i = 0; i < size; i++) {
                int open = mask[i] & ~certain;
                if (word[i] == index && not[i] && !isSettled(i, certain, value) && Integer.bitCount(open) == 1) {
                    certain |= open;
                    value |= open & ~least[i];
                }
            }
        } while (certain != earlier);
        for (int i = 0; i < size; i++) {
            if (word[i] == index && (mask[i] & ~certain) == 0 && !agrees(i, value)) {
                return false;
            }
        }
        return new Search(index, certain, value).found();
    }

    /** Whether the bits that are certain tell already that a value is not the one that it must not be. */
    private boolean isSettled(int known, int certain, int value) {
        return ((value ^ least[known]) & mask[known] & certain) != 0 || (least[known] & ~mask[known]) != 0;
    }

    private boolean agreesWithAll(int index, int value) {
        for (int i = 0; i < size; i++) {
            if (word[i] == index && !agrees(i, value)) {
                return false;
            }
        }
        return true;
    }

    private boolean agrees(int known, int value) {
        int bits = value & mask[known];
        boolean inside =
                Integer.compareUnsigned(bits, least[known]) >= 0 && Integer.compareUnsigned(bits, most[known]) <= 0;
        return inside != not[known];
    }

    /**
     * Looks for a value of one word, bit by bit from the highest. For each thing known it is followed whether the bits so far
     * are still those of its least and of its greatest value; where two ways lead to the same standing, one is tried.
     */
    private final class Search {
        private static final byte AT_LEAST = 1;
        private static final byte AT_MOST = 2;

        private final int index;
        private final int[] known;
        private final byte[][] standing;
        private final Set<ByteBuffer> hopeless = new HashSet<>();
        private final int certain;
        private final int sure;
        private int relevant;

        /** For a word of which some bits are certain. */
        Search(int index, int certain, int sure) {
            this.index = index;
            this.certain = certain;
            this.sure = sure;
            int[] about = new int[size];
            int count = 0;
            for (int i = 0; i < size; i++) {
                if (word[i] == index && !(not[i] && isSettled(i, certain, sure))) {
                    about[count++] = i;
                    relevant |= mask[i];
                }
            }
            known = Arrays.copyOf(about, count);
            standing = new byte[BITS + 1][count];
            Arrays.fill(standing[BITS], (byte) (AT_LEAST | AT_MOST));
        }

        /** Makes what it finds the word's witness. */
        boolean found() {
            return from(BITS, 0);
        }

        private boolean from(int bits, int value) {
            if (bits == 0) {
                for (int i = 0; i < known.length; i++) {
                    if (!agrees(known[i], value)) {
                        return false;
                    }
                }
                witness[index] = value;
                return true;
            }
            ByteBuffer here = ByteBuffer.allocate(known.length + 1);
            here.put((byte) bits).put(standing[bits]).flip();
            if (hopeless.contains(here)) {
                return false;
            }
            int bit = 1 << (bits - 1);
            boolean good;
            if ((certain & bit) != 0) {
                good = step(bits, sure & bit) && from(bits - 1, value | sure & bit);
            } else {
                good = step(bits, 0) && from(bits - 1, value);
                if (!good && (relevant & bit) != 0) {
                    good = step(bits, bit) && from(bits - 1, value | bit);
                }
            }
            if (!good) {
                hopeless.add(here);
            }
            return good;
        }

        /** Where everything stands with one more bit; false where something known does not allow it. */
        private boolean step(int bits, int bit) {
            int place = 1 << (bits - 1);
            for (int i = 0; i < known.length; i++) {
                int about = known[i];
                int mine = bit & mask[about];
                byte now = standing[bits][i];
                if ((now & AT_LEAST) != 0) {
                    int edge = least[about] & place;
                    if (Integer.compareUnsigned(mine, edge) < 0 && !not[about]) {
                        return false;
                    }
                    if (mine != edge) {
                        now &= ~AT_LEAST;
                    }
                }
                if ((now & AT_MOST) != 0) {
                    int edge = most[about] & place;
                    if (Integer.compareUnsigned(mine, edge) > 0 && !not[about]) {
                        return false;
                    }
                    if (mine != edge) {
                        now &= ~AT_MOST;
                    }
                }
                standing[bits - 1][i] = now;
            }
            return true;
        }
    }
}
