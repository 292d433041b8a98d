package org.jpledge.tools;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** A text resource with places that are filled in: {@code @NAME@}. */
final class Template {
    private Template() {}

    static String fill(String resource, Map<String, String> values) {
        String text = read(resource);
        StringBuilder out = new StringBuilder();
        int at = 0;
        while (true) {
            int start = text.indexOf('@', at);
            int end = text.indexOf('@', start + 1);
            if (start < 0 || end < 0) {
                return out.append(text, at, text.length()).toString();
            }
            String value = values.get(text.substring(start + 1, end));
            if (value == null) {
                throw new IllegalStateException(resource + ": nothing for " + text.substring(start, end + 1));
            }
            out.append(text, at, start).append(value);
            at = end + 1;
        }
    }

    private static String read(String resource) {
        try (InputStream in = Template.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException("no resource " + resource);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
