package org.jpledge.tools.text;

import java.util.ArrayList;
import java.util.List;

/**
 * Tables of words in resources: a line that begins with {@code #} is a comment, one that begins with a space goes on with the row
 * before it.
 */
public final class Rows {
    private Rows() {}

    /**
     * Reads a table.
     *
     * @param beside a class in the resource's package
     * @param resource the resource's name
     * @return the rows, each with at least one word
     * @throws IllegalStateException if there is no such resource
     */
    public static List<List<String>> of(Class<?> beside, String resource) {
        return rows(Resource.table(beside, resource));
    }

    private static List<List<String>> rows(String text) {
        List<List<String>> rows = new ArrayList<>();
        List<String> row = new ArrayList<>();
        int end;
        for (int start = 0; start < text.length(); start = end + 1) {
            int newline = text.indexOf('\n', start);
            end = newline < 0 ? text.length() : newline;
            if (text.charAt(start) != '#') {
                if (text.charAt(start) != ' ') {
                    row = new ArrayList<>();
                }
                boolean begun = !row.isEmpty();
                addWords(text, start, end, row);
                if (!begun && !row.isEmpty()) {
                    rows.add(row);
                }
            }
        }
        return rows;
    }

    private static void addWords(String text, int from, int end, List<String> row) {
        int start = from;
        while (start < end) {
            int space = text.indexOf(' ', start, end);
            int stop = space < 0 ? end : space;
            if (stop > start) {
                row.add(text.substring(start, stop));
            }
            start = stop + 1;
        }
    }
}
