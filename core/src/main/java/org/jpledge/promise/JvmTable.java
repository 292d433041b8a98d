package org.jpledge.promise;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/**
 * What a JVM needs whatever it promises: a text, {@code jvm.rules} beside this class, in the format of the promise table.
 *
 * @param sections its sections
 */
public record JvmTable(List<Section> sections) {
    private static final String RESOURCE = "jvm.rules";

    /** Copies the list. */
    public JvmTable {
        sections = List.copyOf(sections);
    }

    /**
     * The table for a JVM whose code cache is known.
     *
     * @param codeLow the first address at which memory may become executable
     * @param codeHigh the address after the last; the same as the first where there is none
     * @return the table
     */
    public static JvmTable of(long codeLow, long codeHigh) {
        String lets = let("CODE_LOW", codeLow) + let("CODE_HIGH", codeHigh) + let("CODE_SIZE", codeHigh - codeLow);
        return new JvmTable(PromiseTable.parse(lets + read()).sections());
    }

    private static String let(String name, long value) {
        return "let " + name + " = 0x" + Long.toHexString(value) + '\n';
    }

    private static String read() {
        try (InputStream in = Objects.requireNonNull(JvmTable.class.getResourceAsStream(RESOURCE), RESOURCE)) {
            return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
