package org.jpledge.tools.inspect;

import java.util.Optional;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Contrast;
import org.jpledge.seccomp.Disagreement;
import org.jpledge.seccomp.FilterText;
import org.jpledge.seccomp.Rule;
import org.jpledge.syscall.Arch;

/** How two programs differ, as text. */
public final class ContrastText {
    private static final long MOST = 0xffffffffL;

    private ContrastText() {}

    /**
     * A line for each kind of call that is answered differently: the call, both answers, and one such call.
     *
     * @param contrast the differences
     * @param first how the first program is called
     * @param second how the second program is called
     * @return lines that end in a newline; nothing if there is no difference
     */
    public static String of(Contrast contrast, String first, String second) {
        StringBuilder out = new StringBuilder();
        String heading = "";
        for (Disagreement one : contrast.disagreements()) {
            Optional<Arch> arch =
                    one.fromArch() == one.toArch() ? ProgramFile.known((int) one.fromArch()) : Optional.empty();
            String of = RecoveredText.arches(one.fromArch(), one.toArch());
            if (out.isEmpty()) {
                out.append("--- ").append(first).append("\n+++ ").append(second).append('\n');
            }
            if (!of.equals(heading)) {
                out.append("@@ ").append(of).append(" @@\n");
                heading = of;
            }
            Arch names = arch.orElse(Arch.host());
            out.append(calls(one, names, arch.isPresent()))
                    .append(": ")
                    .append(FilterText.of(one.first(), names))
                    .append(" | ")
                    .append(FilterText.of(one.second(), names))
                    .append("  # ")
                    .append(CallText.of(one.witness(), arch))
                    .append('\n');
        }
        for (String unclear : contrast.unclear()) {
            out.append("# not followed: ").append(unclear).append('\n');
        }
        return out.toString();
    }

    private static String calls(Disagreement one, Arch arch, boolean known) {
        if (one.from() == 0 && one.to() == MOST && one.conditions().isEmpty()) {
            return one.whole() ? "all calls" : "some calls";
        }
        String text;
        if (one.from() == one.to() && known && one.from() < 1L << 31) {
            text = NamedRule.of(new Rule((int) one.from(), one.conditions(), Action.ALLOW), arch);
        } else {
            String numbers = one.from() == one.to()
                    ? "number " + (int) one.from()
                    : "numbers 0x" + Long.toHexString(one.from()) + " to 0x" + Long.toHexString(one.to());
            String rule = FilterText.of(new Rule(0, one.conditions(), Action.ALLOW), arch);
            text = one.conditions().isEmpty() ? numbers : numbers + rule.substring(rule.indexOf('('));
        }
        return one.whole() ? text : text + ", with some arguments";
    }
}
