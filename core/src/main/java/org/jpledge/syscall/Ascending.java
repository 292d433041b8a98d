package org.jpledge.syscall;

/** Puts numbers in order. {@code Arrays.sort} would, but makes three classes when it is first used, and a command starts often. */
public final class Ascending {
    private static final int[] GAPS = {301, 132, 57, 23, 10, 4, 1};

    private Ascending() {}

    /**
     * Sorts some hundred numbers (Shell's method).
     *
     * @param numbers the numbers
     * @param count how many of them, from the first
     */
    public static void sort(long[] numbers, int count) {
        for (int gap : GAPS) {
            for (int i = gap; i < count; i++) {
                long number = numbers[i];
                int at = i;
                while (at >= gap && numbers[at - gap] > number) {
                    numbers[at] = numbers[at - gap];
                    at -= gap;
                }
                numbers[at] = number;
            }
        }
    }
}
