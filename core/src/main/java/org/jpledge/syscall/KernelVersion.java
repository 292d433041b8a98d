package org.jpledge.syscall;

import java.util.Optional;

/**
 * A version of Linux. What follows the numbers in the name of a release, such as {@code -rc1} or {@code -18-amd64}, says nothing
 * about its system calls and is left out.
 *
 * @param major 6 in 6.1.12
 * @param minor 1 in 6.1.12
 * @param patch 12 in 6.1.12; before Linux 3.0, a series of its own
 */
public record KernelVersion(int major, int minor, int patch) implements Comparable<KernelVersion> {
    private static final int MOST_DIGITS = 6;

    /** 2.6.32.71 was among the last that had four. */
    private static final int MOST = 4;

    /** Checks the numbers. */
    public KernelVersion {
        if (major < 0 || minor < 0 || patch < 0) {
            throw new IllegalArgumentException("no version of Linux: " + major + "." + minor + "." + patch);
        }
    }

    /**
     * Reads a version.
     *
     * @param text such as {@code 6.1}, {@code 2.6.28}, {@code 6.12.48-1-amd64}
     * @return empty if it is none: at least two numbers are needed
     */
    public static Optional<KernelVersion> of(String text) {
        int end = 0;
        while (end < text.length() && "-+".indexOf(text.charAt(end)) < 0) {
            end++;
        }
        String[] parts = text.substring(0, end).split("\\.", -1);
        int[] numbers = new int[MOST];
        if (parts.length < 2 || parts.length > MOST) {
            return Optional.empty();
        }
        for (int i = 0; i < parts.length; i++) {
            if (!isNumber(parts[i])) {
                return Optional.empty();
            }
            numbers[i] = Integer.parseInt(parts[i]);
        }
        return Optional.of(new KernelVersion(numbers[0], numbers[1], numbers[2]));
    }

    private static boolean isNumber(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return false;
            }
        }
        return !text.isEmpty() && text.length() <= MOST_DIGITS;
    }

    /**
     * Reads a version.
     *
     * @param text such as {@code 6.1}
     * @return the version
     * @throws IllegalArgumentException if it is none; the message says what would be one
     */
    public static KernelVersion parse(String text) {
        return of(text).orElseThrow(() -> new IllegalArgumentException(
                "no version of Linux: \"" + text + "\" (it is two or three numbers, as in 6.1 or 2.6.28)"));
    }

    @Override
    public int compareTo(KernelVersion other) {
        int order = Integer.compare(major, other.major);
        if (order == 0) {
            order = Integer.compare(minor, other.minor);
        }
        return order == 0 ? Integer.compare(patch, other.patch) : order;
    }

    /**
     * The version as people write it.
     *
     * @return {@code 6.1}, {@code 2.6.28}
     */
    @Override
    public String toString() {
        return major + "." + minor + (patch == 0 ? "" : "." + patch);
    }
}
