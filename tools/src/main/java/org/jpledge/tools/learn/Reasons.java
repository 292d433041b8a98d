package org.jpledge.tools.learn;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jpledge.tools.text.Words;

/** Evidence for one thing, on one line. */
public final class Reasons {
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

    /**
     * Comments of what was learnt, for a policy's text.
     *
     * @param learnt what was learnt
     * @return by word and by path
     */
    public static Map<String, String> comments(Learnt learnt) {
        Map<String, String> comments = new HashMap<>();
        learnt.promises().forEach((word, because) -> {
            if (!because.isEmpty()) {
                comments.put(word, of(because));
            }
        });
        for (Grant grant : learnt.unveils()) {
            comments.put(grant.path(), grant.because().isEmpty() ? "hidden unasked" : of(grant.because()));
        }
        return comments;
    }
}
