package org.jpledge.tools.inspect;

import java.util.ArrayList;
import java.util.List;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.FilterText;
import org.jpledge.seccomp.Recovery;
import org.jpledge.syscall.Arch;

/** What was recovered from a program, as text. */
public final class RecoveredText {
    private static final long MOST = 0xffffffffL;

    private RecoveredText() {}

    /**
     * Rules in the rule language, and as comments what rules have no words for.
     *
     * @param recovery what was recovered
     * @return lines that end in a newline
     */
    public static String of(Recovery recovery) {
        StringBuilder out = new StringBuilder(NamedRule.of(recovery.filter()));
        for (String deviation : deviations(recovery)) {
            out.append("# ").append(deviation).append('\n');
        }
        for (String unclear : recovery.unclear()) {
            out.append("# not followed: ").append(unclear).append('\n');
        }
        return out.toString();
    }

    /**
     * What a program does that the rules have no words for.
     *
     * @param recovery what was recovered
     * @return a line each, such as {@code but numbers 0x40000000 to 0xffffffff (x32) of x86-64 -> allow}
     */
    public static List<String> deviations(Recovery recovery) {
        Arch first = recovery.filter().sections().getFirst().arch();
        List<String> lines = new ArrayList<>();
        for (Recovery.Deviation deviation : recovery.deviations()) {
            lines.add("but " + calls(deviation) + " -> "
                    + deviation
                            .answer()
                            .map(action -> FilterText.of(action, first))
                            .orElse("it depends on arguments"));
        }
        return lines;
    }

    private static String calls(Recovery.Deviation deviation) {
        boolean all = deviation.from() == 0 && deviation.to() == MOST;
        boolean x32 = deviation.from() == Filter.X32 && deviation.to() >= MOST - 1;
        String arches = arches(deviation.fromArch(), deviation.toArch());
        if (all) {
            return arches;
        }
        String numbers = deviation.from() == deviation.to()
                ? "number " + (int) deviation.from()
                : "numbers " + hex(deviation.from()) + " to " + hex(deviation.to());
        boolean x86 = deviation.fromArch() == Integer.toUnsignedLong(Arch.X86_64.audit());
        return numbers + (x32 && x86 ? " (x32)" : "") + " of " + arches;
    }

    /** Architectures from one to another. */
    static String arches(long from, long to) {
        if (from != to) {
            return from == 0 && to == MOST ? "any other architecture" : "architectures " + hex(from) + " to " + hex(to);
        }
        return ProgramFile.known((int) from).map(Arch::label).orElse("architecture " + hex(from));
    }

    private static String hex(long number) {
        return "0x" + Long.toHexString(number);
    }
}
