package org.jpledge.tools.text;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Texts that are part of this program. */
public final class Resource {
    private Resource() {}

    /**
     * A text.
     *
     * @param beside a class in its package
     * @param name its name
     * @return all of it
     * @throws IllegalStateException if there is none
     */
    public static String text(Class<?> beside, String name) {
        return new String(bytes(beside, name), StandardCharsets.UTF_8);
    }

    /** A text in which only comments are more than ASCII, and a character is a byte: that is read faster. */
    static String table(Class<?> beside, String name) {
        return new String(bytes(beside, name), StandardCharsets.ISO_8859_1);
    }

    private static byte[] bytes(Class<?> beside, String name) {
        try (InputStream in = beside.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("no resource " + name);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
