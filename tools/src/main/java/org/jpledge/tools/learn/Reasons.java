package org.jpledge.tools.learn;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jpledge.tools.text.Words;

/** Evidence for one thing, on one line. */
final class Reasons {
    private static final int MOST_CALLS = 4;

    private Reasons() {}

    static String of(List<Seen> because) {
        long count = 0;
        Set<String> calls = new LinkedHashSet<>();
        for (Seen seen : because) {
            count += seen.count();
            calls.add(seen.call());
        }
        StringBuilder text = new StringBuilder().append(count).append(count == 1 ? " call" : " calls");
        if (calls.size() > 1) {
            text.append(" of ")
                    .append(String.join(", ", calls.stream().limit(MOST_CALLS).toList()));
            text.append(calls.size() > MOST_CALLS ? ", ..." : "");
        }
        return text.append(count == 1 ? ": " : ", first ")
                .append(shown(because.getFirst().example()))
                .toString();
    }

    /** Bytes as text that neither a terminal nor a comment can be broken by. */
    static String shown(String bytes) {
        return Words.readable(bytes.replace('\0', ' '));
    }
}
