package org.jpledge.tools;

import java.io.IOException;
import java.util.List;
import org.jpledge.tools.text.Words;

/** Several command lines in one JVM: the build has the JVM write down what it loaded for them, so that later ones start fast. */
public final class Rehearsal {
    private static final String NEXT = "+";

    private Rehearsal() {}

    /**
     * Runs the commands one after the other.
     *
     * @param arguments command lines with {@code +} in between
     */
    public static void main(String[] arguments) {
        System.exit(Main.guarded(() -> perform(Words.arguments(arguments.length))));
    }

    private static int perform(List<String> words) throws Failure, IOException {
        int start = 0;
        for (int i = 0; i <= words.size(); i++) {
            if (i == words.size() || words.get(i).equals(NEXT)) {
                int status = Main.perform(words.subList(start, i));
                if (status != 0) {
                    return status;
                }
                start = i + 1;
            }
        }
        return 0;
    }
}
