package org.jpledge.promise;

import java.util.ArrayList;
import java.util.List;

/** The names that a promise table gives to constants which the headers do not name. */
final class Lets {
    private final List<String> names = new ArrayList<>(4);
    private final List<String> values = new ArrayList<>(4);

    void add(String name, String expression) {
        names.add(name);
        values.add("(".concat(expression).concat(")"));
    }

    /** A text with all names replaced by their expressions. */
    String replacedIn(String text) {
        String replaced = text;
        for (int i = 0; i < names.size(); i++) {
            if (replaced.contains(names.get(i))) {
                replaced = replaced(replaced, names.get(i), values.get(i));
            }
        }
        return replaced;
    }

    private static String replaced(String in, String name, String value) {
        StringBuilder out = new StringBuilder(in.length() + 2 * value.length());
        int copied = 0;
        int found = in.indexOf(name);
        while (found >= 0) {
            int after = found + name.length();
            // Conditions stand in parentheses, so there is a character on either side.
            if (!TableText.isWordPart(in.charAt(found - 1)) && !TableText.isWordPart(in.charAt(after))) {
                out.append(in, copied, found).append(value);
                copied = after;
            }
            found = in.indexOf(name, after);
        }
        return out.append(in, copied, in.length()).toString();
    }
}
