package org.jpledge.tools.learn;

import java.util.ArrayList;
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
        leftOut(learnt).forEach(line -> out.append("#   ").append(line).append('\n'));
        list("failed by itself", learnt.evidence().probes())
                .forEach(line -> out.append("#   ").append(line).append('\n'));
        learnt.notes().forEach(note -> out.append("# ").append(note).append('\n'));
        return out.toString();
    }

    /**
     * What a user should know of a policy besides what is in it: what it leaves out although the program did it, and notes.
     *
     * @param learnt what was learnt
     * @return lines, bytes as characters
     */
    public static List<String> remarks(Learnt learnt) {
        List<String> lines = leftOut(learnt);
        lines.addAll(learnt.notes());
        return lines;
    }

    private static List<String> leftOut(Learnt learnt) {
        List<String> lines = new ArrayList<>();
        for (Held held : learnt.held()) {
            String path = Reasons.shown(held.path());
            lines.add("held back " + held.letters() + ":" + path + "  " + Reasons.of(List.of(held.because()))
                    + "; --allow " + path + " takes it");
        }
        lines.addAll(list("no promise gives", learnt.evidence().impossible()));
        return lines;
    }

    private static List<String> list(String title, List<Seen> seen) {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < Math.min(seen.size(), MOST); i++) {
            lines.add(title + "  " + Reasons.of(List.of(seen.get(i))));
        }
        if (seen.size() > MOST) {
            lines.add(title + "  " + (seen.size() - MOST) + " more; --json has them");
        }
        return lines;
    }

    private static void line(StringBuilder out, String what, String why) {
        out.append("#   ").append(what).append("  ").append(why).append('\n');
    }
}
