package org.jpledge.tools.learn;

import java.util.List;
import org.jpledge.tools.policy.CommandText;
import org.jpledge.tools.policy.PolicyDocument;

/** What was learnt, for people: a command line that a shell takes, and why, as comments. */
public final class Printed {
    private static final int MOST = 12;

    private Printed() {}

    /**
     * The text.
     *
     * @param learnt what was learnt
     * @param policy the policy that it makes
     * @param directory the working directory
     * @return lines, bytes as characters
     */
    public static String of(Learnt learnt, PolicyDocument policy, String directory) {
        StringBuilder out = new StringBuilder(CommandText.line(policy, directory)).append('\n');
        learnt.promises().forEach((word, because) -> {
            if (!because.isEmpty()) {
                line(out, word, Reasons.of(because));
            }
        });
        for (Grant grant : learnt.unveils()) {
            line(
                    out,
                    grant.letters() + ":" + Reasons.shown(grant.path()),
                    grant.because().isEmpty() ? "hidden unasked" : Reasons.of(grant.because()));
        }
        for (Held held : learnt.held()) {
            String word = held.letters() + ":" + Reasons.shown(held.path());
            line(
                    out,
                    "held back " + word,
                    Reasons.of(List.of(held.because())) + "; --allow " + Reasons.shown(held.path()) + " takes it");
        }
        list(out, "no promise gives", learnt.evidence().impossible());
        list(out, "failed by itself", learnt.evidence().probes());
        learnt.notes().forEach(note -> out.append("# ").append(note).append('\n'));
        return out.toString();
    }

    private static void list(StringBuilder out, String title, List<Seen> seen) {
        for (int i = 0; i < Math.min(seen.size(), MOST); i++) {
            line(out, title, Reasons.of(List.of(seen.get(i))));
        }
        if (seen.size() > MOST) {
            line(out, title, (seen.size() - MOST) + " more; --json has them");
        }
    }

    private static void line(StringBuilder out, String what, String why) {
        out.append("#   ").append(what).append("  ").append(why).append('\n');
    }
}
