package org.jpledge.landlock;

import java.util.ArrayList;
import java.util.List;

/**
 * A set of rights of one sort, as the kernel takes it.
 *
 * @param bits the bit of each right
 * @param <R> the sort
 */
public record Rights<R extends Right>(long bits) {
    private static final Rights<?> NONE = new Rights<>(0);

    /**
     * The empty set.
     *
     * @param <R> the sort
     * @return no right
     */
    @SuppressWarnings("unchecked") // without a bit, it is a set of every sort
    public static <R extends Right> Rights<R> none() {
        return (Rights<R>) NONE;
    }

    /**
     * A set of what is named.
     *
     * @param rights the rights
     * @param <R> their sort
     * @return the set
     */
    @SafeVarargs
    public static <R extends Right> Rights<R> of(R... rights) {
        long bits = 0;
        for (R right : rights) {
            bits |= 1L << right.bit();
        }
        return new Rights<>(bits);
    }

    /**
     * The rights that a version knows.
     *
     * @param universe all rights of the sort
     * @param abi the version
     * @param <R> the sort
     * @return those that came with that version or earlier
     */
    public static <R extends Right> Rights<R> known(R[] universe, Abi abi) {
        long bits = 0;
        for (R right : universe) {
            if (abi.has(right.since())) {
                bits |= 1L << right.bit();
            }
        }
        return new Rights<>(bits);
    }

    /**
     * Adds one.
     *
     * @param right the right
     * @return the larger set
     */
    public Rights<R> plus(R right) {
        return new Rights<>(bits | 1L << right.bit());
    }

    /**
     * Adds others.
     *
     * @param others the others
     * @return the union
     */
    public Rights<R> plus(Rights<R> others) {
        return new Rights<>(bits | others.bits);
    }

    /**
     * Removes others.
     *
     * @param others the others
     * @return the difference
     */
    public Rights<R> minus(Rights<R> others) {
        return new Rights<>(bits & ~others.bits);
    }

    /**
     * Keeps what others have too.
     *
     * @param others the others
     * @return the intersection
     */
    public Rights<R> and(Rights<R> others) {
        return new Rights<>(bits & others.bits);
    }

    /**
     * Asks for one.
     *
     * @param right the right
     * @return whether it is here
     */
    public boolean has(R right) {
        return (bits >>> right.bit() & 1) != 0;
    }

    /**
     * Asks for several.
     *
     * @param others the rights
     * @return whether they are all here
     */
    public boolean hasAll(Rights<R> others) {
        return (others.bits & ~bits) == 0;
    }

    /**
     * Asks whether there is any.
     *
     * @return whether there is none
     */
    public boolean isEmpty() {
        return bits == 0;
    }

    /**
     * Names the members.
     *
     * @param universe all rights of the sort
     * @return those that are here, in the order of the bits
     */
    public List<R> list(R[] universe) {
        List<R> members = new ArrayList<>();
        for (R right : universe) {
            if (has(right)) {
                members.add(right);
            }
        }
        return members;
    }
}
