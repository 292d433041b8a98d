package org.jpledge.tools.decode;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.StringTokenizer;

/** A resource of rows of words. A line that begins with a space goes on with the row before it. */
final class Table {
    private Table() {}

    /** The rows, each with at least one word. */
    static List<List<String>> rows(String resource) {
        try (InputStream in = Table.class.getResourceAsStream(resource)) {
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
