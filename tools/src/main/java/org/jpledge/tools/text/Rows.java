package org.jpledge.tools.text;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.StringTokenizer;

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
        try (InputStream in = beside.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException("missing resource " + resource);
            }
            List<List<String>> rows = new ArrayList<>();
            List<String> row = new ArrayList<>();
            for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList()) {
                if (line.startsWith("#")) {
                    continue;
                }
                if (!line.startsWith(" ")) {
                    row = new ArrayList<>();
                }
                boolean begun = !row.isEmpty();
                StringTokenizer words = new StringTokenizer(line);
                while (words.hasMoreTokens()) {
                    row.add(words.nextToken());
                }
                if (!begun && !row.isEmpty()) {
                    rows.add(row);
                }
            }
            return rows;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
