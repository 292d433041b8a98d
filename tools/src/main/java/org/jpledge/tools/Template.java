package org.jpledge.tools;

import java.util.Map;
import org.jpledge.tools.text.Resource;

/** A text resource with places that are filled in: {@code @NAME@}. */
final class Template {
    private Template() {}

    static String fill(String resource, Map<String, String> values) {
        String text = Resource.text(Template.class, resource);
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
}
